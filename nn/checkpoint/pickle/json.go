package pickle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Tags of values that JSON lacks: each is the only key of an object.
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
// value. Dictionaries keep their order. Integers have no point or exponent;
// other numbers always have one. A value that JSON lacks is an object with one
// key that starts with "$". An OrderedDict becomes a plain dictionary. Values
// of other types are written if they implement json.Marshaler. It is an error
// if a value cannot be written in this way, contains itself, or is too long
// because of repetitions.
func EncodeJSON(v any) ([]byte, error) {
	e := jsonEncoder{}
	err := e.value(v, 0)
	return e.b.Bytes(), err
}

// ShowJSON is EncodeJSON for display: a value that cannot be written is an
// object with the key "$type" and the name of its type.
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

// other handles a value that JSON cannot represent.
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
