package certificate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
)

// check verifies that a header is valid for this version of the package.
func (h Header) check() error {
	switch {
	case h.Kind != kindHeader || h.Schema != Schema && h.Schema != Schema1:
		return fmt.Errorf("it is not a certificate of the format %s or %s", Schema, Schema1)
	case !slices.Contains(bound.Methods(), h.Method) || !slices.Contains(noises, h.Noise):
		return fmt.Errorf("method %q with noise %q is not known to this version", h.Method, h.Noise)
	case h.Streams != streamsOf(h.Method):
		return fmt.Errorf("the streams %d, %d and %d are not those of selection, estimation and bound", h.Streams.Selection, h.Streams.Estimation, h.Streams.Bound)
	case (h.Anytime != nil) != (h.Method == bound.MethodAnytime):
		return fmt.Errorf("the method %s and a grid of radii do not go together", h.Method)
	case h.Classes < 1 || h.Classes > MaxClasses:
		return fmt.Errorf("it has %d classes; 1 to %d are possible", h.Classes, MaxClasses)
	case h.Names == nil || len(h.Names) != 0 && len(h.Names) != h.Classes:
		return fmt.Errorf("it has %d class names for %d classes", len(h.Names), h.Classes)
	}
	for _, text := range append([]string{h.Contract, h.Precision, h.Device, h.Endpoint, h.Model, h.Data, h.Preprocessing}, h.Names...) {
		if len(text) > maxText {
			return fmt.Errorf("it has a text of %d bytes, which begins with %.40q; at most %d are possible", len(text), text, maxText)
		}
		if !utf8.ValidString(text) {
			return fmt.Errorf("the text %q is not valid UTF-8", text)
		}
	}
	if err := h.Images.check(); err != nil {
		return err
	}
	if err := h.checkFormat(); err != nil {
		return err
	}
	if err := h.checkPreprocessing(); err != nil {
		return err
	}
	if h.Shard != nil {
		if err := h.Shard.check(); err != nil {
			return err
		}
	}
	if h.Anytime != nil {
		if err := h.Anytime.check(); err != nil {
			return err
		}
	}
	if err := h.Params().Check(); err != nil {
		return err
	}
	return h.checkClip()
}

// format1 returns the header in the format Schema1.
func (h Header) format1() Header {
	h.Schema, h.Precision, h.Device, h.Endpoint, h.Choice = Schema1, "", "", "", nil
	return h
}

// checkFormat verifies the fields in which the two formats differ.
func (h Header) checkFormat() error {
	if h.Schema == Schema1 {
		if h.Seed.Derived || h.Beacon != "" || h.Precision != "" || h.Device != "" || h.Endpoint != "" || h.Choice != nil {
			return fmt.Errorf("it has fields that the format %s lacks", Schema1)
		}
		return nil
	}
	switch {
	case h.Precision == "":
		return errors.New("it does not name the precision of the arithmetic")
	case h.Beacon != "" && !h.Seed.Derived:
		return fmt.Errorf("a seed that is the number %s has no beacon", h.Seed)
	}
	if err := h.Beacon.check(); err != nil {
		return err
	}
	return h.Choice.check(h.Images)
}

// EightBit is the start of the text of a preprocessing before integer noise
// only; scaled is the end of one before float noise only.
const (
	EightBit = "8-bit pixels"
	scaled   = "x/255"
)

// checkPreprocessing refuses noise of one kind with the preprocessing of the
// other. Otherwise a changed name of the noise would not be detected from the
// counts.
func (h Header) checkPreprocessing() error {
	integers := strings.Contains(h.Preprocessing, EightBit)
	switch {
	case h.Noise == noiseFloat && integers:
		return fmt.Errorf("float noise does not go with the preprocessing %q, which is that of integer noise", h.Preprocessing)
	case h.Noise == noiseInteger && (strings.HasSuffix(h.Preprocessing, scaled) || h.Schema != Schema1 && !integers):
		return fmt.Errorf("integer noise does not go with the preprocessing %q, which is not one of %s", h.Preprocessing, EightBit)
	}
	return nil
}

// Anytime has the header's fields of MethodAnytime.
type Anytime struct {
	Radii    []decimal.Decimal `json:"radii"`           // the grid
	Every    int               `json:"every"`           // samples between two looks
	Mixture  int               `json:"mixture"`         // alternatives of the mixture
	Futility decimal.Decimal   `json:"futility"`        // futility level, see bound.Plan
	Prior    int               `json:"prior,omitempty"` // n divided by the number of samples that the prior of the forecasts counts as
}

// anytimeOf returns the fields for the grid and the futility level of a plan.
func anytimeOf(p bound.Plan) *Anytime {
	return &Anytime{Radii: p.Radii, Every: bound.LookEvery, Mixture: bound.MixtureTerms, Futility: p.Futility, Prior: bound.PriorShare}
}

// check refuses an Anytime with the constants of another version.
func (a *Anytime) check() error {
	switch {
	case a.Prior == 0:
		return errors.New("it gives radii up by a rule of earlier versions, which this one does not know: check it with the version that made it")
	case a.Every != bound.LookEvery || a.Mixture != bound.MixtureTerms || a.Prior != bound.PriorShare || a.Radii == nil:
		return fmt.Errorf("it looks every %d samples with %d alternatives and a prior of 1/%d; this version knows %d, %d and 1/%d",
			a.Every, a.Mixture, a.Prior, bound.LookEvery, bound.MixtureTerms, bound.PriorShare)
	}
	return nil
}
