package explain

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strconv"

	"github.com/godmae/godmae/smooth/bound"
)

//go:embed *.html
var templates embed.FS

// page is the template. It escapes all text from files and flags.
var page = template.Must(template.New("page.html").ParseFS(templates, "*.html"))

// WriteHTML writes the page. The page contains its images and styles, has no
// script, and forbids the browser to load anything.
func (x *Explanation) WriteHTML(w io.Writer) error { return page.Execute(w, view{x}) }

// view has the methods that the template calls.
type view struct{ *Explanation }

// Picture is the image itself.
func (v view) Picture() picture { return v.pixels }

// Noisy are the noisy copies.
func (v view) Noisy() []shot {
	var out []shot
	for _, s := range v.Samples {
		out = append(out, shot{v.Class(s.Class), s.Class == v.At.Selected, s.pixels})
	}
	return out
}

// shot is an image with the network's answer.
type shot struct {
	Answer  string
	Same    bool // equal to the certified class
	Picture picture
}

// Class names a class.
func (v view) Class(class int) string {
	switch {
	case class == bound.NoClass:
		return "no answer"
	case class < len(v.Names) && v.Names[class] != "":
		return v.Names[class]
	}
	return "class " + strconv.Itoa(class)
}

// bar is a class and its share of the samples.
type bar struct {
	Name     string
	Count    int
	Percent  string
	Selected bool
}

// Bars are the classes that occurred among the estimation samples.
func (v view) Bars() []bar {
	var out []bar
	for _, c := range v.At.Counts {
		out = append(out, bar{v.Class(c[0]), c[1], formatFixed(100*float64(c[1])/float64(v.At.N), 2), c[0] == v.At.Selected})
	}
	return out
}

// NoAnswers is the number of estimation samples without a class.
func (v view) NoAnswers() int { return v.At.NoAnswers() }

// NoiseInWords describes the kind of noise.
func (v view) NoiseInWords() string {
	if v.Sound {
		return "whole steps of 8-bit pixels"
	}
	return "floating-point numbers"
}

// SelectionSize is the number of selection samples.
func (v view) SelectionSize() int { return v.At.Selection.Total() }

// SelectionCount is the number of selection samples of the selected class.
func (v view) SelectionCount() int { return v.At.Selection.Of(v.At.Selected) }

// Bound draws the bound on the selected class.
func (v view) Bound() template.HTML {
	return v.At.lowerBound(v.Class(v.At.Selected)).chart()
}

// RunnerUpBound draws the bound on the most frequent other class.
func (v view) RunnerUpBound() template.HTML {
	b, ok := v.At.upperBound(v.RunnerUp())
	if !ok {
		return ""
	}
	return b.chart()
}

// RunnerUp names the most frequent class other than the selected one.
func (v view) RunnerUp() string {
	if class := v.At.second()[0]; class != bound.NoClass {
		return v.Class(class)
	}
	return "a class that was never seen"
}

// RunnerUpCount is the number of its estimation samples.
func (v view) RunnerUpCount() int { return v.At.second()[1] }

// RunnerUpRules reports whether pB is the bound on that class and not 1-pA.
func (v view) RunnerUpRules() bool {
	b, ok := v.At.upperBound("")
	return ok && b.value == v.At.PB.Float64()
}

// OtherClasses is the number of classes without the selected one.
func (v view) OtherClasses() int { return v.At.Classes - 1 }

// Weight is the random number of the method randomised.
func (v view) Weight() string {
	w, _ := v.At.W.Weight().Float64()
	return formatFixed(w, 6)
}

// Goal is 1/alpha.
func (v view) Goal() string { return formatFixed(1/v.At.Alpha.Float64(), 0) }

// Trials are the radii of the method anytime.
func (v view) Trials() []trial { return v.At.trials() }

// LookEvery is the number of samples between its looks.
func (v view) LookEvery() int { return bound.LookEvery }

// EvidenceChart draws their evidence.
func (v view) EvidenceChart() template.HTML { return evidenceChart(v.At) }

// HasRadius reports whether more than the image itself is certified.
func (v view) HasRadius() bool { return v.At.Certified && v.At.Radius.Sign() > 0 }

// Labelled is the label of the image in the certificate; it is empty if
// unknown.
func (v view) Labelled() string {
	if v.Label == nil || *v.Label < 0 {
		return ""
	}
	return v.Class(*v.Label)
}

// Radius draws the bounds against the distance.
func (v view) Radius() template.HTML { return radiusChart(v.At, v.Attacks) }

// levelRow is a line of the table of noise levels.
type levelRow struct {
	Sigma, Answer, Count, PA, PB, Radius string
	This                                 bool
}

// Levels are all noise levels, ascending.
func (v view) Levels() []levelRow {
	var out []levelRow
	add := func(l Level, this bool) {
		r := levelRow{Sigma: l.Sigma.String(), Answer: v.Class(l.Selected), Count: fmt.Sprintf("%d of %d", l.Count, l.N), PA: l.PA.String(), Radius: l.Radius.String(), This: this}
		if l.PB != nil {
			r.PB = l.PB.String()
		}
		if !l.Certified {
			r.Radius = "abstains"
		}
		out = append(out, r)
	}
	done := false
	for _, l := range v.Others {
		if !done && l.Sigma.Cmp(v.At.Sigma) > 0 {
			add(v.At, true)
			done = true
		}
		add(l, false)
	}
	if !done {
		add(v.At, true)
	}
	return out
}

// attackRow is a line of the table of attacks.
type attackRow struct {
	Attack
	Where, Budget, Distance, Clean, Answer, Share, PValue string
	Picture, Difference                                   picture
}

// Searches are the lines of the table of attacks.
func (v view) Searches() []attackRow {
	var out []attackRow
	for _, a := range v.Attacks {
		r := attackRow{
			Attack: a, Where: "outside", Budget: formatFixed(a.Budget, 3), Distance: formatFixed(a.Distance, 3), Clean: v.Class(a.Clean),
			Answer: v.Class(a.Answer), Share: fmt.Sprintf("%d of %d", a.Count, a.N), PValue: a.PValue.String(), Picture: a.pixels, Difference: a.difference,
		}
		if a.Inside {
			r.Where = "inside"
		}
		if !v.HasRadius() {
			r.Where = "no radius"
		}
		if a.Answer == bound.NoClass {
			r.Answer = fmt.Sprintf("abstains (%s %d, %s %d)", v.Class(v.At.Selected), a.Count, v.Class(a.Top), a.TopCount)
			if a.Top == v.At.Selected {
				r.Answer = "abstains: too close to call"
			}
		}
		out = append(out, r)
	}
	return out
}

// FoundOutside reports whether an attack outside the radius succeeded.
func (v view) FoundOutside() bool {
	for _, a := range v.Attacks {
		if !a.Inside && a.Fooled {
			return true
		}
	}
	return false
}

// Answers is the number of noisy copies for the answer to an attacked image.
func (v view) Answers() int { return v.Attacks[0].N }

// HalfRadius is the bound at half of the radius, in words.
func (v view) HalfRadius() string {
	return formatFixed(v.At.promise(v.At.Radius.Float64()/2), 3)
}

// Matches reports whether the model was trained with this noise level.
func (v view) Matches() bool { return v.At.Sigma.Float64() == v.Trained }
