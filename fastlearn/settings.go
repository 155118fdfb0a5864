package fastlearn

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Settings lists the names and values of what a learner trains with: the architecture, the loss, the optimizer with the last group's
// hyperparameters, the precision, the device, and of loaders of pictures the batches and
// transforms. It is for people to read, in a report. It is nil for a learner that is nil or
// closed.
func (l *Learner) Settings() [][2]string {
	if !l.usable() {
		return nil
	}
	var all [][2]string
	add := func(name, format string, args ...any) {
		all = append(all, [2]string{name, fmt.Sprintf(format, args...)})
	}
	if l.arch != "" {
		add("architecture", "%s", l.arch)
	} else {
		add("model", "%s", scale.TypeName(l.Model))
	}
	add("loss", "%s", scale.TypeName(l.Loss))
	add("optimizer", "%s", optim.Describe(l.config.rule))
	if l.Opt != nil && len(l.Opt.Groups) > 0 {
		hypers := l.Opt.Groups[len(l.Opt.Groups)-1].Hypers
		for _, name := range slices.Sorted(maps.Keys(hypers)) {
			add(name, "%.6g", hypers[name])
		}
		if n := l.Opt.Frozen(); n > 0 {
			add("frozen groups", "%d of %d", n, len(l.Opt.Groups))
		}
	}
	precision := "float32"
	if l.half != nil {
		precision = fmt.Sprintf("mixed, %v", l.half.dtype)
	}
	add("precision", "%s", precision)
	add("device", "%v", l.DLs.Device)
	var others []string
	for _, cb := range l.callbacks {
		switch cb.(type) {
		case trainEval, *sharesCores, *Recorder:
		default:
			others = append(others, scale.TypeName(cb))
		}
	}
	if others != nil {
		add("callbacks", "%s", strings.Join(others, ", "))
	}
	for _, part := range []struct {
		name string
		l    data.Loader
	}{{"training", l.DLs.Train}, {"validation", l.DLs.Valid}} {
		if dl, ok := part.l.(*data.ItemLoader); ok {
			add(part.name, "%d pictures, %s of %d", dl.NumItems(), scale.Plural(dl.Len(), "batch", "batches"), dl.Spec().BatchSize)
		} else {
			add(part.name, "%s", scale.Plural(part.l.Len(), "batch", "batches"))
		}
	}
	if dl, ok := l.DLs.Train.(*data.ItemLoader); ok {
		spec := dl.Spec()
		items, _ := spec.ItemTfms.Describe() // a custom transform has none
		add("item transforms in validation", "%s", tfmNames(items))
		specs, _, _ := spec.BatchTfms.Describe()
		add("batch transforms in validation", "%s", tfmNames(specs))
		add("workers", "%d", spec.Workers)
	}
	return all
}

func tfmNames(specs []vision.TfmSpec) string {
	var names []string
	for _, s := range specs {
		name := s.Name
		if s.W > 0 {
			name = fmt.Sprintf("%s to %d×%d", name, s.W, s.H)
		}
		names = append(names, name)
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}
