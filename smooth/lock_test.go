//go:build unix

package smooth

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Two runs that write the same files, as when the jobs of an array are given
// one name, do not get into each other's lines.
func TestSecondRunIsRefusedWhileTheFirstWrites(t *testing.T) {
	task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
	task.Images, task.N = IndexSet{{0, 1, 3}}, 60
	second := task
	calls := 0
	task.Progress = func(Progress) {
		calls++
		require.ErrorContains(t, second.Run(t.Context()), "c.jsonl.partial is being written by another process: give each its own output, or wait for it")
		shard := second
		shard.Shard = &Shard{1, 2}
		require.ErrorContains(t, shard.Run(t.Context()), "is being written by another process")
	}
	cert, _ := runTask(t, task)
	require.Positive(t, calls)
	require.NoError(t, second.Run(t.Context()), "it is complete")
	second.Out = filepath.Join(t.TempDir(), "c.jsonl")
	again, _ := runTask(t, second)
	require.Equal(t, string(again), string(cert))
}
