package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Sync flushes a file to the disk. It is not an error that a file system lacks
// the operation.
func Sync(f *os.File) error {
	if err := f.Sync(); !unsupported(err) {
		return err
	}
	return nil
}

// syncDir makes a rename durable where folders can be opened and flushed. That
// excludes Windows, CIFS, many FUSE file systems, and folders that can be written
// to but not read.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) || unsupported(err) {
			return nil
		}
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !unsupported(err) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EBADF) {
		return err
	}
	return nil
}

// unsupported reports whether the file system lacks an operation.
func unsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL)
}
