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

// Decoding names the version of the decoders. It changes whenever decoded
// pixels do, so that neither a training nor a certificate continues with
// other pixels unnoticed.
const Decoding = "JPEG as libjpeg"

// Digest reads all bytes of image files up to wholeBytes in total. Of larger
// sets it reads the first sampleBytes of sampleFiles files, evenly spaced, and
// the lengths of all files.
const (
	wholeBytes  = 1 << 30
	sampleFiles = 1024
	sampleBytes = 1 << 20
)

// filesPrefix starts the digests of image files. Digests without it are of
// pixels, also for image files in earlier versions.
const filesPrefix = "files:"

// Digest identifies a data set: SHA-256, in hexadecimal, over classes, labels
// and pixels. For image files, the bytes of the files, Decoding and the number
// of channels replace the pixels. The digest does not depend on the paths and
// names of the files or on the memory limit, and a damaged file does not prevent
// it. Of more than 1 GiB of files, it covers 1,024 files and the lengths of all.
// A resumed training compares it to check that the data are the same; see
// SameImages.
func Digest(ds Dataset) (string, error) {
	if f, ok := stored(ds).(*folder); ok {
		return f.digest(ds, wholeBytes)
	}
	return pixelDigest(ds)
}

// SameImages reports whether a digest, made by Digest in this version or an
// earlier one, is that of ds.
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
		return false, nil // sets of this size had no digest of pixels
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
		d.Text(folderName(c)) // as in all versions
	}
	d.Number(ds.Len())
	return d
}

// pixelDigest is the digest of images that are held in memory. For a subset the
// sizes are written as text, as in all versions.
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

// digest returns the digest of ds, which is f or a view of it. It reads whole
// files up to whole bytes in total.
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

// chunks holds buffers for reading files; a data set can have millions.
var chunks = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// sum returns the SHA-256 of the first most bytes of a file, or of all if most
// is negative. It is zero for a file that cannot be read.
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

// each calls do for 0 to n-1 from several goroutines, and returns the error of
// one call.
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

// oldDecoding is the value of Decoding in the digests below.
const oldDecoding = "JPEG as libjpeg"

// oldPathDigest is the Digest of earlier versions for image files that did not
// fit into memory. It covers their paths and lengths.
func oldPathDigest(ds Dataset, f *folder) string {
	d := newDigest(ds)
	for i := range ds.Len() {
		file := f.files[storedAt(ds, i)]
		d.Number(ds.Label(i))
		fmt.Fprintf(d, "%q %d %s ", file, f.tree.size(file), oldDecoding)
	}
	return d.Hex()
}
