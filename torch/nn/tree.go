package nn

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch"
)

// Check returns an error that names all in which m or a module below it has registered wrongly:
//
//   - An exported field registers the modules and tensors that it holds: in pointers, interfaces, slices, arrays, maps
//     (in the order of their keys), and in structs of the module's own package. The tag nn:"name" gives another name than
//     the field's in snake_case, and lets an unexported field register too; nn:"-" leaves it out. A tensor is a
//     parameter, with nn:",buffer" or nn:"name,buffer" a buffer.
//   - Elements have their index or key for a name: "heads.0".
//   - An embedded module whose [Base] is the struct's own, as in struct{ *BatchNorm }, is not a child: its parameters are the struct's.
//   - A module or tensor in a field that doesn't register must be registered by hand, with the module or below it.
//   - No module contains itself.
//
// Whatever else looks at a module panics with a [*torch.Error] that says the same; functions that return an error return it.
func Check(m Module) error {
	_, faults := tree(m)
	if len(faults) == 0 {
		return nil
	}
	if n := len(faults); n > 5 {
		faults = append(faults[:5], fmt.Sprintf("and %d more", n-5))
	}
	return errors.New(strings.Join(faults, "; "))
}

// inspect lists m and all below it, parents first, or panics with what [Check] returns.
func inspect(m Module) []*node {
	nodes, faults := tree(m)
	if len(faults) > 0 {
		panic(&torch.Error{Op: "nn.module", Msg: Check(m).Error()})
	}
	return nodes
}

// tree lists m and all below it, parents first, and what is wrong with them.
func tree(m Module) (nodes []*node, faults []string) {
	var above []*Base
	var visit func(name string, m Module)
	visit = func(name string, m Module) {
		n := read(name, m)
		first := len(nodes)
		if slices.Contains(above, n.base) {
			faults = append(faults, n.where()+" contains itself")
			return
		}
		nodes, above = append(nodes, n), append(above, n.base)
		for _, c := range n.children {
			visit(join(name, c.Name), c.Module)
		}
		above = above[:len(above)-1]
		for _, f := range n.faults {
			faults = append(faults, n.where()+": "+f)
		}
		if len(n.hidden) > 0 {
			faults = append(faults, n.unregistered(nodes[first:])...)
		}
	}
	visit("", m)
	return nodes, faults
}

func (n *node) where() string {
	if n.name == "" {
		return fmt.Sprintf("the module %T", n.module)
	}
	return fmt.Sprintf("the module %s (%T)", n.name, n.module)
}

// unregistered names what n hides in fields and neither n nor what is below it has registered.
func (n *node) unregistered(below []*node) (faults []string) {
	registered := map[any]bool{}
	for _, b := range below {
		registered[b.base] = true
		for _, own := range [][]Named{b.parameters, b.buffers} {
			for _, t := range own {
				registered[t.Tensor] = true
			}
		}
	}
	for _, h := range n.hidden {
		if registered[h.of] {
			continue
		}
		how := "Register"
		if _, ok := h.of.(*torch.Tensor); ok {
			how = "RegisterParameter or RegisterBuffer"
		}
		faults = append(faults, fmt.Sprintf("%s: its field %s holds a %s that isn't registered, and so would be neither trained nor saved: export the field, give it a name by the tag nn:\"name\", or call %s; the tag nn:\"-\" leaves out what isn't the module's own",
			n.where(), h.field, h.what, how))
	}
	return faults
}
