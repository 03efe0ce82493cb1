//go:build unix

package smooth

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth/certificate"
)

// Two runs with the same output, such as jobs of an array, do not write to the
// same files.
func TestSecondRunIsRefusedWhileTheFirstWrites(t *testing.T) {
	task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
	task.Images, task.N = certificate.IndexSet{{0, 1, 3}}, 60
	second := task
	calls := 0
	task.Progress = func(Progress) {
		calls++
		require.ErrorContains(t, second.Run(t.Context()), "c.jsonl.partial is being written by another process: give each its own output, or wait for it")
		shard := second
		shard.Shard = &certificate.Shard{Index: 1, Of: 2}
		require.ErrorContains(t, shard.Run(t.Context()), "is being written by another process")
	}
	cert, _ := runTask(t, task)
	require.Positive(t, calls)
	require.NoError(t, second.Run(t.Context()), "it is complete")
	second.Out = filepath.Join(t.TempDir(), "c.jsonl")
	again, _ := runTask(t, second)
	require.Equal(t, string(again), string(cert))
}

// In a folder that others can write to, a link must not redirect writes to
// another file.
func TestPartialFilesAreNotWrittenThroughLinks(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	const precious = "precious\nlines\n"
	require.NoError(t, os.WriteFile(victim, []byte(precious), 0o666))
	for i, name := range []string{"c.jsonl.partial", "c.timing.jsonl.partial", "c.answers.partial"} {
		out := filepath.Join(dir, fmt.Sprint(i))
		require.NoError(t, os.Mkdir(out, 0o777))
		task := linearTask(filepath.Join(out, "c.jsonl"))
		task.Images, task.N = certificate.IndexSet{{0, 1, 3}}, 60
		require.NoError(t, os.Symlink(victim, filepath.Join(out, name)))
		require.ErrorContains(t, task.Run(t.Context()), filepath.Join(out, name)+" is a symbolic link, and links are not followed when writing: remove it")
		got, err := os.ReadFile(victim)
		require.NoError(t, err)
		require.Equal(t, precious, string(got), name)
		require.NoError(t, os.Remove(filepath.Join(out, name)))
		runTask(t, task)
	}
}
