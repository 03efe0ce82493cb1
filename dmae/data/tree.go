package data

import (
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strings"
)

// tree is a folder of files and folders, on the disk or in an archive. Paths
// have forward slashes; "" is the root. Links are followed.
type tree interface {
	// entries yields the entries of a folder, in no order, and stops at an
	// error.
	entries(dir string) iter.Seq2[entry, error]
	// open opens a regular file, and no other kind.
	open(file string) (io.ReadSeekCloser, error)
	// size returns the bytes of a file, or 0 if there is an error, which
	// reading it returns.
	size(file string) int64
}

// readFile returns the content of a regular file of at most limit bytes.
func readFile(t tree, file string, limit int64) ([]byte, error) {
	r, err := t.open(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	if size > limit {
		return nil, &tooLargeError{limit}
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return readSized(r, size)
}

// entry is one name in a folder.
type entry struct {
	name   string
	kind   kind
	linked bool // a link led there
}

// kind is the kind of an entry after links have been followed.
type kind uint8

const (
	isFile    kind = iota // a regular file
	isFolder              // a folder
	isHidden              // anything whose name starts with a dot
	isSystem              // a file or folder that an operating system adds
	isNowhere             // a link to nothing
	isSpecial             // a pipe, a device or a socket
	isLoop                // a link to a folder that contains it
	isOutside             // of an archive: a name or a link that leads out of it
	isOlder               // of an archive: a file of which a later copy follows
)

// systemNames are the names of folders and files that Finder, Windows,
// Synology, QNAP and file systems create, in lower case.
var systemNames = []string{
	"__macosx", "@eadir", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", "$recycle.bin",
	"system volume information", "lost+found", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r",
}

// named returns the kind of an entry if its name decides it, and false
// otherwise.
func named(name string) (kind, bool) {
	switch {
	case strings.HasPrefix(name, "."):
		return isHidden, true
	case slices.Contains(systemNames, strings.ToLower(name)):
		return isSystem, true
	}
	return 0, false
}

// list returns the entries of a folder in Python's order of their names.
func list(t tree, dir string) ([]entry, error) {
	var all []entry
	for e, err := range t.entries(dir) {
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b entry) int { return comparePython(a.name, b.name) })
	return all, nil
}

// folders returns the names of the folders of a folder, in order.
func folders(t tree, dir string) ([]string, error) {
	all, err := list(t, dir)
	var names []string
	for _, e := range all {
		if e.kind == isFolder {
			names = append(names, e.name)
		}
	}
	return names, err
}

// looksLikeImage reports whether a file has the name of an image, of a
// supported format or another.
func looksLikeImage(name string) bool {
	return isImage(name) || slices.Contains(imageEndings, strings.ToLower(path.Ext(name)))
}

// imageEndings are the extensions of images that ImageFolder does not read,
// either.
var imageEndings = []string{
	".gif", ".heic", ".heif", ".avif", ".jfif", ".jpe", ".jp2", ".j2k", ".jxl", ".svg", ".npy", ".npz",
	".pbm", ".pnm", ".pam", ".pfm", ".tga", ".dng", ".nef", ".cr2", ".arw", ".dcm", ".exr", ".hdr", ".psd", ".ico",
}

// readSized reads size bytes of a file and no more: some files of /proc never
// end.
func readSized(r io.Reader, size int64) ([]byte, error) {
	b := make([]byte, size)
	if n, err := io.ReadFull(r, b); err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("it ends after %d of its %d bytes", n, size)
	} else if err != nil {
		return nil, err
	}
	return b, nil
}
