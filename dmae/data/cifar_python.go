package data

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// pickled appends the images of one file of the Python version: a dictionary
// with the array "data" [n, 3072] of bytes and a list of labels. Nothing in
// the file is executed: its pickle may name numpy's arrays only.
func (s *cifarSet) pickled(b []byte, classes int, pix []byte, labels []int32) ([]byte, []int32, error) {
	d, err := unpickle(b)
	if err != nil {
		return nil, nil, err
	}
	data, ok := lookUp(d, "data").(*array)
	if !ok || len(data.shape) != 2 || data.shape[1] != cifarPixels || data.shape[0] == 0 {
		return nil, nil, fmt.Errorf("its pickle has no %q that is an array of images of %d bytes", "data", cifarPixels)
	}
	list, ok := lookUp(d, s.key).(*pickle.List)
	if !ok || len(list.Items) != data.shape[0] {
		return nil, nil, fmt.Errorf("its pickle has no list %q of a label for each of the %d images", s.key, data.shape[0])
	}
	for i, v := range list.Items {
		label, ok := v.(int64)
		if !ok || label < 0 || label >= int64(classes) {
			return nil, nil, fmt.Errorf("its image %d has the label %s, but there are %d classes", i, pickle.Describe(v), classes)
		}
		labels = append(labels, int32(label))
	}
	return append(pix, data.bytes...), labels, nil
}

// pickledNames returns the list of class names of the Python version.
func pickledNames(b []byte, key string) ([]string, error) {
	d, err := unpickle(b)
	if err != nil {
		return nil, err
	}
	list, ok := lookUp(d, key).(*pickle.List)
	if !ok {
		return nil, fmt.Errorf("its pickle has no list %q", key)
	}
	var names []string
	for i, v := range list.Items {
		name, ok := text(v)
		if !ok {
			return nil, fmt.Errorf("its class %d is not named by a string", i)
		}
		names = append(names, name)
	}
	return names, nil
}

// unpickle reads a dictionary.
func unpickle(b []byte) (*pickle.Dict, error) {
	made := &budget{len(b)}
	globals := map[string]pickle.Func{
		"numpy.ndarray":  nil,
		"numpy.dtype":    newElement,
		"_codecs.encode": made.encodeLatin,
	}
	for _, core := range []string{"numpy.core", "numpy._core"} {
		globals[core+".multiarray._reconstruct"] = func(pickle.Tuple) (any, error) { return &array{made: made}, nil }
		globals[core+".numeric._frombuffer"] = made.fromBuffer
	}
	l := pickle.Loader{Globals: globals}
	v, _, err := l.Load(b)
	if err != nil {
		return nil, err
	}
	d, ok := v.(*pickle.Dict)
	if !ok {
		return nil, fmt.Errorf("its pickle holds a %s, not a dictionary", pickle.TypeName(v))
	}
	return d, nil
}

// lookUp returns the value of a key that is a string, or bytes: files of Python
// 2 that were read as bytes and written again have such keys.
func lookUp(d *pickle.Dict, key string) any {
	for i := range d.Len() {
		k, v := d.At(i)
		if name, ok := text(k); ok && name == key {
			return v
		}
	}
	return nil
}

func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case []byte:
		return string(v), true
	}
	return "", false
}

// budget bounds the bytes that are made from texts: a pickle can use one text
// many times, but valid files store every byte of an array.
type budget struct{ left int }

// take charges bytes before they are allocated.
func (m *budget) take(n int) error {
	if m.left -= n; m.left < 0 {
		return errors.New("it makes more bytes than it holds")
	}
	return nil
}

// array is a numpy array of bytes. It is empty until its state is set.
type array struct {
	shape []int
	bytes []byte
	made  *budget
}

// element is the type of an array's elements; only bytes are supported.
type element struct{}

var errElement = errors.New("an array has elements other than bytes (uint8)")

func newElement(args pickle.Tuple) (any, error) {
	if len(args) == 0 || args[0] != "u1" && args[0] != "|u1" {
		return nil, errElement
	}
	return element{}, nil
}

// Build implements pickle.Builder. Byte order and flags have no effect on
// bytes.
func (element) Build(any) error { return nil }

// Build implements pickle.Builder: (version, shape, type, in Fortran's order,
// bytes).
func (a *array) Build(state any) error {
	t, ok := state.(pickle.Tuple)
	if !ok || len(t) < 4 {
		return errors.New("an array has no shape and elements")
	}
	t = t[len(t)-4:]
	if t[2] != false {
		return errors.New("an array is stored column by column")
	}
	return a.set(t[0], t[1], t[3])
}

// fromBuffer makes an array from its elements, type, shape and order.
func (m *budget) fromBuffer(args pickle.Tuple) (any, error) {
	if len(args) != 4 || args[3] != "C" {
		return nil, errors.New("an array is not stored row by row")
	}
	a := &array{made: m}
	return a, a.set(args[2], args[1], args[0])
}

// set sets the shape, type and elements of an array. Their number must agree
// with the shape.
func (a *array) set(shape, of, elements any) error {
	dims, ok := shape.(pickle.Tuple)
	if _, bytes := of.(element); !ok || !bytes {
		return errElement
	}
	n := int64(1)
	a.shape = nil
	for _, d := range dims {
		d, ok := d.(int64)
		if !ok || d < 0 || d > 1<<31 || n*d > 1<<40 {
			return errors.New("an array has no shape")
		}
		n *= d
		a.shape = append(a.shape, int(d))
	}
	switch e := elements.(type) {
	case []byte:
		a.bytes = e
	case string: // of Python 2
		if err := a.made.take(utf8.RuneCountInString(e)); err != nil {
			return err
		}
		a.bytes = latin(e, n)
	}
	if int64(len(a.bytes)) != n {
		return fmt.Errorf("an array of %d elements has %d bytes", n, len(a.bytes))
	}
	return nil
}

// latin returns the n bytes of a string of Python 2, which package pickle has
// converted to text. Valid UTF-8 is unchanged; otherwise each byte has become
// the code point of its value. The length decides which.
func latin(s string, n int64) []byte {
	if int64(len(s)) == n || int64(utf8.RuneCountInString(s)) != n {
		return []byte(s)
	}
	b := make([]byte, 0, n)
	for _, r := range s {
		b = append(b, byte(r))
	}
	return b
}

// encodeLatin makes bytes from the text that protocols 0 to 2 write for them.
func (m *budget) encodeLatin(args pickle.Tuple) (any, error) {
	if len(args) == 0 {
		return nil, errors.New("it has no text")
	}
	s, ok := args[0].(string)
	if !ok || len(args) > 1 && args[1] != "latin1" && args[1] != "latin-1" {
		return nil, errors.New("it encodes something else than Latin-1")
	}
	if err := m.take(utf8.RuneCountInString(s)); err != nil {
		return nil, err
	}
	b := make([]byte, 0, utf8.RuneCountInString(s))
	for _, r := range s {
		if r > 255 {
			return nil, errors.New("it encodes something else than Latin-1")
		}
		b = append(b, byte(r))
	}
	return b, nil
}
