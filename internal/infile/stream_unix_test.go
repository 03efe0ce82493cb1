//go:build unix

package infile

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// OpenStream waits a short time for a pipe without a writer, and reads from the
// first byte that is written.
func TestStreamOfAPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o666))
	begin := time.Now()
	_, err := OpenStream(pipe)
	require.ErrorContains(t, err, "it is a named pipe that nobody writes to")
	require.Less(t, time.Since(begin), time.Minute)

	sent := make(chan error, 1)
	go func() {
		f, err := os.OpenFile(pipe, os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString("one")
		}
		if err == nil {
			time.Sleep(50 * time.Millisecond) // the reader now has nothing to read, which is not the end
			_, err = f.WriteString("two")
			f.Close()
		}
		sent <- err
	}()
	s, err := OpenStream(pipe)
	require.NoError(t, err)
	defer s.Close()
	b, err := io.ReadAll(s)
	require.NoError(t, err)
	require.NoError(t, <-sent)
	require.Equal(t, "onetwo", string(b))
}

func TestStreamOfAFile(t *testing.T) {
	dir := t.TempDir()
	_, err := OpenStream(dir)
	require.ErrorContains(t, err, "folder")
	path := filepath.Join(dir, "empty")
	require.NoError(t, os.WriteFile(path, nil, 0o666))
	s, err := OpenStream(path)
	require.NoError(t, err)
	b, err := io.ReadAll(s)
	require.NoError(t, err)
	require.Empty(t, b)
	require.NoError(t, s.Close())
}

// Open neither waits for a writer nor reads anything other than a regular file.
func TestOpenTakesRegularFilesOnly(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o666))
	for path, want := range map[string]string{pipe: "is a named pipe, not a regular file", dir: "is a folder, not a regular file", "/dev/zero": "is a device, not a regular file"} {
		_, _, err := Open(path)
		require.ErrorContains(t, err, want)
	}
	path := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(path, []byte("abc"), 0o666))
	f, size, err := Open(path)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.EqualValues(t, 3, size)
}
