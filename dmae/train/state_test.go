package train

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/stretchr/testify/require"
)

func TestRecipesOfThePaperAreValid(t *testing.T) {
	for _, r := range []Recipe{PretrainRecipe(512), FinetuneRecipe(256)} {
		require.NoError(t, r.Validate())
	}
	require.Equal(t, 3e-4, PretrainRecipe(512).LR)
	require.Equal(t, 5e-4, FinetuneRecipe(256).LR)
}

func TestRecipeValidateNamesTheValue(t *testing.T) {
	for _, c := range []struct {
		name string
		harm func(*Recipe)
		want string
	}{
		{"batch", func(r *Recipe) { r.Batch = 0 }, "batch size 0"},
		{"epochs", func(r *Recipe) { r.Epochs = -3 }, "number of epochs -3"},
		{"warm-up", func(r *Recipe) { r.WarmupEpochs = 51 }, "warm-up epochs 51"},
		{"lr", func(r *Recipe) { r.LR = 0 }, "learning rate 0"},
		{"min lr", func(r *Recipe) { r.MinLR = 1 }, "smallest learning rate 1"},
		{"layer decay", func(r *Recipe) { r.LayerDecay = 1.5 }, "layer decay 1.5"},
		{"smoothing", func(r *Recipe) { r.Smoothing = 1 }, "label smoothing 1"},
		{"crop", func(r *Recipe) { r.CropMin = 2 }, "smallest crop 2"},
		{"stage", func(r *Recipe) { r.Stage = "dance" }, "stage dance"},
	} {
		r := FinetuneRecipe(256)
		c.harm(&r)
		require.ErrorContains(t, r.Validate(), c.want, c.name)
	}
}

func TestStateTravelsInACheckpointExactly(t *testing.T) {
	s := &State{
		Recipe: FinetuneRecipe(96), Data: "sha256:ab", Init: "sha256:cd",
		Epoch: 3, Step: 4, Steps: 25, LossSum: 0.1 + 0.2, LRSum: 1e-300, log: "{\"epoch\":0}\n",
	}
	m, err := s.metadata()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "c.safetensors")
	require.NoError(t, checkpoint.Write(path, nil, m))
	f, err := checkpoint.Open(path)
	require.NoError(t, err)
	defer f.Close()
	got, err := ReadState(f)
	require.NoError(t, err)
	require.Equal(t, s, got)
	require.NoError(t, got.sameRun(path, s))

	other := *s
	other.Recipe.Batch, other.Recipe.LR = 32, 1
	err = got.sameRun(path, &other)
	require.ErrorContains(t, err, "batch 96, not 32; lr 0.0001875, not 1")
}

func TestReadStateRefusesOtherFiles(t *testing.T) {
	for name, m := range map[string]map[string]string{
		"no state": {},
		"no JSON":  {StateKey: "{"},
	} {
		path := filepath.Join(t.TempDir(), "c.safetensors")
		require.NoError(t, checkpoint.Write(path, nil, m))
		f, err := checkpoint.Open(path)
		require.NoError(t, err)
		_, err = ReadState(f)
		require.ErrorContains(t, err, path, name)
		require.NoError(t, f.Close())
	}
}

func TestFindCheckpoint(t *testing.T) {
	dir := t.TempDir()
	here := filepath.Join(dir, CheckpointName)
	find := func(resume string, overwrite bool) string {
		got, err := findCheckpoint(dir, resume, overwrite)
		require.NoError(t, err)
		return got
	}
	require.Empty(t, find("", false))
	require.Empty(t, find("auto", false))
	require.Equal(t, "elsewhere", find("elsewhere", false))
	require.NoError(t, os.WriteFile(here, nil, 0o666))
	require.Equal(t, here, find("auto", false))
	require.Empty(t, find("", true))
	_, err := findCheckpoint(dir, "", false)
	require.ErrorContains(t, err, here)
}

func TestStateWithImpossibleCountsIsRefused(t *testing.T) {
	good := State{Recipe: FinetuneRecipe(10), Epoch: 2, Step: 3, Steps: 11, log: "{}\n{}\n"}
	require.NoError(t, good.check("c", 45))
	for name, harm := range map[string]func(*State){
		"epoch":    func(s *State) { s.Epoch = -1 },
		"too far":  func(s *State) { s.Epoch, s.Steps = 51, 207 },
		"step":     func(s *State) { s.Step, s.Steps = 5, 13 },
		"sum":      func(s *State) { s.Steps = 1 << 30 },
		"log":      func(s *State) { s.log = "{}\n" },
		"finished": func(s *State) { s.Epoch, s.Steps, s.log = 50, 203, strings.Repeat("{}\n", 50) },
	} {
		s := good
		harm(&s)
		require.ErrorContains(t, s.check("c.safetensors", 45), "c.safetensors", name)
	}
}
