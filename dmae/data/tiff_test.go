package data

import (
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// tiffOf writes a directory of tags {tag, type, count, value or position}, then
// rest zero bytes.
func tiffOf(tags [][4]int, rest int) []byte {
	b := []byte{'I', 'I', 42, 0, 8, 0, 0, 0}
	b = binary.LittleEndian.AppendUint16(b, uint16(len(tags)))
	for _, t := range tags {
		b = binary.LittleEndian.AppendUint16(b, uint16(t[0]))
		b = binary.LittleEndian.AppendUint16(b, uint16(t[1]))
		b = binary.LittleEndian.AppendUint32(b, uint32(t[2]))
		b = binary.LittleEndian.AppendUint32(b, uint32(t[3]))
	}
	return append(b, make([]byte, rest)...)
}

// Many tags that share the bytes of a file are not copied into memory many
// times.
func TestTIFFTagsThatShareBytes(t *testing.T) {
	const shared = 1 << 20
	picture := [][4]int{
		{tiffWidth, 3, 1, 1}, {tiffHeight, 3, 1, 1}, {tiffBits, 3, 1, 8}, {tiffPhotometric, 3, 1, 1},
		{tiffStrips, 4, 1, 8}, {tiffStripBytes, 4, 1, 1},
	}
	unknown := picture
	for tag := range 20 {
		unknown = append(unknown, [4]int{40000 + tag, 1, shared, 8})
	}
	file := tiffOf(unknown, shared)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	im, err := decodeTIFF(file, DefaultMaxPixels)
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	require.Equal(t, []byte{byte(len(unknown))}, im.Pix, "the strip is the count of the tags")
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), "tags that are not read take memory")

	known := append(picture, [4]int{tiffExtra, 1, shared, 8}, [4]int{tiffColours, 1, shared, 8})
	_, err = decodeTIFF(tiffOf(known, shared), DefaultMaxPixels)
	require.EqualError(t, err, "its tags have more values than its bytes can hold")
}
