package pickle

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// Call is a value to be written that Python makes by calling a global, given by
// its full name.
type Call struct {
	Global string
	Args   Tuple
}

// Persistent is a value to be written that refers to something outside of the
// pickle by its identifier.
type Persistent struct{ ID any }

// Encode writes a value and everything in it as a pickle of protocol 2, which
// PyTorch uses. The bytes depend on the value only: the memo is not used, and
// a value that occurs twice is written twice. It is an error if a value cannot
// be pickled, contains itself, or is too long because of repetitions.
func Encode(v any) ([]byte, error) {
	e := encoder{b: []byte{opProto, 2}}
	if err := e.value(v, 0); err != nil {
		return nil, err
	}
	return append(e.b, opStop), nil
}

type encoder struct {
	b      []byte
	visits int
}

func (e *encoder) op(ops ...byte) { e.b = append(e.b, ops...) }

func (e *encoder) value(v any, depth int) error {
	if e.visits++; depth > maxDepth || e.visits > maxVisits || len(e.b) > maxWritten {
		return ErrTooMuch
	}
	depth++
	switch v := v.(type) {
	case nil:
		e.op(opNone)
	case bool:
		if v {
			e.op(opNewTrue)
		} else {
			e.op(opNewFalse)
		}
	case int:
		e.int(int64(v))
	case int64:
		e.int(v)
	case *big.Int:
		e.big(v)
	case float64:
		e.op(opBinFloat)
		e.b = binary.BigEndian.AppendUint64(e.b, math.Float64bits(v))
	case string:
		if !utf8.ValidString(v) {
			return fmt.Errorf("the string %s is not valid UTF-8", Describe(v))
		}
		if len(v) > math.MaxInt32 {
			return fmt.Errorf("a string of %d bytes is too long for a pickle", len(v))
		}
		e.op(opBinUnicode)
		e.b = binary.LittleEndian.AppendUint32(e.b, uint32(len(v)))
		e.b = append(e.b, v...)
	case Tuple:
		return e.tuple(v, depth)
	case *List:
		e.op(opEmptyList)
		if len(v.Items) > 0 {
			e.op(opMark)
			if err := e.values(v.Items, depth); err != nil {
				return err
			}
			e.op(opAppends)
		}
	case *Dict:
		return e.dict(v, depth)
	case *Set:
		name := "builtins.set"
		if v.Frozen {
			name = "builtins.frozenset"
		}
		return e.call(Call{Global: name, Args: Tuple{&List{Items: v.Items}}}, depth)
	case []byte:
		return e.call(Call{Global: "_codecs.encode", Args: Tuple{string(latinOf(v)), "latin1"}}, depth)
	case complex128:
		return e.call(Call{Global: "builtins.complex", Args: Tuple{real(v), imag(v)}}, depth)
	case *Global:
		return e.global(v.Name)
	case Call:
		return e.call(v, depth)
	case Persistent:
		if err := e.value(v.ID, depth); err != nil {
			return err
		}
		e.op(opBinPersID)
	default:
		return fmt.Errorf("a value of type %s cannot be written", TypeName(v))
	}
	return nil
}

func (e *encoder) values(items []any, depth int) error {
	for _, v := range items {
		if err := e.value(v, depth); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) int(v int64) {
	switch {
	case v >= 0 && v < 1<<8:
		e.op(opBinInt1, byte(v))
	case v >= 0 && v < 1<<16:
		e.op(opBinInt2, byte(v), byte(v>>8))
	case v >= math.MinInt32 && v <= math.MaxInt32:
		e.op(opBinInt)
		e.b = binary.LittleEndian.AppendUint32(e.b, uint32(v))
	default:
		e.op(opLong1, 8)
		e.b = binary.LittleEndian.AppendUint64(e.b, uint64(v))
	}
}

// big writes two's complement in the fewest bytes that hold the number and its
// sign.
func (e *encoder) big(v *big.Int) {
	n := v.BitLen()/8 + 1
	b := new(big.Int).Set(v)
	if v.Sign() < 0 {
		b.Add(b, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
	}
	le := b.FillBytes(make([]byte, n))
	slices.Reverse(le)
	e.op(opLong4)
	e.b = binary.LittleEndian.AppendUint32(e.b, uint32(n))
	e.b = append(e.b, le...)
}

func (e *encoder) tuple(v Tuple, depth int) error {
	switch n := len(v); {
	case n == 0:
		e.op(opEmptyTuple)
		return nil
	case n <= 3:
		if err := e.values(v, depth); err != nil {
			return err
		}
		e.op(opTuple1 + byte(n) - 1)
		return nil
	}
	e.op(opMark)
	if err := e.values(v, depth); err != nil {
		return err
	}
	e.op(opTuple)
	return nil
}

func (e *encoder) dict(d *Dict, depth int) error {
	if d.Ordered {
		if err := e.call(Call{Global: "collections.OrderedDict"}, depth); err != nil {
			return err
		}
	} else {
		e.op(opEmptyDict)
	}
	if d.Len() == 0 {
		return nil
	}
	e.op(opMark)
	for i := range d.Len() {
		key, value := d.At(i)
		if err := e.value(key, depth); err != nil {
			return err
		}
		if err := e.value(value, depth); err != nil {
			return err
		}
	}
	e.op(opSetItems)
	return nil
}

func (e *encoder) global(full string) error {
	i := strings.LastIndexByte(full, '.')
	if i < 0 || strings.ContainsAny(full, "\r\n") {
		return fmt.Errorf("%q is not the full name of a Python global", full)
	}
	e.op(opGlobal)
	e.b = append(e.b, full[:i]+"\n"+full[i+1:]+"\n"...)
	return nil
}

func (e *encoder) call(c Call, depth int) error {
	if err := e.global(c.Global); err != nil {
		return err
	}
	if err := e.tuple(c.Args, depth); err != nil {
		return err
	}
	e.op(opReduce)
	return nil
}
