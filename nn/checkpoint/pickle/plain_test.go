package pickle

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The values beside the tensors of real checkpoints, written by Python with
// each protocol (scripts/make-torch-testdata.py).
func TestPlainValues(t *testing.T) {
	for protocol := range 6 {
		b, err := os.ReadFile(filepath.Join("testdata", fmt.Sprintf("plain%d.pkl", protocol)))
		require.NoError(t, err)
		v, _, err := (&Loader{Globals: Plain()}).Load(b)
		require.NoError(t, err, "protocol %d", protocol)
		counter := mustGet(t, v, "counter")
		require.Equal(t, int64(1), mustGet(t, counter, int64(60)))
		require.Equal(t, int64(2), mustGet(t, counter, 0.5))
		require.Equal(t, &List{Items: []any{int64(1)}}, mustGet(t, mustGet(t, v, "defaultdict"), "a"))
		require.Equal(t, int64(1), mustGet(t, mustGet(t, v, "counts"), "a"))
		require.Equal(t, "builtins.range", TypeName(mustGet(t, v, "range")))
		require.Equal(t, &Set{Items: []any{"one"}}, mustGet(t, v, "set"))
		require.Equal(t, &Set{Frozen: true, Items: []any{int64(2)}}, mustGet(t, v, "frozenset"))
		require.Equal(t, complex(1, -2), mustGet(t, v, "complex"))
		for _, key := range []string{"bytes", "bytearray"} {
			text, err := EncodeJSON(mustGet(t, v, key))
			require.NoError(t, err)
			require.Equal(t, `{"$bytes":"AP+A"}`, string(text), "protocol %d, %s", protocol, key)
		}
		require.Equal(t, "datetime.datetime", TypeName(mustGet(t, v, "date")))
		require.Equal(t, "numpy.ndarray", TypeName(mustGet(t, v, "array")))
		require.Equal(t, "numpy.dtype", TypeName(mustGet(t, v, "dtype")))
		require.Contains(t, TypeName(mustGet(t, v, "path")), "PosixPath")
		for key, want := range map[string]any{"float64": 0.25, "float32": 0.5, "int64": int64(-3), "bool_": true} {
			require.Equal(t, want, mustGet(t, v, key), "protocol %d", protocol)
		}
		keys := mustGet(t, v, "keys").(*Dict)
		require.Equal(t, 12, keys.Len())
		require.Equal(t, "eleven", mustGet(t, keys, int64(11)))

		// ShowJSON shows all of it; values that JSON lacks by their type.
		text, err := ShowJSON(v)
		require.NoError(t, err)
		require.Contains(t, string(text), `"array":{"$type":"numpy.ndarray"}`)
		_, err = EncodeJSON(v)
		require.ErrorContains(t, err, "cannot be written")
	}
}

// Values that can be written are unchanged by JSON and by a pickle.
func TestPlainValuesReturn(t *testing.T) {
	for _, v := range []any{
		&Set{Items: []any{int64(1), "x"}}, &Set{Frozen: true, Items: []any{}}, []byte{0, 255, 128}, []byte{}, complex(0.5, -1),
		&Global{Name: "builtins.int"},
	} {
		text, err := EncodeJSON(v)
		require.NoError(t, err)
		back, err := DecodeJSON(text, nil)
		require.NoError(t, err)
		require.Equal(t, v, back, "%s", text)
		b, err := Encode(back)
		require.NoError(t, err)
		again, err := load(string(b))
		require.NoError(t, err)
		same, err := EncodeJSON(again)
		require.NoError(t, err)
		require.Equal(t, string(text), string(same))
	}
}
