package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

func TestWriteTorch(t *testing.T) {
	long := make([]float32, chunk)
	for i := range long {
		long[i] = float32(i) * 0.37
	}
	model := &pickle.Dict{Ordered: true}
	for _, tensor := range []Tensor{
		Float32s("w", []int{2, 3}, []float32{1, -2, 3, float32(math.Inf(1)), 5, 6}),
		Float32s("long", []int{len(long)}, long),
		Float64s("f64", []int{2}, []float64{math.Pi, 1e-300}),
		Int64s("n", nil, []int64{-7}),
		Bytes("half", F16, []int{1}, []byte{0, 0x3c}),
		Bytes("brain", BF16, []int{1}, []byte{0x80, 0x3f}),
		Bytes("u32", U32, []int{1}, []byte{1, 2, 3, 4}),
		Bytes("yes", Bool, []int{1}, []byte{1}),
		Float32s("empty", []int{0, 7}, nil),
	} {
		model.MustSet(tensor.Name, tensor)
	}
	root := (&pickle.Dict{}).MustSet("model", model).MustSet("epoch", 3).
		MustSet("optimizer", (&pickle.Dict{}).MustSet("state", (&pickle.Dict{}).MustSet(int64(0), Float32s("", []int{1}, []float32{9})))).
		MustSet("betas", pickle.Tuple{0.9, 0.95})
	path := filepath.Join(t.TempDir(), "x.pth")
	require.NoError(t, WriteTorch(path, root))
	f, err := Open(path)
	require.NoError(t, err)
	defer f.Close()
	require.Equal(t, TorchZip, f.Format())
	v, err := f.Float32("w")
	require.NoError(t, err)
	require.Equal(t, []float32{1, -2, 3, float32(math.Inf(1)), 5, 6}, v)
	v, err = f.Float32("long")
	require.NoError(t, err)
	require.Equal(t, long, v)
	require.Equal(t, []float64{math.Pi, 1e-300}, floats(t, f, "f64"))
	require.Equal(t, []float64{1}, floats(t, f, "half"))
	require.Equal(t, []float64{1}, floats(t, f, "brain"))
	require.Equal(t, []float64{9}, floats(t, f, ExtraPrefix+"optimizer.state.0"))
	n, err := f.Int64("n")
	require.NoError(t, err)
	require.Equal(t, []int64{-7}, n)
	n, err = f.Int64("u32")
	require.NoError(t, err)
	require.Equal(t, []int64{0x04030201}, n)
	info, _ := f.Info("empty")
	require.Equal(t, []int{0, 7}, info.Shape)
	betas, _ := f.Extra().Get("betas")
	require.Equal(t, pickle.Tuple{0.9, 0.95}, betas)

	// Tensors start aligned, and the checksums hold.
	z, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer z.Close()
	for _, e := range z.File {
		at, err := e.DataOffset()
		require.NoError(t, err)
		require.Zero(t, at%64, e.Name)
		r, err := e.Open()
		require.NoError(t, err)
		_, err = bytes.NewBuffer(nil).ReadFrom(r)
		require.NoError(t, err, e.Name)
	}

	// A tensor is copied from one file to another.
	w, err := f.Tensor("w", "renamed")
	require.NoError(t, err)
	var again, twice bytes.Buffer
	require.NoError(t, EncodeTorch(&again, (&pickle.Dict{}).MustSet("renamed", w)))
	require.NoError(t, EncodeTorch(&twice, (&pickle.Dict{}).MustSet("renamed", w)))
	require.Equal(t, again.Bytes(), twice.Bytes())
	g, err := read(again.Bytes())
	require.NoError(t, err)
	v, err = g.Float32("renamed")
	require.NoError(t, err)
	require.Equal(t, float32(-2), v[1])
	_, err = f.Tensor("none", "x")
	require.ErrorContains(t, err, `no tensor "none"`)

	loop := &pickle.List{}
	loop.Items = append(loop.Items, loop)
	require.ErrorIs(t, EncodeTorch(&again, (&pickle.Dict{}).MustSet("x", loop)), pickle.ErrTooMuch)
}

// zip64 rewrites an archive of stored entries with the extensions that PyTorch
// uses beyond 4 GiB: sizes and offsets in extra fields, and the long end
// records.
func zip64(t *testing.T, entries ...string) []byte {
	t.Helper()
	le := binary.LittleEndian
	var file, directory []byte
	for i := 0; i < len(entries); i += 2 {
		name, content, at := entries[i], entries[i+1], len(file)
		z, err := zip.NewReader(bytes.NewReader(zipOf(t, name, content)), int64(len(zipOf(t, name, content))))
		require.NoError(t, err)
		sum := z.File[0].CRC32
		n := uint64(len(content))
		extra := le.AppendUint64(le.AppendUint64([]byte{1, 0, 16, 0}, n), n)
		file = append(file, "PK\x03\x04\x2d\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
		file = append(le.AppendUint32(file, sum), "\xff\xff\xff\xff\xff\xff\xff\xff"...)
		file = le.AppendUint16(le.AppendUint16(file, uint16(len(name))), uint16(len(extra)))
		file = append(append(append(file, name...), extra...), content...)

		extra = le.AppendUint64(le.AppendUint64(le.AppendUint64([]byte{1, 0, 24, 0}, n), n), uint64(at))
		directory = append(directory, "PK\x01\x02\x2d\x00\x2d\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
		directory = append(le.AppendUint32(directory, sum), "\xff\xff\xff\xff\xff\xff\xff\xff"...)
		directory = le.AppendUint16(le.AppendUint16(directory, uint16(len(name))), uint16(len(extra)))
		directory = append(directory, make([]byte, 10)...)
		directory = append(append(append(directory, "\xff\xff\xff\xff"...), name...), extra...)
	}
	at, n := uint64(len(file)), uint64(len(entries)/2)
	file = append(file, directory...)
	end := uint64(len(file))
	file = append(le.AppendUint64(append(file, "PK\x06\x06"...), 44), "\x2d\x00\x2d\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	file = le.AppendUint64(le.AppendUint64(file, n), n)
	file = le.AppendUint64(le.AppendUint64(file, uint64(len(directory))), at)
	file = le.AppendUint64(append(file, "PK\x06\x07\x00\x00\x00\x00"...), end)
	file = append(file, "\x01\x00\x00\x00"...)
	return append(file, "PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"...)
}

func TestReadsZip64(t *testing.T) {
	good := one(tensorOf("torch.FloatStorage", "0", 2, 0, pickle.Tuple{2}, pickle.Tuple{1}))
	whole := zip64(t, "a/data.pkl", pickled(t, good), "a/data/0", "\x00\x00\x80\x3f\x00\x00\x00\x40")
	f, err := read(whole)
	require.NoError(t, err)
	require.Equal(t, []float64{1, 2}, floats(t, f, "w"))

	// An entry that claims more bytes than there are.
	broken := bytes.Replace(whole, binary.LittleEndian.AppendUint64([]byte{1, 0, 24, 0}, 8), binary.LittleEndian.AppendUint64([]byte{1, 0, 24, 0}, 1<<40), 1)
	require.NotEqual(t, whole, broken)
	_, err = read(broken)
	require.ErrorContains(t, err, "claims")
}
