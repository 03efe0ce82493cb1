package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

// ErrLocked is the state of a file or a folder that another process has locked.
var ErrLocked = errors.New("is being written by another process")

// Open opens the file at path for reading and writing, and makes it if there is
// none. A symbolic link is refused: in a folder that others can write to, it
// would let them choose the file that is overwritten. Anything else that is not a
// regular file is refused, too.
func Open(path string) (*os.File, error) { return open(path, os.O_RDWR|os.O_CREATE) }

func open(path string, flag int) (*os.File, error) {
	// The check before is for the message and for systems without openNoFollow.
	// The check after finds a file that was replaced in between.
	if info, err := os.Lstat(path); err == nil {
		if err := regular(path, info); err != nil {
			return nil, err
		}
	}
	f, err := os.OpenFile(path, flag|openNoFollow, 0o666)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = regular(path, info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func regular(path string, info fs.FileInfo) error {
	switch {
	case info.Mode().IsRegular():
		return nil
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a symbolic link, and links are not followed when writing: remove it", path)
	case info.IsDir():
		return fmt.Errorf("%s is a folder: remove it", path)
	}
	return fmt.Errorf("%s is not a regular file: remove it", path)
}

// maxTries is how often a file may be replaced between opening and locking it.
const maxTries = 100

// OpenLocked opens and locks a file. The error begins with the path and wraps
// ErrLocked while another process holds the lock.
func OpenLocked(path string) (*os.File, error) {
	for range maxTries {
		f, err := Open(path)
		if errors.Is(err, fs.ErrPermission) {
			// The lock file of another user can be locked without being written
			// to.
			if g, rerr := open(path, os.O_RDONLY); rerr == nil {
				f, err = g, nil
			}
		}
		if err != nil {
			return nil, err
		}
		if Lock(f) != nil {
			f.Close()
			return nil, fmt.Errorf("%s %w", path, ErrLocked)
		}
		if Same(f, path) {
			return f, nil
		}
		f.Close() // it was renamed before it was locked
	}
	return nil, fmt.Errorf("%s %w", path, ErrLocked)
}

// Same reports whether the open file is still the one at path.
func Same(f *os.File, path string) bool {
	have, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(have, there)
}

// Move renames the open file at the path from to the path to, and closes it. The lock holds until
// the old name is gone, except on Windows, which does not rename open files.
func Move(f *os.File, from, to string) error {
	if runtime.GOOS == "windows" {
		if err := f.Close(); err != nil {
			return err
		}
		return os.Rename(from, to)
	}
	return errors.Join(os.Rename(from, to), f.Close())
}
