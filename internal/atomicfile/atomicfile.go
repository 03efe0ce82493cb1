package atomicfile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// Write replaces the file at path by what fill writes. When fill or any step
// on the disk fails, the old file stays as it was, the temporary file is
// removed and the error is returned; errors of the disk name the path. Writes
// are buffered: fill may write small pieces.
func Write(path string, fill func(io.Writer) error) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	defer f.Discard()
	if err := fill(f); err != nil {
		return err
	}
	return f.Commit()
}

// WriteBytes replaces the file at path by data.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// TempName returns the name of the temporary file used while path is written.
func TempName(path string) string {
	dir, base := filepath.Split(path)
	return filepath.Join(dir, "."+base+".tmp")
}

// File is a file on its way to replace another. Writes are buffered; nothing
// is visible at the target before Commit.
type File struct {
	path string
	file *os.File
	buf  *bufio.Writer
}

// Create opens the temporary file that will replace path. The folder must
// exist. The caller ends with Commit, and defers Discard for all other ways out.
func Create(path string) (*File, error) {
	if base := filepath.Base(path); base == "." || base == string(filepath.Separator) {
		return nil, fmt.Errorf("cannot write %q: it names a folder; give the name of a file", path)
	}
	f, err := os.OpenFile(TempName(path), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, err)
	}
	return &File{path: path, file: f, buf: bufio.NewWriterSize(f, 1<<16)}, nil
}

// Write appends to the temporary file.
func (f *File) Write(p []byte) (int, error) { return f.buf.Write(p) }

// Commit flushes the temporary file to the disk and renames it over the target.
func (f *File) Commit() error {
	if f.file == nil {
		return fmt.Errorf("cannot write %s: %w", f.path, os.ErrClosed)
	}
	err := f.buf.Flush()
	if err == nil {
		err = f.file.Sync()
	}
	if cerr := f.file.Close(); err == nil {
		err = cerr
	}
	f.file = nil
	if err == nil {
		err = os.Rename(TempName(f.path), f.path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(f.path))
	}
	if err != nil {
		os.Remove(TempName(f.path))
		return fmt.Errorf("cannot write %s: %w", f.path, err)
	}
	return nil
}

// Discard removes the temporary file unless Commit has run; it may be called
// more than once.
func (f *File) Discard() {
	if f.file == nil {
		return
	}
	f.file.Close()
	f.file = nil
	os.Remove(TempName(f.path))
}

// syncDir makes a rename durable. Windows has no such operation on folders and
// journals the rename itself.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
