package smooth

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shardTask is a small certification of eleven images.
func shardTask(m Method, out string) Task {
	task := methodTask(m, out)
	task.N, task.N0 = 64, 10
	task.Images = IndexSet{{1, 2, 7}, {20, 1, 4}}
	return task
}

// runShards certifies all shards into a folder and returns their paths.
func runShards(t *testing.T, m Method, dir string, of int) []string {
	t.Helper()
	var paths []string
	for i := range of {
		task := shardTask(m, filepath.Join(dir, fmt.Sprintf("shard-%d-of-%d.jsonl", i+1, of)))
		task.Shard = &Shard{i + 1, of}
		task.Machine = fmt.Sprint("machine ", i)
		require.NoError(t, task.Run(t.Context()))
		paths = append(paths, task.Out)
	}
	return paths
}

func TestMergedShardsAreTheSingleRun(t *testing.T) {
	methods := []Method{MethodAnytime, MethodCohen, MethodRandomised}
	if testing.Short() {
		methods = methods[:1]
	}
	for _, m := range methods {
		want, wantTable := runTask(t, shardTask(m, filepath.Join(t.TempDir(), "c.jsonl")))
		for _, of := range []int{1, 3, 16} {
			dir := t.TempDir()
			paths := runShards(t, m, dir, of)
			paths[0], paths[of-1] = paths[of-1], paths[0]                     // any order
			named := append([]string{FilesFor(paths[of-1]).Timing}, paths...) // as a pattern names them
			files, err := Merge(filepath.Join(dir, "all"), named)
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
			_, err = Merge(filepath.Join(dir, "all"), paths)
			require.NoError(t, err, "merging again changes nothing")
		}
	}
}

// A shard is a certificate of its own: it is read, continued and refused as
// any other.
func TestShardsAreContinued(t *testing.T) {
	dir := t.TempDir()
	path := runShards(t, MethodCohen, dir, 3)[1]
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	h, recs, err := readAll(bytes.NewReader(want))
	require.NoError(t, err)
	require.Equal(t, &Shard{2, 3}, h.Shard)
	require.Len(t, recs, 4)
	require.Equal(t, []int{3, 9, 20, 23}, []int{recs[0].Image, recs[1].Image, recs[2].Image, recs[3].Image})

	task := shardTask(MethodCohen, filepath.Join(t.TempDir(), "c.jsonl"))
	task.Shard = &Shard{2, 3}
	require.NoError(t, os.WriteFile(FilesFor(task.Out).partial(), want[:len(want)*2/3], 0o666))
	got, _ := runTask(t, task)
	require.Equal(t, string(want), string(got))

	task.Shard = &Shard{3, 3}
	require.ErrorContains(t, task.Run(t.Context()), `is another certificate, with shard {"index":2,"of":3} instead of {"index":3,"of":3}`)
	for text, want := range map[string]string{
		strings.Replace(string(want), `"index":2`, `"index":4`, 1): "there is no shard 4/3",
		strings.Replace(string(want), `"index":2`, `"index":1`, 1): "image 3 stands where image 1 is due",
		strings.Replace(string(want), `"of":3`, `"of":4`, 1):       "image 9 stands where image 11 is due",
	} {
		_, _, err := readAll(strings.NewReader(text))
		require.ErrorContains(t, err, want)
	}
}

func TestMergeNamesWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	s := runShards(t, MethodCohen, dir, 3)
	foreign := shardTask(MethodCohen, filepath.Join(dir, "foreign.jsonl"))
	foreign.Shard, foreign.Seed = &Shard{3, 3}, 99
	require.NoError(t, foreign.Run(t.Context()))
	whole := shardTask(MethodCohen, filepath.Join(dir, "whole.jsonl"))
	require.NoError(t, whole.Run(t.Context()))
	other := shardTask(MethodCohen, filepath.Join(dir, "other.jsonl"))
	other.Shard = &Shard{2, 4}
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
		"begun.jsonl is not finished: what there is of it is in":  {s[0], filepath.Join(dir, "begun.jsonl"), s[2]},
		"begun.jsonl.partial is of a shard that is not finished":  {s[0], partial, s[2]},
		"timing.jsonl: line 1 of the certificate: it is not the":  {s[0], FilesFor(s[1]).Timing, s[2]},
		"no such file": {s[0], filepath.Join(dir, "lost.jsonl"), s[2]},
	} {
		out := filepath.Join(dir, "all.jsonl")
		_, err := Merge(out, shards)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
		require.NoFileExists(t, out)
	}
	_, err = Merge(whole.Out, s)
	require.NoError(t, err, "the same certificate stands there already")
	_, err = Merge(foreign.Out, s)
	require.ErrorContains(t, err, "is another certificate")
}

func FuzzParseShard(f *testing.F) {
	f.Add("3/16")
	f.Add("-1/2")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseShard(text)
		if err != nil {
			return
		}
		again, err := ParseShard(s.String())
		require.NoError(t, err)
		require.Equal(t, s, again)
		h := Header{Subject: Subject{Images: IndexSet{{0, 1, 50}}}, Shard: &s}
		n := 0
		if s.Of <= 100 {
			for c, ok := h.cursor(), true; ok; n++ {
				_, ok = c.next()
			}
			require.Equal(t, h.Due(), n-1, "as many lines as are due")
		}
	})
}

func TestParseShard(t *testing.T) {
	s, err := ParseShard("3/16")
	require.NoError(t, err)
	require.Equal(t, Shard{3, 16}, s)
	require.Equal(t, "3/16", s.String())
	for _, bad := range []string{"", "3", "0/4", "5/4", "1/0", "a/b", "1/2/3", "1/99999999"} {
		_, err := ParseShard(bad)
		require.ErrorContains(t, err, "shard", bad)
	}
}
