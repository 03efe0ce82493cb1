//go:build unix

package data

import "syscall"

// openFlags keep the opening of a pipe without a writer from waiting for one.
const openFlags = syscall.O_NONBLOCK
