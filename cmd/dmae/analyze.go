package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/atomicfile"
	"github.com/godmae/godmae/internal/printable"
	"github.com/godmae/godmae/smooth/analyze"
	"github.com/godmae/godmae/smooth/certificate"
)

type analyzeCmd struct {
	Files      []string          `arg:"" help:"Certificates (.jsonl) or tables (.tsv), also of the scripts of Cohen et al. and similar tools." placeholder:"FILE"`
	Radii      []decimal.Decimal `help:"Radii of the table, in units of pixels scaled to [0,1]." default:"0,0.25,0.5,0.75,1,1.25,1.5" placeholder:"R,..."`
	Names      []string          `help:"Names of the runs (default: those of the files)." placeholder:"NAME,..."`
	Format     string            `help:"text, md, latex, csv or json." enum:"text,md,latex,csv,json" default:"text"`
	Places     int               `help:"Decimals." default:"3" placeholder:"N"`
	Errors     bool              `help:"Print standard errors." default:"true" negatable:""`
	Envelope   bool              `help:"Add the best of the runs at each radius."`
	Rho        *decimal.Decimal  `help:"Add lower bounds on the true accuracy that hold with probability 1-RHO over the noise." placeholder:"RHO"`
	Compare    bool              `help:"Compare every run with the first one, image by image (McNemar's exact test)."`
	Anyway     bool              `name:"compare-anyway" help:"As --compare, but also for runs with another alpha, noise or sigma, or on other images; the table says how they differ."`
	Out        string            `help:"Write the table to a file instead of standard output." placeholder:"FILE"`
	Curve      string            `help:"Draw certified accuracy against radius to a .png or .svg file." placeholder:"FILE"`
	Title      string            `help:"Title of the picture." default:"Certified accuracy" placeholder:"TEXT"`
	Confidence decimal.Decimal   `help:"Confidence of the bands around the curves, over the choice of images; 0 for none." default:"0.95" placeholder:"P"`
	N          *int              `name:"n" help:"Estimation samples of the .tsv tables, to check their radii." placeholder:"N"`
	Alpha      *decimal.Decimal  `help:"Failure probability of the .tsv tables." placeholder:"P"`
	Sigma      []decimal.Decimal `help:"Noise levels of the .tsv tables, one for all or one for each file (default: the number in a name like sigma_0.25.tsv)." placeholder:"SIGMA,..."`
	JSON       bool              `name:"json" help:"The same as --format json."`
}

func (analyzeCmd) Help() string {
	return "Certified accuracy at a radius is the share of all images certified for their label with at least that radius. A second table has each run's method, noise, sigma, alpha, samples, seed and images. Irregularities of a file are reported on standard error and in the JSON.\n\nExample: dmae analyze dmae-quickstart/certify.jsonl dmae-quickstart/certify-scratch.jsonl --radii 0,0.25,0.5 --compare --curve curve.png"
}

// Run prints the table and draws the curve.
func (c *analyzeCmd) Run(e *env) error {
	c.Files = certificate.WithoutTimings(c.Files)
	if err := c.check(); err != nil {
		return err
	}
	names := c.Names
	if len(names) == 0 {
		names = analyze.DistinctNames(c.Files)
	}
	var runs []analyze.Run
	for i, file := range c.Files {
		run, err := c.read(i, file)
		if err != nil {
			return err
		}
		run.Name = names[i]
		for _, note := range run.Notes {
			e.note(file + ": " + note)
		}
		runs = append(runs, run)
	}
	table, err := c.table(runs)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := c.print(&text, table); err != nil {
		return err
	}
	if c.Out != "" {
		err = atomicfile.WriteBytes(c.Out, text.Bytes())
	} else {
		_, err = e.stdout.Write(text.Bytes())
	}
	if err != nil || c.Curve == "" {
		return err
	}
	if err := analyze.WriteCurve(c.Curve, analyze.Curve{Title: c.Title, Runs: runs, Confidence: c.Confidence}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stderr, "curve in %s\n", printable.Text(c.Curve))
	return err
}

// check returns an error for flags that cannot be combined.
func (c *analyzeCmd) check() error {
	switch one := decimal.Must("1"); {
	case len(c.Names) > 0 && len(c.Names) != len(c.Files):
		return misused("%d --names do not fit %d files: give one for each", len(c.Names), len(c.Files))
	case repeated(c.Names) != "":
		return misused("--names gives the name %s to two runs: give each its own", repeated(c.Names))
	case len(c.Sigma) > 1 && len(c.Sigma) != len(c.Files):
		return misused("%d --sigma do not fit %d files: give one for all, or one for each", len(c.Sigma), len(c.Files))
	case c.Places < 1 || c.Places > 12:
		return misused("--places %d cannot be used: give 1 to 12", c.Places)
	case (c.Compare || c.Anyway) && len(c.Files) < 2:
		return misused("--compare needs at least two files: the first is compared with every other")
	case c.Rho != nil && (c.Rho.Sign() <= 0 || c.Rho.Cmp(one) >= 0):
		return misused("--rho %s cannot be used: it must lie between 0 and 1, such as 0.001", c.Rho)
	case c.Alpha != nil && (c.Alpha.Sign() <= 0 || c.Alpha.Cmp(one) >= 0):
		return misused("--alpha %s cannot be used: it must lie between 0 and 1, such as 0.001", c.Alpha)
	case c.Confidence.Sign() < 0 || c.Confidence.Cmp(one) >= 0:
		return misused("--confidence %s cannot be used: it must be 0, for no bands, or below 1, such as 0.95", c.Confidence)
	case len(c.Radii) == 0:
		return misused("--radii names no radius: give some, such as 0,0.25,0.5")
	case c.N != nil && (*c.N < 1 || c.Alpha == nil):
		return misused("--n %d needs to be at least 1 and to come with --alpha: together they limit a radius", *c.N)
	}
	for _, r := range c.Radii {
		if r.Sign() < 0 {
			return misused("--radii %s cannot be used: a radius is at least 0", r)
		}
	}
	for _, s := range c.Sigma {
		if s.Sign() <= 0 {
			return misused("--sigma %s cannot be used: a noise level is above 0, in units of pixels scaled to [0,1]", s)
		}
	}
	if c.Out != "" {
		if err := checkOutput("--out", c.Out); err != nil {
			return err
		}
	}
	if c.Curve != "" {
		if err := analyze.CheckPicture(c.Curve); err != nil {
			return misuse{err}
		}
		if err := checkOutput("--curve", c.Curve); err != nil {
			return err
		}
	}
	c.Compare = c.Compare || c.Anyway
	if c.JSON {
		c.Format = "json"
	}
	return nil
}

// repeated returns the first name that is in a list twice, "" for none.
func repeated(names []string) string {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return name
		}
	}
	return ""
}

// read reads the i-th file, and checks the radii of a table with the values of
// the flags. A certificate contains these values.
func (c *analyzeCmd) read(i int, file string) (analyze.Run, error) {
	run, err := analyze.ReadFile(file)
	if err != nil {
		return run, unreadable("the certificate or table", file, err)
	}
	if run.Method != "" {
		return run, nil
	}
	switch len(c.Sigma) {
	case 0:
		run.Sigma, _ = analyze.SigmaOf(file)
	case 1:
		run.Sigma = c.Sigma[0]
	default:
		run.Sigma = c.Sigma[i]
	}
	if c.Alpha != nil {
		run.Alpha = *c.Alpha
	}
	if c.N == nil {
		return run, run.GuessParams()
	}
	run.N = *c.N
	if run.Sigma.Sign() == 0 {
		return run, misused("--n cannot be checked against %s, whose noise level is unknown: give --sigma", file)
	}
	return run, run.CheckRadii()
}

// table computes the table that the flags ask for.
func (c *analyzeCmd) table(runs []analyze.Run) (analyze.Table, error) {
	table, err := analyze.NewTable(runs, c.Radii)
	if err != nil {
		return table, err
	}
	if c.Rho != nil {
		if err := table.Guarantee(*c.Rho); err != nil {
			return table, misuse{fmt.Errorf("%w: give --alpha", err)}
		}
	}
	if c.Envelope {
		if err := table.AddEnvelope(); err != nil {
			return table, err
		}
	}
	if c.Compare {
		for _, run := range runs[1:] {
			comparison, err := analyze.Compare(runs[0], run, c.Radii, c.Anyway)
			if errors.As(err, new(*analyze.UnequalError)) {
				return table, fmt.Errorf("%w: certify the same images with the same parameters, or give --compare-anyway", err)
			}
			if err != nil {
				return table, err
			}
			table.Comparisons = append(table.Comparisons, comparison)
		}
	}
	return table, nil
}

// print writes the table in the format asked for. A CSV file holds one table:
// with --compare, the comparisons.
func (c *analyzeCmd) print(w io.Writer, t analyze.Table) error {
	style := analyze.Style{Places: c.Places, Errors: c.Errors}
	switch c.Format {
	case "md":
		return t.Markdown(w, style)
	case "latex":
		return t.LaTeX(w, style)
	case "csv":
		if c.Compare {
			return t.ComparisonsCSV(w)
		}
		return t.CSV(w)
	case "json":
		return t.JSON(w)
	}
	return t.Text(w, style)
}
