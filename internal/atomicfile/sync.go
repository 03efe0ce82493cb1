package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Sync brings a file to the disk. A file system that has no such operation is no
// failure; an error of the disk is.
func Sync(f *os.File) error {
	if err := f.Sync(); !unsupported(err) {
		return err
	}
	return nil
}

// syncDir makes a rename durable, where folders can be opened and flushed: not on
// Windows, not on CIFS and many a FUSE, and not where the folder can be written to
// but not read.
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
