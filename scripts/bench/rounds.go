package main

// rival is another side of a figure. All rivals of a figure are measured in turns with it, in the same rounds.
type rival struct {
	name    string // follows the figure's
	target  float64
	measure func() (float64, error)
	needs   func() error // what this machine lacks for it; nil is nothing
}

// sides returns those that a figure is compared with on this machine.
func (f figure) sides(python *worker) (sides []rival) {
	if f.rivals == nil {
		theirs, name := f.theirs, f.group+"/"+f.name
		if theirs == nil {
			theirs = func() (float64, error) { return python.measure(name) }
		}
		if f.loops > 0 {
			free := theirs
			theirs = func() (float64, error) { return beside(f.loops, free) }
		}
		return []rival{{target: f.target, measure: theirs}}
	}
	for _, r := range f.rivals {
		if r.needs != nil {
			if lacks := r.needs(); lacks != nil {
				notApplicable(f.group+"/"+f.name+r.name, lacks)
				continue
			}
		}
		sides = append(sides, r)
	}
	return sides
}

// measure runs one figure: a warm-up of each side, then all in turns; one round alone of what doesn't vary.
func measure(f figure, python *worker, rounds int) (results []*result, err error) {
	sides := f.sides(python)
	if len(sides) == 0 {
		return nil, nil
	}
	ours, done, err := f.open()
	if err != nil {
		return nil, err
	}
	defer done()
	for _, side := range sides {
		results = append(results, &result{Figure: f.group + "/" + f.name + side.name, Unit: f.unit, Target: side.target})
	}
	warm := 1
	if f.once {
		warm, rounds = 0, 1
	}
	for i := range warm + rounds {
		own, err := ours()
		if err != nil {
			return nil, err
		}
		for k, side := range sides {
			other, err := side.measure()
			if err != nil {
				return nil, err
			}
			if i >= warm {
				results[k].Ours, results[k].Theirs = append(results[k].Ours, own), append(results[k].Theirs, other)
			}
		}
		if i >= warm && f.roofline != nil {
			floor, err := f.roofline()
			if err != nil {
				return nil, err
			}
			results[0].Floor = append(results[0].Floor, floor)
		}
	}
	for _, r := range results {
		r.Ratio = median(r.Theirs) / median(r.Ours)
		r.Met = r.Ratio >= r.Target
	}
	if f.theirs == nil && f.rivals == nil {
		return results, python.drop(results[0].Figure)
	}
	return results, nil
}
