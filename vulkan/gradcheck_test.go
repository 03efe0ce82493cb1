package vulkan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd/gradcheck"
)

// The device's derivatives against finite differences of the reference.
func TestGradients(t *testing.T) {
	results, err := gradcheck.AllOn(open(t, Options{}))
	require.NoError(t, err)
	require.NotEmpty(t, results)
	for _, r := range results {
		require.True(t, r.Pass, "%+v", r)
	}
}
