package analyze

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNameOfAFile(t *testing.T) {
	for path, want := range map[string]string{
		"sigma_0.25": "sigma_0.25", "logs/sigma_0.25.tsv": "sigma_0.25", "a.JSONL": "a", "noise_1.0": "noise_1.0", "x.0.5.txt": "x.0.5",
		".tsv": ".tsv", "v1.2.jsonl": "v1.2", "run.jsonl.old": "run.jsonl.old", "/dev/stdin": "stdin",
	} {
		require.Equal(t, want, nameOf(path), path)
	}
}

func TestTwoRunsNeverShareAName(t *testing.T) {
	for _, c := range []struct{ paths, want []string }{
		{[]string{"sigma_0.25", "sigma_0.50"}, []string{"sigma_0.25", "sigma_0.50"}},
		{[]string{"a/certify.jsonl", "b/certify.jsonl", "c.tsv"}, []string{"a/certify", "b/certify", "c"}},
		{[]string{"x/test/certify.jsonl", "y/test/certify.jsonl", "y/val/certify.jsonl"}, []string{"x/test/certify", "y/test/certify", "val/certify"}},
		{[]string{"/x/a.jsonl", "a.jsonl"}, []string{"x/a", "a"}},
		{[]string{"./a.jsonl", "../a.jsonl"}, []string{"a", "../a"}},
		{[]string{"a.jsonl", "a.tsv"}, []string{"a.jsonl", "a.tsv"}},
		{[]string{"a.jsonl", "a.jsonl", "a.jsonl"}, []string{"a.jsonl", "a.jsonl (2)", "a.jsonl (3)"}},
		{[]string{"a", "a", "a (2)"}, []string{"a", "a (2)", "a (2) (2)"}},
	} {
		got := DistinctNames(c.paths)
		require.Equal(t, c.want, got, c.paths)
		seen := map[string]bool{}
		for _, name := range got {
			require.False(t, seen[name], name)
			seen[name] = true
		}
	}
}
