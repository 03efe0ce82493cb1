package pickle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func load(data string) (any, error) {
	l := &Loader{Globals: Plain()}
	v, _, err := l.Load([]byte(data))
	return v, err
}

func mustGet(t *testing.T, d any, key any) any {
	t.Helper()
	v, ok := d.(*Dict).Get(key)
	require.True(t, ok, "no key %v", key)
	return v
}

// The files hold one value, written by Python with each protocol.
func TestReadsEveryProtocol(t *testing.T) {
	for protocol := range 6 {
		b, err := os.ReadFile(filepath.Join("testdata", fmt.Sprintf("protocol%d.pkl", protocol)))
		require.NoError(t, err)
		l := &Loader{Globals: Plain()}
		v, n, err := l.Load(append(b, "the next one"...))
		require.NoError(t, err, "protocol %d", protocol)
		require.Equal(t, len(b), n)
		require.True(t, v.(*Dict).Ordered)

		args := mustGet(t, v, "args").(*Object)
		require.Equal(t, "argparse.Namespace", args.Class)
		for key, want := range map[string]any{
			"batch_size": int64(64), "sigma": 0.25, "model": "dmae_tiny", "lr": nil,
			"name": "ä€😀\n\\", "betas": Tuple{0.9, 0.95}, "flags": &List{Items: []any{true, false}},
		} {
			require.Equal(t, want, mustGet(t, args.Attrs, key), "protocol %d, %s", protocol, key)
		}
		huge := new(big.Int).Lsh(big.NewInt(1), 70)
		require.Equal(t, []any{
			int64(0), int64(255), int64(256), int64(65535), int64(65536), int64(-1), int64(-1 << 31), int64(1 << 31),
			int64(math.MinInt64), new(big.Int).Lsh(big.NewInt(1), 63), huge, new(big.Int).Neg(huge),
		}, mustGet(t, v, "ints").(*List).Items, "protocol %d", protocol)
		floats := mustGet(t, v, "floats").(*List).Items
		require.Equal(t, []any{0.1, math.Copysign(0, -1), math.Inf(1), 1e-300}, floats)
		require.True(t, math.Signbit(floats[1].(float64)))
		require.Equal(t, Tuple{Tuple{}, Tuple{int64(1)}, Tuple{int64(1), int64(2)}, Tuple{int64(1), int64(2), int64(3)}, Tuple{int64(1), int64(2), int64(3), int64(4)}}, mustGet(t, v, "tuples"))
		require.Equal(t, "y", mustGet(t, mustGet(t, mustGet(t, v, "nested"), "a"), nil))
		require.Equal(t, strings.Repeat("x", 300), mustGet(t, v, "long"))
		twice := mustGet(t, v, "twice").(*List).Items
		require.Same(t, twice[0], twice[1], "one list, held twice")
	}
}

func TestForbiddenGlobalsAreNamed(t *testing.T) {
	for _, c := range []struct{ pickle, global string }{
		{"cposix\nsystem\n(S'echo owned'\ntR.", "posix.system"},
		{"cbuiltins\neval\n(X\x04\x00\x00\x001+12tR.", "builtins.eval"},
		{"c__builtin__\nexec\n.", "__builtin__.exec"},
		{"(S'ls'\nios\nsystem\n.", "os.system"},
		{"\x80\x04\x8c\x05posix\x8c\x06system\x93.", "posix.system"},
		{"\x80\x02ccollections\nOrderedDict.update\n.", "collections.OrderedDict.update"},
		{"\x80\x02ctorch\n_utils._rebuild_tensor_v2\n.", "torch._utils._rebuild_tensor_v2"},
		{"\x80\x02cargparse\nArgumentParser\n)\x81.", "argparse.ArgumentParser"},
	} {
		_, err := load(c.pickle)
		var forbidden *ForbiddenError
		require.ErrorAs(t, err, &forbidden, c.global)
		require.Equal(t, c.global, forbidden.Global)
		require.Equal(t, "its pickle asks for "+c.global+", which is not on the list of what a checkpoint may use; nothing was executed", err.Error())
	}
}

func TestHostilePickles(t *testing.T) {
	le32 := func(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }
	le64 := func(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }
	for _, c := range []struct{ name, pickle, want string }{
		{"empty", "", "1 bytes is announced where 0 are left"},
		{"no stop", "N", "where 0 are left"},
		{"stop without value", ".", "too few values"},
		{"stop below a mark", "N(.", "too few values"},
		{"protocol 9", "\x80\x09N.", "protocol 9"},
		{"unknown opcode", "\xff", "0xff"},
		{"huge string", "X" + le32(math.MaxUint32) + "abc", "4294967295 bytes"},
		{"huge string 8", "\x8d" + le64(math.MaxUint64) + "abc", "18446744073709551615 bytes"},
		{"huge bytes", "B" + le32(1<<30), "1073741824 bytes"},
		{"huge long", "\x8b" + le32(1<<31), "at most 1024"},
		{"long decimal", "L" + strings.Repeat("9", 5000) + "\n.", "at most 1024"},
		{"not a number", "Iabc\n.", "no whole number"},
		{"not a float", "F1.2.3\n.", "no number"},
		{"no quotes", "Sabc\n.", "quotes"},
		{"bad escape", "S'\\q'\n.", "escape"},
		{"cut unicode escape", "V\\u12\n.", "escape"},
		{"endless line", "S" + strings.Repeat("a", 1<<17), "no end"},
		{"memo of nothing", "h\x05.", "no place 5"},
		{"negative memo", "g-1\n.", "no place in the memo"},
		{"put without value", "q\x00.", "too few"},
		{"pop below", "0.", "too few"},
		{"tuple below", "N\x87.", "too few"},
		{"tuple through a mark", "N(N\x86.", "too few"},
		{"no mark", "Nt.", "no mark"},
		{"append to None", "NNa.", "added to a NoneType"},
		{"set of a list", "]NNs.", "set of a list"},
		{"odd items", "}(Nu.", "no value"},
		{"list as key", "}]Ns.", "key of type list"},
		{"dictionary as key", "}}Ns.", "key of type dict"},
		{"bytes of something", "c_codecs\nencode\nN\x85R.", "something else than Latin-1"},
		{"a number of zeros", "cbuiltins\nbytearray\nJ" + le32(1<<30) + "\x85R.", "made of a int"},
		{"a set of a number", "cbuiltins\nset\nK\x01\x85R.", "something else than a list"},
		{"a type that is called", "cbuiltins\nint\n)R.", "which no checkpoint needs"},
		{"copies of one list", "](" + strings.Repeat("(K\x01K\x02t", 1000) + "eq\x00" + strings.Repeat("ccollections\nOrderedDict\nh\x00\x85R0", 1100) + ".", "copy more than"},
		{"call of a string", "S'x'\n)R.", "str is called"},
		{"call with a list", "ccollections\nOrderedDict\n]R.", "called with a list"},
		{"call of object", "c__builtin__\nobject\n)R.", "which no checkpoint needs"},
		{"named arguments", "cargparse\nNamespace\n)}S'a'\nNs\x92.", "named arguments"},
		{"state of a list", "]}b.", "given attributes"},
		{"state that is no dict", "cargparse\nNamespace\n)RNb.", "attributes from a NoneType"},
		{"reconstruct a dict", "ccopy_reg\n_reconstructor\n(c__builtin__\nint\nc__builtin__\nobject\nNtR.", "something else"},
		{"pairs of one", "ccollections\nOrderedDict\n((lN\x85atR.", "pairs"},
		{"persistent", "NQ.", "outside"},
		{"extension", "\x82\x01.", "extension code"},
		{"buffer", "\x97.", "buffer"},
		{"global without a name", "cposix", "no end"},
		{"global by number", "NN\x93.", "named by a NoneType"},
		{"too many operations", strings.Repeat("N0", MaxValues) + "N.", "more than"},
	} {
		_, err := load(c.pickle)
		require.ErrorContains(t, err, c.want, c.name)
		require.NotContains(t, err.Error(), "\n", c.name)
	}
}

// A list that holds another twice, which holds another twice, and so on, is
// small in memory but takes exponential time to visit.
func TestWalkGivesUpOnBombs(t *testing.T) {
	var b strings.Builder
	b.WriteString("]q\x00")
	for i := range 60 {
		fmt.Fprintf(&b, "](h%ch%ceq%c", i, i, i+1)
	}
	b.WriteString(".")
	v, err := load(b.String())
	require.NoError(t, err)
	every := func([]any, any) (bool, error) { return true, nil }
	require.ErrorIs(t, Walk(v, every), ErrTooMuch)

	v, err = load("]q\x00h\x00a.") // holds itself
	require.NoError(t, err)
	require.ErrorIs(t, Walk(v, every), ErrTooMuch)
	_, err = Encode(v)
	require.ErrorIs(t, err, ErrTooMuch)

	v, err = load(strings.Repeat("]", 1000) + strings.Repeat("a", 999) + ".")
	require.NoError(t, err)
	require.ErrorIs(t, Walk(v, every), ErrTooMuch)
}

func TestWalkNamesWhatItVisits(t *testing.T) {
	v := (&Dict{}).MustSet("a", &List{Items: []any{int64(7), Tuple{"x"}}}).
		MustSet("n", &Object{Class: "argparse.Namespace", Attrs: (&Dict{}).MustSet("lr", 0.5)}).
		MustSet("skip", &Set{Items: []any{"inside"}})
	var seen []string
	require.NoError(t, Walk(v, func(path []any, v any) (bool, error) {
		seen = append(seen, fmt.Sprint(path...))
		return len(path) == 0 || path[0] != "skip", nil
	}))
	require.Equal(t, []string{"", "a", "a0", "a1", "a1 0", "n", "nlr", "skip"}, seen)
}

func TestEncodeAndLoad(t *testing.T) {
	many := &Dict{Ordered: true}
	for i := range 40 {
		many.MustSet(fmt.Sprint("key", i), int64(i)*7919*7919*7919)
		many.MustSet(int64(i), nil)
	}
	v := (&Dict{}).MustSet("many", many).MustSet(true, Tuple{1.5, math.Inf(-1)}).MustSet("l", &List{}).
		MustSet("big", new(big.Int).Lsh(big.NewInt(-5), 90)).MustSet("power", new(big.Int).Lsh(big.NewInt(1), 63)).
		MustSet("four", Tuple{int64(-1), "ä", &List{Items: []any{false}}, Tuple{}})
	b, err := Encode(v)
	require.NoError(t, err)
	got, n, err := (&Loader{Globals: Plain()}).Load(b)
	require.NoError(t, err)
	require.Equal(t, len(b), n)
	require.Equal(t, v, got)

	b, err = Encode(Call{Global: "torch._utils._rebuild", Args: Tuple{Persistent{ID: "0"}, &Global{Name: "torch.FloatStorage"}}})
	require.NoError(t, err)
	require.Equal(t, "\x80\x02ctorch._utils\n_rebuild\nX\x01\x00\x00\x000QctorchX"[:27], string(b[:27]))
	l := &Loader{
		Globals: map[string]Func{
			"torch.FloatStorage":    nil,
			"torch._utils._rebuild": func(args Tuple) (any, error) { return args[0].(string) + args[1].(*Global).Name, nil },
		},
		Persistent: func(id any) (any, error) { return "storage " + id.(string) + " ", nil },
	}
	got, _, err = l.Load(b)
	require.NoError(t, err)
	require.Equal(t, "storage 0 torch.FloatStorage", got)

	for name, v := range map[string]any{"UTF-8": "\xff", "full name": &Global{Name: "x"}, "chan int": make(chan int)} {
		_, err := Encode(v)
		require.ErrorContains(t, err, name)
	}
}

// A string that a pickle holds once and uses many times is not written as
// often: the file would be too long.
func TestRepetitionsAreNotWrittenWithoutBound(t *testing.T) {
	const length, times = 1 << 16, 2000
	b := binary.LittleEndian.AppendUint32([]byte{opBinUnicode}, length)
	b = append(b, strings.Repeat("x", length)...)
	b = append(b, opBinPut, 0, opPop, opEmptyList, opMark)
	for range times {
		b = append(b, opBinGet, 0)
	}
	b = append(b, opAppends, opStop)
	v, _, err := (&Loader{Globals: Plain()}).Load(b)
	require.NoError(t, err)
	require.Len(t, v.(*List).Items, times)
	for name, write := range map[string]func(any) ([]byte, error){"pickle": Encode, "JSON": EncodeJSON} {
		_, err := write(v)
		require.ErrorIs(t, err, ErrTooMuch, name)
		got, err := write(&List{Items: v.(*List).Items[:100]})
		require.NoError(t, err, name)
		require.Greater(t, len(got), 100*length, name)
	}
}

// For every input, memory is bounded by a constant times its length.
func FuzzLoad(f *testing.F) {
	for protocol := range 6 {
		b, err := os.ReadFile(filepath.Join("testdata", fmt.Sprintf("protocol%d.pkl", protocol)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("cposix\nsystem\n(S'echo owned'\ntR."))
	f.Add([]byte("]q\x00h\x00a."))
	f.Add([]byte("\x8d\xff\xff\xff\xff\xff\xff\xff\x7f"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		l := &Loader{Globals: Plain(), Persistent: func(id any) (any, error) { return id, nil }}
		v, n, err := l.Load(b)
		runtime.ReadMemStats(&after)
		require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<16+1<<10*len(b)), "memory for %d bytes", len(b))
		require.LessOrEqual(t, n, len(b))
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		if err := Walk(v, func([]any, any) (bool, error) { return true, nil }); err != nil {
			return
		}
		written, err := Encode(v)
		if err != nil {
			return // objects, sets and bytes are not written
		}
		if len(written) > 1<<20 {
			return // one value many times over: bounded, but slow to read again and again
		}
		again, _, err := l.Load(written)
		require.NoError(t, err)
		rewritten, err := Encode(again)
		require.NoError(t, err)
		require.True(t, bytes.Equal(written, rewritten), "a pickle that was written reads as another value")
	})
}
