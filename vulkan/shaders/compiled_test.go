package shaders

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The committed SPIR-V is what the compiler makes of the committed GLSL.
func TestCompiled(t *testing.T) {
	version, err := exec.Command("glslc", "--version").Output()
	if err != nil || !strings.HasPrefix(string(version), "shaderc 2023.2-1") {
		t.Skip("glslc of Debian 12 (shaderc 2023.2-1) is not installed (scripts/install-vulkan-drivers.sh)")
	}
	dir := t.TempDir()
	out, err := exec.Command("../../scripts/shaders.sh", dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	list := func(dir string) (names []string) {
		files, err := filepath.Glob(filepath.Join(dir, "*.spv"))
		require.NoError(t, err)
		for _, f := range files {
			names = append(names, filepath.Base(f))
		}
		return names
	}
	require.Equal(t, list(dir), list("."))
	for _, name := range list(".") {
		fresh, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		committed, err := os.ReadFile(name)
		require.NoError(t, err)
		require.True(t, bytes.Equal(fresh, committed), "%s is not what scripts/shaders.sh makes; run it and commit", name)
	}
}
