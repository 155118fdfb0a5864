package data

// ClassCounts is how many items of the loader each class of the vocabulary has, or each label
// where items have several; nil without labels or where they are numbers.
func (d *ItemLoader) ClassCounts() []int {
	if d == nil || d.ds == nil || d.ds.target().values == nil || d.ds.target().Vocab == nil {
		return nil
	}
	counts := make([]int, len(d.ds.target().Vocab))
	for _, target := range d.ds.target().values {
		if d.ds.target().Class {
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
