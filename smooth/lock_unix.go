//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package smooth

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock makes sure that no other process holds the lock of a file. It ends with
// the file or with the process, however that dies. A file system without locks
// is no reason to refuse.
func lock(f *os.File) error {
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		return errLocked
	}
	return nil
}
