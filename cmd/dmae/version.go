package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/simd"
)

// contract is the version of the numerics contract of this binary; see
// docs/numerics.md.
const contract = ops.Contract

type versionCmd struct {
	Capabilities bool `help:"Print the table of capabilities as in the README."`
	JSON         bool `name:"json" help:"Print a JSON object."`
}

func (versionCmd) Help() string { return "Example: dmae version --json" }

// build describes this program and how it was built.
type build struct {
	Module   string `json:"module"`
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	ISA      string `json:"isa"`
	Contract string `json:"contract"`
}

func describeBuild() build {
	b := build{
		Module: "github.com/godmae/godmae", Version: "(devel)",
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		ISA: simd.ISA(), Contract: contract,
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			b.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Revision = s.Value
			}
		}
	}
	return b
}

// Run prints the identity of the binary or its capabilities.
func (c *versionCmd) Run(e *env) error {
	b := describeBuild()
	switch {
	case c.Capabilities:
		_, err := fmt.Fprint(e.stdout, capabilitiesTable())
		return err
	case c.JSON:
		return printJSON(e.stdout, b)
	}
	revision := b.Revision
	if revision != "" {
		revision = " (" + revision + ")"
	}
	_, err := fmt.Fprintf(e.stdout, "%s %s%s\n%s %s, kernels %s, numerics contract %s\n", b.Module, b.Version, revision, b.Go, b.Platform, b.ISA, b.Contract)
	return err
}
