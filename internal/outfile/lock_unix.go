//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package outfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openNoFollow keeps from opening a symbolic link, and from waiting for the other
// end of a pipe.
const openNoFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// Lock makes sure that no other process holds the lock of a file: ErrLocked if
// one does. Other errors mean that there are no locks here (ENOLCK, ENOTSUP, EBADF
// of a network's file opened for reading).
func Lock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EWOULDBLOCK):
			return ErrLocked
		}
		return nil
	}
}
