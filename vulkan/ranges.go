package vulkan

import "slices"

// span is a range of bytes, from lo to hi-1.
type span struct{ lo, hi uint64 }

func (s span) size() uint64 { return s.hi - s.lo }

func (s span) overlaps(o span) bool { return s.lo < o.hi && o.lo < s.hi }

// ranges hands out parts of a block of memory. free are the free spans, in order, no
// two of them adjacent.
type ranges struct{ free []span }

func newRanges(size uint64) ranges { return ranges{free: []span{{0, size}}} }

// take returns the first free span of the size, which is at least 1.
func (r *ranges) take(size uint64) (span, bool) {
	for i := range r.free {
		f := &r.free[i]
		if f.size() < size {
			continue
		}
		s := span{f.lo, f.lo + size}
		f.lo = s.hi
		if f.size() == 0 {
			r.free = slices.Delete(r.free, i, i+1)
		}
		return s, true
	}
	return span{}, false
}

// give takes a span back.
func (r *ranges) give(s span) {
	i, _ := slices.BinarySearchFunc(r.free, s.lo, func(f span, lo uint64) int {
		if f.lo < lo {
			return -1
		}
		return 1
	})
	joinsLeft := i > 0 && r.free[i-1].hi == s.lo
	joinsRight := i < len(r.free) && r.free[i].lo == s.hi
	switch {
	case joinsLeft && joinsRight:
		r.free[i-1].hi = r.free[i].hi
		r.free = slices.Delete(r.free, i, i+1)
	case joinsLeft:
		r.free[i-1].hi = s.hi
	case joinsRight:
		r.free[i].lo = s.lo
	default:
		r.free = slices.Insert(r.free, i, s)
	}
}
