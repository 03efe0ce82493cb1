package checkpoint

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// storageTypes maps PyTorch's storage classes to their element types.
var storageTypes = map[string]DType{
	"torch.DoubleStorage": F64, "torch.FloatStorage": F32, "torch.HalfStorage": F16, "torch.BFloat16Storage": BF16,
	"torch.LongStorage": I64, "torch.IntStorage": I32, "torch.ShortStorage": I16, "torch.CharStorage": I8,
	"torch.ByteStorage": U8, "torch.BoolStorage": Bool, "torch.ComplexFloatStorage": C64,
	"torch.storage.UntypedStorage": "", "torch.UntypedStorage": "",
}

// otherStorages maps the storage classes whose tensors are skipped to the bytes
// of one element.
var otherStorages = map[string]int64{
	"torch.ComplexDoubleStorage": 16, "torch.QInt8Storage": 1, "torch.QUInt8Storage": 1, "torch.QInt32Storage": 4,
	"torch.QUInt4x2Storage": 1, "torch.QUInt2x4Storage": 1,
}

// elementTypes maps PyTorch's names of element types.
var elementTypes = map[string]DType{
	"torch.float64": F64, "torch.double": F64, "torch.float32": F32, "torch.float": F32,
	"torch.float16": F16, "torch.half": F16, "torch.bfloat16": BF16,
	"torch.int64": I64, "torch.long": I64, "torch.int32": I32, "torch.int": I32,
	"torch.int16": I16, "torch.short": I16, "torch.int8": I8, "torch.uint8": U8, "torch.bool": Bool,
	"torch.uint16": U16, "torch.uint32": U32, "torch.uint64": U64,
	"torch.float8_e4m3fn": F8E4M3, "torch.float8_e5m2": F8E5M2, "torch.float8_e8m0fnu": F8E8M0,
	"torch.complex64": C64, "torch.cfloat": C64,
}

// otherNames are names of PyTorch that are values and are never called: element
// types whose tensors are skipped, classes of tensors, quantisation schemes,
// memory formats.
var otherNames = func() []string {
	names := strings.Fields(`Tensor complex128 cdouble complex32 chalf bcomplex32
		qint8 quint8 qint32 quint4x2 quint2x4 bits8 bits16 bits1x8 bits2x4 bits4x2
		float8_e4m3fnuz float8_e5m2fnuz float4_e2m1fn_x2
		per_tensor_affine per_tensor_symmetric per_channel_affine per_channel_symmetric per_channel_affine_float_qparams
		contiguous_format channels_last channels_last_3d preserve_format storage.TypedStorage`)
	for i := 1; i < 8; i++ {
		names = append(names, fmt.Sprint("int", i), fmt.Sprint("uint", i))
	}
	for _, place := range []string{"", "cuda.", "sparse.", "cuda.sparse."} {
		for _, t := range strings.Fields("Double Float Half BFloat16 Long Int Short Char Byte Bool") {
			names = append(names, place+t+"Tensor")
		}
	}
	return names
}()

// otherTensors maps the functions of torch._utils that make tensors of skipped
// kinds to the kind in words.
var otherTensors = map[string]string{
	"_rebuild_sparse_tensor":            "sparse torch.Tensor",
	"_rebuild_sparse_csr_tensor":        "sparse torch.Tensor",
	"_rebuild_nested_tensor":            "nested torch.Tensor",
	"_rebuild_qtensor":                  "quantized torch.Tensor",
	"_rebuild_meta_tensor_no_storage":   "torch.Tensor without data (meta)",
	"_rebuild_device_tensor_from_numpy": "torch.Tensor of another device",
	"_rebuild_wrapper_subclass":         "torch.Tensor of a class of its own",
}

// torchReader reads pickles that hold tensors.
type torchReader struct {
	pickle.Loader
	storages map[string]*storage // by key, as first met
}

// newTorchReader returns a reader of pickles. Its list has all globals that a
// checkpoint may name.
func newTorchReader() *torchReader {
	l := &torchReader{storages: map[string]*storage{}}
	l.Globals, l.Persistent = pickle.Plain(), l.persistent
	for name := range storageTypes {
		l.Globals[name] = nil
		l.Globals[cuda(name)] = nil
	}
	for name := range otherStorages {
		l.Globals[name] = nil
		l.Globals[cuda(name)] = nil
	}
	for name := range elementTypes {
		l.Globals[name] = nil
	}
	for _, name := range otherNames {
		l.Globals["torch."+name] = nil
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
	l.Globals["torch.device"] = device
	l.Globals["torch.serialization._get_layout"] = func(args pickle.Tuple) (any, error) {
		if len(args) == 1 {
			if name, ok := args[0].(string); ok {
				return name, nil
			}
		}
		return nil, errors.New("it has no name")
	}
	const utils = "torch._utils."
	l.Globals[utils+"_rebuild_tensor"] = rebuild
	l.Globals[utils+"_rebuild_tensor_v2"] = rebuild
	l.Globals[utils+"_rebuild_tensor_v3"] = rebuildTyped
	for _, name := range []string{utils + "_rebuild_parameter", utils + "_rebuild_parameter_with_state", utils + "_rebuild_device_tensor_from_cpu_tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer"} {
		l.Globals[name] = parameter
	}
	for name, kind := range otherTensors {
		l.Globals[utils+name] = pickle.OpaqueOf(kind)
	}
	l.Globals["torch._tensor._rebuild_from_type_v2"] = rebuildFromType
	return l
}

// cuda returns the name of a storage class on a GPU.
func cuda(name string) string { return "torch.cuda." + strings.TrimPrefix(name, "torch.") }

// device returns the name of a device, such as "cuda:0".
func device(args pickle.Tuple) (any, error) {
	if len(args) == 0 {
		return nil, errors.New("it has no name")
	}
	name, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("it is named by a %s", pickle.TypeName(args[0]))
	}
	if len(args) > 1 {
		if i, ok := args[1].(int64); ok {
			name = fmt.Sprint(name, ":", i)
		}
	}
	return name, nil
}

// persistent resolves ("storage", class, key, device, elements), and in legacy
// files a sixth value that makes it a view: (key, offset, elements).
func (l *torchReader) persistent(id any) (any, error) {
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
	s := &storage{key: key, elements: n}
	name := "torch." + strings.TrimPrefix(strings.TrimPrefix(class.Name, "torch."), "cuda.")
	if s.dtype, ok = storageTypes[name]; !ok {
		if s.other, ok = otherStorages[name]; !ok {
			return nil, fmt.Errorf("a storage has the class %s", class.Name)
		}
		s.class = strings.TrimSuffix(strings.TrimPrefix(name, "torch."), "Storage")
	}
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
	if l.storages[key] == nil {
		l.storages[key] = s
	}
	return s, nil
}

// rebuild makes a tensor of (storage, offset, shape, strides, ...). The
// arguments after these (requires_grad, hooks and metadata) are ignored.
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
	if s.other != 0 {
		return &pickle.Opaque{Type: "torch.Tensor of " + s.class}, nil
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
	ref, ok := v.(*Ref)
	if !ok {
		return v, nil
	}
	if ref.dtype, ok = elementTypes[g.Name]; !ok {
		return &pickle.Opaque{Type: fmt.Sprintf("torch.Tensor of %.60s", g.Name)}, nil
	}
	return ref, nil
}

// rebuildFromType makes a tensor of (function, class, its arguments,
// attributes). The attributes are not kept.
func rebuildFromType(args pickle.Tuple) (any, error) {
	if len(args) >= 3 {
		f, ok1 := args[0].(*pickle.Global)
		of, ok2 := args[2].(pickle.Tuple)
		if ok1 && ok2 && f.Name != "torch._tensor._rebuild_from_type_v2" {
			return f.Call(of)
		}
	}
	return nil, errors.New("it is made of something else than a function and its arguments")
}

// parameter returns the tensor of (tensor, requires_grad, hooks, ...).
func parameter(args pickle.Tuple) (any, error) {
	if len(args) > 0 {
		switch v := args[0].(type) {
		case *Ref, *pickle.Opaque:
			return v, nil
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
	if len(t) > maxRank {
		return nil, fmt.Errorf("a tensor has %d dimensions; at most %d are supported", len(t), maxRank)
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
