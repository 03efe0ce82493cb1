//go:build !unix

package infile

// NoWait is no flag: these systems have no named pipes in folders.
const NoWait = 0
