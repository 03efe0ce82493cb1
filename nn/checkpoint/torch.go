package checkpoint

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// Limits of PyTorch files.
const (
	maxPickle = 32 << 20 // bytes that describe the tensors

	// The tensors of a file may share storage. But together with their names
	// they may not claim much more than maxClaim times the size of the file.
	// This bounds the memory for a few bytes that claim a terabyte, or that name
	// one empty tensor a million times.
	maxClaim   = 4
	smallClaim = 1 << 20
)

// ExtraPrefix starts the names of the tensors that a PyTorch file holds beside
// the model; their path in the file follows, as in
// "train.torch.optimizer.state.0.exp_avg".
const ExtraPrefix = "train.torch."

// TorchMetadata is the key of the metadata in a PyTorch file that godmae wrote:
// a dictionary of strings.
const TorchMetadata = "godmae"

// Ref represents a tensor in [File.Extra].
type Ref struct {
	Name string // of the tensor in the file

	storage *storage
	offset  int64 // in elements
	shape   []int
	strides []int
	dtype   DType
}

// TypeName is the Python type of the tensor.
func (r *Ref) TypeName() string { return "torch.Tensor" }

// MarshalJSON names the tensor, for pickle.EncodeJSON.
func (r *Ref) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{TensorTag: r.Name})
}

// TensorTag is the key of the JSON object that represents a tensor.
const TensorTag = "$tensor"

// storage is a range of the file of which tensors are views.
type storage struct {
	key      string
	dtype    DType // "" for bytes without a type
	elements int64 // claimed
	begin    int64 // in the file, once it is known
	size     int64 // bytes there
	seal     *seal // of them

	from int64 // of a legacy view of another storage: where it starts, in elements

	class string // of a storage whose tensors are skipped, in words
	other int64  // and the bytes of one element
}

// TypeName is the Python type of a storage without a tensor.
func (s *storage) TypeName() string { return "torch.storage.TypedStorage" }

// TakesState marks that attributes of a tensor's class may follow.
func (r *Ref) TakesState() {}

// itemSize returns the bytes of one element of the storage.
func (s *storage) itemSize() int64 {
	if s.other != 0 {
		return s.other
	}
	if s.dtype == "" {
		return 1
	}
	return int64(s.dtype.Size())
}

// parseTree collects the tensors of the unpickled value. place finds the bytes
// of a storage.
func (f *File) parseTree(root any, size int64, place func(*storage) error) error {
	top, ok := root.(*pickle.Dict)
	if !ok {
		return fmt.Errorf("it holds a value of type %s, not a dictionary of tensors", pickle.TypeName(root))
	}
	levels, keys := findModel(top)
	model := levels[len(levels)-1]
	t := tree{size: size, place: place, seen: map[string]bool{}, others: map[string]string{}}
	if err := t.collect(model, ""); err != nil {
		return err
	}
	if len(t.infos) == 0 {
		return errors.New("it holds no tensors")
	}
	f.others, t.others = t.others, nil
	f.root, f.extra = strings.Join(keys, "."), &pickle.Dict{}
	for i, level := range levels {
		if i == len(keys) && i > 0 {
			break // the model itself
		}
		if err := f.parseBeside(level, keys[:min(i+1, len(keys))], &t); err != nil {
			return err
		}
	}
	slices.SortFunc(t.infos, func(a, b Info) int { return cmp.Compare(a.Name, b.Name) })
	f.infos = t.infos
	return nil
}

// modelKeys are the names under which training programs save the dictionary of
// a model's tensors. The first that exists is used. Those of the official code
// and of programs that save one model come before those of a moving average.
var modelKeys = []string{
	"model", "state_dict", "model_state_dict", "model_state", "net", "network", "module", "weights", "params",
	"teacher", "model_ema", "state_dict_ema", "ema_state_dict", "ema_model", "ema", "params_ema",
}

// maxNested is the largest number of dictionaries around that of the model.
const maxNested = 8

// findModel follows the keys of models from the top dictionary. It returns the
// dictionaries on the path, that of the model last, and the keys between them.
func findModel(top *pickle.Dict) (levels []*pickle.Dict, keys []string) {
	levels = []*pickle.Dict{top}
	for len(keys) < maxNested {
		d := levels[len(levels)-1]
		found := false
		for _, key := range modelKeys {
			if v, ok := d.Get(key); ok {
				if inner, ok := v.(*pickle.Dict); ok && holdsTensor(inner) {
					levels, keys, found = append(levels, inner), append(keys, key), true
					break
				}
			}
		}
		if !found {
			break
		}
	}
	return levels, keys
}

// parseBeside adds the entries of a dictionary other than the model, which has
// the last of the keys. Without keys the dictionary is the model.
func (f *File) parseBeside(level *pickle.Dict, keys []string, t *tree) error {
	for i := range level.Len() {
		key, v := level.At(i)
		name, ok := key.(string)
		if !ok || len(keys) > 0 && name == keys[len(keys)-1] || len(keys) == 0 && holdsTensor(v) {
			continue // a flat state dict is a model, except for entries without tensors
		}
		if m, ok := ownWords(v); ok && name == TorchMetadata {
			f.metadata = m
			continue
		}
		if _, taken := f.extra.Get(name); taken {
			name = strings.Join(append(slices.Clone(keys[:len(keys)-1]), name), ".")
			if _, taken := f.extra.Get(name); taken {
				continue // of a file made with bad intent
			}
		}
		if err := t.collect(v, ExtraPrefix+name+"."); err != nil {
			return err
		}
		f.extra.MustSet(name, v)
	}
	return nil
}

// ownWords returns the metadata that godmae wrote into a PyTorch file, and
// false if v is something else.
func ownWords(v any) (map[string]string, bool) {
	d, ok := v.(*pickle.Dict)
	if !ok {
		return nil, false
	}
	m := map[string]string{}
	for i := range d.Len() {
		key, v := d.At(i)
		k, ok1 := key.(string)
		s, ok2 := v.(string)
		if !ok1 || !ok2 {
			return nil, false
		}
		m[k] = s
	}
	return m, true
}

// holdsTensor reports whether there is a tensor in v.
func holdsTensor(v any) bool {
	err := pickle.Walk(v, func(_ []any, v any) (bool, error) {
		if _, ok := v.(*Ref); ok {
			return false, errFound
		}
		return true, nil
	})
	return err == errFound
}

var errFound = errors.New("found")

// tree collects the tensors of nested containers.
type tree struct {
	size  int64 // of the file
	place func(*storage) error
	infos []Info
	seen  map[string]bool
	claim int64 // bytes of all tensors and their descriptions

	others map[string]string // other values of the model: names and types; nil outside the model
}

// collect adds all tensors within v under their paths.
func (t *tree) collect(v any, prefix string) error {
	return pickle.Walk(v, func(path []any, v any) (bool, error) {
		ref, ok := v.(*Ref)
		other, isOther := v.(*pickle.Opaque)
		if !ok && !(isOther && t.others != nil) {
			return true, nil
		}
		// Charged before the name is built: the path may repeat one long string
		// many times.
		if err := t.charge(describing + int64(len(prefix)+length(path))); err != nil {
			return false, err
		}
		if isOther {
			t.others[prefix+join(path)] = other.Type
			return false, nil
		}
		return false, t.add(ref, prefix+join(path))
	})
}

// describing is the memory that is charged for the description of a tensor,
// without its name.
const describing = 64

// charge adds to what the tensors of the file claim.
func (t *tree) charge(bytes int64) error {
	t.claim += bytes
	if t.claim < 0 || t.claim > maxClaim*t.size+smallClaim {
		return fmt.Errorf("its %d tensors and more claim %d bytes and the file has %d; tensors that share their storage may claim up to %d times its size", len(t.infos), t.claim, t.size, maxClaim)
	}
	return nil
}

// length returns an upper bound of the length of a path's name as join builds
// it.
func length(path []any) int {
	n := 0
	for _, p := range path {
		n += 1 + 20 // a number
		if s, ok := p.(string); ok {
			n += len(s)
		}
	}
	return n
}

func join(path []any) string {
	parts := make([]string, len(path))
	for i, p := range path {
		switch p := p.(type) {
		case string:
			parts[i] = p
		case int64:
			parts[i] = strconv.FormatInt(p, 10)
		case int: // a position
			parts[i] = strconv.Itoa(p)
		default:
			parts[i] = pickle.Describe(p)
		}
	}
	return strings.Join(parts, ".")
}

func (t *tree) add(ref *Ref, name string) error {
	name = strings.ToValidUTF8(strings.TrimSuffix(name, "."), "\uFFFD")
	if t.seen[name] {
		return fmt.Errorf("it names the tensor %.100q twice", name)
	}
	t.seen[name] = true
	info, err := t.info(ref)
	if err != nil {
		return fmt.Errorf("its tensor %.100q %w", name, err)
	}
	ref.Name, info.Name = name, name
	n, _ := elements(info.Shape)
	t.infos = append(t.infos, info)
	return t.charge(n * int64(info.DType.Size()))
}

// info checks that a tensor is within its storage, and returns its position in
// the file. The caller puts the tensor's name before its errors.
func (t *tree) info(ref *Ref) (Info, error) {
	s := ref.storage
	if err := t.place(s); err != nil {
		return Info{}, err
	}
	item := s.itemSize()
	if s.elements < 0 || s.from < 0 || s.from > s.size/item || s.elements > s.size/item-s.from {
		return Info{}, fmt.Errorf("is a view of storage %q, which claims %d elements but has %d bytes", s.key, s.elements, s.size)
	}
	size := int64(ref.dtype.Size())
	room := s.elements * item / size // in elements of the tensor
	n, ok := elements(ref.shape)
	if !ok {
		return Info{}, fmt.Errorf("has the impossible shape %v", ref.shape)
	}
	if len(ref.shape) > maxRank || len(ref.shape) != len(ref.strides) {
		return Info{}, fmt.Errorf("has %d dimensions and %d strides; at most %d of each are supported", len(ref.shape), len(ref.strides), maxRank)
	}
	last, ok := lastElement(ref)
	if !ok || ref.offset < 0 || ref.offset > room || n > 0 && last >= room {
		return Info{}, fmt.Errorf("of shape %v, strides %v and offset %d does not lie within storage %q of %d elements", ref.shape, ref.strides, ref.offset, s.key, room)
	}
	begin := s.begin + s.from*item + ref.offset*size
	info := Info{DType: ref.dtype, Shape: ref.shape, begin: begin, end: begin, seal: s.seal}
	if n > 0 {
		info.end = s.begin + s.from*item + (last+1)*size
	}
	if n > 0 && !contiguous(ref) {
		info.strides = ref.strides
	}
	return info, nil
}

// lastElement returns the largest position of an element in the storage, and
// false if a stride is negative or positions overflow.
func lastElement(ref *Ref) (int64, bool) {
	last := ref.offset
	for i, d := range ref.shape {
		stride := int64(ref.strides[i])
		if stride < 0 {
			return 0, false
		}
		if d <= 1 || stride == 0 {
			continue
		}
		if stride > math.MaxInt64/16/int64(d) {
			return 0, false
		}
		if last += int64(d-1) * stride; last < 0 || last > math.MaxInt64/16 {
			return 0, false
		}
	}
	return last, true
}

// contiguous reports whether the elements follow one another in row-major
// order.
func contiguous(ref *Ref) bool {
	want := 1
	for i := len(ref.shape) - 1; i >= 0; i-- {
		if ref.shape[i] != 1 && ref.strides[i] != want {
			return false
		}
		want *= ref.shape[i]
	}
	return true
}
