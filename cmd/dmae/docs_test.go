package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// The pages name tests, files and each other, and all of them exist.
func TestPagesNameWhatExists(t *testing.T) {
	const root = "../.."
	tests := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range function.FindAllStringSubmatch(string(text), -1) {
			tests[m[1]] = true
		}
		return err
	}))

	pages, err := filepath.Glob(root + "/docs/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	named := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z]\\w*)`")
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	for _, page := range append(pages, root+"/README.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			require.True(t, tests[m[1]], "%s names %s, which is not a test", page, m[1])
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			_, err := os.Stat(filepath.Join(filepath.Dir(page), m[1]))
			require.NoError(t, err, "%s links to %s", page, m[1])
		}
	}
}

// The help of every command shows the default of each of its flags that has one.
func TestHelpShowsDefaults(t *testing.T) {
	k, err := kong.New(&cli{}, flagDefaults)
	require.NoError(t, err)
	flags := 0
	for _, command := range k.Model.Leaves(true) {
		for _, f := range command.Flags {
			if f.Default == "" || f.IsBool() && f.Default != "true" {
				continue
			}
			flags++
			if text := helpText(f.Value); !strings.Contains(text, "(default") {
				require.Contains(t, f.FormatPlaceHolder(), f.Default, "%s --%s: %s", command.Path(), f.Name, text)
			}
		}
	}
	require.Greater(t, flags, 200)
	help := strings.Join(strings.Fields(succeed(t, "pretrain", "--help")), " ")
	require.Contains(t, help, "Epochs in all (default: 50). --warmup-epochs=EPOCHS Epochs of linear warm-up from 0 (default: 10).")
	require.Contains(t, help, "Flip half of the images horizontally (default: on).")
}
