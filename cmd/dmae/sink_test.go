package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/printable"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
)

// limited is a disk with space for a number of bytes.
type limited struct {
	room int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.room {
		n := l.room
		l.room = 0
		return n, &os.PathError{Op: "write", Path: "/dev/stdout", Err: l.err}
	}
	l.room -= len(p)
	return len(p), nil
}

// randomClassifier writes a classifier of 28x28 grey images and returns its name.
func randomClassifier(t *testing.T, names ...string) string {
	t.Helper()
	b := testbackend.New(t)
	cfg, err := dmae.Preset("dmae_vit_tiny_patch4_28")
	require.NoError(t, err)
	cfg.Classes, cfg.ClassNames, cfg.Depth = len(names), names, 1
	m, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	m.InitScratch(1)
	path := filepath.Join(t.TempDir(), "m.safetensors")
	require.NoError(t, m.Save(path))
	return path
}

var digits = strings.Split("0123456789", "")

// If output cannot be written completely, every command fails, however much was
// written.
func TestOutputThatCannotBeWrittenIsAFailure(t *testing.T) {
	model := randomClassifier(t, digits...)
	picture := examplePNG(t)
	for _, line := range []string{
		"", "--help", "help inspect", "inspect --help", "version", "version --json", "version --capabilities", "devices", "devices --json",
		"inspect " + model, "inspect --json " + model, "predict --model " + model + " --n 10 --sigma 0.25 " + picture,
		"predict --json --model " + model + " --n 10 --sigma 0.25 " + picture,
		"eval --classes-by-position --data builtin:fashion-mnist --max 2 --sigma 0.25 --model " + model,
		"convert " + model + " " + filepath.Join(t.TempDir(), "c.pth"),
		"pretrain --recipe official-imagenet-b --dry-run", "pretrain --recipe official-imagenet-b --dry-run --json",
		"bench gemm --json",
	} {
		if testing.Short() && strings.HasPrefix(line, "bench") {
			continue
		}
		for _, room := range []int{0, 20} {
			var errs bytes.Buffer
			code := run(context.Background(), strings.Fields(line), &limited{room, syscall.ENOSPC}, &errs)
			require.Equal(t, exitFailed, code, line)
			require.Equal(t, 1, strings.Count(errs.String(), "dmae: cannot write to standard output: no space left on device\n"), "%s: %s", line, errs.String())

			errs.Reset()
			require.Equal(t, exitFailed, run(context.Background(), strings.Fields(line), &limited{room, syscall.EPIPE}, &errs), line)
			require.NotContains(t, errs.String(), "cannot write", "no message for a closed pipe")
		}
	}
	require.Equal(t, exitMisuse, run(context.Background(), []string{"dance"}, io.Discard, &limited{0, syscall.ENOSPC}))
	require.Equal(t, exitFailed, run(context.Background(), []string{"reconstruct", "--data", "builtin:fashion-mnist", "--model", model, "--out", "x.png"}, io.Discard, &limited{0, syscall.EIO}))
}

// A note that cannot be written is a failure, too.
func TestNotesThatCannotBeWrittenAreAFailure(t *testing.T) {
	old := filepath.Join(t.TempDir(), "a.pth")
	succeed(t, "convert", randomClassifier(t, digits...), old)
	errs := &limited{0, syscall.ENOSPC}
	e := &env{stderr: &sink{name: "standard error", to: errs}}
	e.note("a note")
	require.ErrorIs(t, e.stderr.(*sink).close(), syscall.ENOSPC)
	out := &sink{name: "standard output", to: io.Discard}
	require.Equal(t, exitFailed, settle(exitDone, out, e.stderr.(*sink)))
	require.Equal(t, exitMisuse, settle(exitMisuse, out, e.stderr.(*sink)))
}

func TestSinkWritesWholeCharacters(t *testing.T) {
	const text = "é ± 漢字 \U0001f642\tend\n"
	var got bytes.Buffer
	s := &sink{to: &got, text: true}
	for i := range len(text) {
		n, err := s.Write([]byte{text[i]})
		require.NoError(t, err)
		require.Equal(t, 1, n)
	}
	require.NoError(t, s.close())
	require.Equal(t, text, got.String())

	got.Reset()
	for _, part := range []string{"a\x1b[31m", "\xe9\xc3", "b\u202ec\x7f\u009b\rd\x00\n", "\xf0\x9f"} {
		_, err := s.Write([]byte(part))
		require.NoError(t, err)
	}
	require.NoError(t, s.close())
	require.Equal(t, `a\x1b[31m\xe9\xc3b\u202ec\x7f\u009b\rd\x00`+"\n"+`\xf0\x9f`, got.String())
	require.NoError(t, s.close())

	s = &sink{to: &limited{3, errors.New("gone")}, name: "x"}
	_, err := s.Write([]byte("abcd"))
	require.EqualError(t, err, "cannot write to x: gone")
	_, err = s.Write(nil)
	require.ErrorIs(t, err, errUnwritten, "the error is permanent")
}

// Names of files, classes and tensors do not control the terminal: they change
// no colours and no direction of writing, and start no new lines.
func TestNamesDoNotReachTheTerminalAsTheyAre(t *testing.T) {
	const evil = "a\x1b[31m\u202e\u009b\r\x07"
	clean := func(t *testing.T, text string) {
		t.Helper()
		require.Equal(t, printable.Lines(text, lines), text)
		require.Regexp(t, `a\\(x|u00)1b\[31m\\u202e`, text)
	}
	dir := filepath.Join(t.TempDir(), evil)
	require.NoError(t, os.Mkdir(dir, 0o777))
	in := func(name string) string { return filepath.Join(dir, name) }

	t.Run("classes and files", func(t *testing.T) {
		model := randomClassifier(t, append(digits[1:], evil)...)
		moved, picture := in("m.safetensors"), in("i.png")
		require.NoError(t, os.Rename(model, moved))
		require.NoError(t, os.Rename(examplePNG(t), picture))
		for _, args := range [][]string{
			{"predict", "--model", moved, "--n", "20", "--sigma", "0.25", picture},
			{"inspect", moved},
			{"convert", moved, in("c.pth")},
			{"inspect", in("c.pth")},
			{"eval", "--data", "builtin:fashion-mnist", "--max", "2", "--sigma", "0.25", "--model", in("missing.safetensors")},
			{"audit", in("missing.jsonl")},
			{"analyze", in("missing.jsonl")},
			{"merge", in("c.jsonl"), in("missing.jsonl")},
			{evil},
			{"pretrain", "--data", in("no"), "--out", in("out")},
			{"finetune", "--data", in("no"), "--out", in("out"), "--finetune", moved},
			{"pretrain", "--data", "builtin:fashion-mnist", "--dry-run", "--model", evil},
		} {
			_, out, errs := dmaeRun(t, args...)
			clean(t, out+errs)
		}
	})
	t.Run("JSON stays JSON", func(t *testing.T) {
		model := randomClassifier(t, append(digits[1:], evil+"\U000e0001\xff")...)
		out := succeed(t, "inspect", "--json", model)
		require.Equal(t, printable.Lines(out, lines), out)
		var got struct {
			Config struct {
				ClassNames []string `json:"class_names"`
			} `json:"config"`
		}
		require.NoError(t, json.Unmarshal([]byte(out), &got))
		require.Equal(t, evil+"\U000e0001\ufffd", got.Config.ClassNames[9])
	})
	t.Run("tensors", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "x.safetensors")
		require.NoError(t, checkpoint.Write(path, []checkpoint.Tensor{checkpoint.Float32s(evil+"\nforged", nil, []float32{1})}, map[string]string{evil + "\nkey": evil + "\nvalue"}))
		out := succeed(t, "inspect", path)
		clean(t, out)
		require.NotContains(t, out, "\nforged")
		require.NotContains(t, out, "\nkey")
		require.NotContains(t, out, "\nvalue")
	})
	t.Run("progress", func(t *testing.T) {
		var log bytes.Buffer
		p := newProgress(&log, "predict: "+evil+"\nforged", "samples", 1)
		p.begin(0)
		p.update(1, evil)
		p.close()
		require.Equal(t, 1, strings.Count(log.String(), "\n"))
		clean(t, log.String())
	})
}

// examplePNG writes a grey picture of 28x28 pixels and returns its name.
func examplePNG(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 28, 28))))
	path := filepath.Join(t.TempDir(), "i.png")
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o666))
	return path
}
