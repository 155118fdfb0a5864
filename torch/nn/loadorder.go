package nn

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// inOrder is [LoadOptions.rename] for the option of that name.
func (o LoadOptions) inOrder(m Module, found pth.Found) (state map[string]*pth.Tensor, plain []string, err error) {
	if o.Prefix != "" || o.KeyMap != nil {
		return nil, nil, errors.New("LoadOptions.InOrder goes by places and not by names: leave Prefix and KeyMap out")
	}
	var own []Named
	for _, n := range StateDict(m) {
		if !hasPrefix(n.Name, o.Ignore) {
			own = append(own, n)
		}
	}
	state = map[string]*pth.Tensor{}
	count, more := 0, ""
	for k, v := range found.Dict.All() {
		key, _ := k.(string)
		t, is := v.(*pth.Tensor)
		switch {
		case hasPrefix(key, o.Ignore) || hasPrefix(strings.TrimPrefix(key, found.Prefix), o.Ignore):
		case !is:
			plain = append(plain, key)
		case count < len(own) && !slices.Equal(t.Shape, own[count].Shape()):
			return nil, nil, fmt.Errorf("in order, %s %v of the file comes to %s %v of the model: the orders differ", key, t.Shape, own[count].Name, own[count].Shape())
		default:
			if count == len(own) {
				more = key
			}
			if count++; count <= len(own) {
				state[own[count-1].Name] = t
			}
		}
	}
	switch {
	case count > len(own):
		return nil, nil, fmt.Errorf("the file has %d tensors and the model %d: %s is the first with nothing to come to, where Ignore leaves keys out", count, len(own), more)
	case count < len(own):
		return nil, nil, fmt.Errorf("the file has %d tensors and the model %d: nothing comes to %s", count, len(own), own[count].Name)
	}
	return state, plain, nil
}
