package testfiles

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorder is a testing.TB that records whether the test failed or was skipped.
type recorder struct {
	testing.TB
	skipped, failed string
}

func (r *recorder) Helper() {}

func (r *recorder) Skipf(format string, args ...any) {
	r.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Fatal(args ...any) {
	r.failed = fmt.Sprint(args...)
	runtime.Goexit()
}

// ask calls Large as a test would, and returns its result and the recorder.
func ask(t *testing.T, parts ...string) (path string, r *recorder) {
	r = &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		path = Large(r, parts...)
	}()
	<-done
	return path, r
}

func TestLargeSkipsOrFailsOrFinds(t *testing.T) {
	t.Setenv(Env, "")
	path, r := ask(t, "fixtures", "a.bin")
	require.Empty(t, path+r.failed)
	require.Equal(t, "set DMAE_TESTDATA to the folder of the large test data to run this with fixtures/a.bin", r.skipped)

	dir := t.TempDir()
	t.Setenv(Env, dir)
	path, r = ask(t, "fixtures", "a.bin")
	require.Empty(t, path+r.skipped)
	require.Contains(t, r.failed, "DMAE_TESTDATA is set to "+dir+", which has no fixtures/a.bin")

	require.NoError(t, os.Mkdir(filepath.Join(dir, "fixtures"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "fixtures", "a.bin"), nil, 0o666))
	path, r = ask(t, "fixtures", "a.bin")
	require.Equal(t, filepath.Join(dir, "fixtures", "a.bin"), path)
	require.Empty(t, r.skipped+r.failed)

	// The documented way to set it: relative to where the go command is run.
	module, err := Module()
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(module, "README.md"))
	t.Setenv(Env, "internal")
	path, _ = ask(t, "testfiles", "testfiles.go")
	require.Equal(t, filepath.Join(module, "internal", "testfiles", "testfiles.go"), path)
}

// No other Go file looks for the large test data. One that forgot to skip would
// fail in a fresh clone.
func TestNobodyElseLooksForTheLargeFiles(t *testing.T) {
	module, err := Module()
	require.NoError(t, err)
	other := regexp.MustCompile(`(Getenv|LookupEnv)\("` + Env + `|"(\.\./)*\.\./shared\b`)
	files := 0
	require.NoError(t, filepath.WalkDir(module, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != module && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.Type().IsRegular() || filepath.Ext(path) != ".go" || filepath.Dir(path) == filepath.Join(module, "internal", "testfiles"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for n, line := range strings.Split(string(text), "\n") {
			if found := other.FindString(line); found != "" {
				t.Errorf("%s:%d has %s: a test finds the large test data with testfiles.Large", path, n+1, found)
			}
		}
		return nil
	}))
	require.Greater(t, files, 100)
}
