package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/godmae/godmae/internal/infile"
)

// keeps reports whether the content of a file of this name may be needed.
func keeps(name string) bool {
	base := path.Base(name)
	return isImage(base) || isIDXName(base) || isCIFARName(base)
}

// otherKinds are file formats of data sets that are not supported.
var otherKinds = []struct{ magic, name string }{
	{"BZh", "a bzip2 file"}, {"\xfd7zXZ\x00", "an xz file"}, {"\x28\xb5\x2f\xfd", "a zstd file"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive"}, {"Rar!", "a RAR archive"},
	{"PAR1", "a Parquet file"}, {"\x89HDF", "an HDF5 file"}, {"ARROW1", "an Arrow file"},
	{"\x93NUMPY", "a NumPy array"}, {"SQLite format 3", "a database"},
}

// openArchive reads the list of files of a .tar, .tar.gz or .zip archive, and
// of a .tar.gz also the files. The first bytes decide the format. It allocates
// at most limit bytes. The file stays open while the tree is used.
func openArchive(file string, limit int64) (tree, error) {
	f, size, err := infile.Open(file)
	if err != nil {
		return nil, err
	}
	t, err := readArchive(f, file, size, limit)
	if err != nil {
		f.Close()
		return nil, err
	}
	return t, nil
}

// errNoArchive is the error of a file that is not an archive.
var errNoArchive = errors.New("it is neither a .tar, a .tar.gz nor a .zip archive")

func readArchive(f *os.File, file string, size, limit int64) (tree, error) {
	in := bufio.NewReader(io.NewSectionReader(f, 0, size))
	head, _ := in.Peek(512)
	var t *archive
	var err error
	switch {
	case isGzip(head):
		t, err = readTarGzip(in, limit)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")):
		t, err = readZip(f, size, limit)
	case len(head) > 262 && string(head[257:262]) == "ustar" || strings.HasSuffix(strings.ToLower(file), ".tar"):
		t, err = readTar(io.NewSectionReader(f, 0, size), f, limit)
	case len(head) == 0:
		return nil, errors.New("it is empty")
	default:
		for _, k := range otherKinds {
			if bytes.HasPrefix(head, []byte(k.magic)) {
				return nil, fmt.Errorf("it is %s, which is not read: unpack it, or pack class folders as .tar.gz or .zip", k.name)
			}
		}
		return nil, errNoArchive
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// readTarGzip reads a compressed archive to its end, with all checksums.
func readTarGzip(in *bufio.Reader, limit int64) (*archive, error) {
	zr, err := newGunzip(in, limit)
	if err != nil {
		return nil, err
	}
	t, err := readTar(zr, nil, limit)
	if err != nil {
		return nil, err
	}
	return t, zr.drain()
}
