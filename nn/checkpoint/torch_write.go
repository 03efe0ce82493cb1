package checkpoint

import (
	"archive/zip"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/godmae/godmae/internal/atomicfile"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// storageClasses names the storage class of each element type. Types without
// one are written as bytes with an element type.
var storageClasses, elementNames = func() (classes, names map[DType]string) {
	classes = map[DType]string{}
	for name, dtype := range storageTypes {
		if dtype != "" {
			classes[dtype] = name
		}
	}
	return classes, map[DType]string{
		U16: "torch.uint16", U32: "torch.uint32", U64: "torch.uint64",
		F8E4M3: "torch.float8_e4m3fn", F8E5M2: "torch.float8_e5m2", F8E8M0: "torch.float8_e8m0fnu",
	}
}()

// archive is the folder within the zip container. The start of each tensor is a
// multiple of alignment. Both are those of PyTorch.
const (
	archive   = "archive/"
	alignment = 64
)

// WriteTorch saves a dictionary at path in PyTorch's zip format, as a whole or
// not at all. It may hold every value of a pickle, and a [Tensor] wherever
// PyTorch's files have tensors. torch.load reads the file with weights_only=True
// if it holds only dictionaries, lists, tuples, strings, numbers and tensors.
// The bytes depend on the dictionary only.
func WriteTorch(path string, root *pickle.Dict) error {
	err := atomicfile.Write(path, func(w io.Writer) error { return EncodeTorch(w, root) })
	return named(err)
}

// EncodeTorch writes a PyTorch file to w; see WriteTorch.
func EncodeTorch(w io.Writer, root *pickle.Dict) error {
	var t torchWriter
	tree, err := t.replace(root, 0)
	if err != nil {
		return err
	}
	description, err := pickle.Encode(tree)
	if err != nil {
		return err
	}
	z := zipWriter{counter: counter{w: w}}
	z.zip = zip.NewWriter(&z.counter)
	z.add("data.pkl", literal(description))
	z.add("byteorder", literal("little"))
	for i, tensor := range t.tensors {
		z.add(fmt.Sprintf("data/%d", i), func(w io.Writer) error { return tensor.encode(w, make([]byte, chunk)) })
	}
	z.add("version", literal("3\n"))
	if z.err != nil {
		return z.err
	}
	return z.zip.Close()
}

// torchWriter replaces tensors by the calls that rebuild them.
type torchWriter struct {
	tensors []Tensor
	visits  int
}

func (t *torchWriter) replace(v any, depth int) (any, error) {
	if t.visits++; depth > 100 || t.visits > pickle.MaxValues {
		return nil, pickle.ErrTooMuch
	}
	list := func(items []any) ([]any, error) {
		out := make([]any, len(items))
		for i, item := range items {
			var err error
			if out[i], err = t.replace(item, depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	switch v := v.(type) {
	case Tensor:
		t.tensors = append(t.tensors, v)
		return t.call(v), nil
	case pickle.Tuple:
		items, err := list(v)
		return pickle.Tuple(items), err
	case *pickle.List:
		items, err := list(v.Items)
		return &pickle.List{Items: items}, err
	case *pickle.Dict:
		d := &pickle.Dict{Ordered: v.Ordered}
		for i := range v.Len() {
			key, value := v.At(i)
			value, err := t.replace(value, depth+1)
			if err != nil {
				return nil, err
			}
			d.MustSet(key, value)
		}
		return d, nil
	}
	return v, nil
}

// call returns the call that rebuilds the tensor that was added last.
func (t *torchWriter) call(v Tensor) pickle.Call {
	n, _ := elements(v.Shape)
	shape, strides := make(pickle.Tuple, len(v.Shape)), make(pickle.Tuple, len(v.Shape))
	stride := 1
	for i := len(v.Shape) - 1; i >= 0; i-- {
		shape[i], strides[i] = v.Shape[i], stride
		stride *= max(v.Shape[i], 1)
	}
	rebuild, class := "torch._utils._rebuild_tensor_v2", storageClasses[v.DType]
	if class == "" {
		rebuild, class = "torch._utils._rebuild_tensor_v3", "torch.storage.UntypedStorage"
		n = v.byteLen()
	}
	id := pickle.Tuple{"storage", &pickle.Global{Name: class}, fmt.Sprint(len(t.tensors) - 1), "cpu", n}
	hooks := pickle.Call{Global: "collections.OrderedDict"}
	args := pickle.Tuple{pickle.Persistent{ID: id}, 0, shape, strides, false, hooks}
	if name := elementNames[v.DType]; name != "" {
		args = append(args, &pickle.Global{Name: name})
	}
	return pickle.Call{Global: rebuild, Args: args}
}

// zipWriter adds stored entries that start at multiples of the alignment.
type zipWriter struct {
	counter
	zip *zip.Writer
	err error // of the first entry that failed
}

// counter counts the bytes that are written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func literal[T string | []byte](content T) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write([]byte(content))
		return err
	}
}

// add writes an entry. content is called twice, because the checksum is stored
// before the bytes.
func (z *zipWriter) add(name string, content func(io.Writer) error) {
	if z.err != nil {
		return
	}
	z.err = func() error {
		sum := crc32.NewIEEE()
		size := counter{w: sum}
		if err := content(&size); err != nil {
			return err
		}
		if err := z.zip.Flush(); err != nil {
			return err
		}
		h := &zip.FileHeader{
			Name: archive + name, Method: zip.Store, CRC32: sum.Sum32(),
			CompressedSize64: uint64(size.n), UncompressedSize64: uint64(size.n),
		}
		h.Extra = padding(z.n + localHeader + int64(len(h.Name)))
		w, err := z.zip.CreateRaw(h)
		if err != nil {
			return err
		}
		return content(w)
	}()
}

// localHeader is the length of the local header before an entry's name.
const localHeader = 30

// padding returns an extra field, of PyTorch's kind FB, for an entry whose
// content would start at the given position without it. With it the content
// starts at a multiple of the alignment.
func padding(at int64) []byte {
	const head = 4
	n := int(alignment - (at+head)%alignment)
	extra := make([]byte, head+n)
	copy(extra, []byte{'F', 'B', byte(n), byte(n >> 8)})
	for i := head; i < len(extra); i++ {
		extra[i] = 'Z'
	}
	return extra
}
