package certificate

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
)

const testBeacon = "drand:1000:ab85baa1029a2e2e0a35d0a3d9ff2f5b1ab8d6d1e7bf1f0f2d8a9d1d31e6f0c5"

// A key follows its documentation; here it is computed byte by byte.
func TestKeyOfAnImage(t *testing.T) {
	pixels := Digest(sha256.Sum256([]byte("an image")))
	hexed := hex.EncodeToString(pixels[:])
	for _, beacon := range []string{"", testBeacon} {
		raw := "\x14\x00\x00\x00\x00\x00\x00\x00godmae-certificate/2" +
			"\x0b\x00\x00\x00\x00\x00\x00\x00sha256:none" +
			string([]byte{byte(len(beacon)), 0, 0, 0, 0, 0, 0, 0}) + beacon +
			"\x40\x00\x00\x00\x00\x00\x00\x00" + hexed
		sum := sha256.Sum256([]byte(raw))
		require.Equal(t, binary.LittleEndian.Uint64(sum[:8]), Derivation{Model: "sha256:none", Beacon: Beacon(beacon)}.Key(pixels))
	}
}

func TestParseBeacon(t *testing.T) {
	b, err := ParseBeacon(strings.ToUpper(testBeacon[11:]))
	require.ErrorContains(t, err, "drand:ROUND:VALUE")
	require.Empty(t, b)
	b, err = ParseBeacon("drand:0001000:" + strings.ToUpper(testBeacon[11:]))
	require.NoError(t, err)
	require.Equal(t, Beacon(testBeacon), b)
	require.NoError(t, b.check())
	require.Equal(t, uint64(1000), b.Round())
	require.True(t, b.Known())
	require.Equal(t, Beacon("drand:1000"), b.withoutValue())
	require.ErrorContains(t, b.withoutValue().check(), "has no value")
	require.Equal(t, "2023-08-23T15:09:27Z", Beacon("drand:1").Time().Format("2006-01-02T15:04:05Z"))
	require.Equal(t, "2023-08-23T15:59:24Z", b.Time().Format("2006-01-02T15:04:05Z"))
	for _, bad := range []string{"", "drand", "drand:", "drand:0", "drand:-1", "drand:+1", "drand:x", "nist:1", "drand:1:", "drand:1:ab", testBeacon + "0", testBeacon + ":", "drand:99999999999999999999"} {
		_, err := ParseBeacon(bad)
		require.ErrorContains(t, err, "is not of the form", bad)
	}
	require.ErrorContains(t, Beacon("drand:1:"+strings.Repeat("AB", 32)).check(), "canonical")
}

// A commitment depends on the model, every parameter, the images and their
// pixels, and not on the value of the beacon or the name of the data. It can
// be computed from a finished certificate.
func TestCommitment(t *testing.T) {
	commit := func(change func(*sample)) Digest {
		s := sampleOf(bound.MethodCohen)
		s.Derived, s.broken = &Derivation{Model: s.Model, Beacon: "drand:1000"}, []int{2}
		change(&s)
		c, err := NewCommitment(s.header())
		require.NoError(t, err)
		for i := range s.Images.All() {
			require.NoError(t, c.Add(s.describe(i)))
		}
		return c.Digest()
	}
	first := commit(func(*sample) {})
	require.Equal(t, first, commit(func(s *sample) { s.Data, s.Derived.Beacon = "elsewhere", testBeacon }))
	for i, change := range []func(*sample){
		func(s *sample) { s.N++ }, func(s *sample) { s.N0++ },
		func(s *sample) { s.Alpha = decimal.Must("0.01") }, func(s *sample) { s.Sigma = decimal.Must("0.5") },
		func(s *sample) { s.Method = bound.MethodRandomised }, func(s *sample) { s.AccuracyOnly = true },
		func(s *sample) { s.Model = "sha256:other" }, func(s *sample) { s.Derived.Beacon = "drand:1001" },
		func(s *sample) { s.Images = IndexSet{{0, 1, 3}} }, func(s *sample) { s.Of++ },
		func(s *sample) { s.broken = nil }, func(s *sample) { s.broken = []int{1} }, func(s *sample) { s.other = 1 },
	} {
		require.NotEqual(t, first, commit(change), i)
	}

	s := sampleOf(bound.MethodCohen)
	s.Derived, s.broken = &Derivation{Model: s.Model, Beacon: testBeacon}, []int{2}
	cert := s.bytes(t)
	d, err := NewReader(strings.NewReader(string(cert)))
	require.NoError(t, err)
	c, err := NewCommitment(d.Header())
	require.NoError(t, err)
	for line, err := d.NextLine(); err == nil; line, err = d.NextLine() {
		c.AddLine(line)
	}
	require.Equal(t, first, c.Digest())
	h := d.Header()
	h.Shard = &Shard{1, 2}
	_, err = NewCommitment(h)
	require.ErrorContains(t, err, "a shard has only a part")
}
