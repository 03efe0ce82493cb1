package main

import (
	"fmt"
	"slices"

	"github.com/godmae/godmae/autograd/gradcheck"
	"github.com/godmae/godmae/dmae"
)

type gradcheckCmd struct {
	computeFlags
	JSON bool `name:"json" help:"Print a JSON object."`
}

func (gradcheckCmd) Help() string {
	return "Derivatives are compared with finite differences in float64 on the reference backend, and the float32 backend with the reference.\n\nExample: dmae gradcheck --json"
}

// gradcheckCase is a check and the reference of the comparison.
type gradcheckCase struct {
	gradcheck.Result
	Against string `json:"against"`
}

// Run checks every derivative.
func (c *gradcheckCmd) Run(e *env) error {
	b, err := c.backend()
	if err != nil {
		return err
	}
	defer b.Close()
	var cases []gradcheckCase
	failed := 0
	check := func(against string, results []gradcheck.Result) {
		for _, r := range results {
			cases = append(cases, gradcheckCase{r, against})
			if !r.Pass {
				failed++
			}
		}
	}
	check("finite differences", slices.Concat(gradcheck.All(), dmae.CheckGradients()))
	operations, err := gradcheck.AllOn(b)
	if err != nil {
		return err
	}
	models, err := dmae.CheckGradientsOn(b)
	if err != nil {
		return err
	}
	check(b.Identity().Name+" against ref", slices.Concat(operations, models))
	if c.JSON {
		if err := printJSON(e.stdout, struct {
			Checked int             `json:"checked"`
			Failed  int             `json:"failed"`
			Cases   []gradcheckCase `json:"cases"`
		}{len(cases), failed, cases}); err != nil {
			return err
		}
	} else {
		for i, r := range cases {
			if i == 0 || r.Against != cases[i-1].Against {
				fmt.Fprintf(e.stdout, "%s\n  %-16s %-42s %7s %9s %9s\n", r.Against, "operation", "case", "checked", "worst", "limit")
			}
			verdict := "pass"
			if !r.Pass {
				verdict = "FAIL"
			}
			fmt.Fprintf(e.stdout, "  %-16s %-42s %7d %9.1e %9.1e  %s\n", r.Name, r.Case, r.Checked, r.Worst, r.Limit, verdict)
		}
		fmt.Fprintf(e.stdout, "%d checked, %d failed\n", len(cases), failed)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d gradient checks failed", failed, len(cases))
	}
	return nil
}
