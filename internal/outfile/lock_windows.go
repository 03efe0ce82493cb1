package outfile

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// openNoFollow has no counterpart: open looks at the file before and after.
const openNoFollow = 0

// Lock makes sure that no other process holds the lock of a file: ErrLocked if
// one does. Other errors mean that there are no locks here. What is locked is one
// byte that no file reaches, because others may not even read a locked one.
func Lock(f *os.File) error {
	at := windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrLocked
	}
	return nil
}
