package tfevents

import (
	"encoding/binary"
	"math"
)

// Append appends the encoding of the message to dst.
func (e *Event) Append(dst []byte) []byte {
	dst = appendFixed8(dst, eventWallTime, math.Float64bits(e.WallTime))
	dst = appendVarint(dst, eventStep, uint64(e.Step))
	if e.FileVersion != "" {
		dst = appendString(dst, eventFileVersion, e.FileVersion)
	}
	if len(e.Values) > 0 {
		dst = appendMessage(dst, eventSummary, func(dst []byte) []byte {
			for i := range e.Values {
				dst = appendMessage(dst, summaryValue, e.Values[i].append)
			}
			return dst
		})
	}
	if e.Writer != "" {
		dst = appendMessage(dst, eventSource, func(dst []byte) []byte {
			return appendString(dst, sourceWriter, e.Writer)
		})
	}
	return appendVarint(dst, eventPosition, e.Position)
}

func (v *Value) append(dst []byte) []byte {
	dst = appendString(dst, valueTag, v.Tag)
	if v.Image == nil {
		// A zero is written, too: it marks the value as a number.
		dst = appendKey(dst, valueScalar, wireFixed4)
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(v.Scalar))
	}
	return appendMessage(dst, valueImage, v.Image.append)
}

func (im *Image) append(dst []byte) []byte {
	dst = appendVarint(dst, imageHeight, uint64(im.Height))
	dst = appendVarint(dst, imageWidth, uint64(im.Width))
	dst = appendVarint(dst, imageChannels, uint64(im.Channels))
	return appendString(dst, imagePNG, im.PNG)
}

func appendKey(dst []byte, field, wire uint64) []byte {
	return binary.AppendUvarint(dst, field<<3|wire)
}

// appendVarint appends a number, unless it is 0, protobuf's default.
func appendVarint(dst []byte, field, v uint64) []byte {
	if v == 0 {
		return dst
	}
	return binary.AppendUvarint(appendKey(dst, field, wireVarint), v)
}

func appendFixed8(dst []byte, field, v uint64) []byte {
	return binary.LittleEndian.AppendUint64(appendKey(dst, field, wireFixed8), v)
}

func appendString[S string | []byte](dst []byte, field uint64, s S) []byte {
	dst = binary.AppendUvarint(appendKey(dst, field, wireBytes), uint64(len(s)))
	return append(dst, s...)
}

// appendMessage appends what fill appends, with its length before it.
func appendMessage(dst []byte, field uint64, fill func([]byte) []byte) []byte {
	dst = appendKey(dst, field, wireBytes)
	start := len(dst)
	dst = fill(dst)
	n := len(dst) - start
	var length [binary.MaxVarintLen64]byte
	k := binary.PutUvarint(length[:], uint64(n))
	dst = append(dst, length[:k]...) // grows dst
	copy(dst[start+k:], dst[start:start+n])
	copy(dst[start:], length[:k])
	return dst
}
