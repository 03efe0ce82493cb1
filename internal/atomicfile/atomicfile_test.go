package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestWriteReplacesWholeFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	require.NoError(t, WriteBytes(path, []byte("old")))
	require.NoError(t, Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "new")
		require.NoError(t, err)
		seen, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "old", string(seen), "the target changed before the end")
		return nil
	}))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "new", string(got))
	require.Equal(t, []string{"a.txt"}, names(t, dir))
}

func TestAFailedWriteLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	require.NoError(t, WriteBytes(path, []byte("old")))
	boom := errors.New("boom")
	require.ErrorIs(t, Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		require.NoError(t, err)
		return boom
	}), boom)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "old", string(got))
	require.Equal(t, []string{"a.txt"}, names(t, dir))
}

func TestAStaleTemporaryFileIsTakenOver(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	require.NoError(t, os.WriteFile(TempName(path), []byte("left by a killed run, longer than the next"), 0o666))
	require.NoError(t, WriteBytes(path, []byte("x")))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "x", string(got))
	require.Equal(t, []string{"a.txt"}, names(t, dir))
}

func TestErrorsNameThePath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "a.txt")
	require.ErrorContains(t, WriteBytes(path, nil), path)
	require.ErrorIs(t, WriteBytes(path, nil), os.ErrNotExist)
	require.ErrorContains(t, WriteBytes("", nil), "names a folder")

	dir := filepath.Join(t.TempDir(), "d")
	require.NoError(t, os.Mkdir(dir, 0o777))
	require.Error(t, WriteBytes(dir, []byte("x")), "a folder was replaced by a file")
	require.NoFileExists(t, TempName(dir))

	f, err := Create(filepath.Join(t.TempDir(), "a"))
	require.NoError(t, err)
	f.Discard()
	f.Discard()
	require.ErrorIs(t, f.Commit(), os.ErrClosed)
}
