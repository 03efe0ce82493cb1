package data

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image/color"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/nn/checkpoint"
)

// formatFiles returns the files of the fixture of all formats, and the pixels
// that Pillow decodes; see scripts/make-format-fixtures.py.
func formatFiles(t testing.TB) (files map[string][]byte, want map[string]Image) {
	f, err := checkpoint.Open("testdata/pil_formats.safetensors")
	require.NoError(t, err)
	defer f.Close()
	files, want = map[string][]byte{}, map[string]Image{}
	for _, info := range f.Tensors() {
		raw, err := f.Raw(info.Name)
		require.NoError(t, err)
		if name, ok := strings.CutSuffix(info.Name, ".file"); ok {
			files[name] = bytes.Clone(raw)
			continue
		}
		im := Image{C: 3, H: info.Shape[0], W: info.Shape[1], Pix: make([]byte, len(raw))}
		n := im.H * im.W
		for i, v := range raw {
			im.Pix[i%3*n+i/3] = v
		}
		want[strings.TrimSuffix(info.Name, ".rgb")] = im
	}
	require.Greater(t, len(files), 140)
	return files, want
}

func TestFormatsEqualPIL(t *testing.T) {
	files, want := formatFiles(t)
	for name, file := range files {
		im, err := DecodeImage(file, 3, DefaultMaxPixels)
		require.NoError(t, err, name)
		require.Equal(t, want[name], im, name)
	}
}

// A size is read from the first bytes of a file only, also one byte at a time,
// and is that of the decoded image.
func TestImageSize(t *testing.T) {
	files, want := formatFiles(t)
	for name, file := range files {
		h, w, err := imageSize(iotest.OneByteReader(bytes.NewReader(file)))
		require.NoError(t, err, name)
		require.Equal(t, [2]int{want[name].H, want[name].W}, [2]int{h, w}, name)
		_, err = DecodeImage(file, 3, h*w-1)
		require.ErrorContains(t, err, "--max-pixels", name)
	}
	// Large segments before the size are skipped.
	photo := files["jpeg.no tables.0"]
	segment := append([]byte{0xff, 0xe1, 0xff, 0xff}, make([]byte, 65533)...)
	r := bytes.NewReader(append(append(bytes.Clone(photo[:2]), bytes.Repeat(segment, 20)...), photo[2:]...))
	h, w, err := imageSize(r)
	require.NoError(t, err)
	require.Equal(t, [2]int{26, 43}, [2]int{h, w})
}

// The content of a file decides its format, and an unsupported format is named.
func TestFormatsByContent(t *testing.T) {
	for _, name := range []string{"a.jpg", "a.JPEG", "a.png", "b/a.ppm", "a.BMP", "a.pgm", "a.tif", "a.Tiff", "a.webp"} {
		require.True(t, isImage(name), name)
	}
	for _, name := range []string{"a.gif", "a.txt", ".a.jpg", "b/._a.jpg", "jpg", "a.jpg.bak"} {
		require.False(t, isImage(name), name)
	}
	for head, want := range map[string]string{
		"GIF89a.........":                  "it is a GIF file, which is not read: convert it to PNG",
		"\x00\x00\x00\x18ftypheic\x00\x00": "it is a HEIC file",
		"\x00\x00\x00\x18ftypavif\x00\x00": "it is a AVIF file",
		"<!DOCTYPE html>":                  "it is a HTML file",
		"\xef\xbb\xbf<?xml version=":       "it is a SVG or XML file",
		"version https://git-lfs":          "it is a Git LFS pointer file",
		"P7\nWIDTH 1":                      "it is a PAM file",
		"II+\x00":                          "it is a BigTIFF file",
		"nothing of the kind":              "neither JPEG nor PNG nor PNM nor BMP nor TIFF nor WebP",
		"":                                 "the file is empty",
	} {
		_, err := DecodeImage([]byte(head), 3, DefaultMaxPixels)
		require.ErrorContains(t, err, want)
		_, _, err = imageSize(strings.NewReader(head))
		require.ErrorContains(t, err, want)
	}
}

// Every prefix of a file gives an error or an image of the right size, never a
// panic.
func TestCutImages(t *testing.T) {
	files, want := formatFiles(t)
	for name, file := range files {
		for n := 0; n < len(file); n += 1 + len(file)/40 {
			if im, err := DecodeImage(file[:n:n], 3, DefaultMaxPixels); err == nil {
				require.Len(t, im.Pix, len(want[name].Pix), name)
			}
		}
	}
}

// A short file that claims a huge size is refused before memory is allocated
// for it.
func TestClaimedSizes(t *testing.T) {
	files, _ := formatFiles(t)
	le, be := binary.LittleEndian, binary.BigEndian
	change := func(name string, f func(b []byte)) []byte {
		b := bytes.Clone(files[name])
		f(b)
		return b
	}
	const side = 9000
	bomb := encodePNG(t, uniform(1, 1, color.NRGBA{}))
	be.PutUint32(bomb[16:], side)
	be.PutUint32(bomb[20:], side)
	be.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	tag := func(b []byte, tag uint16, v uint32) {
		at := int(le.Uint32(b[4:]))
		for i := range int(le.Uint16(b[at:])) {
			if e := b[at+2+12*i:]; le.Uint16(e) == tag {
				le.PutUint16(e[2:], 4)
				le.PutUint32(e[8:], v)
			}
		}
	}
	for name, file := range map[string][]byte{
		"png":  bomb,
		"bmp":  change("bmp.24", func(b []byte) { le.PutUint32(b[18:], side); le.PutUint32(b[22:], side) }),
		"runs": change("bmp.runs.8", func(b []byte) { le.PutUint32(b[18:], side); le.PutUint32(b[22:], side) }),
		"pnm":  []byte("P6 9000 9000 255\nxyz"), "plain pnm": []byte("P3 9000 9000 255\n1 2 3"), "bits": []byte("P1 9000 9000\n1 0 1"),
		"jpeg": change("jpeg.no tables.0", func(b []byte) {
			at := bytes.Index(b, []byte{0xff, 0xc0})
			be.PutUint16(b[at+5:], side)
			be.PutUint16(b[at+7:], side)
		}),
		"tiff":    change("tiff.RGB.None", func(b []byte) { tag(b, tiffWidth, side); tag(b, tiffHeight, side); tag(b, tiffRowsPerStrip, side) }),
		"deflate": change("tiff.RGB.tiff_adobe_deflate", func(b []byte) { tag(b, tiffWidth, side); tag(b, tiffHeight, side); tag(b, tiffRowsPerStrip, side) }),
		"lzw":     change("tiff.RGB.tiff_lzw", func(b []byte) { tag(b, tiffWidth, side); tag(b, tiffHeight, side); tag(b, tiffRowsPerStrip, side) }),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := DecodeImage(file, 3, DefaultMaxPixels)
		runtime.ReadMemStats(&after)
		require.Error(t, err, name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20), name)
	}
}

func FuzzFormats(f *testing.F) {
	files, _ := formatFiles(f)
	for name, file := range files {
		if !strings.HasPrefix(name, "jpeg.") { // package jpeg has its own
			f.Add(file)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		const limit = 1 << 16
		h, w, sizeErr := imageSize(bytes.NewReader(file))
		im, err := DecodeImage(file, 3, limit)
		if err == nil {
			require.NoError(t, sizeErr)
			require.Equal(t, [2]int{h, w}, [2]int{im.H, im.W})
			require.Len(t, im.Pix, 3*im.H*im.W)
			require.LessOrEqual(t, im.H*im.W, limit)
		}
	})
}

// JPEG files of all kinds are decoded as PIL does, to the bit; see
// scripts/make-pil-fixtures.py.
func TestJPEGEqualsPIL(t *testing.T) {
	f, err := checkpoint.Open("testdata/pil_jpeg.safetensors")
	require.NoError(t, err)
	defer f.Close()
	files := 0
	for _, info := range f.Tensors() {
		name, ok := strings.CutSuffix(info.Name, ".file")
		if !ok {
			continue
		}
		file, err := f.Raw(info.Name)
		require.NoError(t, err)
		for channels, kind := range map[int]string{3: ".rgb", 1: ".grey"} {
			got, err := DecodeImage(file, channels, DefaultMaxPixels)
			require.NoError(t, err, name)
			require.Equal(t, fixtureImage(t, f, name+kind), got, name+kind)
		}
		files++
	}
	require.Greater(t, files, 40)
}
