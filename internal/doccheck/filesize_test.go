package doccheck

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fewestLines is the length from which a Go file may be on its own.
const fewestLines = 40

// shortFiles are the shorter files, and the reason that each is a separate file.
var shortFiles = map[string]string{
	"dmae/droppath.go":              "one subject, drawn by both models",
	"dmae/finite.go":                "one check, used by both models and by every command",
	"internal/listhash/listhash.go": "the whole package",
	"nn/droppath.go":                "one layer",
	"nn/optim/schedule.go":          "the learning-rate schedule, independent of the optimisers",
	"ops/all.go":                    "the list of all operations",
	"ops/gelu.go":                   "one operation",
	"vulkan/internal/dl/call.go":    "what the package does on every system; its other files are for one each",
	"vulkan/shaders/embed.go":       "the whole package, beside the shaders",
}

// A file of a few lines belongs to the file of the same concept. Files of
// packages' documentation, for one platform, generated ones and tests may be
// short.
func TestShortFilesHaveAReason(t *testing.T) {
	const root = "../.."
	seen := map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if name == "testdata" || strings.HasPrefix(name, ".") && path != root {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" || name == "doc.go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.Count(text, []byte("\n")) >= fewestLines || bytes.Contains(text, []byte("DO NOT EDIT.")) || forOnePlatform(name, text) {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		seen[rel] = true
		if shortFiles[rel] == "" {
			t.Errorf("%s has fewer than %d lines: merge it into the file of the same concept, or list it here with a reason", rel, fewestLines)
		}
		return nil
	}))
	for file := range shortFiles {
		if !seen[file] {
			t.Errorf("%s is listed but is not a short file: remove it from the list", file)
		}
	}
}

// forOnePlatform reports whether a file has a build constraint, in its name or
// its text.
func forOnePlatform(name string, text []byte) bool {
	stem := strings.TrimSuffix(name, ".go")
	for _, suffix := range []string{"_amd64", "_arm64", "_linux", "_darwin", "_windows"} {
		if strings.HasSuffix(stem, suffix) {
			return true
		}
	}
	return bytes.Contains(text, []byte("//go:build "))
}
