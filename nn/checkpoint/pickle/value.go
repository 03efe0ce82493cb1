package pickle

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
)

// The values of a pickle are nil, bool, int64, *big.Int (whole numbers beyond
// int64), float64, complex128, string, []byte or Latin (bytes), Tuple, *List, *Dict, *Set,
// *Object, *Opaque, *Global, and what the functions of a Loader return.

// Tuple is a Python tuple.
type Tuple []any

// List is a Python list.
type List struct{ Items []any }

// Set is a Python set or frozenset, in the order written.
type Set struct {
	Frozen bool
	Items  []any
}

// Latin is Python bytes as protocols 0 to 2 write them: a text whose code
// points are the bytes.
type Latin string

// bytes returns the bytes of the text, and false if it has other characters.
func (s Latin) bytes() ([]byte, bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 255 {
			return nil, false
		}
		b = append(b, byte(r))
	}
	return b, true
}

// latinOf is the inverse of bytes.
func latinOf(b []byte) Latin {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return Latin(r)
}

// Opaque is a value of which only the type is kept: a path, a date, an array,
// or a tensor of a kind that models do not use.
type Opaque struct {
	Type string // in words or as Python names it

	code string // of a numpy.dtype
}

// Object is an instance of a class: the full name of the class and the
// attributes.
type Object struct {
	Class string
	Attrs *Dict
}

// Global is a Python global by its full name, such as
// "collections.OrderedDict".
type Global struct {
	Name string
	call Func
}

// Call calls the global as a pickle does.
func (g *Global) Call(args Tuple) (any, error) {
	if g.call == nil {
		return nil, fmt.Errorf("%s is called, which no checkpoint needs", g.Name)
	}
	v, err := g.call(args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", g.Name, err)
	}
	return v, nil
}

// Func implements a global that a pickle may call. It must not keep args.
type Func func(args Tuple) (any, error)

// Dict is a Python dictionary, which keeps the order of insertion. Keys that are
// strings, numbers, bools or nil can be looked up. An entry with another key (a
// tuple, bytes, a type) is appended each time it is set. The zero Dict is empty.
type Dict struct {
	Ordered bool // a collections.OrderedDict
	keys    []any
	values  []any
	index   map[any]int // nil while there are few keys
}

// indexed is the number of keys from which a Dict keeps an index.
const indexed = 9

// Len returns the number of keys; a nil Dict has none.
func (d *Dict) Len() int {
	if d == nil {
		return 0
	}
	return len(d.keys)
}

// At returns entry i in the order of insertion.
func (d *Dict) At(i int) (key, value any) { return d.keys[i], d.values[i] }

// Get returns the value of a key, or nil and false if there is none or the Dict
// is nil.
func (d *Dict) Get(key any) (any, bool) {
	if d == nil {
		return nil, false
	}
	if i := d.find(key); i >= 0 {
		return d.values[i], true
	}
	return nil, false
}

// simple reports whether a key can be looked up.
func simple(key any) bool {
	switch key.(type) {
	case nil, bool, int64, float64, string:
		return true
	}
	return false
}

func (d *Dict) find(key any) int {
	if !simple(key) {
		return -1
	}
	if d.index == nil {
		return slices.Index(d.keys, key)
	}
	if i, ok := d.index[key]; ok {
		return i
	}
	return -1
}

// Set gives key a value; the error is that of a key that no dictionary of
// Python can have.
func (d *Dict) Set(key, value any) error {
	switch key.(type) {
	case *List, *Dict:
		return fmt.Errorf("a dictionary has a key of type %s, which Python does not allow", TypeName(key))
	}
	if i := d.find(key); i >= 0 {
		d.values[i] = value
		return nil
	}
	d.keys = append(d.keys, key)
	d.values = append(d.values, value)
	switch {
	case d.index != nil:
		if simple(key) {
			d.index[key] = len(d.keys) - 1
		}
	case len(d.keys) >= indexed:
		d.index = make(map[any]int, 2*indexed)
		for i, k := range d.keys {
			if simple(k) {
				d.index[k] = i
			}
		}
	}
	return nil
}

// MustSet is Set for a key of the right type, and returns d.
func (d *Dict) MustSet(key, value any) *Dict {
	if err := d.Set(key, value); err != nil {
		panic(err)
	}
	return d
}

// Describe returns a value for a message: the digits of an integer, the
// beginning of a string in quotes, and the type of anything else, which may be
// long or contain line breaks.
func Describe(v any) string {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case string:
		return fmt.Sprintf("%.40q", v)
	}
	return "a " + TypeName(v)
}

// TypeName returns Python's name of a value's type.
func TypeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case []byte, Latin:
		return "bytes"
	case Tuple:
		return "tuple"
	case *List:
		return "list"
	case *Dict:
		return "dict"
	case complex128:
		return "complex"
	case *Set:
		if v.Frozen {
			return "frozenset"
		}
		return "set"
	case *Opaque:
		return v.Type
	case *Object:
		return v.Class
	case *Global:
		return v.Name
	}
	if named, ok := v.(interface{ TypeName() string }); ok {
		return named.TypeName()
	}
	return fmt.Sprintf("%T", v)
}

// Bounds of Walk and of written text. A small pickle can hold one long string a
// million times, which would be written as often.
const (
	maxDepth   = 100
	maxVisits  = 4 * MaxValues
	maxWritten = 64 << 20 // bytes
)

// ErrTooMuch is the error of values that contain themselves, or that contain
// one value more often than any real checkpoint does.
var ErrTooMuch = errors.New("its values hold themselves, or one another too many times")

// Walk calls visit for v and everything in it, with the path to each value:
// keys of dictionaries, names of attributes, and int positions. visit returns
// false to skip the content of a value. The path is valid during the call
// only.
func Walk(v any, visit func(path []any, v any) (descend bool, err error)) error {
	w := walker{visit: visit}
	return w.walk(v)
}

type walker struct {
	path   []any
	visits int
	visit  func(path []any, v any) (bool, error)
}

func (w *walker) walk(v any) error {
	if w.visits++; w.visits > maxVisits || len(w.path) > maxDepth {
		return ErrTooMuch
	}
	descend, err := w.visit(w.path, v)
	if err != nil || !descend {
		return err
	}
	switch v := v.(type) {
	case Tuple:
		return w.items(v)
	case *List:
		return w.items(v.Items)
	case *Set:
		return w.items(v.Items)
	case *Object:
		return w.entries(v.Attrs)
	case *Dict:
		return w.entries(v)
	}
	return nil
}

func (w *walker) items(items []any) error {
	for i, v := range items {
		if err := w.step(i, v); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) entries(d *Dict) error {
	for i := range d.keys {
		if err := w.step(d.keys[i], d.values[i]); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) step(key, v any) error {
	w.path = append(w.path, key)
	err := w.walk(v)
	w.path = w.path[:len(w.path)-1]
	return err
}
