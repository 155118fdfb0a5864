package fastlearn

import (
	"fmt"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/saved"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// Identity is its name.
func (*Recorder) Identity() string { return "Recorder" }

// State is what was recorded so far, for a training checkpoint.
func (r *Recorder) State(*Learner) (*pth.Dict, error) {
	r.read()
	values, iters := pth.NewList(), pth.NewList()
	for _, row := range r.Values {
		values.Items = append(values.Items, saved.Numbers(row))
	}
	for _, n := range r.Iters {
		iters.Items = append(iters.Items, int64(n))
	}
	d := pth.NewDict()
	d.Set("lrs", saved.Numbers(r.LRs))
	d.Set("losses", saved.Numbers(r.Losses))
	d.Set("values", values)
	d.Set("iters", iters)
	d.Set("smooth_sum", r.smooth.sum)
	d.Set("smooth_count", int64(r.smooth.count))
	d.Set("seconds", time.Since(r.start).Seconds())
	times := make([]float64, len(r.Times))
	for i, t := range r.Times {
		times[i] = t.Seconds()
	}
	d.Set("times", saved.Numbers(times))
	return d, nil
}

// LoadState takes it over.
func (r *Recorder) LoadState(_ *Learner, f torch.Holder, d *pth.Dict) error {
	values, ok1 := pth.Get[*pth.List](d, "values")
	iters, ok2 := pth.Get[*pth.List](d, "iters")
	if !ok1 || !ok2 {
		return fmt.Errorf(`it has no lists "values" and "iters"`)
	}
	var seconds float64
	err := pth.LoadNumbers(d, map[string]any{"smooth_sum": &r.smooth.sum, "smooth_count": &r.smooth.count, "seconds": &seconds})
	if err != nil {
		return err
	}
	r.start = time.Now().Add(-time.Duration(seconds * float64(time.Second)))
	for key, into := range map[string]*[]float64{"lrs": &r.LRs, "losses": &r.Losses} {
		v, _ := d.Get(key)
		if *into, err = saved.Load[float64](f, v); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	times := make([]float64, len(values.Items))
	if v, ok := d.Get("times"); ok { // older checkpoints have none
		if times, err = saved.Load[float64](f, v); err != nil {
			return fmt.Errorf("times: %w", err)
		}
	}
	r.Times = nil
	for _, t := range times {
		r.Times = append(r.Times, time.Duration(t*float64(time.Second)))
	}
	r.Values, r.Iters = nil, nil
	for _, v := range values.Items {
		row, err := saved.Load[float64](f, v)
		if err != nil {
			return fmt.Errorf("values: %w", err)
		}
		r.Values = append(r.Values, row)
	}
	for _, v := range iters.Items {
		n, ok := pth.Int(v)
		if !ok {
			return fmt.Errorf("iters: want numbers, got %T", v)
		}
		r.Iters = append(r.Iters, int(n))
	}
	return nil
}
