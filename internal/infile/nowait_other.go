//go:build !unix

package infile

// NoWait: without pipes among the files of a folder, nothing waits.
const NoWait = 0
