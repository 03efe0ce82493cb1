package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/godmae/godmae/nn/checkpoint"
)

type inspectCmd struct {
	Checkpoint string `arg:"" help:"A safetensors file." placeholder:"FILE"`
	JSON       bool   `name:"json" help:"Print a JSON object instead of a table."`
}

func (inspectCmd) Help() string {
	return "Example: dmae inspect runs/pretrain/checkpoint.safetensors"
}

// tensorRow describes a tensor to a program.
type tensorRow struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Shape []int  `json:"shape"`
}

// Run lists the tensors and the metadata of a checkpoint.
func (c *inspectCmd) Run(e *env) error {
	f, err := checkpoint.Open(c.Checkpoint)
	if err != nil {
		return err
	}
	defer f.Close()
	infos, metadata := f.Tensors(), f.Metadata()
	if c.JSON {
		rows := make([]tensorRow, len(infos))
		for i, t := range infos {
			rows[i] = tensorRow{t.Name, string(t.DType), t.Shape}
		}
		return printJSON(e.stdout, struct {
			File     string            `json:"file"`
			Tensors  []tensorRow       `json:"tensors"`
			Metadata map[string]string `json:"metadata"`
		}{c.Checkpoint, rows, metadata})
	}
	width, total := 0, 0
	for _, t := range infos {
		width = max(width, len(t.Name))
		total += t.Elements()
	}
	for _, t := range infos {
		dims := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(t.Shape)), " x "), "[]")
		fmt.Fprintf(e.stdout, "%-*s  %-4s  %s\n", width, t.Name, t.DType, dims)
	}
	fmt.Fprintf(e.stdout, "%d tensors, %d elements\n", len(infos), total)
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		fmt.Fprintf(e.stdout, "%s: %s\n", key, abbreviate(metadata[key], 400))
	}
	return nil
}

// abbreviate shortens a long value for a terminal; --json has all of it.
func abbreviate(s string, limit int) string {
	s = oneLine(s)
	if len(s) <= limit {
		return s
	}
	return fmt.Sprintf("%s... (%d bytes)", s[:limit], len(s))
}
