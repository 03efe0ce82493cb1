package dmae_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
)

func TestGradientsOfWholeModels(t *testing.T) {
	for _, r := range dmae.CheckGradients() {
		t.Logf("%-12s %-40s %4d checked, worst %.1e", r.Name, r.Case, r.Checked, r.Worst)
		require.True(t, r.Pass, "%+v", r)
		require.Greater(t, r.Checked, 50)
	}
}

func TestGradientsOfWholeModelsOnABackend(t *testing.T) {
	b := testbackend.New(t)
	for _, r := range must(dmae.CheckGradientsOn(b)) {
		t.Logf("%-12s %-40s %4d gradients, error %.1e", r.Name, r.Case, r.Checked, r.Worst)
		require.True(t, r.Pass, "%+v", r)
	}
}
