package outfile

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFolderIsLockedOnceAtATime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", "a")
	first, err := LockFolder(dir)
	require.NoError(t, err)
	_, err = LockFolder(dir)
	require.ErrorIs(t, err, ErrLocked)
	require.EqualError(t, err, "the folder "+dir+" is being written by another process: give each its own folder, or wait for it")
	first.Release()
	first.Release()
	require.NoDirExists(t, dir, "nothing was written to it")

	require.NoError(t, os.Mkdir(dir, 0o777))
	again, err := LockFolder(dir)
	require.NoError(t, err)
	first.Release() // again
	require.FileExists(t, filepath.Join(dir, LockName))
	again.Release()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
	(*Folder)(nil).Release()
}

// A lock file that a killed process left does not lock.
func TestALeftOverLockFileIsTakenOver(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, LockName), nil, 0o444))
	lock, err := LockFolder(dir)
	require.NoError(t, err)
	_, err = LockFolder(dir)
	require.ErrorIs(t, err, ErrLocked)
	lock.Release()
	require.NoFileExists(t, filepath.Join(dir, LockName))
}

// A process that locks a file which was renamed meanwhile does not hold the
// lock of the name.
func TestALockIsOfTheFileThatStandsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	f, err := OpenLocked(path)
	require.NoError(t, err)
	defer f.Close()
	require.True(t, Same(f, path))
	_, err = OpenLocked(path)
	require.ErrorIs(t, err, ErrLocked)
	require.NoError(t, os.Rename(path, path+".done"))
	require.False(t, Same(f, path))
	g, err := OpenLocked(path)
	require.NoError(t, err)
	require.NoError(t, g.Close())
}

func TestLinksAreNotWrittenThrough(t *testing.T) {
	dir := t.TempDir()
	victim, link := filepath.Join(dir, "victim"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(victim, []byte("precious"), 0o666))
	for _, target := range []string{victim, filepath.Join(dir, "nothing")} {
		require.NoError(t, os.Symlink(target, link))
		_, err := Open(link)
		require.ErrorContains(t, err, link+" is a symbolic link, and links are not followed when writing: remove it")
		_, err = OpenLocked(link)
		require.ErrorContains(t, err, "is a symbolic link")
		require.NoError(t, os.Remove(link))
	}
	require.NoFileExists(t, filepath.Join(dir, "nothing"))
	got, err := os.ReadFile(victim)
	require.NoError(t, err)
	require.Equal(t, "precious", string(got))

	require.NoError(t, os.Symlink(victim, filepath.Join(dir, LockName)))
	_, err = LockFolder(dir)
	require.ErrorContains(t, err, "is a symbolic link")
	_, err = Open(dir)
	require.ErrorContains(t, err, "is a folder")
}
