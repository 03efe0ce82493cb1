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

// Run checks every derivative.
func (c *gradcheckCmd) Run(e *env) error {
	b, err := c.backend()
	if err != nil {
		return err
	}
	defer b.Close()
	results := slices.Concat(gradcheck.All(), dmae.CheckGradients(), gradcheck.AllOn(b), dmae.CheckGradientsOn(b))
	failed := 0
	for _, r := range results {
		if !r.Pass {
			failed++
		}
	}
	if c.JSON {
		if err := printJSON(e.stdout, struct {
			Checked int                `json:"checked"`
			Failed  int                `json:"failed"`
			Cases   []gradcheck.Result `json:"cases"`
		}{len(results), failed, results}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(e.stdout, "%-26s %-24s %8s %10s %10s\n", "operation", "case", "checked", "worst", "limit")
		for _, r := range results {
			verdict := "pass"
			if !r.Pass {
				verdict = "FAIL"
			}
			fmt.Fprintf(e.stdout, "%-26s %-24s %8d %10.1e %10.1e %s\n", r.Name, r.Case, r.Checked, r.Worst, r.Limit, verdict)
		}
		fmt.Fprintf(e.stdout, "%d checked, %d failed\n", len(results), failed)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d gradient checks failed", failed, len(results))
	}
	return nil
}
