package pickle

import (
	"errors"
	"fmt"
)

// Plain returns the globals that make containers: collections.OrderedDict,
// argparse.Namespace (the command line that training ran with), torch-free and
// without any effect. Protocols 0 and 1 make a Namespace in a roundabout way,
// by copy_reg._reconstructor. The map is the caller's to add to.
func Plain() map[string]Func {
	namespace := func(args Tuple) (any, error) {
		if len(args) > 0 {
			return nil, fmt.Errorf("%d arguments are given, none are expected", len(args))
		}
		return &Object{Class: namespaceName, Attrs: &Dict{}}, nil
	}
	return map[string]Func{
		"collections.OrderedDict": orderedDict,
		namespaceName:             namespace,
		"copy_reg._reconstructor": reconstruct,
		"copyreg._reconstructor":  reconstruct,
		"__builtin__.object":      nil,
		"builtins.object":         nil,
	}
}

const namespaceName = "argparse.Namespace"

// orderedDict makes a dictionary, of the pairs of Python 2's form if there are
// any.
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

// reconstruct makes an empty Namespace: _reconstructor(Namespace, object, None).
func reconstruct(args Tuple) (any, error) {
	if len(args) == 3 && args[2] == nil {
		class, ok1 := args[0].(*Global)
		base, ok2 := args[1].(*Global)
		if ok1 && ok2 && class.Name == namespaceName && base.call == nil {
			return class.call(nil)
		}
	}
	return nil, errors.New("it is asked for something else than an argparse.Namespace")
}
