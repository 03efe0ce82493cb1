package tfevents_test

import (
	"fmt"
	"math"
	"math/bits"
)

// A second reader, written from the descriptions of TFRecord, CRC-32C (RFC
// 3720, appendix B.4) and protobuf's wire format. It shares no code with the
// package.

// crc32c divides bit by bit, with the reflected polynomial 0x1EDC6F41.
func crc32c(data []byte) uint32 {
	polynomial := bits.Reverse32(0x1EDC6F41)
	rest := ^uint32(0)
	for _, b := range data {
		rest ^= uint32(b)
		for range 8 {
			out := rest & 1
			rest >>= 1
			if out == 1 {
				rest ^= polynomial
			}
		}
	}
	return ^rest
}

func littleEndian(b []byte) (v uint64) {
	for i, x := range b {
		v |= uint64(x) << (8 * i)
	}
	return v
}

// records splits a file into the data of its TFRecords.
func records(file []byte) (list [][]byte, err error) {
	unmask := func(b []byte) uint32 {
		return bits.RotateLeft32(uint32(littleEndian(b))-0xa282ead8, 15)
	}
	for at := 0; at < len(file); {
		if len(file)-at < 16 {
			return list, fmt.Errorf("%d bytes left over", len(file)-at)
		}
		n := int(littleEndian(file[at : at+8]))
		if unmask(file[at+8:at+12]) != crc32c(file[at:at+8]) {
			return list, fmt.Errorf("wrong checksum of the length at %d", at)
		}
		at += 12
		if n < 0 || n > len(file)-at-4 {
			return list, fmt.Errorf("record of %d bytes at %d goes beyond the end", n, at)
		}
		if unmask(file[at+n:at+n+4]) != crc32c(file[at:at+n]) {
			return list, fmt.Errorf("wrong checksum of the data at %d", at)
		}
		list = append(list, file[at:at+n])
		at += n + 4
	}
	return list, nil
}

// message is a protobuf message: the values of each field, as numbers, or as
// strings if they have a length.
type message map[uint64][]any

func parse(s string) (message, error) {
	m := message{}
	varint := func() (v uint64, ok bool) {
		for shift := 0; shift < 64 && s != ""; shift += 7 {
			b := s[0]
			s = s[1:]
			v |= uint64(b&0x7f) << shift
			if b < 0x80 {
				return v, true
			}
		}
		return 0, false
	}
	for s != "" {
		key, ok := varint()
		if !ok {
			return nil, fmt.Errorf("bad key")
		}
		size := map[uint64]int{1: 8, 5: 4}[key%8]
		var v any
		switch key % 8 {
		case 0:
			if v, ok = varint(); !ok {
				return nil, fmt.Errorf("bad number in field %d", key/8)
			}
		case 2:
			n, ok := varint()
			if !ok || n > uint64(len(s)) {
				return nil, fmt.Errorf("bad length of field %d", key/8)
			}
			v, s = s[:n], s[n:]
		case 1, 5:
			if len(s) < size {
				return nil, fmt.Errorf("field %d is cut off", key/8)
			}
			v, s = littleEndian([]byte(s[:size])), s[size:]
		default:
			return nil, fmt.Errorf("wire type %d of field %d", key%8, key/8)
		}
		m[key/8] = append(m[key/8], v)
	}
	return m, nil
}

// point is a number or an image as TensorBoard shows it.
type point struct {
	wall   float64
	step   int64
	tag    string
	scalar float32
	png    string
	size   [3]uint64 // height, width, channels of an image
}

// points returns version and points of an event file.
func points(file []byte) (version string, list []point, err error) {
	rs, err := records(file)
	if err != nil {
		return "", nil, err
	}
	one := func(m message, field uint64) any {
		if len(m[field]) == 0 {
			return nil
		}
		return m[field][len(m[field])-1]
	}
	number := func(v any) uint64 { n, _ := v.(uint64); return n }
	text := func(v any) string { s, _ := v.(string); return s }
	for i, r := range rs {
		event, err := parse(string(r))
		if err != nil {
			return "", nil, fmt.Errorf("record %d: %w", i, err)
		}
		if v := text(one(event, 3)); v != "" {
			version = v
		}
		summary, err := parse(text(one(event, 5)))
		if err != nil {
			return "", nil, fmt.Errorf("summary of record %d: %w", i, err)
		}
		for _, v := range summary[1] {
			value, err := parse(text(v))
			if err != nil {
				return "", nil, fmt.Errorf("value of record %d: %w", i, err)
			}
			p := point{
				wall: math.Float64frombits(number(one(event, 1))), step: int64(number(one(event, 2))),
				tag: text(one(value, 1)), scalar: math.Float32frombits(uint32(number(one(value, 2)))),
			}
			if picture, ok := one(value, 4).(string); ok {
				im, err := parse(picture)
				if err != nil {
					return "", nil, fmt.Errorf("picture of record %d: %w", i, err)
				}
				p.size = [3]uint64{number(one(im, 1)), number(one(im, 2)), number(one(im, 3))}
				p.png = text(one(im, 4))
			}
			list = append(list, p)
		}
	}
	return version, list, nil
}
