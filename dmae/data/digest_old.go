package data

import "fmt"

// oldDecoding is what Decoding was when the digests below were made.
const oldDecoding = "JPEG as libjpeg"

// oldPathDigest is what Digest was, in earlier versions, of image files that did
// not fit into memory: of their paths and lengths.
func oldPathDigest(ds Dataset, f *folder) string {
	d := newDigester(ds)
	for i := range ds.Len() {
		file := f.files[storedAt(ds, i)]
		d.number(ds.Label(i))
		fmt.Fprintf(d, "%q %d %s ", file, f.tree.size(file), oldDecoding)
	}
	return d.hex()
}
