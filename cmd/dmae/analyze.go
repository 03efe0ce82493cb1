package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/godmae/godmae/internal/atomicfile"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/smooth/analyze"
)

type analyzeCmd struct {
	Files  []string        `arg:"" help:"Certificates (.jsonl) or tables (.tsv), also those of Cohen et al.'s scripts." placeholder:"FILE"`
	Radii  []exact.Decimal `help:"Radii of the table, in units of pixels scaled to [0,1]." default:"0,0.25,0.5,0.75,1,1.25,1.5" placeholder:"R,..."`
	Names  []string        `help:"Names of the runs (default: those of the files)." placeholder:"NAME,..."`
	Format string          `help:"text, md or json." enum:"text,md,json" default:"text"`
	Places int             `help:"Decimals." default:"3" placeholder:"N"`
	Errors bool            `help:"Print standard errors." default:"true" negatable:""`
	Out    string          `help:"Write the table to a file and not to standard output." placeholder:"FILE"`
	Curve  string          `help:"Draw certified accuracy against radius to a .png or .svg file." placeholder:"FILE"`
	Title  string          `help:"Title of the picture." default:"Certified accuracy" placeholder:"TEXT"`
	JSON   bool            `name:"json" help:"The same as --format json."`
}

func (analyzeCmd) Help() string {
	return "Certified accuracy at a radius is the share of all images certified for their label with at least that radius.\n\nExample: dmae analyze dmae-quickstart/certify.tsv --radii 0,0.25,0.5 --curve curve.png"
}

// Run prints the table and draws the curve.
func (c *analyzeCmd) Run(e *env) error {
	if len(c.Names) > 0 && len(c.Names) != len(c.Files) {
		return misused("%d --names do not fit %d files: give one for each", len(c.Names), len(c.Files))
	}
	if c.Places < 0 || c.Places > 12 {
		return misused("--places %d cannot be used: give 0 to 12", c.Places)
	}
	var runs []analyze.Run
	for i, file := range c.Files {
		run, err := analyze.ReadFile(file)
		if err != nil {
			return err
		}
		if len(c.Names) > 0 {
			run.Name = c.Names[i]
		}
		runs = append(runs, run)
	}
	table, err := analyze.NewTable(runs, c.Radii)
	if err != nil {
		return err
	}
	if c.JSON {
		c.Format = "json"
	}
	var text bytes.Buffer
	if err := printTable(&text, table, c.Format, analyze.Style{Places: c.Places, Errors: c.Errors}); err != nil {
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
	if err := analyze.WriteCurve(c.Curve, c.Title, runs); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stderr, "curve in %s\n", c.Curve)
	return err
}

func printTable(w io.Writer, t analyze.Table, format string, style analyze.Style) error {
	switch format {
	case "md":
		return t.Markdown(w, style)
	case "json":
		return t.JSON(w)
	}
	return t.Text(w, style)
}
