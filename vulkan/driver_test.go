package vulkan

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// testDevice is the device that the tests run on: the one the environment names, or
// Mesa's on the processor.
func testDevice() string {
	if name := os.Getenv(DeviceVariable); name != "" {
		return name
	}
	return "llvmpipe"
}

// open opens the device of the tests, or skips where there is none. That everything
// is given back is checked at the end.
func open(t *testing.T, o Options) *Backend {
	t.Helper()
	if o.Device == "" {
		o.Device = testDevice()
	}
	b, err := Open(o)
	if err != nil {
		t.Skipf("a Vulkan driver is not installed (scripts/install-vulkan-drivers.sh): %v", err)
	}
	t.Cleanup(func() { closed(t, b) })
	return b
}

// closed closes a backend and fails if it kept anything.
func closed(t testing.TB, b *Backend) {
	t.Helper()
	require.NoError(t, b.Close())
	require.Zero(t, b.d.objects, "objects that were not destroyed")
	require.Zero(t, b.memory.reserved, "bytes that were not given back")
}
