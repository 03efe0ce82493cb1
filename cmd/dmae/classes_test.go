package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// pets writes a folder with four test images of 8x8 pixels of each class.
func pets(t *testing.T, classes ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "pets")
	for k, class := range classes {
		folder := filepath.Join(dir, "test", class)
		require.NoError(t, os.MkdirAll(folder, 0o777))
		for i := range 4 {
			m := image.NewGray(image.Rect(0, 0, 8, 8))
			for p := range m.Pix {
				m.Pix[p] = byte(p*(7+5*k) + 60*i + p*p*(k+1))
			}
			f, err := os.Create(filepath.Join(folder, fmt.Sprintf("%d.png", i)))
			require.NoError(t, err)
			require.NoError(t, png.Encode(f, m))
			require.NoError(t, f.Close())
		}
	}
	return dir
}

// petModel writes a classifier of the classes cat, dog and ship, whose outputs
// have the given order and names, and returns its checkpoint. change may change
// the bias of the head.
func petModel(t *testing.T, order []int, names []string, change func(bias []float32)) string {
	t.Helper()
	b := testbackend.New(t)
	cfg, err := dmae.Preset("dmae_vit_micro_patch4_8")
	require.NoError(t, err)
	cfg.Classes, cfg.ClassNames = len(order), names
	m, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	m.InitScratch(1)
	weight := m.Params.Get("head.weight")
	w := must(m.Params.Download(weight))
	rows := make([]float32, len(w))
	for i, class := range order {
		for j := range cfg.Width {
			rows[i*cfg.Width+j] = float32(math.Sin(float64(class*31 + j*j)))
		}
	}
	m.Params.Upload(weight, rows)
	if change != nil {
		bias := m.Params.Get("head.bias")
		v := must(m.Params.Download(bias))
		change(v)
		m.Params.Upload(bias, v)
	}
	path := filepath.Join(t.TempDir(), "pets.safetensors")
	require.NoError(t, m.Save(path))
	return path
}

// foreign writes the weights of a checkpoint into a PyTorch file without other
// values.
func foreign(t *testing.T, from string) string {
	t.Helper()
	f, err := checkpoint.Open(from)
	require.NoError(t, err)
	defer f.Close()
	model := &pickle.Dict{Ordered: true}
	for _, info := range f.Tensors() {
		x, err := f.Tensor(info.Name, info.Name)
		require.NoError(t, err)
		model.MustSet(info.Name, x)
	}
	path := filepath.Join(t.TempDir(), "foreign.pth")
	require.NoError(t, checkpoint.WriteTorch(path, (&pickle.Dict{}).MustSet("model", model)))
	return path
}

// measured returns the accuracy that eval prints, and its notes.
func measured(t *testing.T, args ...string) (accuracy float64, notes string) {
	t.Helper()
	code, stdout, stderr := dmaeRun(t, append([]string{"eval", "--json", "--copies", "1"}, args...)...)
	require.Zero(t, code, stderr)
	var got struct{ Accuracy float64 }
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	return got.Accuracy, stderr
}

// The same network with its outputs in another order, or with more outputs, has
// the same accuracy: classes are matched by name.
func TestClassesAreMatchedByNameEverywhere(t *testing.T) {
	data := pets(t, "cat", "dog", "ship")
	plain := petModel(t, []int{0, 1, 2}, []string{"cat", "dog", "ship"}, nil)
	turned := petModel(t, []int{2, 0, 1}, []string{"ship", "cat", "dog"}, nil)
	want, notes := measured(t, "--data", data, "--model", plain)
	require.NotContains(t, notes, "name")
	got, notes := measured(t, "--data", data, "--model", turned)
	require.Equal(t, want, got)
	require.Contains(t, notes, "matched by name")
	wrong, notes := measured(t, "--data", data, "--model", turned, "--classes-by-position")
	require.NotEqual(t, want, wrong, "the accuracy depends on the order")
	require.Contains(t, notes, `"cat" is taken for "ship"`)

	// Some of the classes of a larger model.
	impossible := func(bias []float32) { bias[0], bias[3] = -1e6, -1e6 }
	names := []string{"ant", "ship", "cat", "elk", "dog"}
	large := petModel(t, []int{3, 2, 0, 4, 1}, names, impossible)
	got, notes = measured(t, "--data", data, "--model", large)
	require.Equal(t, want, got)
	require.Contains(t, notes, "3 of the model's 5 classes")

	// A model without names gets them from the flag.
	unnamed := foreign(t, large)
	arch := []string{"--arch", "dmae_vit_micro_patch4_8"}
	code, _, stderr := dmaeRun(t, append([]string{"eval", "--data", data, "--model", unnamed}, arch...)...)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "give --class-names")
	list := filepath.Join(t.TempDir(), "names.txt")
	require.NoError(t, os.WriteFile(list, []byte("ant\r\nship\ncat\nelk\ndog\n\n"), 0o666))
	got, _ = measured(t, append([]string{"--data", data, "--model", unnamed, "--class-names", list}, arch...)...)
	require.Equal(t, want, got)
	converted := filepath.Join(t.TempDir(), "named.safetensors")
	succeed(t, append([]string{"convert", unnamed, converted, "--class-names", list}, arch...)...)
	got, _ = measured(t, "--data", data, "--model", converted)
	require.Equal(t, want, got)

	// A certificate has the model's numbers and names, and its audit passes with
	// the data as they are.
	out := filepath.Join(t.TempDir(), "c.jsonl")
	succeed(t, "certify", "--data", data, "--model", turned, "--n", "64", "--n0", "16", "--seed", "3", "--out", out)
	header, line, err := findLine(out, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"ship", "cat", "dog"}, header.Names)
	require.Equal(t, 1, line.Label, "a cat")
	require.Contains(t, succeed(t, "audit", out, "--depth", "full", "--data", data, "--model", turned), "is intact")
	succeed(t, "explain", "--certificate", out, "--index", "0", "--data", data, "--model", turned, "--steps", "0", "--out", filepath.Join(t.TempDir(), "p.html"))

	// Every command refuses other names.
	other := pets(t, "dog", "ship", "zebra")
	for _, command := range [][]string{
		{"eval"},
		{"certify", "--out", filepath.Join(t.TempDir(), "x.jsonl")},
		{"audit", out, "--depth", "sample"},
		{"explain", "--certificate", out, "--index", "0"},
	} {
		code, _, stderr := dmaeRun(t, append(command, "--data", other, "--model", turned)...)
		require.Equal(t, exitFailed, code, command)
		require.Contains(t, stderr, `does not know "zebra": the data have "dog", "ship", "zebra", the model "ship", "cat", "dog"`, command)
	}
}

// idxPets writes the images of pets as IDX files, which have no class names.
func idxPets(t *testing.T, from string, classes ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "idx")
	require.NoError(t, os.Mkdir(dir, 0o777))
	words := func(magic byte, dims ...uint32) []byte {
		b := []byte{0, 0, 8, magic}
		for _, d := range dims {
			b = binary.BigEndian.AppendUint32(b, d)
		}
		return b
	}
	n := uint32(4 * len(classes))
	images, labels := words(3, n, 8, 8), words(1, n)
	for k, class := range classes {
		for i := range 4 {
			f, err := os.Open(filepath.Join(from, "test", class, fmt.Sprintf("%d.png", i)))
			require.NoError(t, err)
			m, err := png.Decode(f)
			require.NoError(t, err)
			require.NoError(t, f.Close())
			images, labels = append(images, m.(*image.Gray).Pix...), append(labels, byte(k))
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "t10k-images-idx3-ubyte"), images, 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "t10k-labels-idx1-ubyte"), labels, 0o666))
	return dir
}

// Numbers are class names like others: that they are in the model's order must
// be stated.
func TestNumbersAreNoNamesOfTheModel(t *testing.T) {
	classes := []string{"cat", "dog", "ship"}
	data := pets(t, classes...)
	numbered := idxPets(t, data, classes...)
	model := petModel(t, []int{0, 1, 2}, classes, nil)
	code, _, stderr := dmaeRun(t, "eval", "--data", numbered, "--model", model)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, `does not know "0", "1", "2"`)
	want, _ := measured(t, "--data", data, "--model", model)
	got, notes := measured(t, "--data", numbered, "--model", model, "--classes-by-position")
	require.Equal(t, want, got)
	require.Contains(t, notes, `"0" is taken for "cat"`)
}

func TestClassNamesThatDoNotFit(t *testing.T) {
	data := pets(t, "cat", "dog", "ship")
	model := petModel(t, []int{0, 1, 2}, []string{"cat", "dog", "ship"}, nil)
	unnamed := foreign(t, model)
	file := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
		return path
	}
	for name, c := range map[string]struct{ names, model, want string }{
		"too few":       {file("a.txt", "cat\ndog\n"), unnamed, "--class-names has 2 names and the model in " + unnamed + " 3 classes"},
		"none":          {file("b.txt", "\n"), unnamed, "its name 1 is empty"},
		"an empty line": {file("c.txt", "cat\n\nship\n"), unnamed, "its name 2 is empty"},
		"no list":       {file("d.json", `{"0":"cat"}`), unnamed, "a JSON list of strings"},
		"no file":       {filepath.Join(t.TempDir(), "e.txt"), unnamed, "cannot read the class names"},
		"others":        {file("f.txt", "cat\ndog\nzebra\n"), model, "has names of its classes, and they differ"},
	} {
		code, _, stderr := dmaeRun(t, "eval", "--data", data, "--model", c.model, "--class-names", c.names, "--arch", "dmae_vit_micro_patch4_8")
		if c.model == model {
			code, _, stderr = dmaeRun(t, "eval", "--data", data, "--model", c.model, "--class-names", c.names)
		}
		require.NotZero(t, code, name)
		require.Contains(t, stderr, c.want, name)
	}
	for _, args := range [][]string{
		{"predict", "x.png", "--model", model, "--classes-by-position"},
		{"convert", model, "y.pth", "--classes-by-position"},
		{"reconstruct", "--data", data, "--model", model, "--out", "y.png", "--classes-by-position"},
		{"explain", "x.png", "--model", model, "--classes-by-position"},
	} {
		code, _, stderr := dmaeRun(t, args...)
		require.Equal(t, exitMisuse, code, args)
		require.Contains(t, stderr, "--classes-by-position", args)
	}
}

// Every command reports that a diverged model gives no answers.
func TestModelsWithoutAnswersAreSaid(t *testing.T) {
	data := pets(t, "cat", "dog", "ship")
	picture := filepath.Join(data, "test", "cat", "0.png")
	names := []string{"cat", "dog", "ship"}
	nan := float32(math.NaN())
	none := petModel(t, []int{0, 1, 2}, names, func(v []float32) { v[0], v[1], v[2] = nan, nan, nan })
	code, stdout, stderr := dmaeRun(t, "eval", "--data", data, "--model", none)
	require.Equal(t, exitFailed, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "its head.bias holds values that are not finite numbers")
	require.Contains(t, stderr, "gives no answer to any of the 12 images")

	code, stdout, stderr = dmaeRun(t, "certify", "--data", data, "--model", none, "--n", "32", "--n0", "8", "--out", filepath.Join(t.TempDir(), "c.jsonl"))
	require.Zero(t, code)
	require.NotEmpty(t, stdout)
	require.Contains(t, stderr, "480 of 480 noisy copies, of 12 images, got no answer")

	code, _, stderr = dmaeRun(t, "predict", "--model", none, "--n", "32", picture)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "gives no answer to any of 32 noisy copies")

	page := explained(t, picture, "--model", none, "--n", "32", "--n0", "8", "--others", "0.5")
	require.Contains(t, page, "The network gave <strong>no answer</strong> to 32 of the 32 noisy copies")

	// One class less is a note, and JSON stays JSON.
	some := petModel(t, []int{0, 1, 2}, names, func(v []float32) { v[1] = nan })
	code, stdout, stderr = dmaeRun(t, "eval", "--data", data, "--model", some, "--json")
	require.Zero(t, code)
	require.Contains(t, stderr, "the loss has no value")
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	require.Nil(t, got["loss"])
	explained(t, picture, "--model", some, "--n", "32", "--n0", "8", "--others", "0.5", "--steps", "2", "--samples", "2", "--answers", "16") // its attacks finish
}

// inspect names the tensors of a diverged training.
func TestInspectNamesWhatIsNotFinite(t *testing.T) {
	whole := petModel(t, []int{0, 1, 2}, nil, nil)
	require.NotContains(t, succeed(t, "inspect", whole), "not finite")
	require.NotContains(t, succeed(t, "inspect", "--json", whole), "not_finite")
	bad := petModel(t, []int{0, 1, 2}, nil, func(bias []float32) { bias[1] = float32(math.Inf(1)) })
	for _, path := range []string{bad, foreign(t, bad)} {
		require.Contains(t, succeed(t, "inspect", path), "hold values that are not finite numbers (training may have diverged): \"head.bias\"\n")
		var seen struct {
			NotFinite []string `json:"not_finite"`
		}
		require.NoError(t, json.Unmarshal([]byte(succeed(t, "inspect", "--json", path)), &seen))
		require.Equal(t, []string{"head.bias"}, seen.NotFinite)
	}
}

// An error of one image is reported. The other images get the same answers as
// without it.
func TestPredictAnswersWhatItCan(t *testing.T) {
	data := pets(t, "cat", "dog")
	model := petModel(t, []int{0, 1, 2}, []string{"cat", "dog", "ship"}, nil)
	a, b := filepath.Join(data, "test", "cat", "1.png"), filepath.Join(data, "test", "dog", "2.png")
	gone, torn := filepath.Join(data, "gone.png"), filepath.Join(data, "torn.png")
	require.NoError(t, os.WriteFile(torn, []byte("\x89PNG\r\n\x1a\nno more"), 0o666))
	answers := func(code int, files ...string) []map[string]any {
		got, stdout, stderr := dmaeRun(t, append([]string{"predict", "--json", "--seed", "7", "--n", "64", "--model", model}, files...)...)
		require.Equal(t, code, got, stderr)
		var list []map[string]any
		require.NoError(t, json.Unmarshal([]byte(stdout), &list))
		require.Len(t, list, len(files))
		return list
	}
	whole := answers(exitDone, a, a, b)
	for _, bad := range []string{gone, torn} {
		part := answers(exitFailed, a, bad, b)
		require.Equal(t, whole[0], part[0])
		require.Equal(t, whole[2], part[2])
		require.Equal(t, bad, part[1]["file"])
		require.Contains(t, part[1]["error"], bad)
		require.NotContains(t, part[1], "class")
	}
	require.Equal(t, "gaussian-u8", whole[0]["noise"])

	code, stdout, stderr := dmaeRun(t, "predict", "--seed", "7", "--n", "64", "--no-sound", "--model", model, gone, b)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stdout, b+": ")
	require.Contains(t, stdout, "noise gaussian-f32")
	require.Contains(t, stderr, "1 of 2 images got no answer")
}

// A number of samples that is too small for any answer is reported.
func TestPredictionNeeds(t *testing.T) {
	code, _, stderr := dmaeRun(t, "predict", "--model", "missing", "--n", "10", "x.png")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "it takes at least 11 samples")
}

// A negative number is the value of the flag before it.
func TestNegativeNumbersBelongToFlags(t *testing.T) {
	require.Equal(t, []string{"pretrain", "--picture-every=-1", "--std=-.5,1", "--lr=-inf", "--out", "x", "-h", "--", "--n", "-1"},
		negativeNumbers([]string{"pretrain", "--picture-every", "-1", "--std", "-.5,1", "--lr", "-inf", "--out", "x", "-h", "--", "--n", "-1"}))
	require.Equal(t, []string{"--n=3", "-1"}, negativeNumbers([]string{"--n=3", "-1"}))
	out := filepath.Join(t.TempDir(), "p")
	succeed(t, "pretrain", "--data", "builtin:fashion-mnist", "--max-images", "8", "--batch-size", "8", "--epochs", "1", "--warmup-epochs", "0", "--picture-every", "-1", "--out", out)
}
