//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package outfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openNoFollow is the flags with which open refuses a symbolic link and does
// not wait for the other end of a pipe.
const openNoFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// Lock locks a file; the error is ErrLocked if another process holds the lock.
// Other errors of the system mean that this file system has no locks (ENOLCK,
// ENOTSUP, or EBADF for a network file opened for reading) and are ignored.
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
