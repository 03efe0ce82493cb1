package smooth

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// shardTask is a small certification of eleven images.
func shardTask(m bound.Method, out string) Task {
	task := methodTask(m, out)
	task.N, task.N0 = 64, 10
	task.Images = certificate.IndexSet{{1, 2, 7}, {20, 1, 4}}
	return task
}

// runShards certifies all shards in a folder and returns their paths.
func runShards(t *testing.T, m bound.Method, dir string, of int) []string {
	t.Helper()
	var paths []string
	for i := range of {
		task := shardTask(m, filepath.Join(dir, fmt.Sprintf("shard-%d-of-%d.jsonl", i+1, of)))
		task.Shard = &certificate.Shard{Index: i + 1, Of: of}
		task.Machine = fmt.Sprint("machine ", i)
		require.NoError(t, task.Run(t.Context()))
		paths = append(paths, task.Out)
	}
	return paths
}

func TestMergedShardsAreTheSingleRun(t *testing.T) {
	methods := []bound.Method{bound.MethodAnytime, bound.MethodCohen, bound.MethodRandomised}
	if testing.Short() {
		methods = methods[:1]
	}
	for _, m := range methods {
		want, wantTable := runTask(t, shardTask(m, filepath.Join(t.TempDir(), "c.jsonl")))
		for _, of := range []int{1, 3, 16} {
			dir := t.TempDir()
			paths := runShards(t, m, dir, of)
			paths[0], paths[of-1] = paths[of-1], paths[0]                                 // in any order
			named := append([]string{certificate.FilesFor(paths[of-1]).Timing}, paths...) // as from a pattern
			files, err := certificate.Merge(filepath.Join(dir, "all"), named)
			require.NoError(t, err)
			got, gotTable := outputs(t, files.Certificate)
			require.Equal(t, string(want), string(got), "%s in %d shards", m, of)
			require.Equal(t, string(wantTable), string(gotTable))
			tsv, err := os.ReadFile(files.TSV)
			require.NoError(t, err)
			require.NotContains(t, string(tsv), "nan", "every image has its time")
			timing, err := os.ReadFile(files.Timing)
			require.NoError(t, err)
			require.Contains(t, string(timing), fmt.Sprintf(`{"machine":"machine %d"`, min(of, 11)-1))
			_, err = certificate.Merge(filepath.Join(dir, "all"), paths)
			require.NoError(t, err, "merging again changes nothing")
		}
	}
}

// A shard is a certificate, which is read, continued and refused like any
// other.
func TestShardsAreContinued(t *testing.T) {
	dir := t.TempDir()
	path := runShards(t, bound.MethodCohen, dir, 3)[1]
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	h, recs, err := readAll(bytes.NewReader(want))
	require.NoError(t, err)
	require.Equal(t, &certificate.Shard{Index: 2, Of: 3}, h.Shard)
	require.Len(t, recs, 4)
	require.Equal(t, []int{3, 9, 20, 23}, []int{recs[0].Image, recs[1].Image, recs[2].Image, recs[3].Image})

	task := shardTask(bound.MethodCohen, filepath.Join(t.TempDir(), "c.jsonl"))
	task.Shard = &certificate.Shard{Index: 2, Of: 3}
	require.NoError(t, os.WriteFile(certificate.FilesFor(task.Out).Partial(), want[:len(want)*2/3], 0o666))
	got, _ := runTask(t, task)
	require.Equal(t, string(want), string(got))

	task.Shard = &certificate.Shard{Index: 3, Of: 3}
	require.ErrorContains(t, task.Run(t.Context()), `is another certificate, with shard {"index":2,"of":3} instead of {"index":3,"of":3}`)
	for text, want := range map[string]string{
		strings.Replace(string(want), `"index":2`, `"index":4`, 1): "there is no shard 4/3",
		strings.Replace(string(want), `"index":2`, `"index":1`, 1): "there is image 3 instead of image 1",
		strings.Replace(string(want), `"of":3`, `"of":4`, 1):       "there is image 9 instead of image 11",
	} {
		_, _, err := readAll(strings.NewReader(text))
		require.ErrorContains(t, err, want)
	}
}

func TestMergeNamesWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	s := runShards(t, bound.MethodCohen, dir, 3)
	foreign := shardTask(bound.MethodCohen, filepath.Join(dir, "foreign.jsonl"))
	foreign.Shard, foreign.Seed = &certificate.Shard{Index: 3, Of: 3}, 99
	require.NoError(t, foreign.Run(t.Context()))
	whole := shardTask(bound.MethodCohen, filepath.Join(dir, "whole.jsonl"))
	require.NoError(t, whole.Run(t.Context()))
	other := shardTask(bound.MethodCohen, filepath.Join(dir, "other.jsonl"))
	other.Shard = &certificate.Shard{Index: 2, Of: 4}
	require.NoError(t, other.Run(t.Context()))
	text, err := os.ReadFile(s[1])
	require.NoError(t, err)
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o666))
		return path
	}
	cut := write("cut.jsonl", text[:len(text)-200])
	partial := write("begun.jsonl.partial", text[:len(text)-200])
	changed := write("changed.jsonl", bytes.Replace(text, []byte(`"radius":"0.`), []byte(`"radius":"1.`), 1))
	for want, shards := range map[string][]string{
		"there are no shards to merge":                            {},
		"of 3 shards one is missing: 2/3":                         {s[0], s[2]},
		"of 3 shards these are missing: 1/3, 3/3":                 {s[1]},
		"are both shard 2/3: give each shard once":                {s[0], s[1], s[2], s[1]},
		`belongs to another certification than`:                   {s[0], s[1], foreign.Out},
		`with seed "99" instead of "3"`:                           {s[0], s[1], foreign.Out},
		"is not a shard but a whole certificate":                  {whole.Out, s[1]},
		"is shard 2/4, but " + s[0] + " is shard 1/3":             {s[0], other.Out, s[2]},
		"cut.jsonl: line 5 of the certificate: it ends without":   {s[0], cut, s[2]},
		"changed.jsonl: line 2 of the certificate: the counts gi": {s[0], changed, s[2]},
		"begun.jsonl is not finished: its finished images are in": {s[0], filepath.Join(dir, "begun.jsonl"), s[2]},
		"begun.jsonl.partial belongs to an unfinished shard":      {s[0], partial, s[2]},
		"timing.jsonl: line 1 of the certificate: it is not the":  {s[0], certificate.FilesFor(s[1]).Timing, s[2]},
		"no such file": {s[0], filepath.Join(dir, "lost.jsonl"), s[2]},
	} {
		out := filepath.Join(dir, "all.jsonl")
		_, err := certificate.Merge(out, shards)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
		require.NoFileExists(t, out)
	}
	_, err = certificate.Merge(whole.Out, s)
	require.NoError(t, err, "the same certificate already exists")
	_, err = certificate.Merge(foreign.Out, s)
	require.ErrorContains(t, err, "is another certificate")
}
