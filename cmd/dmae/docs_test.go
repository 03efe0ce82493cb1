package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// The help of every command shows the default of each of its flags that has one.
func TestHelpShowsDefaults(t *testing.T) {
	k, err := kong.New(&cli{}, flagDefaults)
	require.NoError(t, err)
	flags := 0
	for _, command := range k.Model.Leaves(true) {
		for _, f := range command.Flags {
			if f.Default == "" || f.IsBool() && f.Default != "true" {
				continue
			}
			flags++
			if text := helpText(f.Value); !strings.Contains(text, "(default") {
				require.Contains(t, f.FormatPlaceHolder(), f.Default, "%s --%s: %s", command.Path(), f.Name, text)
			}
		}
	}
	require.Greater(t, flags, 200)
	help := strings.Join(strings.Fields(succeed(t, "pretrain", "--help")), " ")
	require.Contains(t, help, "Total number of epochs (default: 50). --warmup-epochs=EPOCHS Epochs of linear warm-up from 0 (default: 10).")
	require.Contains(t, help, "Flip half of the images horizontally (default: on).")
}

// The table of capabilities in the README is the program's own.
func TestREADMEShowsTheProgramsOwnCapabilities(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	const begin, end = "<!-- capabilities -->\n", "<!-- /capabilities -->"
	from := strings.Index(string(text), begin)
	to := strings.Index(string(text), end)
	require.True(t, from >= 0 && to > from, "the README has no marks around its table")
	require.Equal(t, capabilitiesTable(), string(text)[from+len(begin):to],
		"replace the table in README.md by the output of: go run ./cmd/dmae version --capabilities")
}

// officialFlags are those of the official scripts, by their letters in
// docs/differences.md.
var officialFlags = map[string]string{
	"P": "batch_size epochs accum_iter model input_size mask_ratio norm_pix_loss weight_decay lr blr min_lr warmup_epochs data_path output_dir log_dir device seed resume start_epoch num_workers pin_mem no_pin_mem world_size local_rank dist_on_itp dist_url sigma epoch_start",
	"F": "batch_size epochs accum_iter model input_size drop_path clip_grad weight_decay lr blr layer_decay min_lr warmup_epochs color_jitter aa smoothing reprob remode recount resplit mixup cutmix cutmix_minmax mixup_prob mixup_switch_prob mixup_mode finetune global_pool cls_token data_path nb_classes output_dir log_dir device seed resume start_epoch eval dist_eval num_workers pin_mem no_pin_mem world_size local_rank dist_on_itp dist_url sigma sample_interval con_reg num_noise_sample reg_lbd reg_eta",
	"L": "batch_size epochs accum_iter model weight_decay lr blr min_lr warmup_epochs finetune global_pool cls_token data_path nb_classes output_dir log_dir device seed resume start_epoch eval dist_eval num_workers pin_mem no_pin_mem world_size local_rank dist_on_itp dist_url sigma",
	"C": "batch_size model input_size drop_path global_pool cls_token linprobe data_path nb_classes output_dir log_dir device seed resume eval dist_eval num_workers pin_mem no_pin_mem world_size local_rank dist_on_itp dist_url sigma sample_interval num",
}

// Every flag of the official scripts has a row, and every flag that a row names
// as ours exists.
func TestDifferencesNameEveryFlag(t *testing.T) {
	text, err := os.ReadFile("../../docs/differences.md")
	require.NoError(t, err)
	table, _, ok := strings.Cut(string(text), "New, without a counterpart:")
	require.True(t, ok)
	k, err := kong.New(&cli{}, flagDefaults)
	require.NoError(t, err)
	var ours []string
	for _, node := range k.Model.Children {
		for _, group := range node.AllFlags(false) {
			for _, f := range group {
				ours = append(ours, f.Name)
				if f.Tag.Negatable != "" {
					ours = append(ours, "no-"+f.Name)
				}
			}
		}
	}
	flag := regexp.MustCompile("--([a-z][a-z0-9_-]*)")
	seen := map[string]bool{}
	for _, line := range strings.Split(table, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || !strings.Contains(cells[2], "--") {
			continue
		}
		for _, m := range flag.FindAllStringSubmatch(cells[2], -1) {
			for _, script := range strings.Fields(cells[1]) {
				seen[script+" "+m[1]] = true
			}
		}
		for _, m := range flag.FindAllStringSubmatch(cells[3], -1) {
			require.True(t, slices.Contains(ours, m[1]), "there is no flag --%s: %s", m[1], line)
		}
	}
	for script, flags := range officialFlags {
		for _, f := range strings.Fields(flags) {
			require.True(t, seen[script+" "+f], "script %s: --%s is not in the table", script, f)
		}
	}
	_, rest, _ := strings.Cut(string(text), "New, without a counterpart:")
	list, _, _ := strings.Cut(rest, "\n\n")
	for _, m := range flag.FindAllStringSubmatch(list, -1) {
		require.True(t, slices.Contains(ours, m[1]), "there is no flag --%s", m[1])
	}
}
