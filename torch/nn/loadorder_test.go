package nn_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// Keys of another library don't matter where the layers are the same, one by one.
func TestLoadFileInOrder(t *testing.T) {
	source := smallNet(t, 1, 2, 3)
	foreign := strings.NewReplacer("0.", "_conv_stem.", "1.", "_bn0.", "2.", "_fc.").Replace
	m := smallNet(t, 1, 2, 3)
	if _, err := nn.LoadFile(m, write(t, source, "x.pth", foreign, under("state_dict")), nn.LoadOptions{InOrder: true}); err != nil {
		t.Fatal(err)
	}
	same(t, values(m), values(source))

	// A part: the last layer is left out of the file by its name there, and of the model by its own.
	body := nn.NewSequential(nn.NewConv2d(1, 2, 3), nn.NewBatchNorm(2))
	defer nn.Close(body)
	file := write(t, source, "x.pth", foreign, nil)
	if _, err := nn.LoadFile(body, file, nn.LoadOptions{InOrder: true, Ignore: []string{"_fc."}}); err != nil {
		t.Fatal(err)
	}
	m = smallNet(t, 1, 2, 5)
	before := values(m)
	if _, err := nn.LoadFile(m, file, nn.LoadOptions{InOrder: true, Ignore: []string{"_fc.", "2."}}); err != nil {
		t.Fatal(err)
	}
	for name, v := range values(source) {
		if want := map[bool][]float64{true: before[name], false: v}[strings.HasPrefix(name, "2.")]; !slices.Equal(values(m)[name], want) {
			t.Errorf("%s is %v, want %v", name, values(m)[name], want)
		}
	}

	drop := func(k string) string { return strings.TrimPrefix(k, "0.weight") }
	for text, c := range parity.Sorted(map[string]struct {
		file string
		m    nn.Module
		o    nn.LoadOptions
	}{
		"in order, _fc.weight [3 2] of the file comes to 2.weight [5 2]": {file, smallNet(t, 1, 2, 5), nn.LoadOptions{}},
		"the file has 9 tensors and the model 7: _fc.weight":             {file, body, nn.LoadOptions{}},
		"the file has 7 tensors and the model 9: nothing comes to 2.weight": {file, smallNet(t, 1, 2, 3), nn.LoadOptions{
			Ignore: []string{"_fc."}, NonStrict: true}},
		"in order, 0.bias [2] of the file comes to 0.weight": {write(t, source, "x.pth", drop, nil), smallNet(t, 1, 2, 3), nn.LoadOptions{}},
		"leave Prefix and KeyMap out":                        {file, body, nn.LoadOptions{Prefix: "x."}},
		"safetensors keep no order":                          {write(t, source, "x.safetensors", foreign, nil), body, nn.LoadOptions{}},
	}) {
		c.o.InOrder = true
		before := values(c.m)
		if _, err := nn.LoadFile(c.m, c.file, c.o); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("want %s, got %v", text, err)
		}
		same(t, values(c.m), before)
	}
}
