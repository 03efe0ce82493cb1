//go:build !unix

package data

// openFlags: without pipes among the files of a folder, nothing waits.
const openFlags = 0
