package data

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/godmae/godmae/internal/printable"
)

// reason is the reason that something in a data set is not read.
type reason int

const (
	otherEnding reason = iota
	outsideClass
	emptyClass
	otherFolder
	hidden
	ofSystem
	linkNowhere
	linkLoop
	linkOutside
	special
	older
	reasons
)

// phrases describe the reasons, for one and for several.
var phrases = [reasons][2]string{
	outsideClass: {"image outside class folders", "images outside class folders"},
	emptyClass:   {"folder without images, which is not a class", "folders without images, which are not classes"},
	otherFolder:  {"folder beside train, val and test", "folders beside train, val and test"},
	hidden:       {"hidden", "hidden"},
	ofSystem:     {"of the operating system", "of the operating system"},
	linkNowhere:  {"link to nothing", "links to nothing"},
	linkLoop:     {"link to a folder that contains it", "links to folders that contain them"},
	linkOutside:  {"name or link that leads out of the archive", "names or links that lead out of the archive"},
	special:      {"not a regular file", "not regular files"},
	older:        {"earlier file of the same name", "earlier files of the same name"},
}

// reasonOf has the reason for the kinds of entries that are never read.
var reasonOf = map[kind]reason{
	isHidden: hidden, isSystem: ofSystem, isNowhere: linkNowhere, isSpecial: special,
	isLoop: linkLoop, isOutside: linkOutside, isOlder: older,
}

// Bounds of what is kept and printed, whatever a folder holds.
const (
	maxExamples = 3
	maxEndings  = 8
	maxEnding   = 12 // bytes

	others = "others" // counts the extensions beyond the bounds; it has no dot, unlike extensions
)

// unused counts the entries that are found and not read, by reason, with
// examples.
type unused struct {
	counts   [reasons]int
	examples [reasons][]string
	endings  map[string]int
}

func (u *unused) empty() bool { return u.counts == [reasons]int{} }

// add records one entry that is not read.
func (u *unused) add(why reason, file string) {
	u.counts[why]++
	if why != otherEnding {
		// The first by name are kept, whatever the order of the disk.
		if at, twice := slices.BinarySearch(u.examples[why], file); !twice && at < maxExamples {
			u.examples[why] = slices.Insert(u.examples[why], at, file)
			u.examples[why] = u.examples[why][:min(len(u.examples[why]), maxExamples)]
		}
		return
	}
	u.addEnding(strings.ToLower(path.Ext(file)), 1)
}

// addEnding records n files with the same extension.
func (u *unused) addEnding(ending string, n int) {
	if u.endings == nil {
		u.endings = map[string]int{}
	}
	if _, known := u.endings[ending]; !known && (len(u.endings) >= maxEndings || len(ending) > maxEnding) {
		ending = others
	}
	u.endings[ending] += n
}

// merge adds another count.
func (u *unused) merge(other *unused) {
	for why := range reasons {
		for _, name := range other.examples[why] {
			u.add(why, name)
		}
		u.counts[why] += other.counts[why] - len(other.examples[why])
	}
	for _, ending := range slices.Sorted(maps.Keys(other.endings)) {
		u.addEnding(ending, other.endings[ending])
	}
}

// String lists the reasons, such as "2 .gif, 1 hidden (".a.png")".
func (u *unused) String() string {
	var parts []string
	byCount := func(a, b string) int {
		return cmp.Or(cmp.Compare(u.endings[b], u.endings[a]), strings.Compare(a, b))
	}
	for _, ending := range slices.SortedFunc(maps.Keys(u.endings), byCount) {
		name := escape(ending)
		switch ending {
		case "":
			name = "without an extension"
		case others:
			name = "of other extensions"
		}
		parts = append(parts, fmt.Sprintf("%d %s", u.endings[ending], name))
	}
	for why, n := range u.counts {
		if n == 0 || reason(why) == otherEnding {
			continue
		}
		names := make([]string, len(u.examples[why]))
		for i, name := range u.examples[why] {
			names[i] = quote(name)
		}
		if n > len(names) {
			names = append(names, "...")
		}
		parts = append(parts, fmt.Sprintf("%d %s (%s)", n, phrases[why][min(n-1, 1)], strings.Join(names, ", ")))
	}
	return strings.Join(parts, ", ")
}

// quote returns a name for a message: in quotes, without control characters,
// and not longer than a line.
func quote(name string) string { return printable.Quote(name, 200) }

// escape is quote without the quotes.
func escape(name string) string {
	q := quote(name)
	return q[1 : len(q)-1]
}
