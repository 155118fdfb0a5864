package torch

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/torch/internal/shim"
)

// schema is what an overload takes and returns.
type schema struct {
	op         shim.Operator
	name, text string
	derivative bool
	args       []argument
	returns    []argument
}

// argument is a place among the arguments or results.
type argument struct {
	name       string
	typ        string // as the schema writes it
	kind       argKind
	list       bool
	fixed      int  // the length of a list that one element may stand for, else 0
	optional   bool // None is allowed
	elemNone   bool // None is allowed in the list
	hasDefault bool
	keyword    bool // by its name alone
}

type argKind uint8

const (
	objectKind argKind = iota // whatever has no other kind
	tensorKind
	intKind
	floatKind
	boolKind
	scalarKind
	stringKind
	dtypeKind
	deviceKind
	formatKind
)

var argKinds = map[string]argKind{
	"Tensor": tensorKind, "int": intKind, "SymInt": intKind, "Layout": intKind, "float": floatKind, "SymFloat": floatKind, "bool": boolKind, "SymBool": boolKind,
	"Scalar": scalarKind, "str": stringKind, "Dimname": stringKind, "ScalarType": dtypeKind, "Device": deviceKind, "MemoryFormat": formatKind,
}

// findSchema asks for an overload that exists, "aten::add.Tensor" or "aten::relu.".
func findSchema(name string) (*schema, error) {
	base, overload, _ := strings.Cut(name, ".")
	op, text, err := shim.FindOp(base, overload)
	if err != nil {
		return nil, fmt.Errorf("torch.Op(%q): %w", name, err)
	}
	s := &schema{op: op, name: strings.TrimSuffix(name, ".")}
	for line := range strings.SplitSeq(text, "\n") {
		switch kind, rest, _ := strings.Cut(line, "\t"); kind {
		case "derivative":
			s.derivative = true
		case "argument":
			s.args = append(s.args, parseArgument(rest))
		case "result":
			s.returns = append(s.returns, parseArgument(rest))
		default:
			s.text = line
		}
	}
	return s, nil
}

// parseArgument reads what shim's op.cc describes.
func parseArgument(line string) argument {
	f := strings.Split(line, "\t")
	a := argument{name: f[0], typ: f[1], hasDefault: f[3] == "1", keyword: f[4] == "1"}
	a.fixed, _ = strconv.Atoi(f[2])
	base, optional := strings.CutSuffix(f[1], "?")
	base, a.list = strings.CutSuffix(base, "[]")
	if a.list {
		base, a.elemNone = strings.CutSuffix(base, "?")
	}
	a.optional, a.kind = optional, argKinds[base]
	return a
}

func (s *schema) returnsTensor() bool {
	for _, r := range s.returns {
		if r.kind == tensorKind {
			return true
		}
	}
	return false
}

func (s *schema) has(name string) bool {
	for i := range s.args {
		if s.args[i].name == name {
			return true
		}
	}
	return false
}
