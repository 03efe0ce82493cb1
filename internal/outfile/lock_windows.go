package outfile

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// openNoFollow is no flag on Windows: open checks the file before and after
// opening it.
const openNoFollow = 0

// Lock locks a file; the error is ErrLocked if another process holds the lock.
// Other errors mean that this file system has no locks and are ignored. The
// locked byte is beyond the end of every file, because other processes cannot
// read a locked byte.
func Lock(f *os.File) error {
	at := windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrLocked
	}
	return nil
}
