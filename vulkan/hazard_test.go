package vulkan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// ordered logs commands with the barriers that hazards asks for.
func ordered(commands []event) (log []event) {
	var h hazards
	for _, c := range commands {
		if h.conflict(c.reads, c.writes) {
			h.barrier()
			log = append(log, event{barrier: true})
		}
		h.add(c.reads, c.writes)
		log = append(log, c)
	}
	return log
}

// mustBeNeeded fails unless the log is in order, and is not without any one of its
// barriers.
func mustBeNeeded(t *testing.T, log []event) {
	t.Helper()
	require.Empty(t, unordered(log))
	for i, e := range log {
		if e.barrier {
			without := slices.Delete(slices.Clone(log), i, i+1)
			require.NotEmpty(t, unordered(without), "nothing needs barrier %d", i)
		}
	}
}

func TestBarriersStandWhereDataNeedThem(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var commands []event
		spans := func() (s []span) {
			for range rng.IntN(3) {
				lo := rng.Uint64N(100)
				s = append(s, span{lo, lo + 1 + rng.Uint64N(5)})
			}
			return s
		}
		for i := range 40 {
			commands = append(commands, event{name: fmt.Sprint("c", i), reads: spans(), writes: spans()})
		}
		mustBeNeeded(t, ordered(commands))
	}
}

func TestAHazardIsNamed(t *testing.T) {
	a, b := []span{{0, 8}}, []span{{7, 9}}
	for _, c := range []struct {
		first, second event
		want          string
	}{
		{event{name: "fill", writes: a}, event{name: "copy", reads: b}, "command 1 (copy) reads what was written by command 0 (fill), and no barrier is between them"},
		{event{name: "fill", writes: a}, event{name: "copy", writes: b}, "command 1 (copy) overwrites what was written by command 0 (fill), and no barrier is between them"},
		{event{name: "copy", reads: a}, event{name: "fill", writes: b}, "command 1 (fill) overwrites what is read by command 0 (copy), and no barrier is between them"},
	} {
		require.Equal(t, []string{c.want}, unordered([]event{c.first, c.second}))
		require.Empty(t, unordered([]event{c.first, {barrier: true}, c.second}))
		require.Len(t, ordered([]event{c.first, c.second}), 3)
	}
	require.Len(t, ordered([]event{{reads: a}, {reads: b}}), 2, "reads need no order")
	require.Len(t, ordered([]event{{writes: []span{{0, 4}}}, {writes: []span{{4, 8}}}}), 2, "spans that touch do not overlap")
}

func TestTheListOfSpansIsBounded(t *testing.T) {
	var h hazards
	for i := range uint64(10_000) {
		reads := []span{{i * 8, i*8 + 8}}
		if h.conflict(reads, nil) {
			h.barrier()
		}
		h.add(reads, nil)
		require.LessOrEqual(t, len(h.reads), maxSpans+1)
	}
}
