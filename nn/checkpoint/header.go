package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// maxHeader is the longest header the format allows. maxRank and maxTensors are
// the largest numbers of dimensions and tensors this package accepts.
const (
	maxHeader  = 100_000_000
	maxRank    = 64
	maxTensors = 1 << 18
)

// Info describes a stored tensor.
type Info struct {
	Name  string
	DType DType
	Shape []int

	// [begin, end) are the bytes from the first element to the last.
	// Positions are in the file once it is open, and in the data while the
	// header of a safetensors file is parsed.
	begin, end int64
	strides    []int // in elements, of a view that is not contiguous; else nil
	seal       *seal // nil without a checksum

	parts []Info // of a tensor joined from several; then the fields above are of the first
}

// Elements returns the number of elements.
func (i Info) Elements() int {
	n, _ := elements(i.Shape)
	return int(n)
}

// parseHeader reads the JSON header by tokens, because decoding into a map
// would let a name occur twice, and checks it against the bytes that follow.
func parseHeader(header []byte, dataLen int64) ([]Info, map[string]string, error) {
	if !utf8.Valid(header) {
		return nil, nil, errors.New("its header is not valid UTF-8")
	}
	p := headerParser{dec: json.NewDecoder(bytes.NewReader(header)), seen: map[string]bool{}}
	p.dec.UseNumber()
	if err := p.object(p.entry); err != nil {
		return nil, nil, err
	}
	if _, err := p.dec.Token(); err != io.EOF {
		return nil, nil, errors.New("its header goes on after the JSON object")
	}
	if err := checkLayout(p.infos, dataLen); err != nil {
		return nil, nil, err
	}
	slices.SortFunc(p.infos, func(a, b Info) int { return cmp.Compare(a.Name, b.Name) })
	return p.infos, p.metadata, nil
}

// checkLayout verifies that the tensors cover the data without gaps or
// overlaps.
func checkLayout(infos []Info, dataLen int64) error {
	order := slices.Clone(infos)
	slices.SortFunc(order, func(a, b Info) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	var at int64
	for _, t := range order {
		switch {
		case t.begin < at:
			return fmt.Errorf("its tensor %q overlaps the one before it", t.Name)
		case t.begin > at:
			return fmt.Errorf("there are %d bytes of no tensor before its tensor %q", t.begin-at, t.Name)
		case t.end > dataLen:
			return fmt.Errorf("its tensor %q ends at byte %d, but there are %d bytes of data: the file is cut short", t.Name, t.end, dataLen)
		}
		at = t.end
	}
	if at != dataLen {
		return fmt.Errorf("there are %d bytes after its last tensor", dataLen-at)
	}
	return nil
}

type headerParser struct {
	dec      *json.Decoder
	seen     map[string]bool
	infos    []Info
	metadata map[string]string
}

// errJSON replaces the decoder's errors, whose positions do not help a user.
var errJSON = errors.New("its header is not the JSON that safetensors prescribes")

func (p *headerParser) delim(want json.Delim) error {
	t, err := p.dec.Token()
	if err != nil || t != want {
		return errJSON
	}
	return nil
}

func (p *headerParser) str() (string, error) {
	t, err := p.dec.Token()
	s, ok := t.(string)
	if err != nil || !ok {
		return "", errJSON
	}
	return s, nil
}

// object reads an object and calls field after each key.
func (p *headerParser) object(field func(key string) error) error {
	if err := p.delim('{'); err != nil {
		return err
	}
	for p.dec.More() {
		key, err := p.str()
		if err != nil {
			return err
		}
		if err := field(key); err != nil {
			return err
		}
	}
	return p.delim('}')
}

func (p *headerParser) entry(name string) error {
	if p.seen[name] {
		return fmt.Errorf("its header names %q twice", name)
	}
	p.seen[name] = true
	if name == metadataKey {
		p.metadata = map[string]string{}
		return p.object(func(key string) error {
			if _, twice := p.metadata[key]; twice {
				return fmt.Errorf("its metadata name %q twice", key)
			}
			value, err := p.str()
			p.metadata[key] = value
			return err
		})
	}
	return p.tensor(name)
}

func (p *headerParser) tensor(name string) error {
	var dtype string
	var shape, offsets []int64
	err := p.object(func(key string) (err error) {
		switch key {
		case "dtype":
			if dtype != "" {
				return errJSON
			}
			dtype, err = p.str()
		case "shape":
			if shape != nil {
				return errJSON
			}
			shape, err = p.ints(name)
		case "data_offsets":
			if offsets != nil {
				return errJSON
			}
			offsets, err = p.ints(name)
		default:
			return fmt.Errorf("its tensor %q has the unknown property %q", name, key)
		}
		return err
	})
	if err != nil {
		return err
	}
	if dtype == "" || shape == nil || len(offsets) != 2 {
		return fmt.Errorf("its tensor %q lacks a dtype, a shape or two data_offsets", name)
	}
	info := Info{Name: name, DType: DType(dtype), Shape: make([]int, len(shape)), begin: offsets[0], end: offsets[1]}
	if info.DType.Size() == 0 {
		return fmt.Errorf("its tensor %q has the element type %q, which is not supported", name, dtype)
	}
	for i, d := range shape {
		if d > math.MaxInt {
			return fmt.Errorf("its tensor %q is too large for this machine", name)
		}
		info.Shape[i] = int(d)
	}
	n, ok := elements(info.Shape)
	if !ok || info.end < info.begin || info.end-info.begin != n*int64(info.DType.Size()) {
		return fmt.Errorf("its tensor %q of type %s and shape %v does not fit its bytes %d to %d", name, dtype, shape, info.begin, info.end)
	}
	if p.infos = append(p.infos, info); len(p.infos) > maxTensors {
		return fmt.Errorf("its header names more than %d tensors, which no model needs", maxTensors)
	}
	return nil
}

// ints reads an array of integers >= 0.
func (p *headerParser) ints(name string) ([]int64, error) {
	if err := p.delim('['); err != nil {
		return nil, err
	}
	v := []int64{}
	for p.dec.More() {
		t, err := p.dec.Token()
		number, ok := t.(json.Number)
		if err != nil || !ok {
			return nil, errJSON
		}
		n, err := strconv.ParseInt(string(number), 10, 64)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("its tensor %q has the size or offset %s, which is not a whole number from 0 to 2^63-1", name, number)
		}
		if v = append(v, n); len(v) > maxRank {
			return nil, fmt.Errorf("its tensor %q has more than %d dimensions", name, maxRank)
		}
	}
	return v, p.delim(']')
}
