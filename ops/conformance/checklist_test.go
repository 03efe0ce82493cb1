package conformance_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
)

const root = "../.."

func read(t *testing.T, path string) string {
	b, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	return string(b)
}

// section returns a section of docs/architecture.md.
func section(t *testing.T, title string) string {
	_, text, found := strings.Cut(read(t, "docs/architecture.md"), "\n## "+title+"\n")
	require.True(t, found, title)
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// The checklist for a new operation names all places that list operations, and
// every operation is in each of them.
func TestTheChecklistOfOperations(t *testing.T) {
	list := section(t, "Adding an operation")
	declared := map[string]string{} // variable, by name of the operation
	files, err := filepath.Glob(filepath.Join(root, "ops", "*.go"))
	require.NoError(t, err)
	row := regexp.MustCompile(`(?m)^var (\w+) = &Op\{\n\tName:\s+"([^"]+)"`)
	for _, file := range files {
		for _, m := range row.FindAllStringSubmatch(read(t, filepath.Join("ops", filepath.Base(file))), -1) {
			declared[m[2]] = m[1]
		}
	}
	require.Len(t, declared, len(ops.All))

	texts := map[string]string{}
	for _, path := range []string{"ops/all.go", "autograd/vjp.go", "autograd/autograd_test.go", "ops/cpu/run.go", "ops/conformance/testdata/f32-1.txt", "docs/operations.md"} {
		require.Contains(t, list, "`"+path+"`", "the checklist omits a place")
		texts[path] = read(t, path)
	}
	has := func(path, pattern string) bool {
		return regexp.MustCompile(`(?m)` + pattern).MatchString(texts[path])
	}
	for _, op := range ops.All {
		variable, name := declared[op.Name], regexp.QuoteMeta(op.Name)
		require.NotEmpty(t, variable, op.Name)
		require.True(t, has("ops/all.go", `\b`+variable+`\b`), "%s is not in ops/all.go", op.Name)
		require.True(t, has("autograd/vjp.go", `^\tops\.`+variable+`:`) != has("autograd/autograd_test.go", `^\t\t(ops\.\w+, )*ops\.`+variable+`,`), "%s must be either in autograd/vjp.go or in the list of operations without derivative in autograd/autograd_test.go", op.Name)
		require.True(t, has("ops/cpu/run.go", `^\tops\.`+variable+`:`), "%s is not in ops/cpu/run.go", op.Name)
		require.True(t, has("ops/conformance/testdata/f32-1.txt", ` `+name+`$`), "%s is not in ops/conformance/testdata/f32-1.txt", op.Name)
		require.True(t, has("docs/operations.md", `^\| \[`+name+`\]`), "%s is not in docs/operations.md", op.Name)
	}
}

// The existing backends follow the checklist for a new backend: each package
// that registers one is imported by the program and calls the conformance
// suite.
func TestTheChecklistOfBackends(t *testing.T) {
	list := section(t, "Adding a backend")
	for _, what := range []string{"`ops.Register`", "`cmd/dmae/flags.go`", "`conformance.Run`", "`ops.Check`", "`ops.CheckTransfer`", "`ops.Contract`"} {
		require.Contains(t, list, what)
	}
	registered := 0
	require.NoError(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil || !strings.Contains(read(t, relative), "ops.Register(") {
			return err
		}
		registered++
		folder := filepath.ToSlash(filepath.Dir(relative))
		require.Contains(t, read(t, "cmd/dmae/flags.go"), `"github.com/godmae/godmae/`+folder+`"`, "the program does not import %s", folder)
		tests, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
		require.NoError(t, err)
		calls := func(what string, files []string) bool {
			for _, file := range files {
				if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), what) {
					return true
				}
			}
			return false
		}
		require.True(t, calls("conformance.Run(", tests), "%s does not run the conformance suite", folder)
		sources, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		require.NoError(t, err)
		for _, what := range []string{"ops.Check(", "ops.CheckTransfer("} {
			require.True(t, calls(what, sources), "%s does not call %s", folder, what)
		}
		return nil
	}))
	require.GreaterOrEqual(t, registered, 2)
}
