package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/outfile"
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

// A link that somebody else put into the folder does not choose the file that
// is overwritten.
func TestLinksAreReplacedNotFollowed(t *testing.T) {
	dir := t.TempDir()
	victim, path := filepath.Join(dir, "victim"), filepath.Join(dir, "a.txt")
	require.NoError(t, os.WriteFile(victim, []byte("precious"), 0o666))
	for _, link := range []string{TempName(path), path} {
		for _, make := range []func(string, string) error{os.Symlink, os.Link} {
			require.NoError(t, make(victim, link))
			require.NoError(t, WriteBytes(path, []byte("new")))
			info, err := os.Lstat(path)
			require.NoError(t, err)
			require.True(t, info.Mode().IsRegular())
			got, err := os.ReadFile(victim)
			require.NoError(t, err)
			require.Equal(t, "precious", string(got), link)
			require.Equal(t, []string{"a.txt", "victim"}, names(t, dir))
			require.NoError(t, os.Remove(path))
		}
	}
	require.NoError(t, os.Mkdir(TempName(path), 0o777))
	require.ErrorContains(t, WriteBytes(path, nil), "remove the folder "+TempName(path))
	require.DirExists(t, TempName(path))
}

// A device is not replaced by a regular file, even for root.
func TestDevicesAreNotReplaced(t *testing.T) {
	link := filepath.Join(t.TempDir(), "a")
	require.NoError(t, os.Symlink(os.DevNull, link))
	require.ErrorContains(t, WriteBytes(link, nil), "is not a regular file")
	require.Equal(t, []string{"a"}, names(t, filepath.Dir(link)))
}

func TestTwoWritersOfOneTarget(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	require.NoError(t, Write(path, func(w io.Writer) error {
		err := WriteBytes(path, []byte("second"))
		require.ErrorIs(t, err, outfile.ErrLocked)
		require.EqualError(t, err, path+" is being written by another process: give each its own output, or wait for it")
		_, err = io.WriteString(w, "first")
		return err
	}))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "first", string(got))

	// On a file system without locks, the file of the other process is still
	// not renamed.
	f, err := Create(path)
	require.NoError(t, err)
	require.NoError(t, os.Remove(TempName(path)))
	require.NoError(t, os.WriteFile(TempName(path), []byte("the other's"), 0o666))
	require.ErrorContains(t, f.Commit(), "was removed while it was written")
	require.FileExists(t, TempName(path))
	got, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "first", string(got))
}

func TestUnflushedFilesAreReplacedAsAWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	f, err := Create(path)
	require.NoError(t, err)
	_, err = io.WriteString(f, "x")
	require.NoError(t, err)
	require.NoFileExists(t, path)
	require.NoError(t, f.CommitUnflushed())
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "x", string(got))
}

func TestWhatAFileSystemLacksIsNoFailure(t *testing.T) {
	wrap := func(err error) error { return &os.PathError{Op: "sync", Path: "x", Err: err} }
	for _, err := range []error{syscall.EINVAL, syscall.ENOTSUP, syscall.ENOSYS} {
		require.True(t, unsupported(wrap(err)), err)
	}
	for _, err := range []error{syscall.EIO, syscall.ENOSPC, syscall.EDQUOT, syscall.ENOENT} {
		require.False(t, unsupported(wrap(err)), err)
	}
	require.False(t, unsupported(nil))
	require.Error(t, syncDir(filepath.Join(t.TempDir(), "missing")))
	require.NoError(t, syncDir(t.TempDir()))
}
