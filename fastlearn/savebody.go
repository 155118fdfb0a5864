package fastlearn

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// SaveBody writes the weights of a vision learner's body with torchvision's names to
// Path/ModelDir/name, a .pth file or with that extension a .safetensors one, and
// returns that path. In Python, resnet34().load_state_dict(…, strict=False) then misses
// the keys of its own head alone; here [Weights] reads it. A file that is there is
// replaced whole or not at all. Weights that aren't finite are reported as by [Learner.Save].
func (l *Learner) SaveBody(name string) (string, error) {
	return get(l, "SaveBody", func() (string, error) { return l.saveBody(name) })
}

func (l *Learner) saveBody(name string) (string, error) {
	path, err := l.ModelFile(name)
	if err != nil {
		return "", fmt.Errorf("fastlearn: save the body: %w", err)
	}
	if l.peers.rank() != 0 { // rank 0 writes it
		return path, nil
	}
	state, err := l.bodyState()
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o777)
	}
	if err == nil {
		defer state.Release()
		err = checkpoint.WriteFile(path, state)
	}
	if err != nil {
		return "", fmt.Errorf("fastlearn: save the body: %w", err)
	}
	return path, l.report(path)
}

// bodyState is the body's state_dict with the architecture's names.
func (l *Learner) bodyState() (*pth.Dict, error) {
	parts := nn.Children(l.Model)
	if l.bodyNames == nil || len(parts) == 0 || len(nn.Children(parts[0].Module)) != len(l.bodyNames) {
		return nil, errors.New("the model has no body: it is not from VisionLearner")
	}
	numbered, err := nn.ToPTH(parts[0].Module)
	if err != nil {
		return nil, err
	}
	state, metadata := pth.NewOrderedDict(), pth.NewOrderedDict()
	for k, v := range numbered.All() {
		state.Set(l.bodyName(k.(string)), v)
	}
	for k, v := range numbered.Metadata().All() {
		metadata.Set(l.bodyName(k.(string)), v)
	}
	state.SetMetadata(metadata)
	return state, nil
}

// bodyName turns "4.0.conv1.weight" into "layer1.0.conv1.weight".
func (l *Learner) bodyName(key string) string {
	number, rest, _ := strings.Cut(key, ".")
	if i, err := strconv.Atoi(number); err == nil {
		return strings.TrimSuffix(l.bodyNames[i]+"."+rest, ".")
	}
	return key // "", the body itself
}
