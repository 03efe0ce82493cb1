package pickle

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"strings"
)

// DecodeJSON reads the output of EncodeJSON. special returns the value of an
// object with one key that starts with "$" and is not a tag of this package,
// such as one that a json.Marshaler wrote. A nil special refuses them.
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
