package main

import "github.com/godmae/godmae/smooth"

type mergeCmd struct {
	Out    string   `arg:"" help:"Where to write FILE.jsonl, FILE.timing.jsonl and FILE.tsv." placeholder:"FILE"`
	Shards []string `arg:"" help:"The certificates of all shards, in any order." placeholder:"SHARD"`
	JSON   bool     `name:"json" help:"Print a JSON object."`
}

func (mergeCmd) Help() string {
	return "The certificate has the bytes of a run without --shard. Shards that are lost, given twice, unfinished or of another certification are named.\n\nExample: dmae merge runs/all runs/shard-*-of-4.jsonl"
}

// Run merges shards.
func (c *mergeCmd) Run(e *env) error {
	files, err := smooth.Merge(c.Out, c.Shards)
	if err != nil {
		return err
	}
	return printFiles(e, c.JSON, files)
}
