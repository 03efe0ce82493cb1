package main

import (
	"encoding/json"
	"io"
)

// printJSON writes v as one indented JSON document, for programs to read.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
