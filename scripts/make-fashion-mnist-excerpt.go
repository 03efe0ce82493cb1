//go:build ignore

// Make-fashion-mnist-excerpt writes the embedded excerpt of Fashion-MNIST from
// the original IDX files, which Debian's package dataset-fashion-mnist puts
// under /usr/share/datasets/fashion-mnist:
//
//	go run scripts/make-fashion-mnist-excerpt.go /usr/share/datasets/fashion-mnist dmae/data/fashionmnist
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"image"
	"image/png"
	"io"
	"log"
	"os"
	"path/filepath"
)

const (
	side    = 28
	columns = 100 // images in a row of the contact sheet
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: go run scripts/make-fashion-mnist-excerpt.go SOURCE_DIR TARGET_DIR")
	}
	source, target := os.Args[1], os.Args[2]
	for _, part := range []struct {
		stem, name string
		count      int
	}{{"train", "train", 10000}, {"t10k", "test", 2000}} {
		pixels := read(filepath.Join(source, part.stem+"-images-idx3-ubyte.gz"), 16)
		labels := read(filepath.Join(source, part.stem+"-labels-idx1-ubyte.gz"), 8)
		sheet := image.NewGray(image.Rect(0, 0, columns*side, part.count/columns*side))
		for i := range part.count {
			for y := range side {
				at := sheet.PixOffset(i%columns*side, i/columns*side+y)
				copy(sheet.Pix[at:at+side], pixels[(i*side+y)*side:])
			}
		}
		var b bytes.Buffer
		encoder := png.Encoder{CompressionLevel: png.BestCompression}
		check(encoder.Encode(&b, sheet))
		check(os.WriteFile(filepath.Join(target, part.name+".png"), b.Bytes(), 0o666))
		head := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 1}, uint32(part.count))
		check(os.WriteFile(filepath.Join(target, part.name+"-labels-idx1-ubyte"), append(head, labels[:part.count]...), 0o666))
	}
}

// read returns the content after the header of a compressed IDX file.
func read(path string, header int) []byte {
	f, err := os.Open(path)
	check(err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	check(err)
	b, err := io.ReadAll(z)
	check(err)
	return b[header:]
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
