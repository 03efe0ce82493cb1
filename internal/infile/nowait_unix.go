//go:build unix

package infile

import "syscall"

// NoWait is the flag with which opening a pipe does not wait for a writer.
const NoWait = syscall.O_NONBLOCK
