//go:build unix

package infile

import "syscall"

// NoWait keeps the opening of a pipe without a writer from waiting for one.
const NoWait = syscall.O_NONBLOCK
