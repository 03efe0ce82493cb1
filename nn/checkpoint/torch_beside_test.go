package checkpoint

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// Files with other values beside the tensors of a model are read, in every
// container and protocol: the values that torch.load(weights_only=True)
// accepts, and others that training programs store.
func TestValuesBesideTheModel(t *testing.T) {
	for _, file := range []string{
		"beside.pth", "beside_protocol4.pth", "beside_protocol5.pth",
		"beside_legacy_protocol1.pth", "beside_legacy.pth", "beside_legacy_protocol4.pth", "beside_legacy_protocol5.pth",
	} {
		f := openTestdata(t, file)
		require.Equal(t, "model", f.Root())
		require.Equal(t, count(6, 0), floats(t, f, "weight"), file)
		for _, name := range []string{"parameter", "buffer"} {
			require.Equal(t, count(2, 0), floats(t, f, ExtraPrefix+name), file)
		}
		require.Equal(t, []float64{1, 1}, floats(t, f, ExtraPrefix+"tagged"), file)
		for name, want := range map[string]DType{"float8": F8E4M3, "complex64": C64} {
			info, ok := f.Info(ExtraPrefix + name)
			require.True(t, ok, "%s: %s", file, name)
			require.Equal(t, want, info.DType)
			_, err := f.Float32(info.Name)
			require.ErrorContains(t, err, "floating point numbers are needed")
			_, err = f.Int64(info.Name)
			require.ErrorContains(t, err, "integers of at most 64 bits with sign are needed")
		}
		raw, err := f.Raw(ExtraPrefix + "float8")
		require.NoError(t, err)
		require.Equal(t, []byte{0x38, 0x38}, raw)
		for name, want := range map[string]string{
			"coo": "sparse torch.Tensor", "csr": "sparse torch.Tensor", "bsr": "sparse torch.Tensor",
			"complex128": "torch.Tensor of ComplexDouble", "float8_fnuz": "torch.Tensor of torch.float8_e5m2fnuz",
			"quantized": "quantized torch.Tensor", "meta": "torch.Tensor without data (meta)", "best_acc": "float",
			"dtype": "torch.float32", "size": "tuple", "device": "str", "layout": "str", "rng": "tuple",
		} {
			v, ok := f.Extra().Get(name)
			require.True(t, ok, "%s: %s", file, name)
			require.Equal(t, want, pickle.TypeName(v), "%s: %s", file, name)
		}
		_, err = pickle.ShowJSON(f.Extra())
		require.NoError(t, err)
	}
}

// A tensor of the model that cannot be read is named.
func TestUnreadableTensorsOfTheModel(t *testing.T) {
	f := openTestdata(t, "strange.pth")
	kind, ok := f.Unreadable("bias")
	require.True(t, ok)
	require.Equal(t, "sparse torch.Tensor", kind)
	require.Equal(t, []string{"bias", "scale"}, f.Unread())
	_, ok = f.Unreadable("weight")
	require.False(t, ok)
	info, ok := f.Info("scale")
	require.True(t, ok)
	require.Equal(t, C64, info.DType)
}

// The dictionary of the model is found under the names that training programs
// use, and the values beside it are kept.
func TestTheModelIsFound(t *testing.T) {
	w := Float32s("w", []int{2}, []float32{1, 2})
	average := Float32s("w", []int{2}, []float32{3, 4})
	model := func(x Tensor) *pickle.Dict { return (&pickle.Dict{}).MustSet("w", x) }
	under := func(key string, v any) *pickle.Dict {
		return (&pickle.Dict{}).MustSet("epoch", 3).MustSet("best", Float32s("best", nil, []float32{9})).MustSet(key, v)
	}
	for root, file := range map[string]*pickle.Dict{
		"model":            under("model", model(w)),
		"state_dict":       under("state_dict", model(w)).MustSet("state_dict_ema", model(average)),
		"model_state_dict": under("model_state_dict", model(w)),
		"net":              under("net", model(w)),
		"module":           under("module", model(w)),
		"model_ema":        under("model_ema", model(w)),
		"state_dict.model": under("state_dict", (&pickle.Dict{}).MustSet("model", model(w)).MustSet("model_ema", model(average)).MustSet("lr", 0.5)),
		"":                 model(w).MustSet("epoch", 3),
	} {
		var buf bytes.Buffer
		require.NoError(t, EncodeTorch(&buf, file))
		f, err := read(buf.Bytes())
		require.NoError(t, err)
		require.Equal(t, root, f.Root())
		require.Equal(t, []float64{1, 2}, floats(t, f, "w"), root)
		epoch, ok := f.Extra().Get("epoch")
		require.True(t, ok, root)
		require.Equal(t, int64(3), epoch)
		if root == "state_dict.model" {
			require.Equal(t, []float64{3, 4}, floats(t, f, ExtraPrefix+"model_ema.w"))
			lr, _ := f.Extra().Get("lr")
			require.Equal(t, 0.5, lr)
		}
		if root != "" {
			require.Equal(t, []float64{9}, floats(t, f, ExtraPrefix+"best"))
		}
	}
}

// Tensors of types that no model uses are converted bit for bit.
func TestTypesThatAreOnlyCopied(t *testing.T) {
	f := openTestdata(t, "beside.pth")
	var tensors []Tensor
	root := &pickle.Dict{}
	for _, name := range []string{"float8", "complex64"} {
		x, err := f.Tensor(ExtraPrefix+name, name)
		require.NoError(t, err)
		tensors = append(tensors, x)
		root.MustSet(name, x)
	}
	var safe, torch bytes.Buffer
	require.NoError(t, Encode(&safe, tensors, nil))
	require.NoError(t, EncodeTorch(&torch, root))
	for _, b := range []*bytes.Buffer{&safe, &torch} {
		back, err := read(b.Bytes())
		require.NoError(t, err)
		for _, name := range []string{"float8", "complex64"} {
			want, err := f.Raw(ExtraPrefix + name)
			require.NoError(t, err)
			got, err := back.Raw(name)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
}
