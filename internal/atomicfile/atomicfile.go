package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/godmae/godmae/internal/outfile"
)

// Write replaces the file at path by what fill writes. If fill or a file
// operation fails, the old file is kept, the temporary file is removed and
// the error is returned. Errors of file operations name the path. Writes are
// buffered.
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

// File is a file that will replace another. Writes are buffered; nothing is
// visible at the target before Commit.
type File struct {
	path string
	file *os.File
	buf  *bufio.Writer
}

// Create opens the temporary file that will replace path. The folder must exist.
// The caller calls Commit at the end, and defers Discard for all other returns.
// A symbolic link at path is replaced, not followed. Anything other than a
// regular file or a link to one is refused. The error wraps outfile.ErrLocked
// while another process writes path.
func Create(path string) (*File, error) {
	if base := filepath.Base(path); base == "." || base == string(filepath.Separator) {
		return nil, fmt.Errorf("cannot write %q: it names a folder; give the name of a file", path)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("cannot write %s: it is not a regular file and would be replaced by one; give another name", path)
	}
	f, err := createTemp(TempName(path))
	if errors.Is(err, outfile.ErrLocked) {
		return nil, fmt.Errorf("%s %w: give each its own output, or wait for it", path, outfile.ErrLocked)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, err)
	}
	return &File{path: path, file: f, buf: bufio.NewWriterSize(f, 1<<16)}, nil
}

// Write appends to the temporary file.
func (f *File) Write(p []byte) (int, error) { return f.buf.Write(p) }

// Commit flushes the temporary file to the disk and renames it over the target.
func (f *File) Commit() error { return f.commit(true) }

// CommitUnflushed is Commit without the flush to the disk. After a power
// failure the target may hold anything; the end of the process alone does no
// harm.
func (f *File) CommitUnflushed() error { return f.commit(false) }

func (f *File) commit(flush bool) error {
	if f.file == nil {
		return fmt.Errorf("cannot write %s: %w", f.path, os.ErrClosed)
	}
	temp := TempName(f.path)
	err := f.buf.Flush()
	if err == nil && flush {
		err = Sync(f.file)
	}
	ours := outfile.Same(f.file, temp)
	if err == nil && !ours {
		err = fmt.Errorf("its temporary file %s was removed while it was written", temp)
	}
	if err == nil {
		err = outfile.Move(f.file, temp, f.path)
	} else {
		f.file.Close()
	}
	f.file = nil
	if err == nil && flush {
		err = syncDir(filepath.Dir(f.path))
	}
	if err != nil {
		if ours {
			os.Remove(temp)
		}
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
	ours := outfile.Same(f.file, TempName(f.path))
	f.file.Close()
	f.file = nil
	if ours {
		os.Remove(TempName(f.path))
	}
}
