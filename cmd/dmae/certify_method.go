package main

import (
	"fmt"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// methodFlags choose the statistics of a certification.
type methodFlags struct {
	Method     string            `help:"cohen; randomised: a sharper bound; runner-up: bounds for all classes; anytime: a grid of radii with as few samples as each image needs." enum:"cohen,randomised,runner-up,anytime" default:"cohen"`
	Sigma      decimal.Decimal   `help:"Standard deviation of the noise, in units of pixels scaled to [0,1]." default:"0.25" placeholder:"SIGMA"`
	N0         int               `name:"n0" help:"Samples that select the class of an image." default:"100" placeholder:"N"`
	N          *int              `name:"n" help:"Samples that estimate the probability of that class (default 10000); not for --method anytime." placeholder:"N"`
	MaxSamples *int              `help:"Largest number of samples of an image with --method anytime, a multiple of 16 (default 100000)." placeholder:"N"`
	Radii      []decimal.Decimal `help:"Grid of radii of --method anytime (default 0,0.25,0.5,0.75,1); 0 is always included." placeholder:"R,..."`
	Target     *decimal.Decimal  `name:"target-radius" help:"Required radius: with --method anytime the grid is 0 and this radius; with the other methods it is an error if n cannot reach it." placeholder:"R"`
	Futility   *decimal.Decimal  `help:"Probability of still proving a radius below which --method anytime gives it up (default 0.01, at most 0.5): a larger value needs fewer samples and loses more radii." placeholder:"P"`
	Alpha      decimal.Decimal   `help:"Largest probability that a certificate is false." default:"0.001" placeholder:"P"`
	seedFlag
}

// seedFlag is the origin of the noise of a certificate.
type seedFlag struct {
	Seed certify.Seed `help:"derived: the noise of an image is derived from the model and its pixels, so that it cannot be chosen; random: a number from the operating system (a resumed run keeps its own); or a number. Trying several numbers and choosing one voids the guarantee." default:"derived" placeholder:"N"`
}

// params returns the parameters that the flags ask for.
func (f *methodFlags) params() (certificate.Params, error) {
	p := certificate.Defaults(bound.Method(f.Method))
	p.Sigma, p.Alpha, p.N0, p.Derived = f.Sigma, f.Alpha, f.N0, nil
	for _, r := range f.Radii {
		if r.Sign() < 0 {
			return p, misused("--radii %s cannot be used: a radius is at least 0", r)
		}
	}
	if f.Target != nil && f.Target.Sign() < 0 {
		return p, misused("--target-radius %s cannot be used: a radius is at least 0", f.Target)
	}
	if p.Method == bound.MethodAnytime {
		if f.N != nil {
			return p, misused("--n %d does not go with --method anytime, which draws as many samples as an image needs: give --max-samples", *f.N)
		}
		if f.Target != nil && len(f.Radii) > 0 {
			return p, misused("--target-radius and --radii both name the grid: give one of them")
		}
		switch {
		case f.Target != nil:
			p.Radii = bound.Grid([]decimal.Decimal{*f.Target})
		case len(f.Radii) > 0:
			p.Radii = bound.Grid(f.Radii)
		}
		if f.MaxSamples != nil {
			p.N = *f.MaxSamples
		}
		if f.Futility != nil {
			p.Futility = *f.Futility
		}
	} else {
		if f.MaxSamples != nil {
			return p, misused("--max-samples %d belongs to --method anytime; --method %s takes --n", *f.MaxSamples, p.Method)
		}
		if f.Futility != nil {
			return p, misused("--futility %s belongs to --method anytime; --method %s takes all of its samples", *f.Futility, p.Method)
		}
		if len(f.Radii) > 0 {
			return p, misused("--radii belongs to --method anytime; --method %s certifies the largest radius that it can", p.Method)
		}
		if f.N != nil {
			p.N = *f.N
		}
	}
	if err := p.Check(); err != nil {
		return p, misuse{err}
	}
	return p, nil
}

// warn notes a radius that no image can reach.
func (f *methodFlags) warn(e *env, p certificate.Params, classes int) error {
	var largest decimal.Decimal
	switch {
	case f.Target != nil:
		largest = *f.Target
	case len(p.Radii) > 0:
		largest = p.Radii[len(p.Radii)-1]
	}
	stats, err := bound.New(p.Plan, classes)
	if err != nil {
		return err
	}
	best := stats.BestRadius()
	if best.Sign() > 0 && largest.Cmp(best) <= 0 {
		return nil
	}
	n, enough := stats.Needs(largest)
	if enough && n <= p.N {
		return nil
	}
	flag := "--n"
	if p.Method == bound.MethodAnytime {
		flag = "--max-samples"
	}
	text := fmt.Sprintf("no image can be certified with %s %d, even if every sample has its class: it takes at least %d samples", flag, p.N, n)
	if largest.Sign() > 0 {
		text = fmt.Sprintf("no image can be certified at radius %s with %s %d, even if every sample has its class; the largest possible radius is %s", largest, flag, p.N, best)
		if enough {
			text += fmt.Sprintf(", and %s needs at least %d samples", largest, n)
		} else {
			text += ", and no number of samples is enough: only a larger --sigma is"
		}
	}
	e.note(text)
	return nil
}
