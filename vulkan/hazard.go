package vulkan

import "fmt"

// Commands on a queue may overlap and run in another order unless a barrier stands
// between them. Validation layers do not see what a kernel reads and writes through
// addresses, so the recorder keeps the ranges itself: hazards decides where barriers
// go, and unordered, which knows nothing of how that was decided, proves of a log of
// commands and barriers that none is missing.

// maxSpans bounds the spans that a command is compared with. A barrier that data do
// not need costs less than the comparisons then would.
const maxSpans = 512

// hazards are the spans that commands have read and written since the last barrier.
type hazards struct{ reads, writes []span }

// conflict reports whether a command must wait for one since the last barrier: it
// reads what that wrote, or writes what that read or wrote.
func (h *hazards) conflict(reads, writes []span) bool {
	return len(h.reads)+len(h.writes) > maxSpans ||
		overlap(h.writes, reads) || overlap(h.writes, writes) || overlap(h.reads, writes)
}

// add notes a command.
func (h *hazards) add(reads, writes []span) {
	h.reads, h.writes = append(h.reads, reads...), append(h.writes, writes...)
}

// barrier forgets what came before.
func (h *hazards) barrier() { h.reads, h.writes = h.reads[:0], h.writes[:0] }

func overlap(a, b []span) bool {
	for _, x := range a {
		for _, y := range b {
			if x.overlaps(y) {
				return true
			}
		}
	}
	return false
}

// event is a command in the log of a recorder, or a barrier.
type event struct {
	name          string
	barrier       bool
	reads, writes []span
}

// unordered returns a sentence for each pair of commands of a log that must be in
// order and have no barrier between them.
func unordered(log []event) (found []string) {
	for j := range log {
		for i := j - 1; i >= 0 && !log[i].barrier; i-- {
			a, b := &log[i], &log[j]
			what := ""
			switch {
			case b.barrier:
			case overlap(a.writes, b.reads):
				what = "reads what was written by"
			case overlap(a.writes, b.writes):
				what = "overwrites what was written by"
			case overlap(a.reads, b.writes):
				what = "overwrites what is read by"
			}
			if what != "" {
				found = append(found, fmt.Sprintf("command %d (%s) %s command %d (%s), and no barrier is between them", j, b.name, what, i, a.name))
			}
		}
	}
	return found
}
