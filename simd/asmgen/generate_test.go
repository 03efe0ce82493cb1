package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/arch/arm64/arm64asm"
)

// The committed kernels are the output of this generator.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	for name, want := range generate() {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("simd/%s is out of date; run: cd simd/asmgen && go run .", name)
		}
	}
}

// wordLine is a line like
//
//	WORD $0x4e20d400   // fadd v0, v1, v2   sum = a + b
var wordLine = regexp.MustCompile(`WORD \$0x([0-9a-f]{8}) +// ([a-z0-9]+)( #8|\[0\])? v(\d+), v(\d+)(?:, v(\d+))?`)

// A disassembler decodes every instruction that is written as a word to the
// instruction and the registers in its comment.
func TestWordsDisassemble(t *testing.T) {
	seen := map[string]bool{}
	for name, text := range generate() {
		for line := range strings.Lines(text) {
			if !strings.Contains(line, "WORD") {
				continue
			}
			m := wordLine.FindStringSubmatch(line)
			if m == nil {
				t.Fatalf("%s: the comment does not say what this is: %s", name, line)
			}
			word, err := strconv.ParseUint(m[1], 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			inst, err := arm64asm.Decode([]byte{byte(word), byte(word >> 8), byte(word >> 16), byte(word >> 24)})
			if err != nil {
				t.Fatalf("%s: %v: %s", name, err, line)
			}
			got := strings.ToLower(inst.String())
			for _, r := range m[4:] {
				if r != "" && !regexp.MustCompile(`\bv`+r+`\.`).MatchString(got) {
					t.Errorf("%s: register v%s is not in %q: %s", name, r, got, line)
				}
			}
			if !strings.HasPrefix(got, m[2]+" ") {
				t.Errorf("%s: it is %q: %s", name, got, line)
			}
			seen[m[2]] = true
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d different instructions were checked", len(seen))
	}
}
