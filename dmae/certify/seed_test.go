package certify_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// A resumed run keeps the number that it drew. A run of an earlier version,
// which drew a number by default, keeps it, too.
func TestSeedApply(t *testing.T) {
	derived := certificate.Header{Schema: certificate.Schema, Seed: certificate.Seed{Derived: true}}
	numbered := certificate.Header{Schema: certificate.Schema, Seed: certificate.Seed{Number: 77}}
	earlier := certificate.Header{Schema: certificate.Schema1, Seed: certificate.Seed{Number: 78}}
	for _, c := range []struct {
		text  string
		begun certificate.Header
		want  uint64 // 0: derived, 1: drawn
	}{
		{"derived", certificate.Header{}, 0}, {"derived", derived, 0}, {"derived", numbered, 0}, {"derived", earlier, 78},
		{"random", certificate.Header{}, 1}, {"random", derived, 1}, {"random", numbered, 77}, {"random", earlier, 78},
		{"9", certificate.Header{}, 9}, {"9", numbered, 9}, {"9", earlier, 9},
	} {
		var s certify.Seed
		require.NoError(t, s.UnmarshalText([]byte(c.text)))
		p, q := certificate.Defaults(bound.MethodCohen), certificate.Defaults(bound.MethodCohen)
		require.NoError(t, s.Apply(&p, c.begun))
		require.NoError(t, s.Apply(&q, c.begun))
		require.Equal(t, c.want == 0, p.Derived != nil, c)
		switch c.want {
		case 0:
		case 1:
			require.NotEqual(t, p.Seed, q.Seed, "drawn twice")
		default:
			require.Equal(t, c.want, p.Seed, c)
		}
	}
	require.ErrorContains(t, new(certify.Seed).UnmarshalText([]byte("six")), `"six" is not a seed`)
}

// Options that do not fit the model, the images or the certificate are errors.
func TestRefusals(t *testing.T) {
	b := testbackend.New(t)
	m, images := newLinear(b, 5), brightness(t)
	params := certificate.Defaults(bound.MethodCohen)
	_, err := certify.New(m, images, params, certify.Options{Every: -2})
	require.ErrorContains(t, err, "every -2-th image")
	_, err = certify.New(lively(t, b, micro(t)), images, params, certify.Options{})
	require.ErrorContains(t, err, "classes of brightness are not the model's")
	_, err = certify.Predict(t.Context(), m, certify.Image{Pixels: make([]byte, 16)}, params, 1, nil)
	require.ErrorContains(t, err, "pass them through Derive")

	c, err := certify.New(m, images, params, certify.Options{})
	require.NoError(t, err)
	_, err = c.Describe(12)
	require.ErrorContains(t, err, "brightness has 12 images, so there is none with index 12")
	subject, err := c.Subject()
	require.NoError(t, err)
	header := certificate.NewHeader(c.Params(), 2, subject)
	image, err := c.Describe(3)
	require.NoError(t, err)
	rec := certificate.Record{Image: 3, Pixels: image.Pixels}
	require.NoError(t, c.Holds(header, rec))
	rec.Image = 4
	require.ErrorContains(t, c.Holds(header, rec), "image 4 of brightness has other pixels")
	header.Model = "sha256:0"
	require.ErrorContains(t, c.Holds(header, rec), "is about the model")
}
