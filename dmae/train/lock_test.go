package train

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/outfile"
)

// The same training started twice, for example by a job that is queued again, or
// another one in its folder: the second always ends with an error, and the first
// writes the files of a run without the second.
func TestASecondRunInAFolderIsRefused(t *testing.T) {
	for _, stage := range []string{StagePretrain, StageFinetune, StageLinprobe} {
		t.Run(stage, func(t *testing.T) {
			alone := t.TempDir()
			finish(t, tinyOptions(stage, alone))
			dir := filepath.Join(t.TempDir(), "out")
			runOn(t, tinyOptions(stage, dir), 1, func(ctx context.Context, o Options) {
				tried := 0
				o.Progress = func(p Progress) {
					if p.Step%6 != 1 {
						return
					}
					tried++
					for _, change := range []func(*Options){
						func(*Options) {},
						func(o *Options) { o.Resume = "auto" },
						func(o *Options) { o.Overwrite = true },
						func(o *Options) { o.Recipe.Seed++; o.LogDir = "" },
					} {
						second := tinyOptions(stage, dir)
						second.Backend = o.Backend
						change(&second)
						_, err := train(ctx, second)
						require.ErrorIs(t, err, outfile.ErrLocked)
						require.ErrorContains(t, err, "the folder "+dir+" is being written by another process: give each its own folder, or wait for it")
					}
				}
				_, err := train(ctx, o)
				require.NoError(t, err)
				require.Equal(t, 3, tried)
			})
			requireSameOutputs(t, alone, dir)
		})
	}
}

// The folder of the events is locked, too: another run may use it.
func TestTwoRunsDoNotShareAnEventFile(t *testing.T) {
	logs := t.TempDir()
	runOn(t, tinyOptions(StagePretrain, filepath.Join(t.TempDir(), "a")), 1, func(ctx context.Context, o Options) {
		o.LogDir = logs
		tried := false
		o.Progress = func(Progress) {
			if tried {
				return
			}
			tried = true
			second := tinyOptions(StagePretrain, filepath.Join(t.TempDir(), "b"))
			second.Backend, second.LogDir = o.Backend, logs
			_, err := train(ctx, second)
			require.ErrorIs(t, err, outfile.ErrLocked)
			require.ErrorContains(t, err, filepath.Join(logs, EventsName)+" is being written by another process: give each its own folder for the events")
			require.NoDirExists(t, second.Out)
		}
		_, err := train(ctx, o)
		require.NoError(t, err)
		require.True(t, tried)
	})
}

// Of several processes that start at the same time, exactly one trains.
func TestConcurrentStarts(t *testing.T) {
	alone, dir := t.TempDir(), filepath.Join(t.TempDir(), "out")
	finish(t, tinyOptions(StagePretrain, alone))
	exe, err := os.Executable()
	require.NoError(t, err)
	children := make([]*exec.Cmd, 3)
	for i := range children {
		children[i] = exec.Command(exe)
		children[i].Env = append(os.Environ(), killEnv+"="+dir, "DMAE_TRAIN_KILL_STAGE="+StagePretrain)
		require.NoError(t, children[i].Start())
	}
	trained := 0
	for _, c := range children {
		if c.Wait() == nil {
			trained++
		}
	}
	require.Equal(t, 1, trained)
	requireSameOutputs(t, alone, dir)
}

// The folder of a killed process can be used immediately, and has no files that
// an uninterrupted run would not have. A stopped process keeps its lock.
func TestTheLockEndsWithAKilledProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	exe, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command(exe)
	child.Env = append(os.Environ(), killEnv+"="+dir, "DMAE_TRAIN_KILL_STAGE="+StageFinetune)
	require.NoError(t, child.Start())
	require.Eventually(t, func() bool { return stepOf(filepath.Join(dir, CheckpointName)) > 1 }, 2*time.Minute, time.Millisecond)
	runOn(t, tinyOptions(StageFinetune, dir), 1, func(ctx context.Context, o Options) {
		o.Resume = "auto"
		_, err := train(ctx, o)
		require.ErrorIs(t, err, outfile.ErrLocked)
	})
	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait())
	require.FileExists(t, filepath.Join(dir, outfile.LockName))
	o := tinyOptions(StageFinetune, dir)
	o.Resume = "auto"
	finish(t, o)
	require.NoFileExists(t, filepath.Join(dir, outfile.LockName))
}

// A link in the folder of a run is not followed, so that no other file is
// overwritten.
func TestLinksInTheFolderOfARun(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	require.NoError(t, os.WriteFile(victim, []byte("precious"), 0o666))
	out := filepath.Join(dir, "out")
	require.NoError(t, os.Mkdir(out, 0o777))
	for _, name := range []string{CheckpointName, LogName, NumberedName(2), BestName} {
		require.NoError(t, os.Symlink(victim, filepath.Join(out, "."+name+".tmp")))
	}
	for _, name := range []string{LogName, NumberedName(2)} {
		require.NoError(t, os.Symlink(victim, filepath.Join(out, name)))
	}
	events := filepath.Join(out, EventsName)
	require.NoError(t, os.Symlink(victim, events))
	runOn(t, tinyOptions(StageFinetune, out), 1, func(ctx context.Context, o Options) {
		_, err := train(ctx, o)
		require.ErrorContains(t, err, events+" is a symbolic link, and links are not followed when writing: remove it")
	})
	require.NoError(t, os.Remove(events))
	finish(t, tinyOptions(StageFinetune, out))
	got, err := os.ReadFile(victim)
	require.NoError(t, err)
	require.Equal(t, "precious", string(got))
	for _, name := range []string{CheckpointName, LogName, NumberedName(2), BestName} {
		info, err := os.Lstat(filepath.Join(out, name))
		require.NoError(t, err)
		require.True(t, info.Mode().IsRegular(), name)
		require.NoFileExists(t, filepath.Join(out, "."+name+".tmp"))
	}
}
