package checkpoint

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// zipOf makes an archive of stored entries; the arguments alternate between
// names and contents.
func zipOf(t testing.TB, entries ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: entries[i], Method: zip.Store})
		require.NoError(t, err)
		_, err = w.Write([]byte(entries[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

// tensorOf is a tensor to be pickled, with any claimed sizes.
func tensorOf(class, key string, elements, offset any, shape, strides pickle.Tuple) pickle.Call {
	id := pickle.Persistent{ID: pickle.Tuple{"storage", &pickle.Global{Name: class}, key, "cpu", elements}}
	return pickle.Call{Global: "torch._utils._rebuild_tensor_v2", Args: pickle.Tuple{id, offset, shape, strides, false, pickle.Call{Global: "collections.OrderedDict"}}}
}

func pickled(t testing.TB, v any) string {
	t.Helper()
	b, err := pickle.Encode(v)
	require.NoError(t, err)
	return string(b)
}

func one(v any) *pickle.Dict { return (&pickle.Dict{}).MustSet("w", v) }

func TestHostileTorchFiles(t *testing.T) {
	const float = "torch.FloatStorage"
	type tuple = pickle.Tuple
	data := func(v any) []byte {
		return zipOf(t, "a/data.pkl", pickled(t, v), "a/data/0", strings.Repeat("\x00", 40), "a/version", "3\n")
	}
	good := one(tensorOf(float, "0", 10, 0, tuple{2, 5}, tuple{5, 1}))
	_, err := read(data(good))
	require.NoError(t, err)

	compressed := func() []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, content := range map[string]string{"a/data.pkl": pickled(t, good), "a/data/0": strings.Repeat("\x00", 40)} {
			w, err := z.Create(name)
			require.NoError(t, err)
			_, err = w.Write([]byte(content))
			require.NoError(t, err)
		}
		require.NoError(t, z.Close())
		return b.Bytes()
	}()
	flipped := data(good)
	flipped[bytes.Index(flipped, []byte("rebuild"))] ^= 1
	shared := &pickle.Dict{}
	for i := range 100_000 {
		shared.MustSet(int64(i), nil)
	}
	many := &pickle.Dict{}
	for i := range 2000 {
		many.MustSet(fmt.Sprint(i), tensorOf(float, "0", 500, 0, tuple{500}, tuple{1}))
	}

	// Each dictionary holds the one before it twice, and the innermost holds an
	// empty tensor, which then has a million names.
	empty := pickled(t, tensorOf(float, "0", 10, 0, tuple{0}, tuple{1}))
	doubled := empty[:len(empty)-1] + "q\x000"
	for level := range 20 {
		twice := fmt.Sprintf("X\x01\x00\x00\x00ah%[1]cX\x01\x00\x00\x00bh%[1]c", level)
		doubled += "}(" + twice + fmt.Sprintf("uq%c0", level+1)
	}
	// The same with a long key at each level gives a name of 90 MB.
	long := empty[:len(empty)-1] + "q\x000X\x00\x00\x10\x00" + strings.Repeat("x", 1<<20) + "q\x010h\x00q\x020"
	for range 90 {
		long += "}h\x01h\x02sq\x020"
	}
	archive := func(p string) []byte { return zipOf(t, "a/data.pkl", p, "a/data/0", strings.Repeat("\x00", 40)) }

	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"a million names", archive(doubled + "h\x14."), "tensors and more claim"},
		{"a name of 90 MB", archive(long + "h\x02."), "tensors and more claim"},
		{"system", zipOf(t, "a/data.pkl", "cposix\nsystem\n(S'echo owned'\ntR."), "posix.system"},
		{"eval", zipOf(t, "a/data.pkl", "\x80\x02cbuiltins\neval\nX\x03\x00\x00\x001+1\x85R."), "builtins.eval"},
		{"numpy", data(one(pickle.Call{Global: "numpy.load"})), "numpy.load"},
		{"quantised alone", data(one(tensorOf("torch.QInt8Storage", "0", 40, 0, tuple{40}, tuple{1}))), "no tensors"},
		{"not a dictionary", data(tuple{1, 2}), "holds a value of type tuple"},
		{"a tensor", data(tensorOf(float, "0", 10, 0, tuple{10}, tuple{1})), "holds a value of type torch.Tensor, not a dictionary"},
		{"no tensors", data(one("x")), "no tensors"},
		{"no storage", data(one(tensorOf(float, "1", 10, 0, tuple{10}, tuple{1}))), `storage "1", which the file does not have`},
		{"storage too small", data(one(tensorOf(float, "0", 11, 0, tuple{11}, tuple{1}))), "claims 11 elements but has 40 bytes"},
		{"negative storage", data(one(tensorOf(float, "0", -1, 0, tuple{1}, tuple{1}))), "claims -1 elements"},
		{"huge storage", data(one(tensorOf(float, "0", int64(math.MaxInt64), 0, tuple{1}, tuple{1}))), "claims 9223372036854775807"},
		{"bad type of size", data(one(tensorOf(float, "0", "many", 0, tuple{1}, tuple{1}))), "no class, key or size"},
		{"class no storage", data(one(tensorOf("collections.OrderedDict", "0", 10, 0, tuple{1}, tuple{1}))), "the class collections.OrderedDict"},
		{"shape beyond the storage", data(one(tensorOf(float, "0", 10, 0, tuple{11}, tuple{1}))), "does not lie within"},
		{"offset beyond the storage", data(one(tensorOf(float, "0", 10, 8, tuple{3}, tuple{1}))), "does not lie within"},
		{"negative offset", data(one(tensorOf(float, "0", 10, -4, tuple{3}, tuple{1}))), "does not lie within"},
		{"empty beyond the storage", data(one(tensorOf(float, "0", 10, 11, tuple{0}, tuple{1}))), "does not lie within"},
		{"stride beyond the storage", data(one(tensorOf(float, "0", 10, 0, tuple{2, 2}, tuple{9, 1}))), "does not lie within"},
		{"huge stride", data(one(tensorOf(float, "0", 10, 0, tuple{2, 2}, tuple{int64(math.MaxInt64), 1}))), "does not lie within"},
		{"strides that wrap", data(one(tensorOf(float, "0", 10, 0, tuple{5, 2}, tuple{int64(1 << 62), 1}))), "does not lie within"},
		{"negative stride", data(one(tensorOf(float, "0", 10, 9, tuple{3}, tuple{-1}))), "size or stride -1"},
		{"negative size", data(one(tensorOf(float, "0", 10, 0, tuple{-3}, tuple{1}))), "size or stride -3"},
		{"size that is no number", data(one(tensorOf(float, "0", 10, 0, tuple{"3"}, tuple{1}))), "size or stride \"3\""},
		{"product overflows", data(one(tensorOf(float, "0", 10, 0, tuple{int64(1 << 40), int64(1 << 40)}, tuple{0, 0}))), "impossible shape"},
		{"strides missing", data(one(tensorOf(float, "0", 10, 0, tuple{2, 5}, tuple{5}))), "2 dimensions and 1 strides"},
		{"expanded without end", data(one(tensorOf(float, "0", 10, 0, tuple{int64(1 << 40)}, tuple{0}))), "times its size"},
		{"many share one storage", zipOf(t, "a/data.pkl", pickled(t, many), "a/data/0", strings.Repeat("\x00", 2000)), "times its size"},
		{"dimensions", data(one(tensorOf(float, "0", 10, 0, make(tuple, 0), append(tuple{}, 1)))), "0 dimensions and 1 strides"},
		{"tensor of nothing", data(one(pickle.Call{Global: "torch._utils._rebuild_tensor_v2", Args: tuple{1, 2, 3, 4}})), "made of a int"},
		{"too few arguments", data(one(pickle.Call{Global: "torch._utils._rebuild_tensor_v2", Args: tuple{1}})), "4 are needed"},
		{"parameter of nothing", data(one(pickle.Call{Global: "torch._utils._rebuild_parameter", Args: tuple{1}})), "something else than a tensor"},
		{"persistent", data(one(pickle.Persistent{ID: "x"})), "no storage"},
		{"named twice", data((&pickle.Dict{}).MustSet("a.b", value(good)).MustSet("a", (&pickle.Dict{}).MustSet("b", value(good)))), "twice"},
		{"no pickle", zipOf(t, "a/version", "3"), "without a data.pkl"},
		{"two pickles", zipOf(t, "a/data.pkl", "N.", "b/data.pkl", "N."), "two descriptions"},
		{"entry twice", zipOf(t, "a/data.pkl", "N.", "a/data.pkl", "N."), "two entries"},
		{"big-endian", zipOf(t, "a/byteorder", "big", "a/data.pkl", pickled(t, good)), "big"},
		{"compressed", compressed, "compressed"},
		{"checksum", flipped, "checksum"},
		{"empty archive", zipOf(t), "without a data.pkl"},
		{"zip cut short", data(good)[:100], "cut short"},
		{"keys without end", data((&pickle.Dict{}).MustSet("model", shared)), "no tensors"},
	} {
		_, err := read(c.file)
		require.ErrorContains(t, err, c.want, c.name)
		require.ErrorContains(t, err, "checkpoint: x is not a valid PyTorch zip file", c.name)
		require.NotContains(t, err.Error(), "\n", c.name)
	}
}

func TestHostileLegacyFiles(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join("testdata", "views_legacy.pth"))
	require.NoError(t, err)
	const head = "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
	require.Equal(t, head, string(whole[:len(head)]))
	end := "\x80\x02M\xe9\x03.\x80\x02}."
	tensor := pickled(t, one(tensorOf("torch.FloatStorage", "7", 2, 0, pickle.Tuple{2}, pickle.Tuple{1})))
	keys := func(k ...any) string { return pickled(t, &pickle.List{Items: k}) }
	eight := "\x02\x00\x00\x00\x00\x00\x00\x00"
	_, err = read([]byte(head + end + tensor + keys("7") + eight + "12345678"))
	require.NoError(t, err)
	for _, c := range []struct{ name, file, want string }{
		{"head alone", head, "where 0 are left"},
		{"version", head + "\x80\x02K\x01.", "version 1"},
		{"big-endian", head + "\x80\x02M\xe9\x03.}S'little_endian'\n\x89s.", "little-endian"},
		{"system", head + end + "cposix\nsystem\n.", "posix.system"},
		{"no keys", head + end + tensor + "N.", "no list"},
		{"key twice", head + end + tensor + keys("7", "7") + eight + "12345678" + eight, "twice"},
		{"key of nothing", head + end + tensor + keys("8") + eight, "belongs to no tensor"},
		{"storage missing", head + end + tensor + keys(), "does not have"},
		{"no size", head + end + tensor + keys("7") + "abc", "cut short"},
		{"cut storage", head + end + tensor + keys("7") + eight + "1234567", "cut short"},
		{"negative size", head + end + tensor + keys("7") + strings.Repeat("\xff", 8), "claims -1"},
		{"huge size", head + end + tensor + keys("7") + "\x00\x00\x00\x00\x00\x00\x00\x40", "cut short"},
		{"smaller than claimed", head + end + tensor + keys("7") + "\x01\x00\x00\x00\x00\x00\x00\x00" + "1234", "claims 2 elements"},
	} {
		_, err := read([]byte(c.file))
		require.ErrorContains(t, err, c.want, c.name)
		require.ErrorContains(t, err, "checkpoint: x is not a valid PyTorch legacy file", c.name)
	}
	for n := len(head); n < len(whole); n++ {
		_, err := read(whole[:n])
		require.Error(t, err, "%d of %d bytes", n, len(whole))
	}
}

func TestEveryTruncationOfAZipIsAnError(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join("testdata", "training.pth"))
	require.NoError(t, err)
	for n := range whole {
		_, err := read(whole[:n])
		require.Error(t, err, "%d of %d bytes", n, len(whole))
	}
}

// A file that is truncated while it is mapped gives an error; the program does
// not crash.
func TestFileThatShrinksIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	require.NoError(t, Write(path, []Tensor{Float32s("w", []int{1 << 18}, make([]float32, 1<<18))}, nil))
	f, err := Open(path)
	require.NoError(t, err)
	defer f.Close()
	require.NoError(t, os.Truncate(path, 4096))
	_, err = f.Float32("w")
	require.ErrorContains(t, err, path)
}
