//go:build unix

package outfile

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// holderDir is the environment variable that makes a copy of the test binary
// lock that folder until it is killed.
const holderDir = "OUTFILE_TEST_HOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holderDir); dir != "" {
		if _, err := LockFolder(dir); err != nil {
			panic(err)
		}
		os.Stdout.WriteString("locked\n")
		select {}
	}
	os.Exit(m.Run())
}

func TestALockEndsWithItsProcess(t *testing.T) {
	dir := t.TempDir()
	exe, err := os.Executable()
	require.NoError(t, err)
	holder := exec.Command(exe)
	holder.Env = append(os.Environ(), holderDir+"="+dir)
	out, err := holder.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, holder.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "locked\n", line)

	_, err = LockFolder(dir)
	require.ErrorIs(t, err, ErrLocked)
	require.NoError(t, holder.Process.Kill())
	require.Error(t, holder.Wait())
	require.FileExists(t, filepath.Join(dir, LockName))
	lock, err := LockFolder(dir)
	require.NoError(t, err)
	lock.Release()
	require.NoFileExists(t, filepath.Join(dir, LockName))
}

// Opening a pipe would block.
func TestPipesAreRefused(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o666))
	_, err := Open(pipe)
	require.ErrorContains(t, err, pipe+" is not a regular file: remove it")
}
