//go:build unix

package data

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Opening neither waits for a pipe that nobody writes to nor reads a device.
func TestOnlyRegularFilesAreOpened(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	write(t, filepath.Join(dir, "cat", "1.png"), png2(t))
	pipe := filepath.Join(dir, "cat", "a.png")
	require.NoError(t, syscall.Mkfifo(pipe, 0o666))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(dir, "cat", "b.png")))
	require.NoError(t, os.Symlink("a.png", filepath.Join(dir, "cat", "c.png")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "train-images-idx3-ubyte"), 0o666))
	done := make(chan struct{})
	go func() {
		defer close(done)
		ds, said, err := logged(t, dir, Train)
		if err != nil || ds.Len() != 1 {
			t.Errorf("%d images, %v", ds.Len(), err)
		}
		assert.Equal(t, []string{`d/train: 1 image of 1 class; not read: 4 not regular files ("cat/a.png", "cat/b.png", "cat/c.png", ...)`}, said)
		// A file can become a pipe after it was listed.
		_, err = diskTree(dir).open("cat/a.png")
		assert.ErrorContains(t, err, "is a named pipe, not a regular file")
		_, err = diskTree(dir).open("cat/b.png")
		assert.ErrorContains(t, err, "is a device, not a regular file")
		for _, spec := range []string{pipe, "/dev/zero"} {
			_, err = Open(spec, Options{})
			assert.ErrorContains(t, err, "not a regular file")
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("something waits for a pipe or reads a device")
	}
}
