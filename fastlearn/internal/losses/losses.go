// Package losses keeps the losses of batches on their device until somebody asks for one: the host waits for a GPU to read it.
package losses

import (
	"math"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Every is how many losses stay on a GPU: one more, and all of them are read, in one copy.
const Every = 16

// Queue has a loop's losses, in order. The zero value is empty, and its last loss is 0.
type Queue struct {
	kept    *torch.Tensor // [Every], on the device
	n       int           // of them that are there
	waiting []waiting
	last    float64 // the last loss, if n is 0
}

// waiting is a function that wants the loss at a place of kept.
type waiting struct {
	at int
	f  func(loss float64)
}

// Put takes a batch's loss, one number, whatever becomes of the tensor. From the CPU it is read at once.
func (q *Queue) Put(loss *torch.Tensor) {
	if !loss.Device().IsCUDA() || loss.Numel() != 1 { // which Item refuses
		q.Set(loss.Item())
		return
	}
	if q.n == Every || q.kept != nil && (q.kept.DType() != loss.DType() || q.kept.Device() != loss.Device()) {
		q.Read()
	}
	torch.NoGrad(func() {
		if q.kept == nil {
			q.kept = (*torch.Scope)(nil).With(loss.DType(), loss.Device()).Empty(Every)
		}
		place, one := q.kept.Narrow(0, int64(q.n), 1), loss.View(1)
		defer place.Close()
		defer one.Close()
		place.Copy_(one)
	})
	q.n++
}

// Then hands f the last loss, now where it was read, else when it is.
func (q *Queue) Then(f func(loss float64)) {
	if q.n == 0 {
		f(q.last)
		return
	}
	q.waiting = append(q.waiting, waiting{q.n - 1, f})
}

// Set replaces the last loss.
func (q *Queue) Set(loss float64) {
	q.Read()
	q.last = loss
}

// Last returns the last loss.
func (q *Queue) Last() float64 {
	q.Read()
	return q.last
}

// Read reads the losses that are on the device and hands them to those that wait. Where the device fails they are lost, the last
// loss is NaN, and Read panics with the [*torch.Error].
func (q *Queue) Read() {
	if q.kept == nil {
		return
	}
	kept, n, all := q.kept, int64(q.n), q.waiting
	*q = Queue{last: math.NaN()}
	defer kept.Close()
	if n == 0 { // the first was not put
		return
	}
	part := kept.Narrow(0, 0, n)
	defer part.Close()
	host := part.To(torch.CPU, torch.Float64)
	defer host.Close()
	values := torch.ToSlice[float64](host)
	q.last = values[n-1]
	for _, w := range all {
		w.f(values[w.at])
	}
}
