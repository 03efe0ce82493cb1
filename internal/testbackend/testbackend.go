// Package testbackend opens the backend that tests run on: the CPU's, or the one that
// the environment variable [Env] names, so that the tests of everything above package
// ops are tests of a new backend, too.
package testbackend

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/ops/hostile"
	"github.com/godmae/godmae/ops/ref"
	"github.com/godmae/godmae/tensor"
	_ "github.com/godmae/godmae/vulkan" // on the device that its environment variable names
)

// Env is the environment variable that names the backend: one that [ops.Open] knows
// here, so its package is imported in this file; or "hostile-" and the name of one,
// for package hostile around it. "hostile" is "hostile-cpu".
const Env = "DMAE_TEST_BACKEND"

const hostilePrefix = "hostile-"

// New returns the backend of [Env], with two threads. It is closed after the test.
func New(t testing.TB) ops.Backend {
	t.Helper()
	return Threads(t, 2)
}

// Threads is New with the given number of threads, where the backend has threads.
func Threads(t testing.TB, n int) ops.Backend {
	t.Helper()
	b, err := open(os.Getenv(Env), n)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, b)
	return b
}

// Float64 returns the reference backend, whose arithmetic is float64, for tests that
// need more digits than float32 has: with hostile in [Env], hostile around it. It is
// closed after the test.
func Float64(t testing.TB) ops.Backend {
	t.Helper()
	var b ops.Backend = ref.New()
	if strings.HasPrefix(os.Getenv(Env)+"-", hostilePrefix) {
		b = hostile.New(b, hostile.Options{})
	}
	closeAfter(t, b)
	return b
}

// Hostile returns package hostile with the given options around the backend of [Env],
// with one thread. The caller closes it.
func Hostile(t testing.TB, o hostile.Options) *hostile.Backend {
	t.Helper()
	inner, _ := strings.CutPrefix(os.Getenv(Env)+"-", hostilePrefix)
	b, err := open(strings.TrimSuffix(inner, "-"), 1)
	if err != nil {
		t.Fatal(err)
	}
	return hostile.New(b, o)
}

// NeedsFloat32 skips a test on a backend whose tensors are float64: checkpoints, which
// are float32, do not hold its numbers, so that what goes on from one is not the same.
func NeedsFloat32(t testing.TB, b ops.Backend) {
	t.Helper()
	if b.Float() != tensor.F32 {
		t.Skipf("this test goes on from float32 numbers to the same bits; the backend %s computes in %v", b.Identity().Name, b.Float())
	}
}

// NeedsContract skips a test that compares bits with those of the numerics contract
// ops.Contract on a backend that computes under another one.
func NeedsContract(t testing.TB, b ops.Backend) {
	t.Helper()
	if id := b.Identity(); id.Contract != ops.Contract {
		t.Skipf("this test compares bits of the numerics contract %s; the backend %s computes under %s", ops.Contract, id.Name, id.Contract)
	}
}

// open opens the named backend; "" is the CPU's.
func open(name string, threads int) (ops.Backend, error) {
	if name == "" {
		name = cpu.Name
	}
	if name == "hostile" {
		name = hostilePrefix + cpu.Name
	}
	inner, wrap := strings.CutPrefix(name, hostilePrefix)
	b, err := ops.Open(inner, ops.OpenOptions{Threads: threads})
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s=%s: %w", Env, name, err)
	case wrap:
		return hostile.New(b, hostile.Options{}), nil
	}
	return b, nil
}

// closeAfter closes a backend after the test, which fails if the device did.
func closeAfter(t testing.TB, b ops.Backend) {
	t.Cleanup(func() {
		if err := b.Sync(); err != nil {
			t.Errorf("the backend %s has failed: %v", b.Identity().Name, err)
		}
		if err := b.Close(); err != nil {
			t.Errorf("the backend %s cannot be closed: %v", b.Identity().Name, err)
		}
	})
}
