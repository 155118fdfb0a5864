package predictor

import (
	"math/bits"
	"time"
)

// pace learns what a picture costs in batches of 1, of 2 and 3, of 4 to 7, …, and tells how many are worth joining: the fewest that cost
// hardly more than the cheapest do. Where pictures cost the same in any batch, as large ones do on a CPU, to join them only has the first
// wait for the last; where a pass costs something for itself, as of small ones or on a GPU, large batches answer more.
type pace struct {
	costs   []cost // by the number's length in bits, less one
	batches int
}

// cost is that of a picture: about the least seconds that were seen of late.
type cost struct {
	seconds float64
	seen    int
}

const (
	hardly   = 1.03 // times as much
	forgets  = 1.02 // what an earlier cost is multiplied by, so that one that holds no more is found out
	enough   = 3    // batches of a kind: the first of a size also lays out its memory
	tries    = 32   // every so many batches another size is tried
	triesNew = 8    // where there is one that isn't known
)

// limit returns how many to join at most, of those that the caller allows.
func (p *pace) limit(most int) int {
	p.batches++
	kinds := bits.Len(uint(most))
	for len(p.costs) < kinds {
		p.costs = append(p.costs, cost{})
	}
	known, chosen := 0, -1
	for _, c := range p.costs[:kinds] {
		if c.seen >= enough {
			known++
		}
	}
	every := tries
	if known < kinds {
		every = triesNew
	}
	if p.batches%every == 0 {
		return p.another(most, kinds, known < kinds)
	}
	best := 0.0
	for _, c := range p.costs[:kinds] {
		if c.seen >= enough && (best == 0 || c.seconds < best) {
			best = c.seconds
		}
	}
	for k, c := range p.costs[:kinds] {
		if c.seen >= enough && c.seconds <= hardly*best && chosen < 0 {
			chosen = k
		}
	}
	if chosen < 0 {
		return most
	}
	return sizeOf(chosen, most)
}

// sizeOf returns how many a batch of a kind has: the fewest, or all of the caller's where it is the last.
func sizeOf(kind, most int) int {
	if bits.Len(uint(most)) == kind+1 {
		return most
	}
	return 1 << kind
}

// another returns a size to try: the largest that isn't known, or else one after the other.
func (p *pace) another(most, kinds int, unknown bool) int {
	if !unknown {
		return sizeOf(p.batches/tries%kinds, most)
	}
	for k := kinds - 1; k > 0; k-- {
		if p.costs[k].seen < enough {
			return sizeOf(k, most)
		}
	}
	return 1
}

// took notes how long a batch of n took.
func (p *pace) took(n int, d time.Duration) {
	k := bits.Len(uint(n)) - 1
	for len(p.costs) <= k {
		p.costs = append(p.costs, cost{})
	}
	c, seconds := &p.costs[k], d.Seconds()/float64(n)
	if c.seen++; c.seen > 1 {
		seconds = min(seconds, forgets*c.seconds)
	}
	c.seconds = seconds
}
