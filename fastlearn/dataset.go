package fastlearn

// dataset is pictures by their files, with their classes.
type dataset struct {
	paths   []string
	targets []int64 // each picture's class; nil without labels
}

func (d *dataset) subset(items []int) *dataset {
	out := &dataset{}
	for _, i := range items {
		out.paths = append(out.paths, d.paths[i])
		if d.targets != nil {
			out.targets = append(out.targets, d.targets[i])
		}
	}
	return out
}
