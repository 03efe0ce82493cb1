package audit

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// A report has the summary of the certificate, for every depth and result, in
// text and as JSON.
func TestReportsShowEverything(t *testing.T) {
	text := issue(t, func(task *smooth.Task) {
		task.Alpha, task.Of, task.Images = decimal.Must("0.999"), 60, certificate.IndexSet{{0, 10, 6}}
		task.Describe = func(i int) (certificate.Image, error) { return describe(i / 10) }
		task.Classifier = smooth.Classifier(honest)
	})
	r := audit(t, text, options(Arithmetic))
	require.True(t, r.Intact)
	s := r.Certificate.Text()
	for _, want := range []string{
		"method cohen, noise gaussian-f32, sigma 0.25, alpha 0.999, n0 20, n 1100", "seed 5: seed chosen by whoever ran this",
		"images 6 of 60, every 10th: ", "0 left out", "contract f32/1, precision f32",
		"not the default: noise float (default integer); alpha 0.999 (default 0.001); n0 20 (default 100); n 1100 (default 10000); seed 5 (default derived); images 6 of 60, every 10th (default all)",
	} {
		require.Contains(t, s, want)
	}
	require.Equal(t, 6, r.Certificate.Certified+r.Certificate.Abstained)
	raw, err := json.Marshal(r)
	require.NoError(t, err)
	for _, want := range []string{`"alpha":"0.999"`, `"sigma":"0.25"`, `"seed":"5"`, `"seed_choice":"seed chosen by whoever ran this"`, `"of":60`, `"choice":"6 of 60, every 10th"`, `"left_out":0`, `"contract":"f32/1"`} {
		require.Contains(t, string(raw), want)
	}
	// If it is not intact, the report has the part that was read.
	r = audit(t, digit(3, `"pa":"`)(text), options(Arithmetic))
	require.False(t, r.Intact)
	require.Equal(t, 2, r.Certificate.Certified+r.Certificate.Abstained)
	require.Contains(t, r.Certificate.Text(), "alpha 0.999")
	require.Nil(t, audit(t, "x\n", options(Arithmetic)).Certificate)
	r = audit(t, issue(t, func(*smooth.Task) {}), options(Sample))
	require.Equal(t, "3", r.Seed)

	anytime := audit(t, issue(t, func(task *smooth.Task) { task.Params = params(bound.MethodAnytime); task.AccuracyOnly = true }), options(Arithmetic))
	require.Contains(t, anytime.Certificate.Text(), "n at most 1280, radii 0,0.1,0.2, futility 0.01, accuracy only")
	require.Contains(t, anytime.Certificate.Text(), "not estimated")
	require.Contains(t, anytime.Certificate.Text(), "radii 0,0.1,0.2 (default 0,0.25,0.5,0.75,1)")
}

// The report states the source of a derived seed and the commitment.
func TestReportsOfDerivedSeeds(t *testing.T) {
	derived := issue(t, func(task *smooth.Task) { task.Derived, task.Seed = &certificate.Derivation{Beacon: beacon}, 0 })
	for now, notes := range map[time.Time][]string{
		{}:                       nil,
		time.Unix(1692806364, 0): nil, // the time of the round
		time.Unix(1692806363, 0): {"by this machine's clock drand's round 1000 is published only at 2023-08-23 15:59:24 UTC: its value is not known yet, so this one is invented"},
	} {
		o := options(Arithmetic)
		o.Now = now
		require.Equal(t, notes, audit(t, derived, o).Notes)
	}
	with := func(change func(*smooth.Task)) *Summary {
		r := audit(t, issue(t, func(task *smooth.Task) {
			task.Derived, task.Seed = &certificate.Derivation{Beacon: beacon}, 0
			change(task)
		}), options(Full))
		require.True(t, r.Intact, r.Difference)
		return r.Certificate
	}
	first := with(func(*smooth.Task) {})
	require.Contains(t, first.Text(), "seed: derived from round 1000: free of choice if commitment C was public before it, at 2023-08-23 15:59:24 UTC; beacon "+beacon+"\ncommitment C "+first.Commitment.String()+
		"\nnot checked here: that the beacon's value is the randomness of https://api.drand.sh/52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971/public/1000\n")
	require.Equal(t, first.Commitment, with(func(task *smooth.Task) { task.Data = "points elsewhere" }).Commitment)
	require.NotEqual(t, first.Commitment, with(func(task *smooth.Task) { task.N-- }).Commitment)
	shard := with(func(task *smooth.Task) { task.Shard = &certificate.Shard{Index: 2, Of: 3} })
	require.Nil(t, shard.Commitment, "a shard has not all images")
	require.Contains(t, shard.Text(), "images all 6; 2 of these are in shard 2/3: ")
	none := with(func(task *smooth.Task) { task.Derived = &certificate.Derivation{} })
	require.Nil(t, none.Commitment)
	require.Contains(t, none.Text(), "seed: derived, no beacon: models, n, alpha, sigma, images could still be tried\n")
}

// Names in a certificate cannot control the terminal.
func TestReportsQuoteNames(t *testing.T) {
	text := issue(t, func(task *smooth.Task) {
		task.Data, task.Model, task.Preprocessing = "a\x1b[31m\nintact", "m\u202e", "x; y"
	})
	r := audit(t, text, options(Sample))
	for _, s := range []string{r.Certificate.Text(), r.Difference, strings.Join(r.Notes, "")} {
		require.NotContains(t, strings.ReplaceAll(s, "\n", ""), "\x1b")
		require.NotContains(t, s, "\u202e")
	}
	require.Contains(t, r.Certificate.Text(), `data "a\x1b[31m\nintact"`)
	require.Contains(t, r.Certificate.Text(), `preprocessing "x; y"`)
}

// A certificate of other pixels is not intact. One of the same pixels under
// another name is intact with a note. So is one of the previous version, which
// does not state the size of the whole set.
func TestNotesAreNoDifferences(t *testing.T) {
	o := options(Full)
	o.Subject.Data = "elsewhere"
	text := issue(t, func(*smooth.Task) {})
	r := audit(t, text, o)
	require.True(t, r.Intact, r.Difference)
	require.Equal(t, []string{"the header names the data points, but here they are elsewhere; the digests of the pixels are compared"}, r.Notes)

	raw, err := os.ReadFile("../certificate/testdata/format1.jsonl")
	require.NoError(t, err)
	r = audit(t, string(raw), options(Arithmetic))
	require.True(t, r.Intact, r.Difference)
	require.Contains(t, r.Certificate.Text(), "images 6 of a set whose size is not stated: ")
	for _, change := range []func(string) string{
		edit(0, `"noise":"gaussian-u8","clip":1`, `"noise":"gaussian-f32"`),
		edit(0, `"preprocessing":"8-bit pixels as stored"`, `"preprocessing":"x/255"`),
		edit(0, `"0.25"`, `"0.250"`), edit(0, `\[\[0,10,6\]\]`, `[[0,10,3],[30,10,3]]`),
	} {
		require.False(t, audit(t, change(string(raw)), options(Arithmetic)).Intact)
	}

	o = options(Full)
	o.Subject.Of = 7
	require.Contains(t, audit(t, text, o).Difference, "the header says that its images are all 6, but here the whole set has 7")
	old := edit(0, `"precision":"f32",`, ``)(edit(0, `,"choice":{"of":6,"every":1}`, ``)(edit(0, `certificate/2`, `certificate/1`)(text)))
	r = audit(t, old, o)
	require.True(t, r.Intact, r.Difference)
	require.Contains(t, r.Certificate.Text(), "6 of 7, the first ones")
	require.Contains(t, r.Notes[0], "does not state the size of the whole set, which has 7 images here")
}

// An image that was left out is compared with the given data.
func TestImagesLeftOutAreCompared(t *testing.T) {
	file, other := certificate.Digest{1}, certificate.Digest{2}
	broken := func(file *certificate.Digest) func(int) (certificate.Image, error) {
		return func(i int) (certificate.Image, error) {
			if i == 2 {
				return certificate.Image{}, &certificate.UndecodableError{File: file, Err: errors.New("half a picture")}
			}
			return describe(i)
		}
	}
	text := issue(t, func(task *smooth.Task) { task.Describe, task.MaxLeftOut = broken(&file), 1 })
	for _, depth := range []Depth{Arithmetic, Sample, Full} {
		for _, now := range []*certificate.Digest{&file, nil} {
			o := options(depth)
			o.Describe = broken(now)
			r := audit(t, text, o)
			require.True(t, r.Intact, r.Difference)
			require.Equal(t, 6, r.Images)
			require.Equal(t, 1, r.Certificate.LeftOut)
			require.Contains(t, r.Certificate.Text(), "1 left out")
		}
	}
	for want, describe := range map[string]func(int) (certificate.Image, error){
		"line 4, image 2: it was left out because it cannot be decoded, but here it can":              describe,
		"line 4, image 2: the file that cannot be decoded has the digest " + other.String() + " here": broken(&other),
	} {
		o := options(Sample)
		o.Describe = describe
		require.Contains(t, audit(t, text, o).Difference, want)
	}
	o := options(Sample)
	o.Describe = broken(&file)
	nameless := edit(3, `,"file":"[0-9a-f]*"`, ``)(text)
	nameless = strings.Replace(nameless, `"lines":6,`, `"lines":6,"left_out":1,`, 1)
	require.True(t, audit(t, nameless, options(Arithmetic)).Intact)
	require.Contains(t, audit(t, nameless, o).Difference, "line 4, image 2: it was left out without the digest of its file, which is "+file.String()+" here")

	o = options(Full)
	o.Describe = broken(nil)
	require.Contains(t, audit(t, issue(t, func(*smooth.Task) {}), o).Difference, "line 4, image 2: it cannot be decoded here: half a picture")
}
