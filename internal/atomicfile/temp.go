package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/godmae/godmae/internal/outfile"
)

// TempName returns the name of the temporary file used while path is written.
func TempName(path string) string {
	dir, base := filepath.Split(path)
	return filepath.Join(dir, "."+base+".tmp")
}

// createTemp makes a new temporary file and locks it. O_EXCL follows no
// link. A file or link that already has the name is removed unless another
// process writes it; the target of a link is not touched.
func createTemp(temp string) (*os.File, error) {
	const tries = 100
	for range tries {
		f, err := os.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			if err := removeStale(temp); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if outfile.Lock(f) == nil && outfile.Same(f, temp) {
			return f, nil
		}
		f.Close() // another process removed it as stale before it was locked
	}
	return nil, outfile.ErrLocked
}

// removeStale removes the file that a killed process, or somebody else, left
// under the name of a temporary file. The error is outfile.ErrLocked if it is
// being written.
func removeStale(temp string) error {
	info, err := os.Lstat(temp)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() {
		f, err := outfile.OpenLocked(temp)
		if errors.Is(err, outfile.ErrLocked) {
			return outfile.ErrLocked
		}
		if err == nil {
			defer f.Close() // locked until it is gone
			if runtime.GOOS == "windows" {
				f.Close() // Windows does not remove open files
			}
		}
	}
	if info.IsDir() {
		return &fs.PathError{Op: "remove the folder", Path: temp, Err: fs.ErrExist}
	}
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
