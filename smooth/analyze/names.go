package analyze

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// extensions are those of files with runs. Other text after a dot belongs to
// the name, as in sigma_0.25.
var extensions = []string{".jsonl", ".tsv", ".txt", ".csv", ".log"}

// nameOf returns the name of a run in a file: that of the file without its
// extension.
func nameOf(path string) string {
	base := filepath.Base(path)
	for _, ext := range extensions {
		if n := len(base) - len(ext); n > 0 && strings.EqualFold(base[n:], ext) {
			return base[:n]
		}
	}
	return base
}

// DistinctNames returns different names for the runs of the files: the name
// of the file, preceded by as many folders as are needed. A file that is
// given twice gets a number.
func DistinctNames(paths []string) []string {
	names, parts := make([]string, len(paths)), make([][]string, len(paths))
	for i, path := range paths {
		path = filepath.ToSlash(filepath.Clean(path))
		parts[i] = strings.Split(strings.TrimPrefix(path, "/"), "/")
		parts[i][len(parts[i])-1] = nameOf(path)
		names[i] = parts[i][len(parts[i])-1]
	}
	for depth := 2; ; depth++ {
		same, grown := shared(names), false
		for i, p := range parts {
			if same[names[i]] > 1 && depth <= len(p) {
				names[i], grown = strings.Join(p[len(p)-depth:], "/"), true
			}
		}
		if !grown {
			break
		}
	}
	// The remaining cases are the same file twice, or files that differ only in
	// their extension.
	for i, same := 0, shared(names); i < len(names); i++ {
		if same[names[i]] > 1 {
			names[i] = paths[i]
		}
	}
	for i, name := range names {
		for n := 2; slices.Contains(names[:i], names[i]); n++ {
			names[i] = fmt.Sprintf("%s (%d)", name, n)
		}
	}
	return names
}

// shared counts how often each name occurs.
func shared(names []string) map[string]int {
	n := map[string]int{}
	for _, name := range names {
		n[name]++
	}
	return n
}
