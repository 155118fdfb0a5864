package data

// What the tests, which are those of another package, look at within this one.

// Order is an epoch's order of the items of all processes.
func (d *ItemLoader) Order(seed uint64) []int { order, _ := d.order(seed); return order }

// Seed draws an epoch's seed.
func (d *ItemLoader) Seed() (uint64, error) { return d.seed() }

// Idle is the number of readers that are kept.
func (d *ItemLoader) Idle() int { return len(d.idle) }

// NewRow makes a row of a table of one column.
func NewRow(name, column, value string) Row {
	return Row{&table{name: name, columns: []string{column}}, 1, []string{value}}
}

// ShardPart is a process's part of an order of n items, and how many of those before each place fill it.
func ShardPart(rank, size, n int, order []int) (part, padding []int) {
	s := &shard{rank: rank, size: size, n: n}
	part = s.of(order)
	for i := range len(part) + 1 {
		padding = append(padding, s.padding(i))
	}
	return part, padding
}
