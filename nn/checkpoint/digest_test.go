package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// content is everything that a file holds.
type content struct {
	Tensors  []Info
	Raw      [][]byte
	Metadata map[string]string
}

// all reads the whole file.
func all(f *File) (content, error) {
	c := content{Tensors: f.Tensors(), Metadata: f.Metadata()}
	for i := range c.Tensors {
		raw, err := f.Raw(c.Tensors[i].Name)
		if err != nil {
			return c, err
		}
		c.Raw = append(c.Raw, raw)
		c.Tensors[i].seal, c.Tensors[i].begin, c.Tensors[i].end = nil, 0, 0
	}
	return c, nil
}

func example(t testing.TB) []byte {
	return encode(t, []Tensor{
		Float32s("patch.weight", []int{2, 2}, []float32{1, -2, 3, 4}),
		Float32s("train.adamw.v.x", []int{3}, []float32{1, 2, 3}),
		Int64s("train.adamw.step", nil, []int64{7}),
		Bytes("empty", U8, []int{0}, nil),
	}, map[string]string{"godmae.config": `{"width":8}`, "godmae.train": `{"step":7}`})
}

// A file with any one of its bits flipped is refused, or has the same content.
func TestEveryFlippedBitIsFound(t *testing.T) {
	good := example(t)
	f, err := read(good)
	require.NoError(t, err)
	require.Equal(t, SHA256, f.Checksums())
	require.NoError(t, f.Verify())
	want, err := all(f)
	require.NoError(t, err)
	require.NotContains(t, want.Metadata, DigestKey)
	data := 8 + int(binary.LittleEndian.Uint64(good))
	refused := 0
	for bit := range 8 * len(good) {
		bad := bytes.Clone(good)
		bad[bit/8] ^= 1 << (bit % 8)
		f, err := read(bad)
		if err == nil {
			if verr := f.Verify(); bit/8 >= data {
				require.ErrorContains(t, verr, "is damaged: the SHA-256 of its bytes is ", bit)
				require.ErrorContains(t, verr, "use another checkpoint")
			}
			var got content
			if got, err = all(f); err == nil {
				require.Equal(t, want, got, "bit %d is passed over", bit)
			}
		}
		if err != nil {
			refused++
		}
	}
	require.Greater(t, refused, 8*len(good)*95/100)
}

func TestADamagedTensorIsNamedHoweverItIsRead(t *testing.T) {
	bad := example(t)
	at := bytes.Index(bad, binary.LittleEndian.AppendUint32(nil, 0xc0000000)) // -2
	bad[at] ^= 4
	f, err := read(bad)
	require.NoError(t, err)
	const name = "patch.weight"
	x, err := f.Tensor(name, "y")
	require.NoError(t, err)
	view, err := f.View(func(name string) string { return "renamed." + name }, nil)
	require.NoError(t, err)
	for how, read := range map[string]func() error{
		"raw":       func() error { _, err := f.Raw(name); return err },
		"float32":   func() error { _, err := f.Float32(name); return err },
		"float64":   func() error { _, err := f.Float64(name); return err },
		"read":      func() error { return f.ReadFloat32(name, make([]float32, 4)) },
		"copy":      func() error { return Encode(io.Discard, []Tensor{x}, nil) },
		"verify":    f.Verify,
		"once more": f.Verify,
	} {
		require.ErrorContains(t, read(), `checkpoint: the tensor "patch.weight" of x is damaged`, how)
	}
	_, err = view.Raw("renamed." + name)
	require.ErrorContains(t, err, `the tensor "renamed.patch.weight" of x is damaged`)
	_, err = f.Raw("train.adamw.v.x")
	require.NoError(t, err, "it is whole")
	path := filepath.Join(t.TempDir(), "copy.safetensors")
	require.ErrorContains(t, Write(path, []Tensor{x}, nil), "is damaged")
	require.NoFileExists(t, path)
}

// A program that changes the metadata of a checkpoint has to remove the
// digests.
func TestChangedMetadataAreRefused(t *testing.T) {
	good := example(t)
	n := int(binary.LittleEndian.Uint64(good))
	change := func(f func(header, metadata map[string]any)) (*File, error) {
		header := map[string]any{}
		require.NoError(t, json.Unmarshal(good[8:8+n], &header))
		f(header, header["__metadata__"].(map[string]any))
		text, err := json.Marshal(header)
		require.NoError(t, err)
		return read(append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), good[8+n:]...))
	}
	for what, f := range map[string]func(header, metadata map[string]any){
		"the configuration": func(_, m map[string]any) { m["godmae.config"] = `{"width":9}` },
		"the state":         func(_, m map[string]any) { delete(m, "godmae.train") },
		"a new entry":       func(_, m map[string]any) { m["x"] = "y" },
		"a tensor's name": func(h, _ map[string]any) {
			h["patch.wefght"] = h["patch.weight"]
			delete(h, "patch.weight")
		},
		"a shape":       func(h, _ map[string]any) { h["patch.weight"].(map[string]any)["shape"] = []int{4} },
		"a type":        func(h, _ map[string]any) { h["patch.weight"].(map[string]any)["dtype"] = "I32" },
		"no tensor":     func(h, _ map[string]any) { delete(h, "empty") },
		"another key":   func(_, m map[string]any) { m["godmae.sha257"] = m[DigestKey]; delete(m, DigestKey) },
		"no value":      func(_, m map[string]any) { m[DigestKey] = "" },
		"another form":  func(_, m map[string]any) { m[DigestKey] = strings.Replace(m[DigestKey].(string), "/1", "/2", 1) },
		"twice a field": func(_, m map[string]any) { m[DigestKey] = `{"all":"",` + m[DigestKey].(string)[1:] },
	} {
		_, err := change(f)
		require.ErrorContains(t, err, "its metadata or the list of its tensors are not those it was written with (godmae.sha256)", what)
	}
	// The order of entries and of properties may differ between writers.
	f, err := change(func(map[string]any, map[string]any) {})
	require.NoError(t, err)
	require.NoError(t, f.Verify())
	// As in files of earlier versions.
	f, err = change(func(_, m map[string]any) { delete(m, DigestKey); m["godmae.config"] = "other" })
	require.NoError(t, err)
	require.Equal(t, NoChecksum, f.Checksums())
	require.NoError(t, f.Verify())
	require.Equal(t, "other", f.Metadata()["godmae.config"])
}

// Tensors that are copied to another file have the digests of that file.
func TestCopiesAreDigestedAnew(t *testing.T) {
	f, err := read(example(t))
	require.NoError(t, err)
	x, err := f.Tensor("train.adamw.v.x", "v")
	require.NoError(t, err)
	metadata := f.Metadata()
	maps.Copy(metadata, map[string]string{"more": "1", DigestKey: "of another file"})
	g, err := read(encode(t, []Tensor{x}, metadata))
	require.NoError(t, err)
	require.NoError(t, g.Verify())
	delete(metadata, DigestKey)
	require.Equal(t, metadata, g.Metadata())
}

// A zip file of PyTorch has checksums of its storages.
func TestPyTorchChecksums(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "views.pth"))
	require.NoError(t, err)
	f, err := read(raw)
	require.NoError(t, err)
	require.Equal(t, CRC32, f.Checksums())
	require.NoError(t, f.Verify())

	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	require.NoError(t, err)
	damaged := 0
	for _, e := range z.File {
		if !strings.Contains(e.Name, "/data/") || e.UncompressedSize64 == 0 {
			continue
		}
		at, err := e.DataOffset()
		require.NoError(t, err)
		bad := bytes.Clone(raw)
		bad[at] ^= 1
		f, err := read(bad)
		require.NoError(t, err)
		require.ErrorContains(t, f.Verify(), "is damaged: the CRC-32 of its bytes is")
		_, err = all(f)
		require.ErrorContains(t, err, "is damaged: the CRC-32 of its bytes is")
		damaged++
	}
	require.Positive(t, damaged)

	// torch.serialization.set_crc32_options(False) writes zeros.
	none := bytes.Clone(raw)
	for _, e := range z.File {
		sum := binary.LittleEndian.AppendUint32(nil, e.CRC32)
		none = bytes.ReplaceAll(none, sum, make([]byte, 4))
	}
	f, err = read(none)
	require.NoError(t, err)
	require.Equal(t, NoChecksum, f.Checksums())
	require.NoError(t, f.Verify())

	legacy, err := Open(filepath.Join("testdata", "views_legacy.pth"))
	require.NoError(t, err)
	defer legacy.Close()
	require.Equal(t, NoChecksum, legacy.Checksums())
}
