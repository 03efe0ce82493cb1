// Package atomicfile replaces files as a whole: a reader sees the old
// content or the new content, never a part of either, even after the program
// was killed or the machine lost power during the write.
//
// Start at [Write]. It writes to a hidden temporary file in the folder of the
// target, flushes it to the disk, renames it over the target and flushes the
// folder. The temporary name is a fixed function of the target's, so that a
// killed run leaves at most one stale file and the next write removes it. It is
// always a new file, never opened through a link, and locked: of two processes
// that write the same target at once, the second is refused.
package atomicfile
