// Package outfile opens the files that the program writes, so that they are
// written by one process at a time and never through a link.
//
// [Open] and [OpenLocked] are for files that are appended to or gone on with;
// files that are replaced as a whole are those of package atomicfile. A folder
// whose files belong together is locked by [LockFolder]. A lock ends with the
// file or with the process, however that dies; a file system without locks is no
// reason to refuse, so there two processes are not noticed.
package outfile
