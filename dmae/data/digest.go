package data

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/godmae/godmae/internal/listhash"
)

// Decoding says how image files become pixels. It changes whenever the pixels
// do, so that neither a training nor a certificate goes on with other pixels
// unnoticed.
const Decoding = "JPEG as libjpeg"

// What Digest reads of image files: all of each, of sets that hold up to
// wholeBytes in all; of larger ones the first sampleBytes of sampleFiles files,
// evenly spread, and the lengths of all.
const (
	wholeBytes  = 1 << 30
	sampleFiles = 1024
	sampleBytes = 1 << 20
)

// filesPrefix starts the digests of image files, to tell them from those of
// pixels, which also image files had before there were these.
const filesPrefix = "files:"

// Digest identifies a data set: SHA-256, in hexadecimal, over classes, labels
// and pixels. Of image files, what stands in the files takes the place of the
// pixels, with Decoding and the number of channels: neither where they lie nor
// what they are called, nor whether they fit into memory, and a damaged file
// has a digest like any other. Of more than 1 GiB of files, only 1,024 are read,
// and the lengths of all. A resumed training compares it to know that it goes
// on with the same data; see SameImages.
func Digest(ds Dataset) (string, error) {
	if f, ok := stored(ds).(*folder); ok {
		return f.digest(ds, wholeBytes)
	}
	return pixelDigest(ds)
}

// SameImages reports whether a digest, of Digest or of earlier versions of it,
// is that of ds.
func SameImages(ds Dataset, digest string) (bool, error) {
	now, err := Digest(ds)
	if err != nil || now == digest {
		return err == nil, err
	}
	f, ok := stored(ds).(*folder)
	if !ok || strings.HasPrefix(digest, filesPrefix) {
		return false, nil
	}
	if oldPathDigest(ds, f) == digest {
		return true, nil
	}
	if f.kept == nil {
		return false, nil // so large a set was not known by its pixels
	}
	old, err := pixelDigest(ds)
	if errors.As(err, new(*CorruptError)) {
		return false, nil // its images had other positions
	}
	return err == nil && old == digest, err
}

// newDigest begins the digest of a data set with its classes and its length.
func newDigest(ds Dataset) listhash.Hash {
	d := listhash.New()
	d.Number(len(ds.Classes()))
	for _, c := range ds.Classes() {
		d.Text(folderName(c)) // as digests always were
	}
	d.Number(ds.Len())
	return d
}

// pixelDigest is the digest of images that are held in memory. In that of a
// subset the sizes are written as text, as they always were.
func pixelDigest(ds Dataset) (string, error) {
	d, text := newDigest(ds), isSubset(ds)
	for i := range ds.Len() {
		d.Number(ds.Label(i))
		im, err := ds.Image(i)
		if err != nil {
			return "", err
		}
		if text {
			fmt.Fprintf(d, "%d %d %d ", im.C, im.H, im.W)
		} else {
			d.Number(im.C)
			d.Number(im.H)
			d.Number(im.W)
		}
		d.Write(im.Pix)
	}
	return d.Hex(), nil
}

// digest is the digest of ds, a view of f or f itself, which reads all of the
// files up to whole bytes in all.
func (f *folder) digest(ds Dataset, whole int64) (string, error) {
	n := ds.Len()
	lengths, sums := make([]int64, n), make([][sha256.Size]byte, n)
	if err := f.each(n, func(i int) error {
		lengths[i] = f.tree.size(f.files[storedAt(ds, i)])
		return nil
	}); err != nil {
		return "", err
	}
	var total int64
	for _, l := range lengths {
		total += l
	}
	read, most, at := n, int64(-1), func(k int) int { return k }
	if total > whole {
		read, most = min(n, sampleFiles), sampleBytes
		at = func(k int) int { return int(int64(k) * int64(n) / int64(read)) }
	}
	if err := f.each(read, func(k int) (err error) {
		i := at(k)
		sums[i], err = f.sum(storedAt(ds, i), most)
		return err
	}); err != nil {
		return "", err
	}
	d := newDigest(ds)
	d.Text(Decoding)
	d.Number(f.channels)
	d.Number(read)
	for i := range n {
		d.Number(ds.Label(i))
		d.Number(int(lengths[i]))
		d.Write(sums[i][:])
	}
	return filesPrefix + d.Hex(), nil
}

// chunks holds buffers for reading files: a data set can have millions.
var chunks = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// sum returns the SHA-256 of the first bytes of a file, of all if most is
// negative; of a file that cannot be read it is zero.
func (f *folder) sum(file int, most int64) (sum [sha256.Size]byte, err error) {
	r, err := f.tree.open(f.files[file])
	if exhausted(err) {
		return sum, err
	}
	if err != nil {
		return sum, nil
	}
	defer r.Close()
	chunk := chunks.Get().(*[64 << 10]byte)
	defer chunks.Put(chunk)
	h := sha256.New()
	for left := most; left != 0; {
		b := chunk[:]
		if left > 0 {
			b = b[:min(left, int64(len(b)))]
		}
		n, err := r.Read(b)
		h.Write(b[:n])
		if left > 0 {
			left -= int64(n)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return sum, nil
		}
	}
	h.Sum(sum[:0])
	return sum, nil
}

// each calls do for 0 to n-1 from several goroutines, and returns an error of
// one of the calls.
func (f *folder) each(n int, do func(i int) error) error {
	var next atomic.Int64
	var once sync.Once
	var failed error
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					once.Do(func() { failed = err })
					return
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// oldDecoding is what Decoding was when the digests below were made.
const oldDecoding = "JPEG as libjpeg"

// oldPathDigest is what Digest was, in earlier versions, of image files that did
// not fit into memory: of their paths and lengths.
func oldPathDigest(ds Dataset, f *folder) string {
	d := newDigest(ds)
	for i := range ds.Len() {
		file := f.files[storedAt(ds, i)]
		d.Number(ds.Label(i))
		fmt.Fprintf(d, "%q %d %s ", file, f.tree.size(file), oldDecoding)
	}
	return d.Hex()
}
