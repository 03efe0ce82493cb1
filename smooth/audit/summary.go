package audit

import (
	"fmt"
	"strings"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/printable"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// Summary states all parameters and totals of a certificate, including each
// parameter that is not the default.
type Summary struct {
	Schema        string              `json:"schema"`
	Method        bound.Method        `json:"method"`
	Noise         string              `json:"noise"` // kind
	Sigma         decimal.Decimal     `json:"sigma"`
	Alpha         decimal.Decimal     `json:"alpha"`
	N0            int                 `json:"n0"`
	N             int                 `json:"n"` // the maximum for the method anytime
	Radii         []decimal.Decimal   `json:"radii,omitempty"`
	Futility      *decimal.Decimal    `json:"futility,omitempty"`
	AccuracyOnly  bool                `json:"accuracy_only"`
	Seed          certificate.Seed    `json:"seed"`
	Beacon        certificate.Beacon  `json:"beacon,omitempty"`
	SeedChoice    string              `json:"seed_choice"`          // in words
	Commitment    *certificate.Digest `json:"commitment,omitempty"` // of a whole certificate with a beacon
	Images        int                 `json:"images"`               // number of lines, including those left out
	Of            int                 `json:"of,omitempty"`         // images of the whole set; absent if that is not stated
	Choice        string              `json:"choice"`               // in words
	Shard         *certificate.Shard  `json:"shard,omitempty"`
	Certified     int                 `json:"certified"` // images with a class and a radius among those read
	Abstained     int                 `json:"abstained"`
	Stopped       int                 `json:"stopped,omitempty"` // not estimated because of accuracy_only
	LeftOut       int                 `json:"left_out"`          // images that could not be decoded
	Classes       int                 `json:"classes"`
	Contract      string              `json:"contract"`
	Precision     string              `json:"precision"`
	Device        string              `json:"device,omitempty"`
	Endpoint      string              `json:"endpoint,omitempty"`
	Model         string              `json:"model"`
	Data          string              `json:"data"`
	Preprocessing string              `json:"preprocessing"`
	NotDefault    []string            `json:"not_default"` // each parameter that is not the default, with its value and the default
}

func newSummary(h certificate.Header) *Summary {
	s := &Summary{
		Schema: h.Schema, Method: h.Method, Noise: h.Noise, Sigma: h.Sigma, Alpha: h.Alpha, N0: h.N0, N: h.N,
		AccuracyOnly: h.AccuracyOnly, Seed: h.Seed, Beacon: h.Beacon, SeedChoice: seedChoice(h), Images: h.Due(), Of: h.Of,
		Choice: choice(h), Shard: h.Shard, Classes: h.Classes, Contract: h.Contract, Precision: h.Precision, Device: h.Device, Endpoint: h.Endpoint,
		Model: h.Model, Data: h.Data, Preprocessing: h.Preprocessing, NotDefault: notDefault(h),
	}
	if s.Precision == "" {
		s.Precision = certificate.Precision // format 1 does not state it
	}
	if h.Anytime != nil {
		s.Radii, s.Futility = h.Anytime.Radii, &h.Anytime.Futility
	}
	return s
}

// seedChoice describes the freedom that the issuer had in choosing the seed.
func seedChoice(h certificate.Header) string {
	switch {
	case !h.Seed.Derived:
		return "seed chosen by whoever ran this"
	case h.Beacon == "":
		return "derived, no beacon: models, n, alpha, sigma, images could still be tried"
	}
	return fmt.Sprintf("derived from round %d: free of choice if commitment C was public before it, at %s", h.Beacon.Round(), h.Beacon.When())
}

// choice describes how the images were selected.
func choice(h certificate.Header) string {
	n := h.Images.Len()
	if h.Choice == nil {
		return certificate.Thousands(n) + " of a set whose size is not stated"
	}
	return h.Choice.Describe(n)
}

// notDefault names the parameters that are not the default.
func notDefault(h certificate.Header) []string {
	list := []string{}
	add := func(name, value, usual string) {
		if value != usual {
			list = append(list, fmt.Sprintf("%s %s (default %s)", name, value, usual))
		}
	}
	p, usual := h.Params(), certificate.Defaults(h.Method)
	add("method", string(h.Method), string(bound.MethodCohen))
	add("noise", noiseWord(p.Sound), noiseWord(usual.Sound))
	add("sigma", p.Sigma.String(), usual.Sigma.String())
	add("alpha", p.Alpha.String(), usual.Alpha.String())
	add("n0", fmt.Sprint(p.N0), fmt.Sprint(usual.N0))
	add("n", fmt.Sprint(p.N), fmt.Sprint(usual.N))
	add("radii", decimals(p.Radii), decimals(usual.Radii))
	add("futility", p.Futility.String(), usual.Futility.String())
	add("accuracy-only", fmt.Sprint(p.AccuracyOnly), fmt.Sprint(usual.AccuracyOnly))
	add("seed", h.Seed.String(), "derived")
	if h.Choice == nil || h.Choice.Of != h.Images.Len() {
		list = append(list, fmt.Sprintf("images %s (default all)", choice(h)))
	}
	return list
}

func noiseWord(sound bool) string {
	if sound {
		return "integer"
	}
	return "float"
}

func decimals(list []decimal.Decimal) string {
	var texts []string
	for _, d := range list {
		texts = append(texts, d.String())
	}
	return strings.Join(texts, ",")
}

// take counts the line of an image.
func (s *Summary) take(line certificate.Line) {
	switch {
	case line.LeftOut != nil:
		s.LeftOut++
	case line.Record.Stopped != "":
		s.Stopped++
	case line.Record.Predict == bound.NoClass:
		s.Abstained++
	default:
		s.Certified++
	}
}

// Text returns the summary in a few lines, without a newline at the end. Names
// are quoted, because a certificate may contain any characters.
func (s *Summary) Text() string {
	n := fmt.Sprintf("n %d", s.N)
	if s.Method == bound.MethodAnytime {
		n = fmt.Sprintf("n at most %d, radii %s, futility %s", s.N, decimals(s.Radii), s.Futility)
	}
	if s.AccuracyOnly {
		n += ", accuracy only"
	}
	seed := "seed " + s.Seed.String() + ": " + s.SeedChoice
	if s.Seed.Derived {
		seed = "seed: " + s.SeedChoice
	}
	if s.Beacon != "" {
		seed += "; beacon " + string(s.Beacon)
	}
	lines := []string{
		fmt.Sprintf("method %s, noise %s, sigma %s, alpha %s, n0 %d, %s", s.Method, s.Noise, s.Sigma, s.Alpha, s.N0, n),
		seed,
	}
	if s.Commitment != nil {
		lines = append(lines, "commitment C "+s.Commitment.String())
	}
	if s.Beacon != "" {
		lines = append(lines, "not checked here: that the beacon's value is the randomness of "+s.Beacon.URL())
	}
	images := "images " + s.Choice
	if s.Shard != nil {
		images += fmt.Sprintf("; %s of these are in shard %s", certificate.Thousands(s.Images), s.Shard)
	}
	images += fmt.Sprintf(": %s certified, %s abstained", certificate.Thousands(s.Certified), certificate.Thousands(s.Abstained))
	if s.AccuracyOnly {
		images += fmt.Sprintf(", %s not estimated", certificate.Thousands(s.Stopped))
	}
	images += fmt.Sprintf(", %s left out (cannot be decoded)", certificate.Thousands(s.LeftOut))
	if read := s.Certified + s.Abstained + s.Stopped + s.LeftOut; read < s.Images {
		images += fmt.Sprintf(", of the %s read before the first difference", certificate.Thousands(read))
	}
	about := fmt.Sprintf("%d classes, contract %s, precision %s", s.Classes, plain(s.Contract), plain(s.Precision))
	if s.Device != "" {
		about += ", device " + plain(s.Device)
	}
	if s.Endpoint != "" {
		about += ", endpoint " + plain(s.Endpoint)
	}
	lines = append(lines, images,
		fmt.Sprintf("%s, model %s, data %s, preprocessing %s", about, plain(s.Model), plain(s.Data), plain(s.Preprocessing)))
	if len(s.NotDefault) > 0 {
		lines = append(lines, "not the default: "+strings.Join(s.NotDefault, "; "))
	}
	return strings.Join(lines, "\n")
}

// plain returns a text of a certificate for printing. It is quoted as in Go if it has
// characters that are not printable or that separate words of the report.
func plain(text string) string {
	if text == "" || strings.ContainsFunc(text, printable.Odd) || strings.ContainsAny(text, ` ,;"\`) {
		return quoted(text)
	}
	return printable.Short(text, mostText)
}

// quoted returns a text quoted as in Go.
func quoted(text string) string { return printable.Quote(text, mostText) }

// mostText is how many bytes of a text a report shows.
const mostText = 200
