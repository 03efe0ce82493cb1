package jpeg

import (
	"bufio"
	"bytes"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/philox"
)

// Files of all kinds are decoded as by Pillow with libjpeg-turbo, bit for bit;
// see scripts/make-pil-fixtures.py.
func TestDecodeEqualsPIL(t *testing.T) {
	f, err := checkpoint.Open("../testdata/pil_jpeg.safetensors")
	require.NoError(t, err)
	defer f.Close()
	for name, file := range files(t) {
		info, ok := f.Info(name + ".rgb")
		require.True(t, ok, name)
		want, err := f.Raw(name + ".rgb")
		require.NoError(t, err)
		p, err := Decode(file)
		require.NoError(t, err, name)
		require.Equal(t, []int{info.Shape[0], info.Shape[1]}, []int{p.H, p.W})
		n := p.H * p.W
		got := make([]byte, len(want))
		for i := range got {
			got[i] = p.Pix[i%3%p.C*n+i/3]
		}
		require.Equal(t, want, got, name)
	}
}

// files returns the JPEG files of the parent package's fixture, by name.
func files(t testing.TB) map[string][]byte {
	f, err := checkpoint.Open("../testdata/pil_jpeg.safetensors")
	require.NoError(t, err)
	defer f.Close()
	m := map[string][]byte{}
	for _, info := range f.Tensors() {
		if name, ok := bytes.CutSuffix([]byte(info.Name), []byte(".file")); ok {
			raw, err := f.Raw(info.Name)
			require.NoError(t, err)
			m[string(name)] = bytes.Clone(raw)
		}
	}
	require.Greater(t, len(m), 40)
	return m
}

func TestNaturalOrder(t *testing.T) {
	require.Equal(t, []byte{0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5}, natural[:16])
	require.Equal(t, []byte{61, 54, 47, 55, 62, 63}, natural[58:])
	seen := map[byte]bool{}
	for _, n := range natural {
		seen[n] = true
	}
	require.Len(t, seen, 64)
}

// The integer transform is the cosine transform up to rounding.
func TestIDCT(t *testing.T) {
	g := philox.NewGen(philox.Addr{Seed: 1})
	for range 50 {
		var b [64]int32
		for k := range b {
			if g.Intn(6) == 0 {
				b[k] = int32(g.Intn(200) - 100)
			}
		}
		in := b
		out := make([]byte, 64)
		idct(&b, out, 8)
		for y := range 8 {
			for x := range 8 {
				want := 128.0
				for v := range 8 {
					for u := range 8 {
						c := float64(in[8*v+u]) / 4
						if u == 0 {
							c *= math.Sqrt2 / 2
						}
						if v == 0 {
							c *= math.Sqrt2 / 2
						}
						want += c * math.Cos(float64(2*x+1)*float64(u)*math.Pi/16) * math.Cos(float64(2*y+1)*float64(v)*math.Pi/16)
					}
				}
				require.InDelta(t, min(max(want, 0), 255), float64(out[8*y+x]), 0.6)
			}
		}
	}
}

// The standard library reads the same coefficients: its luma differs by at most
// one, also for files of its own encoder.
func TestLumaEqualsStandardLibrary(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 45, 31))
	g := philox.NewGen(philox.Addr{Seed: 2})
	for y := range 31 {
		for x := range 45 {
			m.SetRGBA(x, y, color.RGBA{uint8(5*x + g.Intn(20)), uint8(7*y + g.Intn(20)), uint8(128 + g.Intn(60)), 255})
		}
	}
	all := files(t)
	var b bytes.Buffer
	require.NoError(t, stdjpeg.Encode(&b, m, &stdjpeg.Options{Quality: 95}))
	all["standard library's"] = b.Bytes()
	compared := 0
	for name, file := range all {
		std, err := stdjpeg.Decode(bytes.NewReader(file))
		if err != nil {
			continue // CMYK without a mark
		}
		ycc, ok := std.(*image.YCbCr)
		if !ok {
			continue
		}
		d := decoder{file: file}
		require.NoError(t, d.segments(), name)
		if d.progressive {
			for i := range d.components {
				d.reconstruct(&d.components[i], false)
			}
		}
		for i, c := range d.components {
			pix, stride := ycc.Y, ycc.YStride
			if i > 0 {
				pix, stride = ycc.Cb, ycc.CStride
				if i == 2 {
					pix = ycc.Cr
				}
			}
			for y := range c.rows {
				for x := range c.w {
					require.InDelta(t, pix[y*stride+x], c.samples[y*c.stride+x], 1, "%s: component %d at %d,%d", name, i, y, x)
				}
			}
		}
		compared++
	}
	require.Greater(t, compared, 40)
}

// Every prefix of a file gives an error, or the picture if all its data are
// there.
func TestCutFiles(t *testing.T) {
	all := files(t)
	for _, name := range []string{"420.photo.19x37", "420.photo.progressive", "grey.photo", "422.photo.restarts.progressive", "cmyk.flat"} {
		file := all[name]
		require.NotNil(t, file, name)
		whole, err := Decode(file)
		require.NoError(t, err)
		for n := range len(file) {
			p, err := Decode(file[:n:n])
			if err == nil {
				require.Equal(t, whole, p)
				require.Greater(t, n, len(file)-4, name)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	all := files(t)
	good := all["420.photo.19x37"]
	frame := bytes.Index(good, []byte{0xff, markerSOF0})
	scan := bytes.Index(good, []byte{0xff, markerSOS})
	change := func(at int, b ...byte) []byte {
		f := bytes.Clone(good)
		copy(f[at:], b)
		return f
	}
	for _, c := range []struct {
		name, want string
		file       []byte
	}{
		{"empty", "does not start as a JPEG file", nil},
		{"text", "does not start as a JPEG file", []byte("hello")},
		{"no picture", "holds no picture", []byte{0xff, 0xd8, 0xff, 0xd9}},
		{"lossless", "uses lossless coding", change(frame+1, 0xc3)},
		{"12 bits", "has 12 bits a sample, only 8", change(frame+4, 12)},
		{"no lines", "size of 37x0 pixels is empty", change(frame+5, 0, 0)},
		{"claims", "cannot hold 65500x65500 pixels", change(frame+5, 0xff, 0xdc, 0xff, 0xdc)},
		{"sampling", "the sampling of a component is malformed", change(frame+11, 0x52)},
		{"ratio", "no whole ratio", change(frame+11, 0x32, 0, 2, 0x22)},
		{"two frames", "holds two pictures", append(bytes.Clone(good[:scan]), good[frame:]...)},
		{"no tables", "quantisation table that the file does not define", change(frame+12, 3)},
		{"scan header", "a scan header is malformed", change(scan+4, 5)},
		{"unknown component", "a scan header is malformed", change(scan+5, 77)},
		{"twice in a scan", "a scan header is malformed", change(scan+7, 1)},
		{"no code", "Huffman table that the file does not define", change(scan+6, 0x33)},
		{"scan first", "before the frame header", append(bytes.Clone(good[:frame]), good[scan:]...)},
	} {
		_, err := Decode(c.file)
		require.ErrorContains(t, err, c.want, c.name)
	}
	w, h, err := size(good)
	require.NoError(t, err)
	require.Equal(t, [2]int{37, 19}, [2]int{w, h})
}

// A scan without new data has a few bytes and visits the whole picture, so the
// number of blocks that all scans visit is bounded.
func TestScansAreBounded(t *testing.T) {
	d := decoder{file: files(t)["420.photo.progressive"], visited: mostBlocks}
	require.ErrorContains(t, d.segments(), "go over more than")
}

func size(file []byte) (w, h int, err error) { return Size(bufio.NewReader(bytes.NewReader(file))) }

func FuzzDecode(f *testing.F) {
	for _, file := range files(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		w, h, err := size(file)
		if err == nil && w*h > 1<<18 {
			return
		}
		p, decodeErr := Decode(file)
		if decodeErr != nil {
			return
		}
		require.NoError(t, err)
		require.Equal(t, [2]int{w, h}, [2]int{p.W, p.H})
		require.Len(t, p.Pix, p.C*p.W*p.H)
	})
}

func BenchmarkDecode(b *testing.B) {
	m := image.NewRGBA(image.Rect(0, 0, 500, 375))
	g := philox.NewGen(philox.Addr{Seed: 2})
	for y := range 375 {
		for x := range 500 {
			m.SetRGBA(x, y, color.RGBA{uint8(x + g.Intn(20)), uint8(y + g.Intn(20)), uint8(128 + g.Intn(60)), 255})
		}
	}
	var file bytes.Buffer
	require.NoError(b, stdjpeg.Encode(&file, m, &stdjpeg.Options{Quality: 90}))
	b.Run("here", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := Decode(file.Bytes())
			require.NoError(b, err)
		}
	})
	b.Run("standard library, planes alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := stdjpeg.Decode(bytes.NewReader(file.Bytes()))
			require.NoError(b, err)
		}
	})
}
