package dmae_test

import (
	"image/color"
	"image/png"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/testbackend"
)

func TestPicture(t *testing.T) {
	b := testbackend.New(t)
	for _, c := range []struct {
		name     string
		dataSize int
		normPix  bool
	}{{"same size", 224, true}, {"resized", 32, false}} {
		t.Run(c.name, func(t *testing.T) {
			cfg := tiny(c.dataSize, c.normPix)
			m := loadTiny(t, b, cfg)
			var pixels []float32
			for range 2 { // a red and a blue half
				for channel := range 3 {
					for i := range c.dataSize * c.dataSize {
						left := i%c.dataSize < c.dataSize/2
						switch {
						case channel == 0 && left, channel == 2 && !left:
							pixels = append(pixels, 1)
						default:
							pixels = append(pixels, 0)
						}
					}
				}
			}
			img, err := m.Picture(pixels, 0.25, 1)
			require.NoError(t, err)
			const top, cell = 20, 224 + 6
			require.Equal(t, 3*cell+12, img.Bounds().Dx())
			require.Equal(t, top+2*cell+6, img.Bounds().Dy())
			at := func(x, y int) color.RGBA { return img.At(x, y).(color.RGBA) }
			require.Equal(t, color.RGBA{255, 0, 0, 255}, at(6+10, top+10))
			require.Equal(t, color.RGBA{0, 0, 255, 255}, at(6+200, top+cell+10))

			grey := 0
			for patch := range cfg.Patches() {
				x, y := patch%cfg.Grid()*16+8, patch/cfg.Grid()*16+8
				if at(6+cell+x, top+y) == (color.RGBA{128, 128, 128, 255}) {
					grey++
				}
			}
			require.InDelta(t, cfg.Patches()-cfg.Visible(), grey, 1)

			again, err := m.Picture(pixels, 0.25, 1)
			require.NoError(t, err)
			require.Equal(t, img, again)
			if path := os.Getenv("DMAE_PICTURE"); path != "" {
				f, err := os.Create(path)
				require.NoError(t, err)
				require.NoError(t, png.Encode(f, img))
				require.NoError(t, f.Close())
			}
		})
	}
	m := loadTiny(t, b, tiny(32, true))
	_, err := m.Picture(make([]float32, 5), 0.25, 1)
	require.ErrorContains(t, err, "5 values are not images of")
	_, err = m.Picture(nil, 0.25, 1)
	require.ErrorContains(t, err, "0 values are not images of")
}
