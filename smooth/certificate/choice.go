package certificate

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Choice describes which images of a whole set a certificate has. It follows
// from the size of the whole set and the images, so a certificate without some
// of its images has another one.
type Choice struct {
	Of    int `json:"of"`              // images of the whole set
	Every int `json:"every,omitempty"` // every Every-th, from the first one on; 0 for images listed by hand
	Max   int `json:"max,omitempty"`   // the first Max of these; 0 for all of them
}

// NewChoice returns the choice of a set of images from of images.
func NewChoice(of int, set IndexSet) Choice {
	c := Choice{Of: of}
	if len(set) != 1 || set[0][0] != 0 {
		return c
	}
	count := set[0][2]
	c.Every = set[0][1]
	if count < (of+c.Every-1)/c.Every {
		c.Max = count
	}
	return c
}

// check compares a choice with the images of its certificate.
func (c *Choice) check(set IndexSet) error {
	if c == nil {
		return errors.New("it does not record the size of the set from which its images were chosen")
	}
	if int64(c.Of) > math.MaxUint32+1 {
		return fmt.Errorf("it names a set of %d images; at most %d can be told apart", c.Of, int64(math.MaxUint32)+1)
	}
	if last := set.last(); c.Of <= last {
		return fmt.Errorf("it names image %d of a set of %d", last, c.Of)
	}
	if want := NewChoice(c.Of, set); *c != want {
		return fmt.Errorf("its images are %s, which is not the choice that it states: every %d, at most %d", want.Describe(set.Len()), c.Every, c.Max)
	}
	return nil
}

// Describe returns the choice as text: 200 of 2,000, every 10th.
func (c Choice) Describe(images int) string {
	text := fmt.Sprintf("%s of %s", Thousands(images), Thousands(c.Of))
	switch {
	case images == c.Of:
		text = "all " + Thousands(c.Of)
	case c.Every == 0:
		text += ", listed by hand"
	case c.Every == 1:
		text += ", the first ones"
	case c.Max > 0:
		text += fmt.Sprintf(", the first ones of every %s", ordinal(c.Every))
	default:
		text += fmt.Sprintf(", every %s", ordinal(c.Every))
	}
	return text
}

// ordinal writes 10 as 10th.
func ordinal(n int) string {
	end := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			end = "st"
		case 2:
			end = "nd"
		case 3:
			end = "rd"
		}
	}
	return Thousands(n) + end
}

// Thousands writes 12000 as 12,000.
func Thousands(n int) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && d != '-' && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
