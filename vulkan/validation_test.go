package vulkan

import (
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// layer is Khronos' validation layer; it prints what it finds to standard output.
const layer = "VK_LAYER_KHRONOS_validation"

// The conformance suite runs under the validation layer, checks of synchronisation
// switched on, and that prints nothing.
func TestValidationIsSilent(t *testing.T) {
	open(t, Options{}) // skips
	if _, err := os.Stat("/usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json"); err != nil {
		t.Skip("the validation layers are not installed (scripts/install-vulkan-drivers.sh)")
	}
	run := func(test string) string {
		cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v")
		cmd.Env = append(os.Environ(), "VK_INSTANCE_LAYERS="+layer, "VK_LAYER_ENABLES=VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT",
			"VULKAN_MISUSE=1")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	found := regexp.MustCompile(`(?i)validation (error|warning|performance)|VUID|SYNC-HAZARD|UNASSIGNED`)
	require.Regexp(t, found, run("TestMisuse"), "the layer sees a mistake that is made on purpose")
	for _, test := range []string{"TestConformance", "TestTransfersReuseMemory"} {
		out := run(test)
		require.Contains(t, out, "--- PASS: "+test)
		require.NotRegexp(t, found, out)
	}
}

// TestMisuse destroys an object twice in the process that TestValidationIsSilent
// starts, so that the layer has something to say.
func TestMisuse(t *testing.T) {
	if os.Getenv("VULKAN_MISUSE") == "" {
		t.Skip("only run by TestValidationIsSilent")
	}
	b := open(t, Options{})
	m, err := b.memory.newBlock(grain, false)
	require.NoError(t, err)
	b.memory.free(m)
	b.d.objects += 2
	b.memory.reserved += grain
	b.memory.free(&block{buffer: m.buffer, size: grain})
	b.d.objects--
}
