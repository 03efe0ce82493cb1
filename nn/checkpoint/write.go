package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/godmae/godmae/internal/atomicfile"
)

// metadataKey is the header entry that is not a tensor.
const metadataKey = "__metadata__"

// chunk is the size of the buffer in which tensors are converted.
const chunk = 1 << 16

// Write saves tensors and metadata at path, as a whole or not at all, together with
// their digests; see [DigestKey]. Each tensor is read twice. Errors are those of
// file operations, and of names that occur twice, are not UTF-8 or are the reserved
// "__metadata__".
func Write(path string, tensors []Tensor, metadata map[string]string) error {
	err := atomicfile.Write(path, func(w io.Writer) error { return Encode(w, tensors, metadata) })
	return named(err)
}

// named puts the name of the package before an error, unless it is from reading
// another checkpoint and has it already.
func named(err error) error {
	const name = "checkpoint: "
	if err == nil || strings.HasPrefix(err.Error(), name) {
		return err
	}
	return fmt.Errorf(name+"%w", err)
}

// Encode writes a safetensors file to w; see Write.
func Encode(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	order := slices.Clone(tensors)
	slices.SortStableFunc(order, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(b.DType.Size(), a.DType.Size()), cmp.Compare(a.Name, b.Name))
	})
	metadata, err := addDigests(order, metadata)
	if err != nil {
		return err
	}
	header, err := encodeHeader(order, metadata)
	if err != nil {
		return err
	}
	if err := binary.Write(w, binary.LittleEndian, uint64(len(header))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	buf := make([]byte, chunk)
	for _, t := range order {
		if err := t.encode(w, buf); err != nil {
			return err
		}
	}
	return nil
}

// encodeHeader returns the JSON header padded with spaces to a multiple of 8
// bytes, so that the data start aligned.
func encodeHeader(order []Tensor, metadata map[string]string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	if len(metadata) > 0 {
		b.WriteString(`"` + metadataKey + `":{`)
		for i, k := range slices.Sorted(maps.Keys(metadata)) {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeString(&b, k); err != nil {
				return nil, err
			}
			b.WriteByte(':')
			if err := writeString(&b, metadata[k]); err != nil {
				return nil, err
			}
		}
		b.WriteByte('}')
	}
	seen := make(map[string]bool, len(order))
	var offset int64
	for _, t := range order {
		if t.Name == metadataKey {
			return nil, fmt.Errorf("a tensor cannot be named %q: the format keeps that name for itself", t.Name)
		}
		if seen[t.Name] {
			return nil, fmt.Errorf("the tensor %q is given twice", t.Name)
		}
		seen[t.Name] = true
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		if err := writeString(&b, t.Name); err != nil {
			return nil, err
		}
		b.WriteString(`:{"dtype":"` + string(t.DType) + `","shape":[`)
		for i, d := range t.Shape {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.Itoa(d))
		}
		end := offset + t.byteLen()
		fmt.Fprintf(&b, `],"data_offsets":[%d,%d]}`, offset, end)
		offset = end
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	return b.Bytes(), nil
}

// writeString appends a JSON string without HTML escapes.
func writeString(b *bytes.Buffer, s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("the name or metadata %q is not valid UTF-8", s)
	}
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the newline of Encode
	return nil
}
