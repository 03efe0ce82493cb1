//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package checkpoint

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// mapping is a source over a file mapped into memory, read-only.
type mapping struct {
	data []byte
	file *os.File
}

// openSource maps a file of the given size. If it cannot be mapped, because of
// the file system or a small address space, it is read.
func openSource(f *os.File, size int64) source {
	if size <= 0 || int64(int(size)) != size {
		return reader{f}
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return reader{f}
	}
	return &mapping{data: data, file: f}
}

func (m *mapping) view(from int64, n int, _ []byte) ([]byte, error) {
	if from < 0 || n < 0 || from > int64(len(m.data))-int64(n) {
		return nil, errors.New("it ends too early")
	}
	return m.data[from : from+int64(n) : from+int64(n)], nil
}

// done releases the pages. Until then they count as memory of the process, in
// addition to the copy that was made of them.
func (m *mapping) done(from, to int64) {
	page := int64(os.Getpagesize())
	from -= from % page
	if from < to {
		// A kernel that ignores the advice keeps the pages, which does no harm.
		_ = unix.Madvise(m.data[from:to], unix.MADV_DONTNEED)
	}
}

func (m *mapping) close() error { return errors.Join(unix.Munmap(m.data), m.file.Close()) }
