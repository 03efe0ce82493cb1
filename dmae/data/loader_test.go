package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// got is a copy of a batch.
type got struct {
	epoch, step int
	images      []float32
	labels      []int32
	index       []uint32
}

// collect reads at most n batches; n = 0 is all.
func collect(t testing.TB, ds Dataset, o LoaderOptions, n int) []got {
	t.Helper()
	l, err := NewLoader(t.Context(), ds, o)
	require.NoError(t, err)
	defer l.Close()
	var all []got
	for n == 0 || len(all) < n {
		b, err := l.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		c, h, w := l.Shape()
		require.Len(t, b.Images, b.N()*c*h*w)
		all = append(all, got{b.Epoch, b.Step, slices.Clone(b.Images), slices.Clone(b.Labels), slices.Clone(b.Index)})
	}
	return all
}

var training = Pipeline{RandomResizedCrop{Size: 6, Scale: [2]float64{0.2, 1}}, RandomFlip{}}

func TestBatchesDoNotDependOnGoroutines(t *testing.T) {
	ds := numbered(t, 53, 5, 3, 8, 8)
	o := LoaderOptions{Batch: 10, Shuffle: true, Seed: 4, Pipeline: training, Epochs: 3, Workers: 1, Prefetch: 1}
	want := collect(t, ds, o, 0)
	require.Len(t, want, 18)
	for _, c := range [][2]int{{2, 1}, {7, 3}, {3, 40}} {
		o.Workers, o.Prefetch = c[0], c[1]
		require.Equal(t, want, collect(t, ds, o, 0), "%d goroutines, %d ahead", c[0], c[1])
	}
}

func TestLoadersStartAnywhere(t *testing.T) {
	ds := numbered(t, 53, 5, 1, 8, 8)
	o := LoaderOptions{Batch: 10, Shuffle: true, Seed: 4, Pipeline: training, Epochs: 3}
	for _, drop := range []bool{false, true} {
		o.DropLast, o.Start = drop, 0
		want := collect(t, ds, o, 0)
		for o.Start = range want {
			require.Equal(t, want[o.Start:], collect(t, ds, o, 0))
		}
	}
	o.Start = 15
	require.Empty(t, collect(t, ds, o, 0))
	o.Epochs = 0
	endless := collect(t, ds, o, 3)
	require.Equal(t, 3, endless[0].epoch)
	require.Equal(t, 2, endless[2].step)
}

func TestAnEpochSeesEveryImageOnce(t *testing.T) {
	ds := numbered(t, 25, 5, 1, 8, 8)
	var orders [][]uint32
	for epoch := range 2 {
		var index []uint32
		for _, b := range collect(t, ds, LoaderOptions{Batch: 4, Shuffle: true, Seed: 1, Start: 7 * epoch}, 7) {
			require.Equal(t, epoch, b.epoch)
			for i, at := range b.index {
				require.Equal(t, ds.Label(int(at)), int(b.labels[i]))
				require.Equal(t, unit[pixels(t, ds, int(at)).Pix[3]], b.images[i*64+3])
			}
			index = append(index, b.index...)
		}
		orders = append(orders, slices.Clone(index))
		slices.Sort(index)
		for i, v := range index {
			require.Equal(t, uint32(i), v)
		}
	}
	require.NotEqual(t, orders[0], orders[1])
	inOrder := collect(t, ds, LoaderOptions{Batch: 10, Epochs: 1}, 0)
	require.Equal(t, []uint32{20, 21, 22, 23, 24}, inOrder[2].index)
	require.Len(t, collect(t, ds, LoaderOptions{Batch: 10, Epochs: 1, DropLast: true}, 0), 2)
	require.Len(t, collect(t, ds, LoaderOptions{Batch: 100, Epochs: 2}, 0), 2)
}

// damaged is a data set of which some images cannot be read.
type damaged struct {
	Dataset
	bad map[int]error
}

func (d damaged) Image(i int) (Image, error) {
	if err := d.bad[i]; err != nil {
		return Image{}, err
	}
	return d.Dataset.Image(i)
}

func corruptAt(bad ...int) map[int]error {
	m := map[int]error{}
	for _, i := range bad {
		m[i] = &CorruptError{Path: fmt.Sprintf("%d.png", i), Err: errors.New("boom")}
	}
	return m
}

func TestCorruptImagesAreReplacedOrLeftOut(t *testing.T) {
	ds := damaged{numbered(t, 20, 5, 1, 4, 4), corruptAt(3, 4, 19)}
	for _, workers := range []int{1, 5} {
		var said []string
		o := LoaderOptions{Batch: 6, Epochs: 1, Workers: workers, MaxCorrupt: 3, Log: func(s string) { said = append(said, s) }}
		var index []uint32
		for _, b := range collect(t, ds, o, 0) {
			for i, at := range b.index {
				require.Equal(t, ds.Label(int(at)), int(b.labels[i]))
				require.Equal(t, unit[pixels(t, ds, int(at)).Pix[3]], b.images[i*16+3])
			}
			index = append(index, b.index...)
		}
		require.Equal(t, []uint32{0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18}, index)
		require.Equal(t, []string{
			"left out: the image 3.png cannot be decoded: boom",
			"left out: the image 4.png cannot be decoded: boom",
			"left out: the image 19.png cannot be decoded: boom"}, said)

		said = nil
		o.Shuffle, o.Epochs = true, 2
		seen := map[uint32]int{}
		whole := collect(t, ds, o, 0)
		for _, b := range whole {
			for _, at := range b.index {
				seen[at]++
			}
		}
		require.Equal(t, 2*3, seen[5], "5 replaces 3 and 4")
		require.Equal(t, 2*2, seen[0], "0 replaces 19")
		require.Equal(t, 2, seen[6])
		require.Len(t, said, 3, "each corrupt image is named once")
		o.Start = 3
		require.Equal(t, whole[3:], collect(t, ds, o, 0))
	}
}

func TestTooManyCorruptImagesStopTheLoader(t *testing.T) {
	ds := damaged{numbered(t, 20, 5, 1, 4, 4), corruptAt(3, 9, 15)}
	fails := func(ds Dataset, o LoaderOptions) (batches int, err error) {
		l, err := NewLoader(t.Context(), ds, o)
		require.NoError(t, err)
		defer l.Close()
		for {
			if _, err = l.Next(); err != nil {
				_, again := l.Next()
				require.Equal(t, err, again, "an error is final")
				return batches, err
			}
			batches++
		}
	}
	n, err := fails(ds, LoaderOptions{Batch: 5, MaxCorrupt: 2, Workers: 3})
	require.ErrorContains(t, err, "more than 2 corrupt images, the last one seen: the image 15.png")
	require.Equal(t, 3, n)
	n, err = fails(ds, LoaderOptions{Batch: 5, MaxCorrupt: -1})
	require.ErrorContains(t, err, "3.png")
	require.Zero(t, n)
	all := damaged{numbered(t, 3, 1, 1, 4, 4), corruptAt(0, 1, 2)}
	_, err = fails(all, LoaderOptions{Batch: 2, Shuffle: true})
	require.ErrorContains(t, err, "all images of the data set numbered are corrupt")
	disk := damaged{numbered(t, 20, 5, 1, 4, 4), map[int]error{11: io.ErrUnexpectedEOF, 12: io.ErrClosedPipe}}
	n, err = fails(disk, LoaderOptions{Batch: 10, Workers: 4})
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, 1, n)
}

func TestImagesOfOtherSizesAreErrors(t *testing.T) {
	a, b := numbered(t, 1, 1, 1, 4, 4), numbered(t, 1, 1, 1, 4, 5)
	mixed, err := NewMemory("mixed", []string{"a"}, []Image{pixels(t, a, 0), pixels(t, b, 0)}, []int32{0, 0})
	require.NoError(t, err)
	_, err = NewLoader(t.Context(), mixed, LoaderOptions{Batch: 1})
	require.ErrorContains(t, err, "mixed may differ in size: crop or resize")
	require.Len(t, collect(t, mixed, LoaderOptions{Batch: 1, Epochs: 1, Pipeline: Pipeline{CenterCrop{Size: 3}}}, 0), 2)
	for _, o := range []LoaderOptions{{Batch: 0}, {Batch: 1, Start: -1}, {Batch: 2, DropLast: true}} {
		_, err = NewLoader(t.Context(), a, o)
		require.Error(t, err)
	}
}

func TestLoadersStop(t *testing.T) {
	ds := numbered(t, 40, 5, 1, 4, 4)
	ctx, cancel := context.WithCancel(t.Context())
	l, err := NewLoader(ctx, ds, LoaderOptions{Batch: 4, Workers: 3})
	require.NoError(t, err)
	_, err = l.Next()
	require.NoError(t, err)
	cancel()
	_, err = l.Next()
	require.ErrorIs(t, err, context.Canceled)
	l.Close()
	l.Close()

	// Close at many points in time must not hang or race.
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 50 {
			l, err := NewLoader(t.Context(), ds, LoaderOptions{Batch: 4, Workers: 1 + i%4, Prefetch: 1 + i%3})
			if err != nil {
				t.Error(err)
				return
			}
			for range i % 7 {
				if _, err := l.Next(); err != nil {
					t.Error(err)
				}
			}
			l.Close()
		}
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("a loader did not stop")
	}
}

func TestSteadyLoadingAllocatesLittle(t *testing.T) {
	ds := numbered(t, 64, 4, 3, 32, 32)
	l, err := NewLoader(t.Context(), ds, LoaderOptions{Batch: 16, Shuffle: true, Pipeline: Pipeline{RandomResizedCrop{Size: 32, Scale: [2]float64{0.2, 1}}, RandomFlip{}}, Workers: 2})
	require.NoError(t, err)
	defer l.Close()
	next := func() {
		if _, err := l.Next(); err != nil {
			t.Error(err)
		}
	}
	for range 40 {
		next()
	}
	// Each epoch of four steps allocates its order, and buffers may grow.
	require.Less(t, testing.AllocsPerRun(200, next), 3.0)
}

func BenchmarkLoader(b *testing.B) {
	ds, err := Open(FashionMNIST, Options{})
	require.NoError(b, err)
	l, err := NewLoader(b.Context(), ds, LoaderOptions{Batch: 128, Shuffle: true, Pipeline: Pipeline{RandomResizedCrop{Size: 28, Scale: [2]float64{0.2, 1}}, RandomFlip{}}})
	require.NoError(b, err)
	defer l.Close()
	for b.Loop() {
		if _, err := l.Next(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(128*b.N)/b.Elapsed().Seconds(), "images/s")
}
