//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/patchmlp"
)

// mainEnv makes the test binary run as the program itself.
const mainEnv = "DMAE_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	switch os.Getenv(mainEnv) {
	case "":
		os.Exit(m.Run())
	case patchmlp.Name: // the program with another family
		patchmlp.Register()
	}
	main()
}

// Ctrl-C in the middle of an epoch saves and names the flag to continue with.
// The continued run writes the files of an uninterrupted one.
func TestCtrlCSavesAndEndsCleanly(t *testing.T) {
	dir := t.TempDir()
	args := func(out string, more ...string) []string {
		return append([]string{"pretrain", "--data", "builtin:fashion-mnist", "--model", "dmae_vit_micro_patch4_8",
			"--max-images", "40", "--batch-size", "4", "--epochs", "20", "--warmup-epochs", "1",
			"--out", filepath.Join(dir, out)}, more...)
	}
	succeed(t, args("undisturbed")...)

	exe, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command(exe, args("stopped", "--save-every", "1")...)
	child.Env = append(os.Environ(), mainEnv+"=1")
	var stderr bytes.Buffer
	child.Stderr = &stderr
	require.NoError(t, child.Start())
	checkpoint := filepath.Join(dir, "stopped", "checkpoint.safetensors")
	require.Eventually(t, func() bool { _, err := os.Stat(checkpoint); return err == nil }, 2*time.Minute, time.Millisecond)
	require.NoError(t, child.Process.Signal(syscall.SIGINT))
	var exit *exec.ExitError
	require.True(t, errors.As(child.Wait(), &exit), "it was stopped before its end")
	require.Equal(t, exitFailed, exit.ExitCode(), stderr.String())
	require.Contains(t, stderr.String(), "continue with --resume auto")
	require.NotContains(t, stderr.String(), "goroutine")

	succeed(t, args("stopped", "--resume", "auto")...)
	for _, name := range []string{"checkpoint.safetensors", "log.txt"} {
		want, err := os.ReadFile(filepath.Join(dir, "undisturbed", name))
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(dir, "stopped", name))
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got), name)
	}
}
