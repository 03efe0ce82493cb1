package smooth

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// decimals reads a list of decimals.
func decimals(list ...string) []decimal.Decimal {
	var d []decimal.Decimal
	for _, s := range list {
		d = append(d, decimal.Must(s))
	}
	return d
}

// methodTask is a certification of the linear classifier with a method.
func methodTask(m bound.Method, out string) Task {
	task := linearTask(out)
	task.Method = m
	task.N = 400
	if m == bound.MethodAnytime {
		task.N, task.Radii, task.Futility = 4000, decimals("0", "0.1", "0.2", "0.3", "0.5"), bound.DefaultFutility()
	}
	return task
}

func TestMethodsLeaveNoTraceOfBatchAndWorkers(t *testing.T) {
	for _, m := range bound.Methods() {
		for _, accuracyOnly := range []bool{false, true} {
			var first, firstTable []byte
			for _, c := range []struct{ batch, workers int }{{64, 1}, {1, 1}, {8, 2}, {1000, 7}} {
				if c.batch == 1 && testing.Short() {
					continue
				}
				task := methodTask(m, filepath.Join(t.TempDir(), "c.jsonl"))
				task.AccuracyOnly, task.Batch, task.Images = accuracyOnly, c.batch, certificate.IndexSet{{0, 1, 4}}
				if m != bound.MethodAnytime {
					task.N = 100
				}
				task.Classifier.(*FuncClassifier).Workers = c.workers
				cert, table := runTask(t, task)
				if first == nil {
					first, firstTable = cert, table
				}
				require.Equal(t, string(first), string(cert), "%s, batch %d", m, c.batch)
				require.Equal(t, string(firstTable), string(table))
			}
		}
	}
}

// The bytes of each method's certificate, on every machine.
func TestGoldenCertificatesOfTheMethods(t *testing.T) {
	for m, want := range map[bound.Method]string{
		bound.MethodRandomised: "d3a2717d9168765b296ab9b535bfc903c517e772bc9755a514aa6a815015807a",
		bound.MethodRunnerUp:   "cb056eac7c242e4d5754187baed9fda05b8350587fab771c6701304361d651ac",
		bound.MethodAnytime:    "efdecf70ab1a3902d615014770460989be7ab7b1792e1e08aa024cbc71956794",
	} {
		task := methodTask(m, filepath.Join(t.TempDir(), "c.jsonl"))
		task.Images = certificate.IndexSet{{0, 1, 10}}
		cert, _ := runTask(t, task)
		require.Equal(t, want, certificate.Digest(sha256.Sum256(asFormat1(t, cert))).String(), m)
	}
}

// Interrupted runs of every method end with the same bytes.
func TestMethodsGoOnAfterAnyInterruption(t *testing.T) {
	for _, m := range bound.Methods()[1:] {
		task := methodTask(m, filepath.Join(t.TempDir(), "c.jsonl"))
		task.Images = certificate.IndexSet{{0, 1, 4}}
		if m != bound.MethodAnytime {
			task.N = 100
		}
		want, _ := runTask(t, task)
		lines := bytes.SplitAfter(want, []byte("\n"))
		for keep := 0; keep < len(lines); keep += 3 {
			task.Out = filepath.Join(t.TempDir(), "c.jsonl")
			left := append(bytes.Join(lines[:keep], nil), lines[keep][:len(lines[keep])/2]...)
			require.NoError(t, os.WriteFile(certificate.FilesFor(task.Out).Partial(), left, 0o666))
			got, _ := runTask(t, task)
			require.Equal(t, string(want), string(got), "%s after %d lines", m, keep)
		}
	}
}
