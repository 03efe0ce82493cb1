package smooth

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
)

// Tensor is a named array of a model, for its digest.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// ModelDigest returns "sha256:" and the digest of a model: its tensors in the
// order of their names, each as name, shape and little-endian float32 values,
// and its configuration as canonical JSON (see CanonicalJSON). Two files of
// the same model in different formats have the same digest. All lengths enter
// the hash, as 64-bit little-endian words, so that no two models share its
// input.
//
// It returns an error when two tensors have the same name or a shape does not
// fit its data.
func ModelDigest(tensors []Tensor, config any) (string, error) {
	text, err := CanonicalJSON(config)
	if err != nil {
		return "", fmt.Errorf("the configuration of the model has no canonical form: %w", err)
	}
	sorted := slices.Clone(tensors)
	slices.SortFunc(sorted, func(a, b Tensor) int { return cmp.Compare(a.Name, b.Name) })
	h := sha256.New()
	io.WriteString(h, "godmae-model/1\n")
	word := func(n int) {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], uint64(n))
		h.Write(b[:])
	}
	word(len(sorted))
	var buf []byte
	for i, t := range sorted {
		if i > 0 && t.Name == sorted[i-1].Name {
			return "", fmt.Errorf("the model has two tensors named %q", t.Name)
		}
		size := 1
		for _, d := range t.Shape {
			size *= d
		}
		if size != len(t.Data) {
			return "", fmt.Errorf("tensor %q has the shape %v but %d values", t.Name, t.Shape, len(t.Data))
		}
		word(len(t.Name))
		io.WriteString(h, t.Name)
		word(len(t.Shape))
		for _, d := range t.Shape {
			word(d)
		}
		for chunk := range slices.Chunk(t.Data, 4096) {
			buf = buf[:0]
			for _, v := range chunk {
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
			}
			h.Write(buf)
		}
	}
	word(len(text))
	h.Write(text)
	return fmt.Sprintf("sha256:%x", h.Sum(nil)), nil
}

// CanonicalJSON returns compact JSON with the fields of every object sorted by
// name and numbers as they were written: the same for a Go struct and for the
// same data read back from a file.
func CanonicalJSON(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	return json.Marshal(tree) // maps are written in the order of their keys
}
