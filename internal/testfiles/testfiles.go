// Package testfiles finds the large files that some tests read and that are too
// big for the repository: fixtures computed with the official code, published
// certification logs, photographs.
//
// No other package looks for them. A test that needs one calls [Large]; in a
// clone without the large files it is skipped with one sentence.
package testfiles

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Env is the environment variable that names the folder of the large test data.
// A relative path counts from the module's root, where the go command is run.
const Env = "DMAE_TESTDATA"

// Large returns the path of a file or folder in the large test data, given by
// its parts, such as "fixtures", "pil_resize.safetensors". If [Env] is unset the
// test is skipped. If it is set and the file does not exist the test fails.
func Large(t testing.TB, parts ...string) string {
	t.Helper()
	path, err := find(os.Getenv(Env), filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	if path == "" {
		t.Skipf("set %s to the folder of the large test data to run this with %s", Env, filepath.ToSlash(filepath.Join(parts...)))
	}
	return path
}

// find returns where name is under root, "" when root is "".
func find(root, name string) (string, error) {
	if root == "" {
		return "", nil
	}
	if !filepath.IsAbs(root) {
		module, err := Module()
		if err != nil {
			return "", err
		}
		root = filepath.Join(module, root)
	}
	path := filepath.Join(root, name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is set to %s, which has no %s (%w): point it at the folder with fixtures and data, or unset it", Env, os.Getenv(Env), filepath.ToSlash(name), err)
	}
	return path, nil
}

// Module returns the folder of the module that the working directory, a test's
// package folder, is in.
func Module() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		if info, err := os.Stat(filepath.Join(at, "go.mod")); err == nil && info.Mode().IsRegular() {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("no go.mod above %s", dir)
		}
	}
}
