package examples

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/simd"

	// What the programs import: go test runs again, and does not show a cached result,
	// when one of these has changed.
	_ "github.com/godmae/godmae/autograd/gradcheck"
	_ "github.com/godmae/godmae/dmae/certify"
	_ "github.com/godmae/godmae/dmae/train"
	_ "github.com/godmae/godmae/ops/cpu"
)

const maxLines = 80

// training is the program that takes more than a moment.
const training = "08-dmae"

// programs returns the folders of the course in order.
func programs(t *testing.T) []string {
	mains, err := filepath.Glob("*/main.go")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(mains), 8)
	var names []string
	for _, path := range mains {
		names = append(names, filepath.Dir(path))
	}
	return names // Glob sorts
}

// Every program prints its output.txt: on any machine, and whatever folder it runs in.
func TestOutputs(t *testing.T) {
	bin := t.TempDir()
	build, err := exec.Command("go", "build", "-ldflags=-w", "-o", bin, "./...").CombinedOutput()
	require.NoError(t, err, "%s", build)
	for _, name := range programs(t) {
		t.Run(name, func(t *testing.T) {
			if name == training && (testing.Short() || simd.ISA() == "go") {
				t.Skip("trains: ten seconds with assembly kernels, many minutes without")
			}
			want, err := os.ReadFile(filepath.Join(name, "output.txt"))
			require.NoError(t, err)
			program := filepath.Join(bin, name)
			if runtime.GOOS == "windows" {
				program += ".exe"
			}
			var stderr bytes.Buffer
			run := exec.Command(program)
			run.Dir, run.Stderr = t.TempDir(), &stderr
			got, err := run.Output()
			require.NoError(t, err, "%s", stderr.String())
			require.Equal(t, strings.ReplaceAll(string(want), "\r\n", "\n"), string(got),
				"if the change is right: go run ./examples/%[1]s > examples/%[1]s/output.txt", name)
			require.Contains(t, string(got), "\nThe point: ", "the output ends with what is learned")
		})
	}
}

// A program fits on a screen, says at its top what it shows, and is written with
// what any user of the module may import.
func TestPrograms(t *testing.T) {
	imported := regexp.MustCompile(`(?m)^\t"([^"]+)"$`)
	for _, name := range programs(t) {
		text, err := os.ReadFile(filepath.Join(name, "main.go"))
		require.NoError(t, err)
		require.LessOrEqual(t, bytes.Count(text, []byte("\n")), maxLines, name)
		require.True(t, bytes.HasPrefix(text, []byte("// ")), "%s starts without saying what it shows", name)
		for _, m := range imported.FindAllStringSubmatch(string(text), -1) {
			ours := strings.HasPrefix(m[1], "github.com/godmae/godmae/") && !strings.Contains(m[1], "internal/")
			standard := !strings.Contains(m[1], ".")
			require.True(t, ours || standard, "%s imports %s", name, m[1])
		}
	}
}

// The page of the course leads through the programs in their order, and names no other.
func TestCoursePage(t *testing.T) {
	page, err := os.ReadFile("../docs/course.md")
	require.NoError(t, err)
	var linked []string
	for _, m := range regexp.MustCompile(`(?m)^## .*\]\(\.\./examples/([^/)]+)/main\.go\)`).FindAllStringSubmatch(string(page), -1) {
		linked = append(linked, m[1])
	}
	require.Equal(t, programs(t), linked)
	for _, name := range linked {
		require.Contains(t, string(page), "go run ./examples/"+name+"\n")
	}
}
