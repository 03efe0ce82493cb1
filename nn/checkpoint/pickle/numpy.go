package pickle

import (
	"encoding/binary"
	"errors"
	"math"
)

// numpy returns the globals by which numpy's numbers and arrays are pickled.
// A number becomes a Python number, as by float() and int(). Of an array
// only the name of the type is kept.
func numpy() map[string]Func {
	g := map[string]Func{
		"numpy.dtype":   numpyType,
		"numpy.ndarray": nil,
	}
	for _, core := range []string{"numpy.core.", "numpy._core."} {
		g[core+"multiarray.scalar"] = numpyScalar
		g[core+"multiarray._reconstruct"] = OpaqueOf("numpy.ndarray")
		g[core+"numeric._frombuffer"] = OpaqueOf("numpy.ndarray")
	}
	for _, name := range []string{
		"bool_", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
		"float16", "float32", "float64", "complex64", "complex128",
	} {
		g["numpy."+name] = nil
	}
	for _, name := range []string{
		"Bool", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64",
		"Float16", "Float32", "Float64", "Complex64", "Complex128",
	} {
		class := "numpy.dtypes." + name + "DType"
		g[class] = OpaqueOf(class)
	}
	return g
}

// numpyType makes an element type from its short name, such as "f8". Its byte
// order follows as a state.
func numpyType(args Tuple) (any, error) {
	if len(args) == 0 {
		return nil, errors.New("it has no name")
	}
	switch v := args[0].(type) {
	case string:
		return &Opaque{Type: "numpy.dtype", code: v}, nil
	case *Global:
		return &Opaque{Type: "numpy.dtype"}, nil
	}
	return nil, errors.New("it is named by something else than a string")
}

// numpyScalar makes a number from an element type and its bytes, which are
// little-endian on all machines that PyTorch supports.
func numpyScalar(args Tuple) (any, error) {
	if len(args) != 2 {
		return nil, errors.New("a number has no type and bytes")
	}
	dtype, ok1 := args[0].(*Opaque)
	b, ok2 := args[1].([]byte)
	if text, latin := args[1].(Latin); latin && len(text) <= 16 {
		b, ok2 = text.bytes()
	}
	if !ok1 || !ok2 || dtype.Type != "numpy.dtype" {
		return &Opaque{Type: "numpy.generic"}, nil
	}
	le := binary.LittleEndian
	switch code := dtype.code; {
	case code == "f8" && len(b) == 8:
		return math.Float64frombits(le.Uint64(b)), nil
	case code == "f4" && len(b) == 4:
		return float64(math.Float32frombits(le.Uint32(b))), nil
	case code == "i8" && len(b) == 8:
		return int64(le.Uint64(b)), nil
	case code == "i4" && len(b) == 4:
		return int64(int32(le.Uint32(b))), nil
	case code == "b1" && len(b) == 1:
		return b[0] != 0, nil
	}
	return &Opaque{Type: "numpy.generic"}, nil
}
