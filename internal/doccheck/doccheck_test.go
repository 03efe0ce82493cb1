package doccheck

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// No comment, message or page of this module refers to something that is not there.
func TestNothingIsStale(t *testing.T) {
	problems, err := Check("../..")
	require.NoError(t, err)
	require.Empty(t, problems, strings.Join(problems, "\n"))
}

// writeModule writes a module of the given files and returns its root.
func writeModule(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	files["go.mod"] = "module example.org/m\n\ngo 1.26\n"
	for name, text := range files {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return root
}

func TestEveryKindOfStaleReferenceIsReported(t *testing.T) {
	root := writeModule(t, map[string]string{
		"a/a.go": `// Package a has [Missing], [T.Gone], [b.Nothing] and [math.Squirt].
//
// See [example.org/m/c.Name], gone.go, b/gone.go, b.Lost and b/b.Lost.
package a

import (
	"math"

	"example.org/m/b"
)

// T has [oldName].
type T struct{ F int }

// M is tested by TestGone.
func (T) M() float64 {
	// The number is that of [b.Removed].
	return math.Sqrt(b.Number)
}

const message = "see docs/page.md#gone"
`,
		"b/b.go":         "package b\n\nconst Number = 4\n",
		"b/b_test.go":    "package b\n\nimport \"testing\"\n\n// TestNumber is not [Missing].\nfunc TestNumber(t *testing.T) {}\n",
		"docs/page.md":   "# One\n\n[a](other.md) [b](#two) [c](other2.md#three) `b/gone.go` `TestAbsent`\n",
		"docs/other2.md": "# Two\n",
		"scripts/run.sh": "#!/bin/sh\n# Reads scripts/gone.py.\n",
	})
	problems, err := Check(root)
	require.NoError(t, err)
	require.Equal(t, []string{
		"a/a.go:12: [oldName] names nothing",
		"a/a.go:15: there is no test TestGone",
		"a/a.go:17: [b.Removed] names nothing",
		"a/a.go:1: [Missing] names nothing",
		"a/a.go:1: [T.Gone] names nothing",
		"a/a.go:1: [b.Nothing] names nothing",
		"a/a.go:1: [math.Squirt] names nothing",
		"a/a.go:21: docs/page.md has no section #gone",
		"a/a.go:3: [example.org/m/c.Name] names nothing",
		"a/a.go:3: there is no b/b.Lost",
		"a/a.go:3: there is no b/gone.go",
		"a/a.go:3: there is no gone.go",
		"b/b_test.go:5: [Missing] names nothing",
		"docs/page.md:3: the link #two leads to no heading of docs/page.md",
		"docs/page.md:3: the link other.md leads to no file",
		"docs/page.md:3: the link other2.md#three leads to no heading of docs/other2.md",
		"docs/page.md:3: there is no b/gone.go",
		"docs/page.md:3: there is no test TestAbsent",
		"scripts/run.sh:2: there is no scripts/gone.py",
	}, problems)
}

func TestWhatExistsIsNotReported(t *testing.T) {
	root := writeModule(t, map[string]string{
		"a/a.go": `// Package a has [T], [*T], [T.F], [T.M], [U.F], [T.hidden], [b.Number], [math],
// [math.Sqrt], [os.File.Read] and [example.org/m/b.Number].
//
// The shapes [N], [B, ...] and [rows] are no links; dst[i] is none, either.
// See a.go, b/b.go, c/d.Number, docs/page.md#from-a-file, TestNumber,
// https://example.org/b/gone.go and docs/*.md.
package a

import (
	"math"

	"example.org/m/b"
)

type T struct{ F, hidden int }

// U embeds [T]; see [bothWays].
type U struct{ T }

func (*T) M() float64 { return math.Sqrt(b.Number) }

func bothWays() {}
`,
		"b/b.go":         "package b\n\nconst Number = 4\n",
		"c/d/d.go":       "package d\n\nconst Number = 4\n",
		"b/b_linux.go":   "package b\n\nconst onLinux = true\n",
		"b/b_windows.go": "package b\n\n// [Only] is for this system.\nconst Only = true\n",
		"b/b_test.go":    "package b\n\nimport \"testing\"\n\nfunc TestNumber(t *testing.T) {}\n",
		"docs/page.md":   "# From a `file`\n\n[a](page.md#from-a-file) [b](../a) `b.go` [c](https://example.org/#x)\n",
	})
	problems, err := Check(root)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestModuleThatCannotBeReadIsAnError(t *testing.T) {
	_, err := Check(writeModule(t, map[string]string{"a/a.go": "package"}))
	require.Error(t, err)
}
