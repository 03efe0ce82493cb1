package certify_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/smooth"
)

// BenchmarkClassifier classifies noisy copies as the certifier does.
func BenchmarkClassifier(b *testing.B) {
	be := cpu.New(cpu.Options{})
	defer be.Close()
	cfg, err := dmae.Preset("dmae_vit_tiny_patch4_28")
	require.NoError(b, err)
	cfg.Classes = 10
	m, err := dmae.NewClassifier(be, cfg)
	require.NoError(b, err)
	m.InitScratch(1)
	pixels := bytesOf(&m.Config, 0)
	s := certify.NewClassifier(m, func(int) ([]byte, error) { return pixels, nil }, certify.DefaultBatch)
	jobs, out := make([]smooth.Job, certify.DefaultBatch), make([]int32, certify.DefaultBatch)
	for i := range jobs {
		jobs[i] = smooth.Job{Stream: philox.EstimationNoise, Sample: uint32(i)}
	}
	integers, err := pixelnoise.New(decimal.Must("0.25"))
	require.NoError(b, err)
	for _, noise := range []struct {
		name string
		smooth.Noise
	}{{"float", smooth.Noise{Sigma: 0.25}}, {"integer", smooth.Noise{Pixels: integers}}} {
		b.Run(noise.name, func(b *testing.B) {
			for b.Loop() {
				require.NoError(b, s.Classify(context.Background(), jobs, noise.Noise, out))
			}
			b.ReportMetric(float64(len(jobs))*float64(b.N)/b.Elapsed().Seconds(), "samples/s")
		})
	}
}
