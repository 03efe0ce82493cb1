package smooth

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// killedRunOut is the environment variable with the output of a certification
// in a copy of the test binary; killedRunMethod is its method.
const (
	killedRunOut    = "SMOOTH_TEST_KILLED_RUN"
	killedRunMethod = "SMOOTH_TEST_KILLED_METHOD"
)

const killedBatch = 16

// noting appends the number of jobs of each call to a file before it answers.
// It is slow, so the test can kill it in time.
type noting struct {
	Classifier
	path string
}

func (n *noting) Classify(ctx context.Context, jobs []Job, noise Noise, out []int32) error {
	f, err := os.OpenFile(n.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	if _, err = fmt.Fprintln(f, len(jobs)); err == nil {
		err = f.Close()
	}
	if err != nil {
		return err
	}
	time.Sleep(300 * time.Microsecond)
	return n.Classifier.Classify(ctx, jobs, noise, out)
}

func (n *noting) asked(t *testing.T) (total int) {
	raw, err := os.ReadFile(n.path)
	require.NoError(t, err)
	for _, line := range strings.Fields(string(raw)) {
		jobs, err := strconv.Atoi(line)
		require.NoError(t, err)
		total += jobs
	}
	return total
}

func killedTask(m bound.Method, out string) Task {
	if m == bound.MethodCohen {
		return linearTask(out)
	}
	task := methodTask(m, out)
	task.Images = certificate.IndexSet{{0, 1, 8}}
	return task
}

func TestMain(m *testing.M) {
	if out := os.Getenv(killedRunOut); out != "" {
		task := killedTask(bound.Method(os.Getenv(killedRunMethod)), out)
		task.Batch = killedBatch
		task.Classifier = &noting{task.Classifier, out + ".asked"}
		if err := task.Run(context.Background()); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// A process may be killed at any time: the next one continues from its files to
// the bytes of an uninterrupted run, and each kill loses at most one batch.
func TestKilledProcessIsContinued(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
	for _, m := range []bound.Method{bound.MethodCohen, bound.MethodAnytime} {
		t.Run(string(m), func(t *testing.T) { testKilledProcess(t, m) })
	}
}

func testKilledProcess(t *testing.T, m bound.Method) {
	undisturbed := killedTask(m, filepath.Join(t.TempDir(), "c.jsonl"))
	undisturbed.Batch = killedBatch
	asked := &counting{Classifier: undisturbed.Classifier}
	undisturbed.Classifier = asked
	want, wantTable := runTask(t, undisturbed)
	self, err := os.Executable()
	require.NoError(t, err)
	out := filepath.Join(t.TempDir(), "c.jsonl")
	files := certificate.FilesFor(out)
	size := func() (total int64) {
		for _, path := range []string{files.Partial(), answersPath(files)} {
			if info, err := os.Stat(path); err == nil {
				total += info.Size()
			}
		}
		return total
	}
	kills := 0
	for ; kills < 4; kills++ {
		child := exec.Command(self)
		child.Env = append(os.Environ(), killedRunOut+"="+out, killedRunMethod+"="+string(m))
		// Kill it as soon as the files have grown far enough.
		enough := size() + int64(len(want)/6) + 100
		require.NoError(t, child.Start())
		for size() < enough {
			require.NoFileExists(t, files.Certificate, "the run ended before it was killed")
			time.Sleep(time.Millisecond)
		}
		require.NoError(t, child.Process.Kill())
		require.Error(t, child.Wait())
	}
	task := killedTask(m, out)
	task.Batch = killedBatch
	last := &noting{task.Classifier, out + ".asked"}
	task.Classifier = last
	got, gotTable := runTask(t, task)
	require.Equal(t, string(want), string(got))
	require.Equal(t, string(wantTable), string(gotTable))
	total := last.asked(t)
	t.Logf("%d samples undisturbed, %d with %d kills", asked.jobs, total, kills)
	require.LessOrEqual(t, total, asked.jobs+kills*killedBatch)
}
