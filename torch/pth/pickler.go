package pth

import (
	"math/big"
	"strconv"

	"github.com/fastlearn-go/fastlearn/internal/pickle"
)

// A pickler writes the values of this package, and collects the storages on its way.
type pickler struct {
	*pickle.Writer
	storages []*Storage
	written  map[*Storage]storageRef
	path     []string // for messages
}

// storageRef is how a storage was written: its number and its class.
type storageRef struct {
	number int
	class  string
}

// pickled returns v as a whole pickle.
func pickled(v any) ([]byte, []*Storage, error) {
	p := pickler{Writer: pickle.NewWriter(), written: map[*Storage]storageRef{}}
	if err := p.value(v); err != nil {
		e := asError(err)
		for _, step := range p.path {
			e.Where += step
		}
		return nil, nil, e
	}
	return p.Finish(), p.storages, nil
}

// value writes any value of this package, or a plain Go value.
func (p *pickler) value(v any) error {
	switch v := v.(type) {
	case nil:
		p.Op(pickle.OpNone)
	case bool:
		p.Bool(v)
	case int:
		p.Int(int64(v))
	case int32:
		p.Int(int64(v))
	case int64:
		p.Int(v)
	case uint64:
		return p.BigInt(new(big.Int).SetUint64(v))
	case *big.Int:
		return p.BigInt(v)
	case float32:
		p.Float(float64(v))
	case float64:
		p.Float(v)
	case complex128:
		p.Reduce("__builtin__", "complex", func() {
			p.Float(real(v))
			p.Float(imag(v))
			p.Op(pickle.OpTuple2)
			p.Put(nil)
		})
	case string:
		return p.String(v)
	case []byte:
		return p.Bytes(v)
	case ByteArray:
		p.Global("__builtin__", "bytearray")
		if err := p.Bytes(v); err != nil {
			return err
		}
		p.Op(pickle.OpTuple1)
		p.Put(nil)
		p.Op(pickle.OpReduce)
		p.Put(nil)
	case DType:
		if v.Size() == 0 {
			return errorf("a DType of the value %d", int8(v))
		}
		p.Global("torch", v.String())
	case Layout:
		p.Reduce("torch.serialization", "_get_layout", func() {
			p.String(string(v))
			p.Op(pickle.OpTuple1)
			p.Put(nil)
		})
	case Device:
		p.device(v)
	case Size:
		p.Reduce("torch", "Size", func() {
			p.Ints(v)
			p.Op(pickle.OpTuple1)
			p.Put(nil)
		})
	case Scalar:
		return p.value(v.Value)
	case *Tensor:
		return p.tensor(v)
	case *Storage:
		return p.storage(v, v.DType)
	default:
		return p.container(v)
	}
	return nil
}

func (p *pickler) device(d Device) {
	p.Reduce("torch", "device", func() {
		p.String(d.Type)
		if d.Index < 0 {
			p.Op(pickle.OpTuple1)
		} else {
			p.Int(int64(d.Index))
			p.Op(pickle.OpTuple2)
		}
		p.Put(nil)
	})
}

// tensor writes a tensor as its __reduce_ex__ does, and its storage as a persistent id.
func (p *pickler) tensor(t *Tensor) error {
	if p.Get(t) {
		return nil
	}
	if t.DType.Size() == 0 || t.Storage == nil {
		return errorf("a tensor without a dtype or a storage")
	}
	view := *t
	view.Storage = &Storage{declared: t.Storage.NBytes()}
	if err := view.check(); err != nil {
		return err
	}
	if t.IsParameter {
		p.Global("torch._utils", "_rebuild_parameter")
	}
	class := t.DType.info().Storage
	rebuild := "_rebuild_tensor_v2"
	if class == "" {
		rebuild = "_rebuild_tensor_v3"
	}
	p.Global("torch._utils", rebuild)
	p.Op(pickle.OpMark)
	if err := p.storage(t.Storage, t.DType); err != nil {
		return err
	}
	p.Int(t.Offset)
	p.Ints(t.Shape)
	p.Ints(t.Stride)
	p.value(t.RequiresGrad && !t.IsParameter)
	p.emptyHooks()
	if class == "" {
		p.Global("torch", t.DType.String())
	}
	if t.Conj || t.Neg {
		p.signs(t)
	}
	p.Op(pickle.OpTuple)
	p.Put(nil)
	p.Op(pickle.OpReduce)
	if !t.IsParameter {
		p.Put(t)
		return nil
	}
	p.Put(nil)
	p.value(t.RequiresGrad)
	p.emptyHooks()
	p.EndTuple(3)
	p.Op(pickle.OpReduce)
	p.Put(t)
	return nil
}

// signs writes the metadata of a conjugated or negated view.
func (p *pickler) signs(t *Tensor) {
	d := NewDict()
	for _, f := range []struct {
		name string
		set  bool
	}{{"conj", t.Conj}, {"neg", t.Neg}} {
		if f.set {
			d.Set(f.name, true)
		}
	}
	p.value(d)
}

func (p *pickler) emptyHooks() {
	p.Global("collections", "OrderedDict")
	p.Op(pickle.OpEmptyTuple, pickle.OpReduce)
	p.Put(nil)
}

// storage writes ("storage", class, key, location, elements) and the opcode that makes it a persistent id.
func (p *pickler) storage(s *Storage, dtype DType) error {
	module, class, size := "torch", dtype.info().Storage, int64(dtype.Size())
	if size == 0 {
		return errorf("a storage without a dtype")
	}
	if class == "" {
		module, class, size = "torch.storage", "UntypedStorage", 1
	}
	ref, ok := p.written[s]
	if !ok {
		ref = storageRef{len(p.storages), class}
		p.storages = append(p.storages, s)
		p.written[s] = ref
	}
	if ref.class != class {
		return errorf("one storage has tensors of several dtypes, which torch.save cannot write either: copy one of them")
	}
	if s.NBytes()%size != 0 {
		return errorf("a storage of %d bytes holds no whole number of %v", s.NBytes(), dtype)
	}
	p.Op(pickle.OpMark)
	p.String("storage")
	p.Global(module, class)
	if !p.Get(ref) {
		p.NewString(strconv.Itoa(ref.number), ref)
	}
	location := s.Location
	if location == "" {
		location = "cpu"
	}
	p.String(location)
	p.Int(s.NBytes() / size)
	p.Op(pickle.OpTuple)
	p.Put(nil)
	p.Op(pickle.OpBinPersID)
	return nil
}
