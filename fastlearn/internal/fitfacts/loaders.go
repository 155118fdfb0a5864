package fitfacts

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/internal/identity"
)

// loaders are those of a fit's loaders, but for the items. What the workers, prefetching, the device and the
// size of validation's batches are makes no difference.
func loaders(train, valid data.Loader) ([]Fact, error) {
	dl, ok := train.(*data.ItemLoader)
	if !ok {
		was, err := Name(train)
		also, err2 := Name(valid)
		return []Fact{One("training batches", train.Len()), One("training data", was), One("validation data", also)}, errors.Join(err, err2)
	}
	c := dl.Spec()
	weights := "none"
	if c.SampleWeights != nil {
		weights = fmt.Sprintf("#%016x", uint64(identity.HashFloats(c.SampleWeights)))
	}
	sampler, err := "none", error(nil)
	if c.Sampler != nil {
		if sampler, err = Name(c.Sampler); err != nil {
			return nil, err
		}
	}
	facts := append([]Fact{
		One("batch size", c.BatchSize),
		One("shuffle", c.Shuffle),
		One("drop last", c.DropLast),
		One("sample weights", weights),
		One("sampler", sampler),
		List("further parts of an item", c.Parts),
		One("skip unreadable", c.SkipUnreadable),
		One("unique", c.Unique),
	}, transformFacts(dl, "")...)
	if v, ok := valid.(*data.ItemLoader); ok {
		also := transformFacts(v, "validation's ")
		for i, f := range transformFacts(dl, "") { // that validation does as training does needs no saying
			if slices.Equal(f.values, also[i].values) {
				also[i].values = []string{"as in training"}
			}
		}
		facts = append(facts, also...)
		return facts, nil
	}
	name, err := Name(valid)
	return append(facts, One("validation data", name)), err
}

// transformFacts are how pictures are read and changed.
func transformFacts(d *data.ItemLoader, of string) []Fact {
	spec := d.Spec()
	return []Fact{One(of+"decoder", spec.Decoder.Identity()), List(of+"item transforms", spec.ItemTfms.Identity()),
		List(of+"batch transforms", spec.BatchTfms.Identity())}
}
