package checkpoint

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/godmae/godmae/internal/listhash"
)

// DigestKey is the metadata entry in which [Write] stores the digests of a
// safetensors file. [File.Metadata] leaves it out.
const DigestKey = "godmae.sha256"

// digestSchema is the version of its value. The value begins with digestHead,
// by which it is recognised if the key is damaged.
const (
	digestSchema = "godmae-digests/1"
	digestHead   = `{"schema":"` + digestSchema + `"`
)

// digests is the value of DigestKey: canonical JSON, numbers in hexadecimal.
type digests struct {
	Schema string `json:"schema"`

	// All is the SHA-256 over the whole header except this entry and the
	// positions of the tensors, so that it does not depend on their order. See
	// [digests.all].
	All string `json:"all"`

	// Tensors has the SHA-256 of the bytes of each tensor.
	Tensors map[string]string `json:"tensors"`
}

// all returns the digest of the whole header. It covers the schema's name, the
// number of metadata entries, the entries in the order of their keys, and the
// number of tensors. Then, for each tensor in the order of names, follow its name,
// type, number of dimensions, dimensions and hexadecimal digest. Strings are
// preceded by their length; numbers have eight bytes, little-endian.
func (d *digests) all(infos []Info, metadata map[string]string) string {
	h := listhash.New()
	h.Text(digestSchema)
	h.Number(len(metadata))
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		h.Text(key)
		h.Text(metadata[key])
	}
	h.Number(len(infos))
	for _, t := range slices.SortedFunc(slices.Values(infos), func(a, b Info) int { return cmp.Compare(a.Name, b.Name) }) {
		h.Text(t.Name)
		h.Text(string(t.DType))
		h.Number(len(t.Shape))
		for _, n := range t.Shape {
			h.Number(n)
		}
		h.Text(d.Tensors[t.Name])
	}
	return h.Hex()
}

func (d *digests) encode() (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(d)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// addDigests returns the metadata with the digests of the file that is to be
// written. It reads all tensors.
func addDigests(tensors []Tensor, metadata map[string]string) (map[string]string, error) {
	sums := make([]string, len(tensors))
	err := firstError(len(tensors), func(i int) error {
		h := sha256.New()
		err := tensors[i].encode(h, make([]byte, chunk))
		sums[i] = hex.EncodeToString(h.Sum(nil))
		return err
	})
	if err != nil {
		return nil, err
	}
	with := map[string]string{}
	maps.Copy(with, metadata)
	delete(with, DigestKey) // of the file it was read from
	d := digests{Schema: digestSchema, Tensors: make(map[string]string, len(tensors))}
	infos := make([]Info, len(tensors))
	for i, t := range tensors {
		d.Tensors[t.Name] = sums[i]
		infos[i] = Info{Name: t.Name, DType: t.DType, Shape: t.Shape}
	}
	d.All = d.all(infos, with)
	with[DigestKey], err = d.encode()
	return with, err
}

// errHeader is the error of a header that was damaged, or changed by another
// program.
var errHeader = fmt.Errorf("its metadata or the list of its tensors are not those it was written with (%s): it is damaged or was changed; use another checkpoint, or another copy of this one", DigestKey)

// useDigests compares the header with the digests in its metadata, takes them
// out of the metadata, and gives each tensor its checksum. Files without
// digests are accepted.
func (f *File) useDigests() error {
	value, ok := f.metadata[DigestKey]
	if !ok {
		for _, v := range f.metadata {
			if strings.HasPrefix(v, digestHead) {
				return errHeader
			}
		}
		return nil
	}
	delete(f.metadata, DigestKey)
	var d digests
	if err := json.Unmarshal([]byte(value), &d); err != nil {
		return errHeader
	}
	canonical, err := d.encode()
	if err != nil || d.Schema != digestSchema || canonical != value || len(d.Tensors) != len(f.infos) {
		return errHeader
	}
	if d.all(f.infos, f.metadata) != d.All {
		return errHeader
	}
	for i := range f.infos {
		t := &f.infos[i]
		want, err := hex.DecodeString(d.Tensors[t.Name])
		if err != nil || len(want) != sha256.Size {
			return errHeader
		}
		t.seal = &seal{begin: t.begin, end: t.end, kind: SHA256, want: want}
	}
	return nil
}
