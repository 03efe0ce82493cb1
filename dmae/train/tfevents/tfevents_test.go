package tfevents_test

import (
	"bytes"
	"errors"
	"flag"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae/train/tfevents"
)

var update = flag.Bool("update", false, "rewrite testdata/godmae.tfevents")

// picture returns a small PNG.
func picture(t testing.TB) *tfevents.Image {
	im := image.NewRGBA(image.Rect(0, 0, 3, 2))
	for i := range im.Pix {
		im.Pix[i] = byte(i*11) | 1
	}
	for i := 3; i < len(im.Pix); i += 4 {
		im.Pix[i] = 255
	}
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, im))
	return &tfevents.Image{Width: 3, Height: 2, Channels: 3, PNG: b.Bytes()}
}

// sample is the events of a short run.
func sample(t testing.TB) []tfevents.Event {
	return []tfevents.Event{
		{WallTime: 1700000001.5, Step: 0, Position: 1, Values: []tfevents.Value{{Tag: "train_loss", Scalar: 0.75}, {Tag: "lr", Scalar: 0}}},
		{WallTime: 1700000002.25, Step: 500, Position: 2, Values: []tfevents.Value{{Tag: "train_loss", Scalar: -1e-30}, {Tag: "lr", Scalar: 1.5e-4}}},
		{WallTime: 1700000003, Step: 1, Position: 3, Values: []tfevents.Value{{Tag: "perf/test_acc1", Scalar: 87.5}, {Tag: "reconstruction", Image: picture(t)}}},
		{WallTime: 1700000004, Step: 1000, Position: 4, Values: []tfevents.Value{{Tag: "train_loss", Scalar: 0.5}, {Tag: "lr", Scalar: 3e-4}}},
	}
}

const writer = "godmae test"

func open(t testing.TB, path string, position uint64) *tfevents.Log {
	l, cut, err := tfevents.Open(path, writer, position, false, 1700000000)
	require.NoError(t, err)
	require.Zero(t, cut)
	return l
}

// write makes a file of events and returns its bytes.
func write(t testing.TB, path string, events []tfevents.Event) []byte {
	l := open(t, path, 0)
	for i := range events {
		require.NoError(t, l.Append(&events[i]))
	}
	require.NoError(t, l.Sync())
	require.NoError(t, l.Close())
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	return file
}

func readAll(t testing.TB, file []byte) []tfevents.Event {
	var list []tfevents.Event
	r := tfevents.NewReader(bytes.NewReader(file))
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			require.Equal(t, int64(len(file)), r.Offset())
			return list
		}
		require.NoError(t, err)
		list = append(list, e)
	}
}

func TestAnIndependentReaderSeesWhatWasWritten(t *testing.T) {
	events := sample(t)
	version, got, err := points(write(t, filepath.Join(t.TempDir(), "a", "events"), events))
	require.NoError(t, err)
	require.Equal(t, "brain.Event:2", version)
	var want []point
	for _, e := range events {
		for _, v := range e.Values {
			p := point{wall: e.WallTime, step: e.Step, tag: v.Tag, scalar: v.Scalar}
			if v.Image != nil {
				p.size, p.png = [3]uint64{2, 3, 3}, string(v.Image.PNG)
			}
			want = append(want, p)
		}
	}
	require.Equal(t, want, got)
}

// The bytes of testdata/godmae.tfevents were read with TensorBoard 2.21
// (scripts/tensorboard-check.py). If they change, they must be checked with it
// again.
func TestGoldenFile(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "events"), sample(t))
	golden := filepath.Join("testdata", "godmae.tfevents")
	if *update {
		require.NoError(t, os.WriteFile(golden, file, 0o666))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, file))
}

// testdata/tensorboard.tfevents was written by TensorBoard's own writer.
func TestFileOfTensorBoard(t *testing.T) {
	file, err := os.ReadFile(filepath.Join("testdata", "tensorboard.tfevents"))
	require.NoError(t, err)
	got := readAll(t, file)
	require.Len(t, got, 4)
	require.Equal(t, tfevents.Version, got[0].FileVersion)
	require.Equal(t, "tensorboard.summary.writer.event_file_writer", got[0].Writer)
	require.Equal(t, tfevents.Event{WallTime: 1.5, Step: 3, Values: []tfevents.Value{{Tag: "loss", Scalar: 0.1}, {Tag: "lr", Scalar: -2}}}, got[1])
	require.Equal(t, tfevents.Event{WallTime: 2.5, Step: 1 << 40, Values: []tfevents.Value{{Tag: "picture", Image: &tfevents.Image{Height: 2, Width: 3, Channels: 1, PNG: []byte("\x89PNG not really")}}}}, got[2])
	require.Equal(t, tfevents.Event{WallTime: 3.5, Step: -1, Values: []tfevents.Value{{Tag: "zero"}}}, got[3])
}

func TestGoingOnCutsOffWhatWillComeAgain(t *testing.T) {
	events := sample(t)
	path := filepath.Join(t.TempDir(), "events")
	whole := write(t, path, events)
	for position := range uint64(5) {
		require.NoError(t, os.WriteFile(path, whole, 0o666))
		l := open(t, path, position)
		for i := range events[position:] {
			require.NoError(t, l.Append(&events[int(position)+i]))
		}
		require.NoError(t, l.Close())
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(whole, got), position)
	}
}

// A process that is killed during a write leaves any part of a record.
func TestATornTailIsCutOff(t *testing.T) {
	events := sample(t)
	path := filepath.Join(t.TempDir(), "events")
	whole := write(t, path, events)
	last := len(whole) - len(write(t, path+"3", events[:3]))
	for lost := 1; lost < last; lost++ {
		torn := whole[:len(whole)-lost]
		if lost%2 == 0 { // a file system may leave zeros, too
			torn = append(bytes.Clone(torn), make([]byte, lost)...)
		}
		require.NoError(t, os.WriteFile(path, torn, 0o666))
		l, cut, err := tfevents.Open(path, writer, 99, false, 0)
		require.NoError(t, err)
		require.Equal(t, int64(len(torn)-len(whole)+last), cut)
		require.NoError(t, l.Append(&events[3]))
		require.NoError(t, l.Close())
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(whole, got), lost)
	}
	require.NoError(t, os.WriteFile(path, whole[:7], 0o666))
	l, cut, err := tfevents.Open(path, writer, 99, false, 1700000000)
	require.NoError(t, err)
	require.Equal(t, int64(7), cut)
	require.NoError(t, l.Close())
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(whole, got), "a new file")
	require.Len(t, readAll(t, got), 1)
}

func TestEventsOfAnotherRunStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events")
	whole := write(t, path, sample(t))
	_, _, err := tfevents.Open(path, "another", 0, false, 0)
	require.ErrorAs(t, err, new(*tfevents.OtherRunError))
	require.ErrorContains(t, err, path)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(whole, got))

	l, cut, err := tfevents.Open(path, "another", 0, true, 5)
	require.NoError(t, err)
	require.Zero(t, cut)
	require.NoError(t, l.Close())
	got, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, []tfevents.Event{{WallTime: 5, FileVersion: tfevents.Version, Writer: "another"}}, readAll(t, got))
}

func TestEventsNeverGoBack(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "events"), 0)
	defer l.Close()
	require.NoError(t, l.Append(&tfevents.Event{Position: 2}))
	require.Panics(t, func() { _ = l.Append(&tfevents.Event{Position: 1}) })
}

func TestAppendAllocatesLittle(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "events"), 0)
	defer l.Close()
	e := sample(t)[0]
	require.NoError(t, l.Append(&e))
	require.LessOrEqual(t, testing.AllocsPerRun(20, func() { _ = l.Append(&e) }), 6.0)
}

// For every content of a file, reading ends, memory is bounded by its size, and
// both readers agree on the events before the damage.
func FuzzReader(f *testing.F) {
	f.Add(write(f, filepath.Join(f.TempDir(), "events"), sample(f)))
	for _, name := range []string{"godmae.tfevents", "tensorboard.tfevents"} {
		file, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(f, err)
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		r := tfevents.NewReader(bytes.NewReader(file))
		for {
			before := r.Offset()
			e, err := r.Next()
			if err != nil {
				require.Equal(t, before, r.Offset())
				break
			}
			require.Greater(t, r.Offset(), before)
			size := 0
			for _, v := range e.Values {
				size += len(v.Tag)
				if v.Image != nil {
					size += len(v.Image.PNG)
				}
			}
			require.LessOrEqual(t, size, len(file))
			again, err := tfevents.Decode(e.Append(nil))
			require.NoError(t, err)
			require.Equal(t, len(e.Values), len(again.Values))
			require.Equal(t, e.Position, again.Position)
		}
		whole, _ := records(file)
		n := int64(0)
		for _, rec := range whole {
			if _, err := tfevents.Decode(rec); err != nil {
				break
			}
			n += int64(len(rec)) + 16
		}
		require.Equal(t, n, r.Offset())
	})
}

// FuzzDecode reads messages without the protection of a checksum.
func FuzzDecode(f *testing.F) {
	for _, e := range sample(f) {
		f.Add(e.Append(nil))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		e, err := tfevents.Decode(record)
		if err != nil {
			return
		}
		again, err := tfevents.Decode(e.Append(nil))
		require.NoError(t, err)
		require.Equal(t, e.Append(nil), again.Append(nil))
	})
}
