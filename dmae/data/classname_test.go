package data

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestClassNames(t *testing.T) {
	for raw, want := range map[string]string{
		"":                        "",
		"cat":                     "cat",
		"café":                    "café",
		"\uFFFD":                  "\uFFFD",
		"a\tb\nc\x00\x1b":         "a\tb\nc\x00\x1b",
		`back\slash\xyz\x1`:       `back\slash\xyz\x1`,
		"caf\xe9":                 `caf\xe9`,
		`caf\xe9`:                 `caf\x5cxe9`,
		`caf\x5cxe9`:              `caf\x5cx5cxe9`,
		`\` + "\xe9":              `\\xe9`,
		`\x` + "\xe9":             `\x\xe9`,
		`\xE9`:                    `\x5cxE9`,
		"\xed\xa0\x80":            `\xed\xa0\x80`, // half of a surrogate pair, as in names of Windows
		"\x93\xfa\x96\x7b é \xc3": `\x93\xfa\x96{ é \xc3`,
	} {
		got := ClassName(raw)
		require.Equal(t, want, got, "%q", raw)
		require.True(t, utf8.ValidString(got))
		require.Equal(t, raw, folderName(got))
		var back string
		text, err := json.Marshal(got)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, got, back)
	}
}

func FuzzClassNamesAreReversible(f *testing.F) {
	for _, s := range []string{"cat", "caf\xe9", `caf\xe9`, `\x5c\`, "\xff\\x\xfe41"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		name := ClassName(raw)
		if !utf8.ValidString(name) || folderName(name) != raw {
			t.Fatalf("%q becomes %q and %q", raw, name, folderName(name))
		}
	})
}

// needsNamesOfBytes skips a test on systems whose file names are Unicode and
// cannot have arbitrary bytes.
func needsNamesOfBytes(t *testing.T) {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		t.Skip("file systems of " + runtime.GOOS + " have only Unicode names")
	}
}

// Folders and archives with names that are not UTF-8 have the same classes.
// JSON preserves the names, and no two are equal.
func TestClassNamesOfFoldersAndArchives(t *testing.T) {
	needsNamesOfBytes(t)
	var pixel bytes.Buffer
	require.NoError(t, png.Encode(&pixel, image.NewGray(image.Rect(0, 0, 2, 2))))
	dir := t.TempDir()
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	for _, part := range []string{"train", "test"} {
		for _, class := range []string{"caf\xe8", "caf\xe9", `caf\xe9`, "dog\n\x1b[31m", "\uFFFD"} {
			folder := filepath.Join(dir, "set", part, class)
			require.NoError(t, os.MkdirAll(folder, 0o777))
			require.NoError(t, os.WriteFile(filepath.Join(folder, "i.png"), pixel.Bytes(), 0o666))
			require.NoError(t, w.WriteHeader(&tar.Header{Name: part + "/" + class + "/i.png", Mode: 0o644, Size: int64(pixel.Len()), Format: tar.FormatGNU}))
			_, err := w.Write(pixel.Bytes())
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	archive := filepath.Join(dir, "set.tar")
	require.NoError(t, os.WriteFile(archive, packed.Bytes(), 0o666))
	for _, spec := range []string{filepath.Join(dir, "set"), archive} {
		for _, split := range []Split{Train, Test} {
			ds, err := Open(spec, Options{Split: split})
			require.NoError(t, err)
			require.ElementsMatch(t, []string{`caf\xe8`, `caf\xe9`, `caf\x5cxe9`, "dog\n\x1b[31m", "\uFFFD"}, ds.Classes(), spec)
			require.Equal(t, 5, ds.Len())

			// A model that was trained on them, and one from an earlier
			// version.
			same, note, err := MatchClasses(ds, Known{5, ds.Classes()}, false)
			require.NoError(t, err)
			require.Empty(t, note)
			require.Equal(t, ds, same)
			swapped := append([]string{ds.Classes()[4]}, ds.Classes()[:4]...)
			require.False(t, SameNames(ds.Classes(), swapped))
			matched, note, err := MatchClasses(ds, Known{5, swapped}, false)
			require.NoError(t, err)
			require.NotEmpty(t, note)
			for i := range ds.Len() {
				require.Equal(t, ds.Classes()[ds.Label(i)], matched.Classes()[matched.Label(i)])
			}
		}
	}
	require.True(t, SameNames([]string{`caf\xe9`}, []string{"caf\uFFFD"}), "a checkpoint of an earlier version")
	require.False(t, SameNames([]string{`caf\xe9`, `caf\xe8`}, []string{`caf\xe8`, `caf\xe9`}))
}

func TestParseClassNames(t *testing.T) {
	got, err := ParseClassNames("\ufeff[\"a b\", \"c\\n\"]\n", false)
	require.NoError(t, err)
	require.Equal(t, []string{"a b", "c\n"}, got)
	got, err = ParseClassNames("a b\r\nc\xff\n\n", false)
	require.NoError(t, err)
	require.Equal(t, []string{"a b", `c\xff`}, got)
	_, err = ParseClassNames("a\n\nb\n", false)
	require.ErrorContains(t, err, "its name 2 is empty")
	_, err = ParseClassNames("a", true)
	require.ErrorContains(t, err, "a JSON list of strings")
}
