package tfevents

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// A TFRecord is the length of the data (8 bytes, little endian), the masked
// CRC-32C of those 8 bytes, the data, and their masked CRC-32C.
const (
	headerBytes  = 12
	trailerBytes = 4
)

// maxRecord bounds the bytes that a reader expects after a damaged length.
const maxRecord = 1 << 30

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maskedCRC is the checksum of TFRecords. A CRC over data that contain CRCs is
// weak, so it is rotated and offset.
func maskedCRC(data []byte) uint32 {
	c := crc32.Checksum(data, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// appendRecord appends data as a TFRecord.
func appendRecord(dst, data []byte) []byte {
	start := len(dst)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(data)))
	dst = binary.LittleEndian.AppendUint32(dst, maskedCRC(dst[start:]))
	dst = append(dst, data...)
	return binary.LittleEndian.AppendUint32(dst, maskedCRC(data))
}

// ErrDamaged is the error of a record that is cut off or whose checksum is
// wrong.
var ErrDamaged = errors.New("tfevents: the file ends in a damaged record")

// Reader reads the events of a file in order.
type Reader struct {
	r      *bufio.Reader
	data   bytes.Buffer
	offset int64
}

// NewReader returns a reader of the file that r reads from its beginning.
func NewReader(r io.Reader) *Reader { return &Reader{r: bufio.NewReader(r)} }

// Offset returns the number of bytes of all events read so far.
func (r *Reader) Offset() int64 { return r.offset }

// Next returns the next event, io.EOF after the last one, ErrDamaged where the
// file is damaged, or the error of the file. Its memory is proportional to the
// data in the file, not to a damaged length.
func (r *Reader) Next() (Event, error) {
	var header [headerBytes]byte
	if n, err := io.ReadFull(r.r, header[:]); err != nil {
		if n > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
			err = ErrDamaged
		}
		return Event{}, err
	}
	length := binary.LittleEndian.Uint64(header[:])
	if maskedCRC(header[:8]) != binary.LittleEndian.Uint32(header[8:]) || length > maxRecord {
		return Event{}, ErrDamaged
	}
	r.data.Reset()
	if _, err := io.CopyN(&r.data, r.r, int64(length)+trailerBytes); err != nil {
		if errors.Is(err, io.EOF) {
			err = ErrDamaged
		}
		return Event{}, err
	}
	data := r.data.Bytes()[:length]
	if maskedCRC(data) != binary.LittleEndian.Uint32(r.data.Bytes()[length:]) {
		return Event{}, ErrDamaged
	}
	e, err := Decode(data)
	if err != nil {
		return Event{}, err
	}
	r.offset += headerBytes + int64(length) + trailerBytes
	return e, nil
}
