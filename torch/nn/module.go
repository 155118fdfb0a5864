package nn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Module is a part of a model. A type becomes one by embedding [Base].
type Module interface {
	// Forward computes the module's output. It may work in place on x only if
	// the caller says so by its construction, as ReLU's inplace does.
	Forward(x *torch.Tensor) *torch.Tensor
	base() *Base
}

// Named is a tensor with its name, the key of a state_dict.
type Named struct {
	Name string
	*torch.Tensor
}

// Child is a module with the name its parent gave it.
type Child struct {
	Name string
	Module
}

// Base keeps what a module has registered. Embed it; its zero value is ready,
// and in training mode, as PyTorch's modules are.
type Base struct {
	children   []Child // by hand, as all three
	parameters []Named
	buffers    []Named
	adopted    []*torch.Tensor // of fields: seen before, and kept
	eval       bool
	onClose    func()
	hooks      []*hook // of OnForward
	called     bool    // by Call, which runs the hooks
	watched    watched
}

func (b *Base) base() *Base { return b }

// Register adds a child under its name. A name that is empty, has a dot or is taken by another child, parameter or
// buffer is an error, since no state_dict could tell them apart; so it is for RegisterParameter and RegisterBuffer.
func (b *Base) Register(name string, child Module) {
	b.checkName(name)
	check("register", !isNil(child), "the child %q is nil", name)
	b.children = append(b.children, Child{name, child})
}

func (b *Base) checkName(name string) {
	check("register", b != nil, "the module is nil")
	fault := nameFault(name)
	check("register", fault == "", "%s", fault)
	taken := slices.ContainsFunc(b.children, func(c Child) bool { return c.Name == name })
	for _, n := range slices.Concat(b.parameters, b.buffers) {
		taken = taken || n.Name == name
	}
	check("register", !taken, "the module has a child, parameter or buffer %q already", name)
}

// RegisterParameter adds a tensor that is trained, a leaf, and returns it.
func (b *Base) RegisterParameter(name string, t *torch.Tensor) *torch.Tensor {
	b.checkName(name)
	check("register", t.IsLeaf(), "the parameter %q was computed from others: only a leaf can be trained", name)
	b.parameters = append(b.parameters, Named{name, t.Keep().RequiresGrad_(true)})
	return t
}

// RegisterBuffer adds a tensor that is saved but not trained and returns it.
func (b *Base) RegisterBuffer(name string, t *torch.Tensor) *torch.Tensor {
	b.checkName(name)
	b.buffers = append(b.buffers, Named{name, t.Keep()})
	return t
}

// parameter makes t one that a field of the module registers, and that may be frozen before anybody looks.
func (b *Base) parameter(t *torch.Tensor) *torch.Tensor {
	b.adopted = append(b.adopted, t)
	return t.RequiresGrad_(true)
}

// nameFault tells why no state_dict could hold that name, "" where it could.
func nameFault(name string) string {
	if name == "" || strings.Contains(name, ".") {
		return fmt.Sprintf("a name can't be empty nor have a dot, got %q", name)
	}
	return ""
}

// Training tells whether the module is in training mode; [Train] sets it.
func (b *Base) Training() bool {
	check("training", b != nil, "the module is nil")
	return !b.eval
}

// OnClose has [Close] call f, which frees what the module holds beside its tensors. It may
// be called several times.
func (b *Base) OnClose(f func()) {
	check("on_close", b != nil, "the module is nil")
	b.onClose = f
}
