//go:build unix

package checkpoint

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Open does not wait for a pipe that nobody writes to.
func TestOpenDoesNotWaitForAPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "model.safetensors")
	require.NoError(t, syscall.Mkfifo(pipe, 0o666))
	_, err := Open(pipe)
	require.ErrorContains(t, err, "is a named pipe, not a regular file")
}
