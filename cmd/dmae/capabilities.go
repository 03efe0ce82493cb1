package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/smooth/bound"
)

// capabilitiesTable returns the table of capabilities in Markdown, generated
// from the program's own registries. So it cannot list a command, a model or a
// derivative that does not exist. A test compares the README with it.
func capabilitiesTable() string {
	var b strings.Builder
	b.WriteString("| what | works today |\n| --- | --- |\n")
	row := func(what string, items ...string) {
		fmt.Fprintf(&b, "| %s | %s |\n", what, strings.Join(items, ", "))
	}
	row("commands", quoted(commandNames())...)
	row("models", quoted(dmae.PresetNames())...)
	derivatives := 0
	for _, op := range ops.All {
		if autograd.Differentiable(op) {
			derivatives++
		}
	}
	row("operations", fmt.Sprintf("%d, of which %d have a derivative; `dmae gradcheck` checks each against finite differences", len(ops.All), derivatives))
	row("backends", backendTexts()...)
	row("images", "`"+data.FashionMNIST+"`", "IDX files", "CIFAR-10 and CIFAR-100", "folders and .tar, .tar.gz and .zip archives of "+data.FormatNames()+" files")
	row("checkpoints", "safetensors", "PyTorch `.pth`, read (zip and legacy) and written (zip)")
	row("certification", "methods "+strings.Join(quoted(methodNames()), ", "), "certificates as JSONL and TSV")
	row("numerics contract", "`"+contract+"`: the same bits for any number of threads, batch size and CPU")
	return b.String()
}

// backendTexts describes each backend.
func backendTexts() (texts []string) {
	for _, k := range ops.Backends() {
		texts = append(texts, fmt.Sprintf("`%s` (%s)", k.Name, k.Help))
	}
	return texts
}

// methodNames returns the names of the certifier's methods.
func methodNames() []string {
	var names []string
	for _, m := range bound.Methods() {
		names = append(names, string(m))
	}
	return names
}

// commandNames returns the names of the subcommands.
func commandNames() []string {
	k, err := kong.New(&cli{}, flagDefaults)
	if err != nil {
		panic(err) // a mistake in the struct tags of cli
	}
	var names []string
	for _, n := range k.Model.Children {
		names = append(names, n.Name)
	}
	return names
}

func quoted(names []string) []string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = "`" + n + "`"
	}
	return q
}
