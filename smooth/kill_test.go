package smooth

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// killedRunOut tells a copy of the test binary to certify into that file, by
// the method that killedRunMethod names.
const (
	killedRunOut    = "SMOOTH_TEST_KILLED_RUN"
	killedRunMethod = "SMOOTH_TEST_KILLED_METHOD"
)

func killedTask(m Method, out string) Task {
	if m == MethodCohen {
		return linearTask(out)
	}
	task := methodTask(m, out)
	task.Images = IndexSet{{0, 1, 8}}
	return task
}

func TestMain(m *testing.M) {
	if out := os.Getenv(killedRunOut); out != "" {
		task := killedTask(Method(os.Getenv(killedRunMethod)), out)
		task.Batch = 16
		if err := task.Run(context.Background()); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// A process killed at any moment leaves files that the next one continues to
// the bytes of an undisturbed run.
func TestKilledProcessIsContinued(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
	for _, m := range []Method{MethodCohen, MethodAnytime} {
		t.Run(string(m), func(t *testing.T) { testKilledProcess(t, m) })
	}
}

func testKilledProcess(t *testing.T, m Method) {
	want, wantTable := runTask(t, killedTask(m, filepath.Join(t.TempDir(), "c.jsonl")))
	self, err := os.Executable()
	require.NoError(t, err)
	out := filepath.Join(t.TempDir(), "c.jsonl")
	files := FilesFor(out)
	kills := 0
	for grown := int64(1); kills < 3; grown += int64(len(want) / 5) {
		child := exec.Command(self)
		child.Env = append(os.Environ(), killedRunOut+"="+out, killedRunMethod+"="+string(m))
		require.NoError(t, child.Start())
		// Kill it as soon as the file has grown far enough.
		for {
			if info, err := os.Stat(files.partial()); err == nil && info.Size() >= grown {
				break
			}
			require.NoFileExists(t, files.Certificate, "the run ended before it was killed")
			time.Sleep(time.Millisecond)
		}
		require.NoError(t, child.Process.Kill())
		require.Error(t, child.Wait())
		kills++
	}
	got, gotTable := runTask(t, killedTask(m, out))
	require.Equal(t, string(want), string(got))
	require.Equal(t, string(wantTable), string(gotTable))
}
