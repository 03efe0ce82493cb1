package pickle

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Tags of what JSON has no words for: each is the only key of an object.
const (
	tagDict      = "$dict"      // a dictionary with other keys than strings, as pairs
	tagTuple     = "$tuple"     // its items
	tagNamespace = "$namespace" // the attributes of an argparse.Namespace
	tagFloat     = "$float"     // "nan", "inf" or "-inf"
	tagSet       = "$set"       // its items
	tagFrozen    = "$frozenset" // its items
	tagBytes     = "$bytes"     // in base64
	tagComplex   = "$complex"   // its two parts
	tagGlobal    = "$global"    // its name, such as that of an element type
	tagType      = "$type"      // of a value that is not kept, in ShowJSON alone
)

// EncodeJSON writes a value as JSON that [DecodeJSON] reads back to the same
// value: dictionaries keep their order, whole numbers have no point or exponent
// and other numbers always do, and what JSON has no words for is an object with
// one key that starts with "$". An OrderedDict becomes a plain dictionary.
// Values of other types are written if they implement json.Marshaler. The error
// is that of values that no such text can hold, that hold themselves, or whose
// repetitions make it too long.
func EncodeJSON(v any) ([]byte, error) {
	e := jsonEncoder{}
	err := e.value(v, 0)
	return e.b.Bytes(), err
}

// ShowJSON is EncodeJSON for a reader: a value that no text can hold is shown as
// an object with the key "$type" and the name of its type.
func ShowJSON(v any) ([]byte, error) {
	e := jsonEncoder{show: true}
	err := e.value(v, 0)
	return e.b.Bytes(), err
}

type jsonEncoder struct {
	b      bytes.Buffer
	visits int
	show   bool
}

func (e *jsonEncoder) value(v any, depth int) error {
	if e.visits++; depth > maxDepth || e.visits > maxVisits || e.b.Len() > maxWritten {
		return ErrTooMuch
	}
	depth++
	switch v := v.(type) {
	case nil, bool, string, json.Marshaler: // a *big.Int is one
		return e.plain(v)
	case int:
		e.b.WriteString(strconv.Itoa(v))
	case int64:
		e.b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		e.float(v)
	case Tuple:
		return e.tagged(tagTuple, func() error { return e.list(v, depth) })
	case *List:
		return e.list(v.Items, depth)
	case *Object:
		if v.Class != namespaceName {
			return e.other(v)
		}
		return e.tagged(tagNamespace, func() error { return e.value(v.Attrs, depth) })
	case *Set:
		tag := tagSet
		if v.Frozen {
			tag = tagFrozen
		}
		return e.tagged(tag, func() error { return e.list(v.Items, depth) })
	case []byte:
		if e.b.Len()+len(v) > maxWritten {
			return ErrTooMuch
		}
		return e.tagged(tagBytes, func() error { return e.plain(v) })
	case Latin:
		b, ok := v.bytes()
		if !ok {
			return e.other(v)
		}
		return e.value(b, depth)
	case complex128:
		return e.tagged(tagComplex, func() error { return e.list([]any{real(v), imag(v)}, depth) })
	case *Global:
		return e.tagged(tagGlobal, func() error { return e.plain(v.Name) })
	case *Dict:
		return e.dict(v, depth)
	default:
		return e.other(v)
	}
	return nil
}

// other is the end of a value that no text can hold.
func (e *jsonEncoder) other(v any) error {
	if !e.show {
		return fmt.Errorf("a value of type %s cannot be written", TypeName(v))
	}
	return e.tagged(tagType, func() error { return e.plain(TypeName(v)) })
}

func (e *jsonEncoder) plain(v any) error {
	enc := json.NewEncoder(&e.b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	e.b.Truncate(e.b.Len() - 1) // the newline of Encode
	return nil
}

func (e *jsonEncoder) float(v float64) {
	switch {
	case math.IsNaN(v):
		e.b.WriteString(`{"` + tagFloat + `":"nan"}`)
	case math.IsInf(v, 1):
		e.b.WriteString(`{"` + tagFloat + `":"inf"}`)
	case math.IsInf(v, -1):
		e.b.WriteString(`{"` + tagFloat + `":"-inf"}`)
	default:
		s := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		e.b.WriteString(s)
	}
}

func (e *jsonEncoder) tagged(tag string, content func() error) error {
	e.b.WriteString(`{"` + tag + `":`)
	err := content()
	e.b.WriteByte('}')
	return err
}

func (e *jsonEncoder) list(items []any, depth int) error {
	e.b.WriteByte('[')
	for i, v := range items {
		if i > 0 {
			e.b.WriteByte(',')
		}
		if err := e.value(v, depth); err != nil {
			return err
		}
	}
	e.b.WriteByte(']')
	return nil
}

func (e *jsonEncoder) dict(d *Dict, depth int) error {
	for _, k := range d.keys {
		if s, ok := k.(string); !ok || strings.HasPrefix(s, "$") {
			pairs := make([]any, len(d.keys))
			for i, k := range d.keys {
				pairs[i] = &List{Items: []any{k, d.values[i]}}
			}
			return e.tagged(tagDict, func() error { return e.list(pairs, depth) })
		}
	}
	e.b.WriteByte('{')
	for i, k := range d.keys {
		if i > 0 {
			e.b.WriteByte(',')
		}
		if err := e.plain(k); err != nil {
			return err
		}
		e.b.WriteByte(':')
		if err := e.value(d.values[i], depth); err != nil {
			return err
		}
	}
	e.b.WriteByte('}')
	return nil
}

// DecodeJSON reads what EncodeJSON wrote. special returns the value of an
// object with one key that starts with "$" and is none of this package's, such
// as a json.Marshaler wrote; nil refuses all.
func DecodeJSON(text []byte, special func(tag string, v any) (any, error)) (any, error) {
	d := jsonDecoder{dec: json.NewDecoder(bytes.NewReader(text)), special: special}
	d.dec.UseNumber()
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	if d.dec.More() {
		return nil, errors.New("the text goes on after the value")
	}
	return v, nil
}

type jsonDecoder struct {
	dec     *json.Decoder
	special func(tag string, v any) (any, error)
}

var errNotOurs = errors.New("the text is not what this program writes")

func (d *jsonDecoder) value(depth int) (any, error) {
	t, err := d.dec.Token()
	if err != nil {
		return nil, errNotOurs
	}
	if depth > 3*maxDepth {
		return nil, ErrTooMuch
	}
	switch t := t.(type) {
	case json.Number:
		return number(string(t))
	case json.Delim:
		if t == '[' {
			l := &List{Items: []any{}}
			for d.dec.More() {
				v, err := d.value(depth + 1)
				if err != nil {
					return nil, err
				}
				l.Items = append(l.Items, v)
			}
			_, err := d.dec.Token()
			return l, err
		}
		return d.object(depth)
	}
	return t, nil
}

func number(s string) (any, error) {
	if strings.ContainsAny(s, ".eE") {
		v, err := strconv.ParseFloat(s, 64)
		return v, err
	}
	v, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return nil, errNotOurs
	}
	return whole(v), nil
}

func (d *jsonDecoder) object(depth int) (any, error) {
	dict := &Dict{}
	for d.dec.More() {
		key, err := d.dec.Token()
		if err != nil {
			return nil, errNotOurs
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if err := dict.Set(key, v); err != nil {
			return nil, err
		}
	}
	if _, err := d.dec.Token(); err != nil {
		return nil, errNotOurs
	}
	if dict.Len() == 1 {
		if tag, _ := dict.keys[0].(string); strings.HasPrefix(tag, "$") {
			return d.untag(tag, dict.values[0])
		}
	}
	return dict, nil
}

func (d *jsonDecoder) untag(tag string, v any) (any, error) {
	switch tag {
	case tagTuple:
		if l, ok := v.(*List); ok {
			return Tuple(l.Items), nil
		}
	case tagNamespace:
		if attrs, ok := v.(*Dict); ok {
			return &Object{Class: namespaceName, Attrs: attrs}, nil
		}
	case tagFloat:
		if s, ok := v.(string); ok {
			if v, err := strconv.ParseFloat(s, 64); err == nil {
				return v, nil
			}
		}
	case tagSet, tagFrozen:
		if l, ok := v.(*List); ok {
			return &Set{Frozen: tag == tagFrozen, Items: l.Items}, nil
		}
	case tagBytes:
		if s, ok := v.(string); ok {
			if b, err := base64.StdEncoding.DecodeString(s); err == nil {
				return b, nil
			}
		}
	case tagComplex:
		if l, ok := v.(*List); ok {
			return complexNumber(l.Items)
		}
	case tagGlobal:
		if s, ok := v.(string); ok {
			return &Global{Name: s}, nil
		}
	case tagDict:
		if l, ok := v.(*List); ok {
			dict := &Dict{}
			for _, item := range l.Items {
				kv, ok := pair(item)
				if !ok {
					return nil, errNotOurs
				}
				if err := dict.Set(kv[0], kv[1]); err != nil {
					return nil, err
				}
			}
			return dict, nil
		}
	default:
		if d.special != nil {
			return d.special(tag, v)
		}
	}
	return nil, errNotOurs
}
