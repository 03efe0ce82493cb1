package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/testfiles"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

func openTestdata(t *testing.T, name string) *File {
	t.Helper()
	f, err := Open(filepath.Join("testdata", name))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func floats(t *testing.T, f *File, name string) []float64 {
	t.Helper()
	v, err := f.Float64(name)
	require.NoError(t, err)
	return v
}

func count(n int, from float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = from + float64(i)
	}
	return v
}

// scripts/make-torch-testdata.py wrote these files with PyTorch.
func TestReadsTorchFiles(t *testing.T) {
	for _, c := range []struct {
		file   string
		format Format
	}{{"training.pth", TorchZip}, {"training_protocol4.pth", TorchZip}, {"training_legacy.pth", TorchLegacy}} {
		f := openTestdata(t, c.file)
		require.Equal(t, c.format, f.Format())
		names := []string{}
		for _, info := range f.Tensors() {
			names = append(names, fmt.Sprint(info.Name, info.DType, info.Shape))
		}
		require.Equal(t, []string{
			"countI64[]",
			"train.torch.optimizer.state.0.exp_avgF32[2 3]",
			"train.torch.optimizer.state.0.exp_avg_sqF32[2 3]",
			"train.torch.optimizer.state.0.stepF32[]",
			"weightF32[2 3]",
		}, names, c.file)
		require.Equal(t, count(6, 0), floats(t, f, "weight"))
		require.Equal(t, count(6, 20), floats(t, f, "train.torch.optimizer.state.0.exp_avg_sq"))
		n, err := f.Int64("count")
		require.NoError(t, err)
		require.Equal(t, []int64{7}, n)
		epoch, _ := f.Extra().Get("epoch")
		require.Equal(t, int64(4), epoch)
		args, _ := f.Extra().Get("args")
		model, _ := args.(*pickle.Object).Attrs.Get("model")
		require.Equal(t, "dmae_vit_base_patch16", model)
		_, ok := f.Extra().Get("model")
		require.False(t, ok, "the model is not in Extra")
		require.Empty(t, f.Metadata())
	}
}

func TestReadsViews(t *testing.T) {
	for _, file := range []string{"views.pth", "views_legacy.pth"} {
		f := openTestdata(t, file)
		require.Equal(t, count(24, 0), floats(t, f, "whole"))
		require.Equal(t, count(12, 6), floats(t, f, "rows"))
		require.Equal(t, []float64{2, 3, 8, 9, 14, 15, 20, 21}, floats(t, f, "columns"))
		require.Equal(t, []float64{1, 4, 7, 10, 13, 16, 19, 22}, floats(t, f, "every_third"))
		require.Equal(t, []float64{5, 5, 5, 5, 5, 5}, floats(t, f, "expanded"))
		require.Equal(t, []float64{9}, floats(t, f, "scalar"))
		require.Empty(t, floats(t, f, "empty"))
		var want []float64 // element [i,j,k] of the transposed is [j,k,i] of 2 x 3 x 4
		for i := range 4 {
			for j := range 2 {
				for k := range 3 {
					want = append(want, float64(12*j+4*k+i))
				}
			}
		}
		require.Equal(t, want, floats(t, f, "transposed"))
		info, ok := f.Info("transposed")
		require.True(t, ok)
		require.Equal(t, []int{4, 2, 3}, info.Shape)
		require.Equal(t, 24, info.Elements())
		raw, err := f.Raw("columns")
		require.NoError(t, err)
		require.Len(t, raw, 32)
		require.Equal(t, float32(8), math.Float32frombits(binary.LittleEndian.Uint32(raw[8:])))
	}
	f := openTestdata(t, "parameters.pth")
	require.Equal(t, count(4, 0), floats(t, f, "module.w"))
	require.Equal(t, count(2, 4), floats(t, f, "module.b"))
}

func TestReadsEveryElementType(t *testing.T) {
	for _, file := range []string{"types.pth", "types_legacy.pth"} {
		f := openTestdata(t, file)
		for name, dtype := range map[string]DType{
			"float64": F64, "float32": F32, "float16": F16, "bfloat16": BF16,
			"int64": I64, "int32": I32, "int16": I16, "int8": I8, "uint8": U8, "bool": Bool,
		} {
			info, ok := f.Info(name)
			require.True(t, ok, name)
			require.Equal(t, dtype, info.DType, name)
			if dtype.IsFloat() {
				require.Equal(t, count(3, 0), floats(t, f, name), name)
				continue
			}
			want := []int64{0, 1, 2}
			if dtype == Bool {
				want[2] = 1
			}
			v, err := f.Int64(name)
			require.NoError(t, err)
			require.Equal(t, want, v, name)
		}
	}
	f := openTestdata(t, "unsigned.pth")
	for name, dtype := range map[string]DType{"uint16": U16, "uint32": U32, "uint64": U64} {
		info, _ := f.Info(name)
		require.Equal(t, dtype, info.DType)
		raw, err := f.Raw(name)
		require.NoError(t, err)
		require.Equal(t, byte(2), raw[2*dtype.Size()])
	}
}

// requireSameTensors compares every model tensor of a file, bit for bit.
func requireSameTensors(t *testing.T, want, got *File) {
	t.Helper()
	n := 0
	for _, info := range got.Tensors() {
		if strings.HasPrefix(info.Name, ExtraPrefix) {
			continue
		}
		n++
		twin, ok := want.Info(info.Name)
		require.True(t, ok, "%s is not in %s", info.Name, want.Name())
		require.Equal(t, twin.Shape, info.Shape, info.Name)
		a, err := want.Float32(info.Name)
		require.NoError(t, err)
		b, err := got.Float32(info.Name)
		require.NoError(t, err)
		for i := range a {
			require.Equal(t, math.Float32bits(a[i]), math.Float32bits(b[i]), "%s[%d]", info.Name, i)
		}
	}
	require.Len(t, want.Tensors(), n)
}

func TestTorchFilesEqualTheirSafetensors(t *testing.T) {
	open := func(name string) *File {
		f, err := Open(testfiles.Large(t, "fixtures", name))
		require.NoError(t, err)
		t.Cleanup(func() { f.Close() })
		return f
	}
	for pth, twin := range map[string]string{
		"dmae_tiny.pth":             "dmae_tiny_weights.safetensors",
		"dmae_tiny_full.pth":        "dmae_tiny_full.safetensors",
		"dmae_tiny_full_legacy.pth": "dmae_tiny_full.safetensors",
		"vit_tiny_gap.pth":          "vit_tiny_gap_weights.safetensors",
		"vit_tiny_cls.pth":          "vit_tiny_cls_weights.safetensors",
	} {
		requireSameTensors(t, open(twin), open(pth))
	}
	// The 16-bit files hold the same weights, rounded by PyTorch: at most half
	// a unit in the last of 11 and 8 bits away.
	for pth, ulp := range map[string]float64{"dmae_tiny_f16.pth": 1.0 / (1 << 11), "dmae_tiny_bf16_flat.pth": 1.0 / (1 << 8)} {
		whole, half := open("dmae_tiny_full.safetensors"), open(pth)
		for _, info := range whole.Tensors() {
			a, b := floats(t, whole, info.Name), floats(t, half, info.Name)
			for i := range a {
				require.InDelta(t, a[i], b[i], math.Abs(a[i])*ulp+1.0/(1<<25), "%s %s[%d]", pth, info.Name, i)
			}
		}
	}
	views := open("torch_views.pth")
	require.NotEmpty(t, views.Tensors())
	require.Equal(t, floats(t, views, "shared")[5:11], floats(t, views, "slice"))
	shared := floats(t, views, "shared")
	transposed := floats(t, views, "t")
	for i := range 6 {
		for j := range 4 {
			require.Equal(t, shared[6*j+i], transposed[4*i+j])
		}
	}
}

func FuzzTorch(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.pth"))
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := read(b)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		total := 0
		for _, info := range file.Tensors() {
			raw, err := file.Raw(info.Name)
			require.NoError(t, err)
			require.Len(t, raw, info.Elements()*info.DType.Size())
			total += len(raw)
		}
		require.LessOrEqual(t, total, maxClaim*len(b)+smallClaim)
	})
}

// FuzzTorchPickle puts any pickle into a valid archive. The fuzz test of whole
// files seldom gets past the checksums.
func FuzzTorchPickle(f *testing.F) {
	for _, name := range []string{"training.pth", "views.pth", "types.pth", "unsigned.pth", "parameters.pth", "training_protocol4.pth"} {
		z, err := zip.OpenReader(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		for _, e := range z.File {
			if strings.HasSuffix(e.Name, "data.pkl") {
				r, err := e.Open()
				if err != nil {
					f.Fatal(err)
				}
				var b bytes.Buffer
				if _, err := b.ReadFrom(r); err != nil {
					f.Fatal(err)
				}
				f.Add(b.Bytes())
			}
		}
		z.Close()
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		whole := zipOf(t, "a/data.pkl", string(b), "a/data/0", strings.Repeat("x", 96), "a/data/1", "12345678")
		file, err := read(whole)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		for _, info := range file.Tensors() {
			raw, err := file.Raw(info.Name)
			require.NoError(t, err)
			require.Len(t, raw, info.Elements()*info.DType.Size())
		}
	})
}

func value(d *pickle.Dict) any {
	_, v := d.At(0)
	return v
}
