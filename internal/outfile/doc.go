// Package outfile opens files for writing. One process at a time writes a file,
// and never through a link.
//
// [Open] and [OpenLocked] open files that are appended to or continued. Package
// atomicfile writes files that are replaced as a whole. [LockFolder] locks a
// folder whose files belong together. A lock ends when the file is closed or the
// process ends. On a file system without locks files are opened all the same,
// and two processes are not noticed.
package outfile
