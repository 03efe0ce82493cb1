package testbackend

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/ops/hostile"
	"github.com/godmae/godmae/ops/ref"
	"github.com/godmae/godmae/tensor"
)

func TestOpen(t *testing.T) {
	for name, like := range map[string]any{
		"": &cpu.Backend{}, "cpu": &cpu.Backend{}, "ref": &ref.Backend{},
		"hostile": &hostile.Backend{}, "hostile-cpu": &hostile.Backend{}, "hostile-ref": &hostile.Backend{},
	} {
		t.Setenv(Env, name)
		require.IsType(t, like, New(t), name)
		if name == "hostile-ref" {
			require.Equal(t, tensor.F64, New(t).Float())
			require.IsType(t, like, Float64(t))
		}
	}
	_, err := open("nobody", 1)
	require.EqualError(t, err, `DMAE_TEST_BACKEND=nobody: there is no backend "nobody"; choose one of cpu, ref, vulkan`)
	_, err = open("hostile-nobody", 1)
	require.ErrorContains(t, err, "there is no backend")
}

// concrete are the test files that name a backend, and why: all others take what New
// or Float64 gives.
var concrete = map[string]string{
	"autograd/autograd_test.go":            "allocations of the CPU's backend and of the reference without its work; differences need the reference",
	"autograd/gradcheck/gradcheck_test.go": "differences need the reference",
	"dmae/alloc_test.go":                   "allocations of the CPU's backend",
	"dmae/bench_test.go":                   "speed of the CPU's backend",
	"dmae/certify/bench_test.go":           "speed of the CPU's backend",
	"dmae/train/memory_test.go":            "allocations of the CPU's backend",
	"dmae/train/train_test.go":             "a process of its own that is killed",
	"vulkan/recorder_test.go":              "the CPU's results at large sizes",
	"autograd/example_test.go":             "an example is a program of a reader's",
	"nn/example_test.go":                   "an example is a program of a reader's",
	"dmae/example_test.go":                 "an example is a program of a reader's",
	"dmae/certify/example_test.go":         "an example is a program of a reader's",
}

func TestNoTestNamesABackendWithoutReason(t *testing.T) {
	root := os.DirFS(filepath.Join("..", ".."))
	found := map[string]bool{}
	require.NoError(t, fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (path == "ops" || path == "internal/testbackend" || d.Name() == "testdata" || path != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := fs.ReadFile(root, path)
		if names.Match(text) {
			found[path] = true
			require.Contains(t, concrete, path, "it makes a backend of its own; use testbackend.New or testbackend.Float64, or say here why not")
		}
		return err
	}))
	for path := range concrete {
		require.True(t, found[path], "%s names no backend any more; take it off the list", path)
	}
}

var names = regexp.MustCompile(`\b(cpu|ref)\.New\(`)
