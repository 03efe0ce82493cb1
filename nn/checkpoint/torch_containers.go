package checkpoint

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/big"
	"strings"

	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// isZip reports whether a file starts as a zip archive does.
func isZip(head string) bool {
	return strings.HasPrefix(head, "PK\x03\x04") || strings.HasPrefix(head, "PK\x05\x06")
}

// parseZip reads a zip archive as PyTorch writes it: NAME/data.pkl describes
// the tensors, NAME/data/KEY are the storages, all of them stored without
// compression.
func (f *File) parseZip(r io.ReaderAt, size int64) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return fmt.Errorf("it cannot be read as a zip archive, is it cut short? (%w)", err)
	}
	entries := make(map[string]*zip.File, len(z.File))
	var description, root string
	for _, e := range z.File {
		if entries[e.Name] != nil {
			return fmt.Errorf("it has two entries %q", e.Name)
		}
		entries[e.Name] = e
		if dir, ok := strings.CutSuffix(e.Name, "data.pkl"); ok && (dir == "" || strings.Count(dir, "/") == 1 && strings.HasSuffix(dir, "/")) {
			if description != "" {
				return fmt.Errorf("it has two descriptions of tensors, %q and %q", description, e.Name)
			}
			description, root = e.Name, dir
		}
	}
	if description == "" {
		return errors.New("it is a zip archive without a data.pkl, so PyTorch did not write it")
	}
	if order := entries[root+"byteorder"]; order != nil {
		b, err := f.entry(order, size, 16)
		if err != nil {
			return err
		}
		if s := strings.TrimSpace(string(b)); s != "little" {
			return fmt.Errorf("its numbers are %q-endian; only little-endian files are supported", s)
		}
	}
	data, err := f.entry(entries[description], size, maxPickle)
	if err != nil {
		return err
	}
	tree, _, err := newTorchReader().Load(data)
	if err != nil {
		return err
	}
	seals := map[string]*seal{}
	return f.parseTree(tree, size, func(s *storage) error {
		e := entries[root+"data/"+s.key]
		if e == nil {
			return fmt.Errorf("is a view of storage %q, which the file does not have", s.key)
		}
		begin, n, err := extent(e, size)
		s.begin, s.size = begin, n
		if err == nil && seals[s.key] == nil && (e.CRC32 != 0 || n == 0) {
			seals[s.key] = &seal{begin: begin, end: begin + n, kind: CRC32, want: binary.BigEndian.AppendUint32(nil, e.CRC32)}
		}
		s.seal = seals[s.key]
		return err
	})
}

// extent returns the position and length of the bytes of an entry.
func extent(e *zip.File, size int64) (begin, n int64, err error) {
	if e.Method != zip.Store {
		return 0, 0, fmt.Errorf("lies in %q, which is compressed; PyTorch stores entries as they are", e.Name)
	}
	begin, err = e.DataOffset()
	if err != nil {
		return 0, 0, fmt.Errorf("lies in %q, whose place cannot be read: %w", e.Name, err)
	}
	if e.UncompressedSize64 > uint64(size) || e.CompressedSize64 != e.UncompressedSize64 ||
		begin < 0 || begin > size-int64(e.UncompressedSize64) {
		return 0, 0, fmt.Errorf("lies in %q, which claims %d bytes at %d of %d", e.Name, e.UncompressedSize64, begin, size)
	}
	return begin, int64(e.UncompressedSize64), nil
}

// entry returns the checked bytes of a small entry.
func (f *File) entry(e *zip.File, size int64, most int64) ([]byte, error) {
	begin, n, err := extent(e, size)
	if err != nil {
		return nil, fmt.Errorf("a part of it %w", err)
	}
	if n > most {
		return nil, fmt.Errorf("its entry %q has %d bytes, at most %d are supported", e.Name, n, most)
	}
	b, err := f.src.view(begin, int(n), nil)
	if err != nil {
		return nil, err
	}
	// PyTorch writes 0 if it was told not to compute it.
	if e.CRC32 != 0 && crc32.ChecksumIEEE(b) != e.CRC32 {
		return nil, fmt.Errorf("its entry %q is damaged: the checksum differs", e.Name)
	}
	return b, nil
}

// legacyMagic is the number in the first pickle of a legacy file.
var legacyMagic, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

// legacyHead is the number of bytes that isLegacy needs.
const legacyHead = 24

// isLegacy reports whether a file starts with the pickle of that number.
// Protocols 4 and 5 write it in a frame, protocol 1 as digits.
func isLegacy(head string) bool {
	if strings.HasPrefix(head, "L"+legacyMagic.String()[:16]) {
		return true
	}
	_, head, ok := strings.Cut(head, "\x8a\x0a")
	return ok && strings.HasPrefix(head, "l\xfc\x9cF\xf9")
}

// parseLegacy reads the format of PyTorch before 1.6: pickles of a magic
// number, a version, the machine's sizes, the objects and a list of storage
// keys, and then each storage as a count and its elements.
func (f *File) parseLegacy(size int64) error {
	data, err := f.src.view(0, int(min(size, maxPickle)), nil)
	if err != nil {
		return err
	}
	at, reader := 0, newTorchReader()
	next := func() (v any, err error) {
		v, n, err := reader.Load(data[at:])
		at += n
		return v, err
	}
	magic, err := next()
	if err != nil {
		return err
	}
	if n, ok := magic.(*big.Int); !ok || n.Cmp(legacyMagic) != 0 {
		return errors.New("it does not start with PyTorch's number")
	}
	version, err := next()
	if err != nil {
		return err
	}
	if version != int64(1001) {
		return fmt.Errorf("it has version %s; only 1001 is supported", pickle.Describe(version))
	}
	machine, err := next()
	if err != nil {
		return err
	}
	if d, ok := machine.(*pickle.Dict); ok {
		if little, ok := d.Get("little_endian"); ok && little != true {
			return errors.New("its numbers are big-endian; only little-endian files are supported")
		}
	}
	root, err := next()
	if err != nil {
		return err
	}
	keys, err := next()
	if err != nil {
		return err
	}
	places, err := f.legacyStorages(reader.storages, keys, int64(at), size)
	if err != nil {
		return err
	}
	return f.parseTree(root, size, func(s *storage) error {
		p := places[s.key]
		if p == nil || p.itemSize() != s.itemSize() {
			return fmt.Errorf("is a view of storage %q, which the file does not have", s.key)
		}
		s.begin, s.size = p.begin, p.size
		return nil
	})
}

// legacyStorages finds the storages, which begin at position at, in the order
// of their keys.
func (f *File) legacyStorages(classes map[string]*storage, keys any, at, size int64) (map[string]*storage, error) {
	list, ok := keys.(*pickle.List)
	if !ok {
		return nil, errors.New("it has no list of storages")
	}
	places := make(map[string]*storage, len(list.Items))
	for _, k := range list.Items {
		key, ok := k.(string)
		if !ok || places[key] != nil {
			return nil, fmt.Errorf("its list of storages has the key %s, or has it twice", pickle.Describe(k))
		}
		class := classes[key]
		if class == nil {
			return nil, fmt.Errorf("its storage %q belongs to no tensor, so its size is unknown", key)
		}
		if size-at < 8 {
			return nil, fmt.Errorf("it ends before storage %q: the file is cut short", key)
		}
		b, err := f.src.view(at, 8, nil)
		if err != nil {
			return nil, err
		}
		n, item := int64(binary.LittleEndian.Uint64(b)), class.itemSize()
		at += 8
		if n < 0 || n > (size-at)/item {
			return nil, fmt.Errorf("its storage %q claims %d elements, but %d bytes follow: the file is cut short", key, n, size-at)
		}
		places[key] = &storage{key: key, dtype: class.dtype, other: class.other, begin: at, size: n * item}
		at += n * item
	}
	return places, nil
}
