package data

// ClassCounts is how many items of the loader each class of the vocabulary has, or each label
// where items have several; nil without labels or where they are numbers.
func (d *ItemLoader) ClassCounts() []int {
	if d == nil || d.ds == nil || d.ds.targets == nil || d.ds.encoding.vocab == nil {
		return nil
	}
	counts := make([]int, len(d.ds.encoding.vocab))
	for _, target := range d.ds.targets {
		if d.ds.encoding.class {
			counts[int(target[0])]++
			continue
		}
		for c, v := range target {
			if v != 0 {
				counts[c]++
			}
		}
	}
	return counts
}
