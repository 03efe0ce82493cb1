package pickle

import (
	"errors"
	"fmt"
)

// Plain returns the globals of Python's plain values: containers
// (collections.OrderedDict, Counter, defaultdict; set, frozenset), bytes,
// complex numbers, argparse.Namespace (the command line of a training run),
// paths, dates, and numpy's numbers and arrays. Protocols 0 and 1 make objects
// with copyreg._reconstructor. The caller may add to the map.
func Plain() map[string]Func {
	g := map[string]Func{
		"collections.OrderedDict": orderedDict,
		"collections.Counter":     counter,
		"collections.defaultdict": defaultDict,
		"copyreg._reconstructor":  reconstruct,
		"_codecs.encode":          encodeText,
		"builtins.bytearray":      byteArray,
		"builtins.bytes":          byteArray,
		"builtins.complex":        complexNumber,
		"builtins.set":            setOf(false),
		"builtins.frozenset":      setOf(true),
	}
	for _, name := range []string{"object", "int", "float", "bool", "str", "list", "dict", "tuple"} {
		g["builtins."+name] = nil // types, such as that of a defaultdict's values
	}
	for _, name := range []string{namespaceName, "types.SimpleNamespace"} {
		g[name] = object(name)
	}
	for _, name := range []string{"builtins.range", "builtins.slice"} {
		g[name] = OpaqueOf(name)
	}
	for _, module := range []string{"pathlib.", "pathlib._local."} {
		for _, class := range []string{"Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"} {
			g[module+class] = OpaqueOf(module + class)
		}
	}
	for _, class := range []string{"datetime", "date", "time", "timedelta", "timezone"} {
		g["datetime."+class] = OpaqueOf("datetime." + class)
	}
	for name, f := range numpy() {
		g[name] = f
	}
	return g
}

const namespaceName = "argparse.Namespace"

// OpaqueOf returns a function for a global whose values are not used: only the
// name of their type is kept.
func OpaqueOf(name string) Func {
	return func(Tuple) (any, error) { return &Opaque{Type: name}, nil }
}

// object makes an object without attributes, which a later state sets.
func object(class string) Func {
	return func(args Tuple) (any, error) {
		if len(args) > 0 {
			return nil, fmt.Errorf("%d arguments are given, none are expected", len(args))
		}
		return &Object{Class: class, Attrs: &Dict{}}, nil
	}
}

// orderedDict makes a dictionary, from pairs in the form of Python 2 if there
// are any.
func orderedDict(args Tuple) (any, error) {
	d := &Dict{Ordered: true}
	if len(args) == 0 {
		return d, nil
	}
	pairs, ok := args[0].(*List)
	if !ok || len(args) > 1 {
		return nil, errors.New("it is made of something else than a list of pairs")
	}
	for _, p := range pairs.Items {
		kv, ok := pair(p)
		if !ok {
			return nil, errors.New("it is made of something else than a list of pairs")
		}
		if err := d.Set(kv[0], kv[1]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func pair(v any) (Tuple, bool) {
	switch v := v.(type) {
	case Tuple:
		return v, len(v) == 2
	case *List:
		return Tuple(v.Items), len(v.Items) == 2
	}
	return nil, false
}

// counter makes a collections.Counter from a dictionary of counts.
func counter(args Tuple) (any, error) {
	if len(args) == 0 {
		return &Dict{}, nil
	}
	if d, ok := args[0].(*Dict); ok && len(args) == 1 {
		return d, nil
	}
	return nil, errors.New("it is made of something else than a dictionary")
}

// defaultDict makes an empty dictionary. The default for missing keys is
// ignored.
func defaultDict(Tuple) (any, error) { return &Dict{}, nil }

// setOf makes a set of a list.
func setOf(frozen bool) Func {
	return func(args Tuple) (any, error) {
		s := &Set{Frozen: frozen}
		if len(args) == 0 {
			return s, nil
		}
		switch v := args[0].(type) {
		case *List:
			s.Items = v.Items[:len(v.Items):len(v.Items)]
		case Tuple:
			s.Items = v[:len(v):len(v)]
		case *Set:
			s.Items = v.Items[:len(v.Items):len(v.Items)]
		default:
			return nil, errors.New("it is made of something else than a list")
		}
		return s, nil
	}
}

// encodeText makes bytes of a string of Latin-1 characters, as protocols 0 to 2
// write them: _codecs.encode(text, "latin1").
func encodeText(args Tuple) (any, error) {
	if len(args) == 0 {
		return nil, errors.New("it has no text")
	}
	s, ok := args[0].(string)
	if !ok || len(args) > 1 && args[1] != "latin1" && args[1] != "latin-1" {
		return nil, errors.New("it encodes something else than Latin-1")
	}
	return Latin(s), nil
}

// byteArray makes bytes from nothing, from bytes, or from a text and its
// encoding, as protocol 2 writes a bytearray. bytearray(n) is refused: no
// protocol writes it, and a few bytes could demand any amount of memory.
func byteArray(args Tuple) (any, error) {
	if len(args) == 0 {
		return []byte{}, nil
	}
	switch v := args[0].(type) {
	case []byte, Latin:
		return v, nil
	case string:
		return encodeText(args)
	}
	return nil, fmt.Errorf("it is made of a %s", TypeName(args[0]))
}

// complexNumber makes a complex128 of its parts.
func complexNumber(args Tuple) (any, error) {
	var parts [2]float64
	for i, v := range args {
		var f float64
		switch v := v.(type) {
		case float64:
			f = v
		case int64:
			f = float64(v)
		default:
			return nil, fmt.Errorf("it is made of a %s", TypeName(v))
		}
		if i == len(parts) {
			return nil, errors.New("it has more than two parts")
		}
		parts[i] = f
	}
	return complex(parts[0], parts[1]), nil
}

// reconstruct makes an object of a class without arguments, as protocols 0 and
// 1 write it: _reconstructor(class, object, None).
func reconstruct(args Tuple) (any, error) {
	if len(args) == 3 && args[2] == nil {
		class, ok1 := args[0].(*Global)
		base, ok2 := args[1].(*Global)
		if ok1 && ok2 && class.call != nil && base.Name == "builtins.object" {
			return class.call(nil)
		}
	}
	return nil, errors.New("it is asked for something else than a plain object")
}
