package pickle

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

type marker struct{ name string }

func (m marker) MarshalJSON() ([]byte, error) { return []byte(`{"$marker":"` + m.name + `"}`), nil }

func unmark(tag string, v any) (any, error) {
	if s, ok := v.(string); ok && tag == "$marker" {
		return marker{s}, nil
	}
	return nil, errors.New("no marker")
}

func TestJSON(t *testing.T) {
	v := (&Dict{}).MustSet("z", int64(1)).MustSet("a", 1.0).MustSet("<ü>", Tuple{nil, true, "x"}).
		MustSet("n", (&Dict{}).MustSet(int64(0), "zero").MustSet(nil, math.Inf(-1))).
		MustSet("$", &List{Items: []any{}}).
		MustSet("big", new(big.Int).Lsh(big.NewInt(1), 70)).
		MustSet("args", &Object{Class: namespaceName, Attrs: (&Dict{}).MustSet("lr", 1e-5)}).
		MustSet("t", marker{"w"})
	b, err := EncodeJSON((&Dict{}).MustSet("v", v))
	require.NoError(t, err)
	require.Equal(t, `{"v":{"$dict":[["z",1],["a",1.0],["<ü>",{"$tuple":[null,true,"x"]}],`+
		`["n",{"$dict":[[0,"zero"],[null,{"$float":"-inf"}]]}],["$",[]],["big",1180591620717411303424],`+
		`["args",{"$namespace":{"lr":1e-05}}],["t",{"$marker":"w"}]]}}`, string(b))
	back, err := DecodeJSON(b, unmark)
	require.NoError(t, err)
	require.Equal(t, (&Dict{}).MustSet("v", v), back)
	require.True(t, math.IsNaN(func() float64 {
		b, _ := EncodeJSON(math.NaN())
		v, _ := DecodeJSON(b, nil)
		return v.(float64)
	}()))

	loop := &List{}
	loop.Items = append(loop.Items, loop)
	for name, v := range map[string]any{ErrTooMuch.Error(): loop, "pathlib.PosixPath": &Opaque{Type: "pathlib.PosixPath"}, "other.Class": &Object{Class: "other.Class"}} {
		_, err := EncodeJSON(v)
		require.ErrorContains(t, err, name)
	}
	for _, text := range []string{"", "[", `{"a":}`, "[1}", `{"$tuple":1}`, `{"$dict":[1]}`, `{"$float":"x"}`, `{"$other":1}`, "1 2", `{"a":1`, `{"$dict":[[[],1]]}`, `{"$set":1}`, `{"$bytes":"?"}`, `{"$complex":[1,2,3]}`, `{"$global":1}`, `{"$type":"x"}`} {
		_, err := DecodeJSON([]byte(text), nil)
		require.Error(t, err, text)
	}
}

func FuzzDecodeJSON(f *testing.F) {
	f.Add([]byte(`{"v":{"$dict":[["z",1],[0,{"$tuple":[null,1e5]}]]},"n":{"$namespace":{"lr":1e-05}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := DecodeJSON(text, nil)
		if err != nil {
			return
		}
		b, err := EncodeJSON(v)
		if err != nil {
			return // nested too deeply
		}
		again, err := DecodeJSON(b, nil)
		require.NoError(t, err, "%s", b)
		twice, err := EncodeJSON(again)
		require.NoError(t, err)
		require.Equal(t, string(b), string(twice))
	})
}
