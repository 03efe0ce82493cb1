package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"runtime"
	"slices"
	"sync"
)

// Checksum is the kind of checksum with which the bytes of a file were written.
type Checksum string

// The kinds of checksum. Files of godmae have SHA256, except those of its first
// versions. Zip files have CRC32 unless their writer left it out.
const (
	NoChecksum Checksum = ""
	SHA256     Checksum = "SHA-256"
	CRC32      Checksum = "CRC-32"
)

// seal is the checksum of the bytes [begin, end) of a file: of a tensor, or of
// the storage that contains it. It is checked once, before the first use of the
// bytes.
type seal struct {
	begin, end int64
	kind       Checksum
	want       []byte

	once sync.Once
	err  error
}

func newHash(kind Checksum) hash.Hash {
	if kind == CRC32 {
		return crc32.NewIEEE()
	}
	return sha256.New()
}

// check compares the bytes with the checksum. The caller puts the name of the
// tensor before its error. A nil seal accepts all bytes.
func (s *seal) check(src source) error {
	if s == nil {
		return nil
	}
	s.once.Do(func() {
		s.err = errors.New("could not be read") // if reading panics
		s.err = s.read(src)
	})
	return s.err
}

func (s *seal) read(src source) error {
	h := newHash(s.kind)
	buf := make([]byte, min(chunk, s.end-s.begin))
	for at := s.begin; at < s.end; at += chunk {
		b, err := src.view(at, int(min(chunk, s.end-at)), buf)
		if err != nil {
			return err
		}
		h.Write(b)
	}
	if got := h.Sum(nil); !bytes.Equal(got, s.want) {
		return fmt.Errorf("is damaged: the %s of its bytes is %x and was %x when they were written; use another checkpoint, or another copy of this one", s.kind, got[:4], s.want[:4])
	}
	return nil
}

// Checksums returns the checksum that all tensors of the file have, and with
// which each is compared when it is read.
func (f *File) Checksums() Checksum {
	kind := NoChecksum
	for i, t := range f.infos {
		if t.seal == nil || i > 0 && t.seal.kind != kind {
			return NoChecksum
		}
		kind = t.seal.kind
	}
	return kind
}

// Verify compares all tensors with their checksums. The error names the first
// damaged tensor. Tensors without a checksum are skipped.
func (f *File) Verify() error {
	return firstError(len(f.infos), func(i int) (err error) {
		defer guard(&err)()
		info := f.infos[i]
		defer f.src.done(info.begin, info.end)
		return f.intact(info)
	})
}

// intact compares a tensor, or all its parts, with its checksum.
func (f *File) intact(info Info) error {
	for _, p := range info.parts {
		if err := f.intact(p); err != nil {
			return err
		}
	}
	if err := info.seal.check(f.src); err != nil {
		return fmt.Errorf("checkpoint: the tensor %q of %s %w", info.Name, f.name, err)
	}
	return nil
}

// firstError calls f for 0 to n-1, several at a time, and returns the error of
// the smallest.
func firstError(n int, f func(int) error) error {
	errs := make([]error, n)
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := range next {
				errs[i] = f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	return nil
}
