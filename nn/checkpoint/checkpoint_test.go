package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/testfiles"
)

func encode(t testing.TB, tensors []Tensor, metadata map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Encode(&b, tensors, metadata))
	return b.Bytes()
}

func read(b []byte) (*File, error) { return NewFile("x", bytes.NewReader(b), int64(len(b))) }

// file puts a header of any content in front of data.
func file(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.safetensors")
	long := make([]float32, 3*chunk/4+5)
	for i := range long {
		long[i] = float32(i) * 0.37
	}
	nan := math.Float32frombits(0x7fc12345)
	require.NoError(t, Write(path, []Tensor{
		Float32s("b.weight", []int{2, 2}, []float32{1, -2.5, float32(math.Inf(1)), nan}),
		Float32s("a<&\"é", []int{len(long)}, long),
		Float64s("f64", []int{2, 1}, []float64{math.Pi, 1e-300}),
		Int64s("step", nil, []int64{-1 << 63}),
		Int32s("i32", []int{1}, []int32{-7}),
		Bytes("u8", U8, []int{3}, []byte{0, 128, 255}),
		Bytes("half", F16, []int{5}, []byte{0x00, 0x3c, 0x01, 0x00, 0x00, 0xfc, 0xff, 0x7b, 0x00, 0x80}),
		Bytes("brain", BF16, []int{2}, []byte{0x80, 0x3f, 0x49, 0x40}),
		Float32s("empty", []int{0, 7}, nil),
	}, map[string]string{"k": "v", "a": "<ü>"}))
	f, err := Open(path)
	require.NoError(t, err)
	defer f.Close()

	require.Equal(t, map[string]string{"k": "v", "a": "<ü>"}, f.Metadata())
	got, err := f.Float32("b.weight")
	require.NoError(t, err)
	require.Equal(t, math.Float32bits(nan), math.Float32bits(got[3]))
	require.Equal(t, []float32{1, -2.5, float32(math.Inf(1))}, got[:3])
	got, err = f.Float32("a<&\"é")
	require.NoError(t, err)
	require.Equal(t, long, got)
	f64, err := f.Float64("f64")
	require.NoError(t, err)
	require.Equal(t, []float64{math.Pi, 1e-300}, f64)
	got, err = f.Float32("f64")
	require.NoError(t, err)
	require.Equal(t, []float32{math.Pi, 0}, got)
	i64, err := f.Int64("step")
	require.NoError(t, err)
	require.Equal(t, []int64{-1 << 63}, i64)
	i64, err = f.Int64("i32")
	require.NoError(t, err)
	require.Equal(t, []int64{-7}, i64)
	i64, err = f.Int64("u8")
	require.NoError(t, err)
	require.Equal(t, []int64{0, 128, 255}, i64)
	raw, err := f.Raw("u8")
	require.NoError(t, err)
	require.Equal(t, []byte{0, 128, 255}, raw)
	f64, err = f.Float64("half")
	require.NoError(t, err)
	require.Equal(t, []float64{1, 1.0 / (1 << 24), math.Inf(-1), 65504, 0}, f64)
	require.True(t, math.Signbit(f64[4]))
	got, err = f.Float32("brain")
	require.NoError(t, err)
	require.Equal(t, []float32{1, 3.140625}, got)
	got, err = f.Float32("empty")
	require.NoError(t, err)
	require.Empty(t, got)

	info, ok := f.Info("b.weight")
	require.True(t, ok)
	require.Equal(t, []int{2, 2}, info.Shape)
	require.Equal(t, 4, info.Elements())
	require.Len(t, f.Tensors(), 9)
	require.Equal(t, "a<&\"é", f.Tensors()[0].Name)
}

func TestWrongRequestsAreErrors(t *testing.T) {
	f, err := read(encode(t, []Tensor{Float32s("w", []int{2}, []float32{1, 2}), Int64s("n", nil, []int64{3})}, nil))
	require.NoError(t, err)
	_, err = f.Float32("nope")
	require.EqualError(t, err, `checkpoint: x has no tensor "nope"`)
	_, err = f.Raw("nope")
	require.EqualError(t, err, `checkpoint: x has no tensor "nope"`)
	_, err = f.Float32("n")
	require.ErrorContains(t, err, "I64")
	_, err = f.Int64("w")
	require.ErrorContains(t, err, "F32")
	require.ErrorContains(t, f.ReadFloat32("w", make([]float32, 3)), "[2], but 3 elements")
	require.Empty(t, f.Metadata())
	_, err = Open(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Open(t.TempDir())
	require.ErrorContains(t, err, "regular file")
}

func TestBytesDependOnContentAlone(t *testing.T) {
	a := Float32s("a", []int{1}, []float32{1})
	b := Float32s("b", []int{1}, []float32{2})
	c := Int64s("c", nil, []int64{3})
	meta := map[string]string{"x": "1", "y": "2"}
	want := encode(t, []Tensor{a, b, c}, meta)
	require.Equal(t, want, encode(t, []Tensor{c, b, a}, meta))
	sum := func(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }
	sumA, sumB, sumC := sum([]byte{0, 0, 0x80, 0x3f}), sum([]byte{0, 0, 0, 0x40}), sum([]byte{3, 0, 0, 0, 0, 0, 0, 0})
	n := func(n byte) string { return string([]byte{n, 0, 0, 0, 0, 0, 0, 0}) }
	all := sum([]byte(n(16) + "godmae-digests/1" + n(2) + n(1) + "x" + n(1) + "1" + n(1) + "y" + n(1) + "2" + n(3) +
		n(1) + "a" + n(3) + "F32" + n(1) + n(1) + n(64) + sumA + n(1) + "b" + n(3) + "F32" + n(1) + n(1) + n(64) + sumB +
		n(1) + "c" + n(3) + "I64" + n(0) + n(64) + sumC))
	header := `{"__metadata__":{"godmae.sha256":"{\"schema\":\"godmae-digests/1\",\"all\":\"` + all + `\",\"tensors\":{\"a\":\"` + sumA + `\",\"b\":\"` + sumB + `\",\"c\":\"` + sumC + `\"}}","x":"1","y":"2"},"c":{"dtype":"I64","shape":[],"data_offsets":[0,8]},` +
		`"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}`
	require.Equal(t, header, string(bytes.TrimRight(want[8:len(want)-16], " ")))
	require.Zero(t, len(want)%8)
}

func TestWriteRefuses(t *testing.T) {
	v := []float32{1}
	path := filepath.Join(t.TempDir(), "c")
	for name, c := range map[string]struct {
		tensors  []Tensor
		metadata map[string]string
	}{
		"given twice": {[]Tensor{Float32s("a", []int{1}, v), Float32s("a", []int{1}, v)}, nil},
		"keeps that":  {[]Tensor{Float32s("__metadata__", []int{1}, v)}, nil},
		"UTF-8":       {[]Tensor{Float32s("\xff", []int{1}, v)}, nil},
		"valid UTF-8": {nil, map[string]string{"a": "\xff"}},
	} {
		require.ErrorContains(t, Write(path, c.tensors, c.metadata), name)
		require.NoFileExists(t, path)
	}
	require.Panics(t, func() { Float32s("a", []int{2}, v) })
	require.Panics(t, func() { Float32s("a", []int{-1}, v) })
	require.Panics(t, func() { Bytes("a", F32, []int{1}, make([]byte, 5)) })
	require.Panics(t, func() { Bytes("a", "F8", []int{1}, make([]byte, 1)) })
}

func TestHostileFiles(t *testing.T) {
	one := func(shape, offsets string) string {
		return fmt.Sprintf(`{"a":{"dtype":"F32","shape":%s,"data_offsets":%s}}`, shape, offsets)
	}
	huge := binary.LittleEndian.AppendUint64(nil, math.MaxUint64)
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "0 bytes"},
		{"short", []byte{1, 2, 3}, "3 bytes"},
		{"huge header", huge, "the format allows"},
		{"header beyond the end", binary.LittleEndian.AppendUint64(nil, 1000), "cut short"},
		{"no header", file("", 0), "JSON"},
		{"not JSON", file("{{{", 0), "JSON"},
		{"array", file("[]", 0), "JSON"},
		{"half", file(`{"a":{"dtype":`, 0), "JSON"},
		{"not UTF-8", file("{\"\xff\":1}", 0), "UTF-8"},
		{"two objects", file("{}{}", 0), "goes on"},
		{"duplicate", file(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 0), "twice"},
		{"duplicate metadata", file(`{"__metadata__":{"a":"1","a":"2"}}`, 0), "twice"},
		{"metadata of numbers", file(`{"__metadata__":{"a":1}}`, 0), "JSON"},
		{"two shapes", file(`{"a":{"shape":[1],"shape":[1],"dtype":"F32","data_offsets":[0,4]}}`, 4), "JSON"},
		{"unknown property", file(`{"a":{"x":1}}`, 0), "unknown property"},
		{"no shape", file(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4), "lacks"},
		{"three offsets", file(one("[1]", "[0,4,8]"), 8), "lacks"},
		{"unknown type", file(`{"a":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,4]}}`, 4), "not supported"},
		{"negative", file(one("[-1]", "[0,4]"), 4), "whole number"},
		{"fraction", file(one("[1.5]", "[0,4]"), 4), "whole number"},
		{"above int64", file(one("[1]", "[0,99999999999999999999]"), 4), "whole number"},
		{"product overflows", file(one("[4294967296,4294967296,4294967296]", "[0,0]"), 0), "does not fit"},
		{"bytes overflow", file(one("[4611686018427387904]", "[0,0]"), 0), "does not fit"},
		{"backwards", file(one("[1]", "[4,0]"), 4), "does not fit"},
		{"other size", file(one("[2]", "[0,4]"), 4), "does not fit"},
		{"ends too late", file(one("[2]", "[0,8]"), 4), "cut short"},
		{"gap at the start", file(one("[1]", "[4,8]"), 8), "no tensor before"},
		{"bytes at the end", file(one("[1]", "[0,4]"), 8), "after its last"},
		{"overlap", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "overlaps"},
		{"rank", file(one("["+string(bytes.Repeat([]byte("1,"), 80))+"1]", "[0,4]"), 4), "dimensions"},
	} {
		_, err := read(c.file)
		require.ErrorContains(t, err, c.want, c.name)
		require.ErrorContains(t, err, "checkpoint: x is not a valid safetensors file", c.name)
		require.NotContains(t, err.Error(), "\n")
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	whole := encode(t, []Tensor{Float32s("a", []int{3}, []float32{1, 2, 3})}, map[string]string{"k": "v"})
	for n := range whole {
		_, err := read(whole[:n])
		require.Error(t, err, "%d of %d bytes", n, len(whole))
	}
}

// The files were written by the reference implementation of the format.
func TestReadsForeignFiles(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(testfiles.Large(t, "fixtures"), "*.safetensors"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, p := range paths {
		f, err := Open(p)
		require.NoError(t, err)
		for _, info := range f.Tensors() {
			raw, err := f.Raw(info.Name)
			require.NoError(t, err)
			require.Len(t, raw, info.Elements()*info.DType.Size())
		}
		require.NoError(t, f.Close())
	}
}

func FuzzRead(f *testing.F) {
	f.Add(encode(f, []Tensor{Float32s("a", []int{3}, []float32{1, 2, 3}), Int64s("b", nil, []int64{3})}, map[string]string{"k": "v"}))
	f.Add(file(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, 4))
	f.Add(file(`{"a":{"dtype":"BOOL","shape":[0,3],"data_offsets":[0,0]}}`, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := read(b)
		if err != nil {
			return
		}
		var tensors []Tensor
		for _, info := range file.Tensors() {
			raw, err := file.Raw(info.Name)
			require.NoError(t, err)
			tensors = append(tensors, Bytes(info.Name, info.DType, info.Shape, raw))
			if info.DType.IsFloat() {
				_, err = file.Float32(info.Name)
				require.NoError(t, err)
			} else if info.DType != U64 {
				_, err = file.Int64(info.Name)
				require.NoError(t, err)
			}
		}
		again, err := read(encode(t, tensors, file.Metadata()))
		require.NoError(t, err, "a file that was read cannot be read after writing it")
		for i, info := range file.Tensors() {
			want, err := file.Raw(info.Name)
			require.NoError(t, err)
			got, err := again.Raw(again.Tensors()[i].Name)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	})
}
