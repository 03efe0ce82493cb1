package main

import (
	"github.com/alecthomas/kong"

	"github.com/godmae/godmae/smooth/certificate"
)

type mergeCmd struct {
	Out    string   `arg:"" help:"Where to write FILE.jsonl, FILE.timing.jsonl and FILE.tsv." placeholder:"FILE"`
	Shards []string `arg:"" help:"The certificates of all shards, in any order." placeholder:"SHARD"`
	JSON   bool     `name:"json" help:"Print a JSON object."`
}

func (mergeCmd) Help() string {
	return "The certificate has the bytes of a run without --shard. An error names a shard that is missing, given twice, unfinished or of another certification. The same as dmae certify --merge.\n\nExample: dmae merge runs/all runs/shard-*.jsonl"
}

// Run merges shards.
func (c *mergeCmd) Run(e *env) error { return merge(e, c.Out, c.Shards, c.JSON) }

// merge merges shards for dmae merge and dmae certify --merge.
func merge(e *env, out string, shards []string, json bool) error {
	if len(shards) == 0 {
		return misused("there are no shards to merge: name their certificates")
	}
	files, err := certificate.Merge(out, shards)
	if err != nil {
		return err
	}
	return printFiles(e, json, files)
}

// mergeFlags make dmae certify work as dmae merge.
type mergeFlags struct {
	Merge  mergeFlag `help:"Merge the shards of a certification, which are the arguments, instead of certifying; only --out and --json are allowed."`
	Shards []string  `arg:"" optional:"" name:"shard-file" help:"With --merge: the certificates of all shards, in any order." placeholder:"SHARD"`
}

// mergeFlag is the flag --merge.
type mergeFlag bool

// BeforeReset is kong's hook for a flag that was given: merging needs no data
// and no model, and returns an error for flags that it would ignore.
func (mergeFlag) BeforeReset(ctx *kong.Context) error {
	for _, p := range ctx.Path {
		if p.Flag == nil {
			continue
		}
		switch p.Flag.Name {
		case "out", "json", "help":
		case "merge":
			if on, ok := ctx.FlagValue(p.Flag).(mergeFlag); ok && !bool(on) {
				return nil // --merge=false
			}
		default:
			return misused("--%s does not go with --merge, which only merges finished shards", p.Flag.Name)
		}
	}
	for _, f := range ctx.Selected().Flags {
		if f.Name == "data" || f.Name == "model" {
			f.Required = false
		}
	}
	return nil
}
