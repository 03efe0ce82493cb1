//go:build unix

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/simd"
)

// program returns a process of the program that is not started, and its
// standard error.
func program(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command(exe, args...)
	child.Env = append(os.Environ(), mainEnv+"=1")
	var stderr bytes.Buffer
	child.Stderr = &stderr
	return child, &stderr
}

// shell starts the program from a shell script, in which "$0" is the program
// and "$@" its arguments.
func shell(t *testing.T, script string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	child, stderr := program(t)
	child.Args = append([]string{"sh", "-c", script, child.Path}, args...)
	child.Path = "/bin/sh" // independent of PATH
	return child, stderr
}

// shortTraining is a training of 200 steps, each of which is saved.
func shortTraining(out string, more ...string) []string {
	return append([]string{"pretrain", "--data", "builtin:fashion-mnist", "--model", "dmae_vit_micro_patch4_8",
		"--max-images", "40", "--batch-size", "4", "--epochs", "20", "--warmup-epochs", "1", "--save-every", "1", "--out", out}, more...)
}

func waitFor(t *testing.T, path string) {
	t.Helper()
	require.Eventually(t, func() bool { _, err := os.Stat(path); return err == nil }, 2*time.Minute, time.Millisecond)
}

func requireSameFile(t *testing.T, want, got string) {
	t.Helper()
	a, err := os.ReadFile(want)
	require.NoError(t, err)
	b, err := os.ReadFile(got)
	require.NoError(t, err)
	require.True(t, bytes.Equal(a, b), got)
}

// If the terminal is closed or the connection is lost, training saves as after
// Ctrl-C, even if the signal arrives more than once.
func TestHangUpSaves(t *testing.T) {
	dir := t.TempDir()
	alone, out := filepath.Join(dir, "alone"), filepath.Join(dir, "out")
	succeed(t, shortTraining(alone)...)
	child, stderr := program(t, shortTraining(out)...)
	require.NoError(t, child.Start())
	waitFor(t, filepath.Join(out, "checkpoint.safetensors"))
	for range 3 {
		require.NoError(t, child.Process.Signal(syscall.SIGHUP))
	}
	require.Error(t, child.Wait())
	require.Equal(t, exitFailed, child.ProcessState.ExitCode(), stderr.String())
	require.Contains(t, stderr.String(), "continue with --resume auto")
	succeed(t, shortTraining(out, "--resume", "auto")...)
	for _, name := range []string{"checkpoint.safetensors", "log.txt"} {
		requireSameFile(t, filepath.Join(alone, name), filepath.Join(out, name))
	}
}

// Under nohup training continues after the terminal is closed.
func TestNohupOutlastsTheTerminal(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	child, stderr := shell(t, `trap '' HUP; exec "$0" "$@"`, shortTraining(out)...)
	require.NoError(t, child.Start())
	waitFor(t, filepath.Join(out, "checkpoint.safetensors"))
	require.NoError(t, child.Process.Signal(syscall.SIGHUP))
	require.NoError(t, child.Wait(), stderr.String())
}

// Of two processes in one folder, the second always ends with an error of one
// sentence, and the first is not affected. A killed process unlocks the folder.
func TestTwoProcessesInOneFolder(t *testing.T) {
	dir := t.TempDir()
	alone, out := filepath.Join(dir, "alone"), filepath.Join(dir, "out")
	succeed(t, shortTraining(alone)...)
	child, stderr := program(t, shortTraining(out)...)
	require.NoError(t, child.Start())
	waitFor(t, filepath.Join(out, "checkpoint.safetensors"))
	require.NoError(t, child.Process.Signal(syscall.SIGSTOP))
	classify := []string{"--data", "builtin:fashion-mnist", "--finetune", filepath.Join(alone, "checkpoint.safetensors"),
		"--max-images", "40", "--batch-size", "4", "--epochs", "1", "--warmup-epochs", "0", "--sigma", "0.25", "--out", out}
	for _, args := range [][]string{
		shortTraining(out),
		shortTraining(out, "--resume", "auto"),
		shortTraining(out, "--overwrite", "--seed", "1"),
		append([]string{"finetune"}, classify...),
		append([]string{"linprobe", "--overwrite"}, classify...),
		{"quickstart", "--out", out},
	} {
		second, text := program(t, args...)
		require.Error(t, second.Run())
		require.Equal(t, exitFailed, second.ProcessState.ExitCode())
		require.Regexp(t, "dmae: (train: )?the folder "+out+" is being written by another process: give each its own folder, or wait for it\n$", text.String())
	}
	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait(), stderr.String())
	succeed(t, shortTraining(out, "--resume", "auto")...)
	for _, name := range []string{"checkpoint.safetensors", "log.txt"} {
		requireSameFile(t, filepath.Join(alone, name), filepath.Join(out, name))
	}
	entries, err := os.ReadDir(out)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.Equal(t, []string{"checkpoint.safetensors", "events.out.tfevents.godmae", "log.txt"}, names)
}

// If the disk is full while a checkpoint is written, the run fails and the
// previous checkpoint is kept. A limit on the size of files simulates the full
// disk.
func TestAFullDiskLeavesTheOldCheckpoint(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	checkpoint := filepath.Join(out, "checkpoint.safetensors")
	succeed(t, shortTraining(out)...)
	before, err := os.ReadFile(checkpoint)
	require.NoError(t, err)
	for _, args := range [][]string{
		shortTraining(out, "--overwrite", "--seed", "3", "--log-dir="),
		{"convert", checkpoint, checkpoint + ".pth"},
	} {
		child, stderr := shell(t, `trap '' XFSZ; ulimit -f 8; exec "$0" "$@"`, args...)
		require.Error(t, child.Run())
		require.Equal(t, exitFailed, child.ProcessState.ExitCode(), stderr.String())
		require.Contains(t, stderr.String(), "file too large")
		after, err := os.ReadFile(checkpoint)
		require.NoError(t, err)
		require.True(t, bytes.Equal(before, after))
		hidden, err := filepath.Glob(filepath.Join(out, ".*"))
		require.NoError(t, err)
		require.Empty(t, hidden)
		require.NoFileExists(t, checkpoint+".pth")
	}
}

// Output to the device /dev/full, which simulates a full disk, and to a closed
// pipe.
func TestFullDeviceAndClosedPipe(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if runtime.GOOS != "linux" && errors.Is(err, os.ErrNotExist) {
		t.Skip(runtime.GOOS + " has no /dev/full, the device that is always full; TestOutputThatCannotBeWrittenIsAFailure needs none")
	}
	require.NoError(t, err)
	defer full.Close()
	for _, line := range []string{"version", "--help", "devices --json"} {
		child, stderr := program(t, strings.Fields(line)...)
		child.Stdout = full
		require.Error(t, child.Run())
		require.Equal(t, exitFailed, child.ProcessState.ExitCode(), line)
		require.Equal(t, "dmae: cannot write to standard output: no space left on device\n", stderr.String())

		for _, script := range []string{`exec "$0" "$@"`, `trap '' PIPE; exec "$0" "$@"`} {
			child, stderr = shell(t, script, strings.Fields(line)...)
			r, w, err := os.Pipe()
			require.NoError(t, err)
			require.NoError(t, r.Close())
			child.Stdout = w
			err = child.Run()
			require.NoError(t, w.Close())
			require.Error(t, err, line)
			require.Empty(t, stderr.String(), line)
		}
	}
	child, _ := program(t, "dance")
	child.Stdout, child.Stderr = io.Discard, full
	require.Error(t, child.Run())
	require.Equal(t, exitMisuse, child.ProcessState.ExitCode())
}

// An unknown set of kernels is an error of one sentence in every command; a
// test run with it fails.
func TestUnknownKernelsAreRefused(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"bench", "gemm"}, {"--help"}} {
		child, stderr := program(t, args...)
		child.Env = append(child.Env, "DMAE_SIMD=fast")
		require.Error(t, child.Run())
		require.Equal(t, exitMisuse, child.ProcessState.ExitCode())
		require.Equal(t, `dmae: environment variable DMAE_SIMD: "fast" is not an instruction set; choose one of `+strings.Join(simd.Available(), ", ")+"\n", stderr.String())
	}
	tests, _ := program(t, "-test.run", "TestGradcheck")
	tests.Env = append(os.Environ(), "DMAE_SIMD=fast")
	require.Error(t, tests.Run())
}
