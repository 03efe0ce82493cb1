package checkpoint

import (
	"errors"
	"fmt"
	"math"

	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// storageTypes maps PyTorch's storage classes to what they hold.
var storageTypes = map[string]DType{
	"torch.DoubleStorage": F64, "torch.FloatStorage": F32, "torch.HalfStorage": F16, "torch.BFloat16Storage": BF16,
	"torch.LongStorage": I64, "torch.IntStorage": I32, "torch.ShortStorage": I16, "torch.CharStorage": I8,
	"torch.ByteStorage": U8, "torch.BoolStorage": Bool,
	"torch.storage.UntypedStorage": "", "torch.UntypedStorage": "",
}

// elementTypes maps PyTorch's element types.
var elementTypes = map[string]DType{
	"torch.float64": F64, "torch.double": F64, "torch.float32": F32, "torch.float": F32,
	"torch.float16": F16, "torch.half": F16, "torch.bfloat16": BF16,
	"torch.int64": I64, "torch.long": I64, "torch.int32": I32, "torch.int": I32,
	"torch.int16": I16, "torch.short": I16, "torch.int8": I8, "torch.uint8": U8, "torch.bool": Bool,
	"torch.uint16": U16, "torch.uint32": U32, "torch.uint64": U64,
}

// torchLoader returns a reader of pickles that hold tensors. This is the whole
// list of what a checkpoint may name.
func torchLoader() *pickle.Loader {
	l := &pickle.Loader{Globals: pickle.Plain(), Persistent: persistent}
	for name := range storageTypes {
		l.Globals[name] = nil
	}
	for name := range elementTypes {
		l.Globals[name] = nil
	}
	l.Globals["torch.Size"] = func(args pickle.Tuple) (any, error) {
		if len(args) == 1 {
			switch v := args[0].(type) {
			case pickle.Tuple:
				return v, nil
			case *pickle.List:
				return pickle.Tuple(v.Items), nil
			}
		}
		return nil, errors.New("it is made of something else than a list of sizes")
	}
	l.Globals["torch.device"] = func(args pickle.Tuple) (any, error) {
		if len(args) == 0 {
			return nil, errors.New("it has no name")
		}
		return fmt.Sprint(args[0]), nil
	}
	const utils = "torch._utils."
	l.Globals[utils+"_rebuild_tensor"] = rebuild
	l.Globals[utils+"_rebuild_tensor_v2"] = rebuild
	l.Globals[utils+"_rebuild_tensor_v3"] = rebuildTyped
	l.Globals[utils+"_rebuild_parameter"] = parameter
	l.Globals[utils+"_rebuild_parameter_with_state"] = parameter
	return l
}

// persistent resolves ("storage", class, key, device, elements), and in legacy
// files a sixth value that makes it a view: (key, offset, elements).
func persistent(id any) (any, error) {
	t, ok := id.(pickle.Tuple)
	if !ok || len(t) < 5 || t[0] != "storage" {
		return nil, errors.New("it refers to something that is no storage of a tensor")
	}
	class, ok1 := t[1].(*pickle.Global)
	key, ok2 := t[2].(string)
	n, ok3 := t[4].(int64)
	if !ok1 || !ok2 || !ok3 {
		return nil, errors.New("a storage has no class, key or size")
	}
	dtype, ok := storageTypes[class.Name]
	if !ok {
		return nil, fmt.Errorf("a storage has the class %s", class.Name)
	}
	s := &storage{key: key, dtype: dtype, elements: n}
	if len(t) > 5 && t[5] != nil {
		view, ok := t[5].(pickle.Tuple)
		if !ok || len(view) != 3 {
			return nil, errors.New("a view of a storage has no offset and size")
		}
		from, ok1 := view[1].(int64)
		n, ok2 := view[2].(int64)
		if !ok1 || !ok2 {
			return nil, errors.New("a view of a storage has no offset and size")
		}
		s.from, s.elements = from, n
	}
	return s, nil
}

// rebuild makes a tensor of (storage, offset, shape, strides, ...); whether it
// is trained, hooks and metadata follow, which mean nothing here.
func rebuild(args pickle.Tuple) (any, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("%d arguments are given, 4 are needed", len(args))
	}
	s, ok := args[0].(*storage)
	if !ok {
		return nil, fmt.Errorf("a tensor is made of a %s", pickle.TypeName(args[0]))
	}
	offset, ok := args[1].(int64)
	if !ok {
		return nil, errors.New("a tensor has no offset")
	}
	shape, err := sizes(args[2])
	if err != nil {
		return nil, err
	}
	strides, err := sizes(args[3])
	if err != nil {
		return nil, err
	}
	r := &Ref{storage: s, offset: offset, shape: shape, strides: strides, dtype: s.dtype}
	if r.dtype == "" {
		r.dtype = U8
	}
	return r, nil
}

// rebuildTyped is rebuild with the element type as the seventh argument.
func rebuildTyped(args pickle.Tuple) (any, error) {
	v, err := rebuild(args)
	if err != nil {
		return nil, err
	}
	if len(args) < 7 {
		return nil, fmt.Errorf("%d arguments are given, 7 are needed", len(args))
	}
	g, ok := args[6].(*pickle.Global)
	if !ok {
		return nil, errors.New("a tensor has no element type")
	}
	ref := v.(*Ref)
	if ref.dtype, ok = elementTypes[g.Name]; !ok {
		return nil, fmt.Errorf("a tensor has the element type %s", g.Name)
	}
	return ref, nil
}

// parameter returns the tensor of (tensor, requires_grad, hooks, ...).
func parameter(args pickle.Tuple) (any, error) {
	if len(args) > 0 {
		if ref, ok := args[0].(*Ref); ok {
			return ref, nil
		}
	}
	return nil, errors.New("a parameter is made of something else than a tensor")
}

// sizes returns the numbers of a shape or of strides.
func sizes(v any) ([]int, error) {
	t, ok := v.(pickle.Tuple)
	if !ok {
		return nil, fmt.Errorf("a tensor has a %s for its shape or strides", pickle.TypeName(v))
	}
	out := make([]int, len(t))
	for i, d := range t {
		n, ok := d.(int64)
		if !ok || n < 0 || n > math.MaxInt {
			return nil, fmt.Errorf("a tensor has the size or stride %s", pickle.Describe(d))
		}
		out[i] = int(n)
	}
	return out, nil
}
