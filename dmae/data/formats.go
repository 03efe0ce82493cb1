package data

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// format is an image file format. The first bytes of a file decide its format,
// not the extension of its name, as in PIL.
type format struct {
	name    string
	endings []string // lower case
	is      func(head []byte) bool
	// size reads the width and height from the beginning of a file.
	size func(h *header) (w, h_ int, err error)
	// decode returns the pixels of a file of at most limit pixels.
	decode func(file []byte, limit int) (Image, error)
}

// formats are the formats of torchvision's ImageFolder.
var formats = []format{
	{"JPEG", []string{".jpg", ".jpeg"}, starts("\xff\xd8"), jpegSize, decodeJPEG},
	{"PNG", []string{".png"}, starts("\x89PNG\r\n\x1a\n"), pngSize, decodePNG},
	{"PNM", []string{".ppm", ".pgm"}, isPNM, pnmSize, decodePNM},
	{"BMP", []string{".bmp"}, starts("BM"), bmpSize, decodeBMP},
	{"TIFF", []string{".tif", ".tiff"}, starts("II*\x00", "MM\x00*"), tiffSize, decodeTIFF},
	{"WebP", []string{".webp"}, isWebP, webpSize, decodeWebP},
}

// headBytes is the number of bytes that identify the format.
const headBytes = 16

// isImage reports whether a file's name is that of an image: it has an
// extension that ImageFolder reads, in any case, and does not start with a dot.
func isImage(name string) bool {
	ending := strings.ToLower(path.Ext(name))
	return !strings.HasPrefix(path.Base(name), ".") &&
		slices.ContainsFunc(formats, func(f format) bool { return slices.Contains(f.endings, ending) })
}

// FormatNames returns the names of the formats that are read, for messages.
func FormatNames() string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// formatOf recognises a file by its first bytes.
func formatOf(head []byte) (format, error) {
	for _, f := range formats {
		if f.is(head) {
			return f, nil
		}
	}
	if len(head) == 0 {
		return format{}, errors.New("the file is empty")
	}
	for _, f := range unread {
		if f.is(head) {
			return format{}, fmt.Errorf("it is a %s file, which is not read: convert it to PNG", f.name)
		}
	}
	return format{}, fmt.Errorf("the file is neither %s", strings.ReplaceAll(strings.ReplaceAll(FormatNames(), " or ", ", "), ", ", " nor "))
}

// unread are other file formats that occur under the names of images.
var unread = []struct {
	name string
	is   func(head []byte) bool
}{
	{"GIF", starts("GIF87a", "GIF89a")},
	{"AVIF", brand("avif", "avis")},
	{"HEIC", brand("heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1")},
	{"JPEG 2000", starts("\x00\x00\x00\x0cjP  ", "\xff\x4f\xff\x51")},
	{"JPEG XL", starts("\xff\x0a", "\x00\x00\x00\x0cJXL ")},
	{"BigTIFF", starts("II+\x00", "MM\x00+")},
	{"PAM", starts("P7\n")},
	{"PFM", starts("Pf", "PF")},
	{"PSD", starts("8BPS")},
	{"PDF", starts("%PDF")},
	{"ICO", starts("\x00\x00\x01\x00")},
	{"HTML", startsFold("<!doctype", "<html")},
	{"SVG or XML", startsFold("<?xml", "<svg")},
	{"Git LFS pointer", starts("version https://")},
	{"gzip", starts("\x1f\x8b")},
	{"ZIP", starts("PK\x03\x04")},
}

func starts(prefixes ...string) func(head []byte) bool {
	return func(head []byte) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return bytes.HasPrefix(head, []byte(p)) })
	}
}

func startsFold(prefixes ...string) func(head []byte) bool {
	lower := starts(prefixes...)
	return func(head []byte) bool { return lower(bytes.ToLower(bytes.TrimLeft(head, " \t\r\n\xef\xbb\xbf"))) }
}

// brand recognises files of ISO's base media format by their major brand.
func brand(brands ...string) func(head []byte) bool {
	return func(head []byte) bool {
		return len(head) >= 12 && string(head[4:8]) == "ftyp" && slices.Contains(brands, string(head[8:12]))
	}
}

// imageSize returns the height and width in the header of an image file, in
// pixels. It reads as few of the first bytes as possible and does not check
// the pixels. With an io.Seeker it skips other content.
func imageSize(r io.Reader) (h, w int, err error) {
	head := newHeader(r)
	f, err := formatOf(head.peek(headBytes))
	if err != nil {
		return 0, 0, err
	}
	w, h, err = f.size(head)
	err = noEOF(err)
	if err == nil && (w <= 0 || h <= 0) {
		err = fmt.Errorf("its size of %dx%d pixels is empty", w, h)
	}
	return h, w, err
}

// errShort is the error of a file that ends too early.
var errShort = errors.New("the file is cut short")

// noEOF replaces io.EOF and io.ErrUnexpectedEOF by errShort.
func noEOF(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errShort
	}
	return err
}
