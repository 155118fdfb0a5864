// Package renamed writes weights under names that no library of ours uses.
package renamed

import (
	"strings"

	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// classifier gives the last layer's entries names that begin with "_head.".
var classifier = strings.NewReplacer("_fc.", "_head.", "_classifier.", "_head.")

// Write writes a model's weights into a .pth file, in their order, each by another name: conv1.weight as _conv1.weight, and the last layer's
// as _head.weight and _head.bias.
func Write(file string, m nn.Module) error {
	state, err := nn.ToPTH(m)
	if err != nil {
		return err
	}
	defer state.Release()
	renamed := pth.NewOrderedDict()
	for k, v := range state.All() {
		renamed.Set(classifier.Replace("_"+k.(string)), v)
	}
	return pth.WriteFile(file, renamed)
}
