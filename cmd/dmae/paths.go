package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/godmae/godmae/internal/infile"
)

// openFile opens a file or a pipe that the user named; what describes it in
// messages.
func openFile(what, path string) (io.ReadCloser, error) {
	f, err := infile.OpenStream(path)
	if err != nil {
		return nil, unreadable(what, path, err)
	}
	return f, nil
}

// unreadable rewrites an error of opening or reading a file for the user; it
// returns other errors unchanged.
func unreadable(what, path string, err error) error {
	var p *fs.PathError
	if !errors.As(err, &p) {
		return err
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return isFolder(what, path)
	}
	return fmt.Errorf("cannot read %s %s: %w", what, path, p.Err)
}

func isFolder(what, path string) error {
	return fmt.Errorf("cannot read %s %s: it is a folder; name a file", what, path)
}

// checkOutput returns an error, before any work is done, if a file cannot be
// written.
func checkOutput(flag, path string) error {
	if path == "" {
		return misused("%s is empty: name the file to write", flag)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return misused("%s %s is a folder: name a file", flag, path)
	}
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("cannot write %s: there is no folder %s; make it first", path, folder)
	case err != nil:
		return fmt.Errorf("cannot write %s: %w", path, err)
	case !info.IsDir():
		return fmt.Errorf("cannot write %s: %s is not a folder", path, folder)
	}
	return nil
}
