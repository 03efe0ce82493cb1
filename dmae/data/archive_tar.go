package data

import (
	"archive/tar"
	"io"
	"strings"
)

// readTar reads the entries of a .tar archive. If at is given, r reads from it,
// and files are read from it when they are needed. Otherwise they are held in
// memory.
func readTar(r io.Reader, at io.ReaderAt, limit int64) (*archive, error) {
	a := newArchive(limit)
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return a, nil
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		n, err := a.tarNode(h, tr, r, at)
		if err != nil {
			return nil, err
		}
		if err := a.add(h.Name, n); err != nil {
			return nil, err
		}
	}
}

// tarNode makes the node of one entry.
func (a *archive) tarNode(h *tar.Header, tr *tar.Reader, r io.Reader, at io.ReaderAt) (*node, error) {
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
	case tar.TypeDir:
		return newFolder(), a.take(nodeBytes)
	case tar.TypeSymlink:
		return a.link(h.Name, h.Linkname), nil
	case tar.TypeLink:
		return a.hardLink(h.Linkname), nil
	default:
		return &node{kind: isSpecial}, nil
	}
	n := &node{kind: isFile}
	switch {
	case !keeps(h.Name):
		n.file = absent(h.Size)
	case at != nil && !isSparse(h):
		pos, err := r.(io.Seeker).Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		n.file = section{at, pos, h.Size}
	default:
		if err := a.take(h.Size); err != nil {
			return nil, err
		}
		held, err := readPieces(tr, h.Size)
		if err != nil {
			return nil, err
		}
		n.file = held
	}
	return n, nil
}

// isSparse reports whether an entry is stored without its runs of zeros.
func isSparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// hardLink makes a node for a file that the archive has already stored under
// another name, given from the root.
func (a *archive) hardLink(aim string) *node {
	clean, ok := inside(aim)
	if !ok {
		return &node{kind: isOutside}
	}
	chain, k := a.find(clean)
	if k != isFile {
		return &node{kind: isNowhere}
	}
	return &node{kind: isFile, file: chain[len(chain)-1].file}
}
