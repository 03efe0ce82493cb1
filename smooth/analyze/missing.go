package analyze

import (
	"fmt"
	"slices"
	"strings"
)

// noteOrder adds notes about rows out of order and about images that seem to
// be missing. If four of five images follow each other at the same distance, a
// gap of several such distances counts as missing images.
func (run *Run) noteOrder() {
	images := make([]int, len(run.Rows))
	for i, row := range run.Rows {
		images[i] = row.Image
	}
	if !slices.IsSorted(images) {
		run.note("its rows are not in the order of the images")
		slices.Sort(images)
	}
	if len(images) < 3 {
		return
	}
	gaps := make(map[int]int)
	for i := 1; i < len(images); i++ {
		gaps[images[i]-images[i-1]]++
	}
	step := 0
	for gap, n := range gaps {
		if n > gaps[step] || n == gaps[step] && gap < step {
			step = gap
		}
	}
	if 5*gaps[step] < 4*(len(images)-1) {
		return // not a regular choice of images
	}
	missing, named := 0, []string{}
	for i := 1; i < len(images); i++ {
		gap := images[i] - images[i-1]
		if gap%step != 0 {
			return
		}
		for j := images[i-1] + step; j < images[i] && gap > step; j += step {
			if missing++; len(named) < 5 {
				named = append(named, fmt.Sprint(j))
			} else {
				missing += (images[i] - j - 1) / step
				break
			}
		}
	}
	if missing == 0 {
		return
	}
	if missing > len(named) {
		named = append(named, "...")
	}
	run.note("of the images from %d to %d in steps of %d, %d are missing (%s): they are not counted at all", images[0], images[len(images)-1], step, missing, strings.Join(named, ", "))
}

// noteZeroRadii adds a note about abstentions with a radius, which the column
// "correct" may count as certified.
func (run *Run) noteZeroRadii() {
	odd := 0
	for _, row := range run.Rows {
		if row.Predict < 0 && row.Radius > 0 {
			odd++
		}
	}
	if odd > 0 {
		run.note("%d abstentions have a radius above 0", odd)
	}
}
