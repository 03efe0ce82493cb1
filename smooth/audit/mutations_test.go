package audit

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// reseal gives a changed certificate the matching trailer, as a forger would.
func reseal(text string) string {
	i := strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n") + 1
	body := text[:i]
	return body + fmt.Sprintf(`{"kind":"trailer","lines":%d,"sha256":"%x"}`+"\n", strings.Count(body, "\n")-1, sha256.Sum256([]byte(body)))
}

// mutation is a change to a certificate and the weakest depth that detects it.
// All deeper ones detect it, the others do not.
type mutation struct {
	name    string
	change  func(text string) string
	weakest Depth
}

// edit replaces the first match of a pattern in a line (0 is the header).
func edit(line int, pattern, by string) func(string) string {
	return func(text string) string {
		lines := strings.SplitAfter(text, "\n")
		re := regexp.MustCompile(pattern)
		at := re.FindStringSubmatchIndex(lines[line])
		if at == nil {
			panic(pattern + " is not in line " + lines[line])
		}
		changed := string(re.ExpandString(nil, by, lines[line], at))
		lines[line] = lines[line][:at[0]] + changed + lines[line][at[1]:]
		return reseal(strings.Join(lines, ""))
	}
}

// digit changes the last digit of a number by one, down unless it is 0.
func digit(line int, before string) func(string) string {
	return func(text string) string {
		lines := strings.SplitAfter(text, "\n")
		at := regexp.MustCompile(before + `-?[0-9.]+`).FindStringIndex(lines[line])
		if at == nil {
			panic(before + " is not in line " + lines[line])
		}
		b := []byte(lines[line])
		if b[at[1]-1] == '0' {
			b[at[1]-1] = '2'
		}
		b[at[1]-1]--
		lines[line] = string(b)
		return reseal(strings.Join(lines, ""))
	}
}

// lines rearranges the lines.
func lines(order ...int) func(string) string {
	return func(text string) string {
		all := strings.SplitAfter(text, "\n")
		var b strings.Builder
		for _, i := range order {
			b.WriteString(all[i])
		}
		return b.String()
	}
}

func resealed(change func(string) string) func(string) string {
	return func(text string) string { return reseal(change(text)) }
}

func unsealed(old, new string) func(string) string {
	return func(text string) string {
		if !strings.Contains(text, old) {
			panic(old + " is not in the certificate")
		}
		return strings.Replace(text, old, new, 1)
	}
}

// consistent forges a line with one hit more in the counts and the block, with
// the same digest of the block and the bounds that follow.
func consistent(t *testing.T) func(string) string {
	return func(text string) string {
		d, err := certificate.NewReader(strings.NewReader(text))
		require.NoError(t, err)
		rec, err := d.Next()
		require.NoError(t, err)
		e := &rec.Estimation
		hits, other := -1, -1
		for i, cc := range e.Counts {
			if cc[0] == rec.Selected {
				hits = i
			} else {
				other = i
			}
		}
		class := e.Counts[other][0]
		e.Counts[hits][1]++
		e.Counts[other][1]--
		for i, cc := range e.Blocks[0].Counts {
			switch cc[0] {
			case rec.Selected:
				e.Blocks[0].Counts[i][1]++
			case class:
				e.Blocks[0].Counts[i][1]--
			}
		}
		stats, err := bound.New(d.Header().Params().Plan, 3)
		require.NoError(t, err)
		trial := stats.Begin(d.Header().Params().Draw(rec.Image, rec.Pixels))
		trial.Look(e.Counts[hits][1])
		v := trial.Verdict(rec.Selected, e.Counts)
		rec.PA, rec.Radius, rec.Predict = v.PA, v.Radius, v.Class
		all := strings.SplitAfter(text, "\n")
		all[1] = canonical(t, rec)
		return reseal(strings.Join(all, ""))
	}
}

// beacon is that of the tests.
const beacon = "drand:1000:ab85baa1029a2e2e0a35d0a3d9ff2f5b1ab8d6d1e7bf1f0f2d8a9d1d31e6f0c5"

// trimmed keeps some lines of a certificate, with the matching set of images.
func trimmed(text, set string, keep ...int) string {
	all := strings.SplitAfter(edit(0, `\[\[0,1,6\]\]`, set)(text), "\n")
	var b strings.Builder
	for _, i := range append(append([]int{0}, keep...), 7) {
		b.WriteString(all[i])
	}
	return reseal(b.String())
}

// leftOut replaces the line of image 0 by another line, with a trailer that
// counts it.
func leftOut(text, line string) string {
	all := strings.SplitAfter(text, "\n")
	all[1] = line + "\n"
	return strings.Replace(reseal(strings.Join(all, "")), `,"sha256":`, `,"left_out":1,"sha256":`, 1)
}

// TestMutations is the table of changes that an audit must detect.
func TestMutations(t *testing.T) {
	const a, s, f = Arithmetic, Sample, Full
	cohen := issue(t, func(*smooth.Task) {})
	checkMutations(t, cohen, []mutation{
		// The header.
		{"header kind", edit(0, `"header"`, `"headed"`), a},
		{"schema", edit(0, `certificate/2`, `certificate/1`), a},
		{"schema of no version", edit(0, `certificate/2`, `certificate/3`), a},
		{"method", edit(0, `"cohen"`, `"cohem"`), a},
		{"another method", edit(0, `"cohen"`, `"runner-up"`), a},
		{"noise", edit(0, `gaussian-f32`, `gaussian-f33`), a},
		{"sigma", digit(0, `"sigma":"`), a},
		{"alpha", digit(0, `"alpha":"`), a},
		{"n0", digit(0, `"n0":`), a},
		{"n", digit(0, `"n":`), a},
		{"seed", digit(0, `"seed":"`), s},
		{"selection stream", digit(0, `"selection":`), a},
		{"estimation stream", digit(0, `"estimation":`), a},
		{"accuracy only", edit(0, `"accuracy_only":false`, `"accuracy_only":true`), a},
		{"classes", digit(0, `"classes":`), a}, // three names for two classes
		{"contract", digit(0, `"contract":"f32/`), s},
		{"model", edit(0, `sha256:corners`, `sha256:cornert`), s},
		{"precision", edit(0, `"precision":"f32"`, `"precision":"f16"`), s},
		{"no precision", edit(0, `"precision":"f32",`, ``), a},
		{"a device", edit(0, `"model":`, `"device":"tf32/1","model":`), s},
		{"an empty device", edit(0, `"model":`, `"device":"","model":`), a},
		{"an endpoint", edit(0, `"model":`, `"endpoint":"https://example.org","model":`), s},
		{"preprocessing", edit(0, `"preprocessing":"none"`, `"preprocessing":"nonf"`), s},
		{"preprocessing of the other noise", edit(0, `"preprocessing":"none"`, `"preprocessing":"8-bit pixels as stored"`), a},
		{"noise relabelled", edit(0, `"gaussian-f32"`, `"gaussian-u8","clip":1`), a},
		{"noise relabelled, with its preprocessing", func(text string) string {
			return edit(0, `"preprocessing":"none"`, `"preprocessing":"8-bit pixels as stored"`)(edit(0, `"gaussian-f32"`, `"gaussian-u8","clip":1`)(text))
		}, s},
		{"seed said to be derived", edit(0, `"seed":"5"`, `"seed":"derived"`), s},
		{"a beacon for a number", edit(0, `"seed":"5",`, `"seed":"5","beacon":"`+beacon+`",`), a},
		{"size of the whole set", edit(0, `"of":6`, `"of":7`), a},
		{"size of the whole set, with the rule that fits", edit(0, `"of":6,"every":1`, `"of":7,"every":1,"max":6`), s},
		{"rule", edit(0, `"every":1`, `"every":2`), a},
		{"no rule", edit(0, `,"every":1`, ``), a},
		{"at most, which says nothing", edit(0, `"every":1`, `"every":1,"max":6`), a},
		{"no choice", edit(0, `,"choice":{"of":6,"every":1}`, ``), a},
		{"images trimmed", func(text string) string { return trimmed(text, `[[0,1,3]]`, 1, 2, 3) }, a},
		{"images trimmed, the whole set too", func(text string) string {
			return edit(0, `"of":6`, `"of":3`)(trimmed(text, `[[0,1,3]]`, 1, 2, 3))
		}, s},
		{"images picked by hand", func(text string) string { return trimmed(text, `[[0,1,1],[2,3,2]]`, 1, 3, 6) }, a},
		{"set of images written otherwise", edit(0, `\[\[0,1,6\]\]`, `[[0,1,3],[3,1,3]]`), a},
		{"sigma written otherwise", edit(0, `"0.25"`, `"0.250"`), a},
		{"sigma as a power of ten", edit(0, `"0.25"`, `"25e-2"`), a},
		{"n as a power of ten", edit(0, `"n":1100`, `"n":11e2`), a},
		{"n as a fraction", edit(0, `"n":1100`, `"n":1100.0`), a},
		{"n with a leading zero", edit(0, `"n":1100`, `"n":01100`), a},
		{"n beyond all integers", edit(0, `"n":1100`, `"n":11000000000000000000000`), a},
		{"seed with a leading zero", edit(0, `"seed":"5"`, `"seed":"05"`), a},
		{"seed with a sign", edit(0, `"seed":"5"`, `"seed":"+5"`), a},
		{"minus zero", edit(1, `"image":0`, `"image":-0`), a},
		{"a letter escaped", edit(0, `"points"`, `"\u0070oints"`), a},
		{"a name in capitals", edit(0, `"points"`, `"points","DATA":"points"`), a},
		{"digest in capitals", func(text string) string {
			all := strings.SplitAfter(text, "\n")
			all[1] = regexp.MustCompile(`"pixels":"[0-9a-f]+"`).ReplaceAllStringFunc(all[1], func(s string) string {
				return `"pixels":"` + strings.ToUpper(s[10:])
			})
			return reseal(strings.Join(all, ""))
		}, a},
		{"an image left out", func(text string) string {
			return leftOut(text, `{"kind":"left-out","image":0,"reason":"undecodable"}`)
		}, s},
		{"an image left out for another reason", func(text string) string {
			return leftOut(text, `{"kind":"left-out","image":0,"reason":"unclear"}`)
		}, a},
		{"an image left out, not counted", func(text string) string {
			return reseal(leftOut(text, `{"kind":"left-out","image":0,"reason":"undecodable"}`))
		}, a},
		{"names", edit(0, `"a","b"`, `"b","a"`), s},
		{"first image", edit(0, `\[\[0,1,6`, `[[1,1,6`), a},
		{"step of images", edit(0, `\[\[0,1,6`, `[[0,2,6`), a},
		{"number of images", edit(0, `\[\[0,1,6`, `[[0,1,7`), a},
		{"fewer images", edit(0, `\[\[0,1,6`, `[[0,1,5`), a},

		// The line of an image.
		{"line kind", edit(1, `"image"`, `"imagf"`), a},
		{"image", edit(1, `"image":0`, `"image":1`), a},
		{"pixels", edit(1, `"pixels":"(.)(.)`, `"pixels":"$2$1`), s},
		{"label", edit(1, `"label":0`, `"label":1`), s},
		{"label left out", edit(1, `"label":0`, `"label":-1`), s},
		{"selected", edit(1, `"selected":\d`, `"selected":2`), a},
		{"predict", edit(1, `"predict":\d`, `"predict":-1`), a},
		{"predict another", edit(1, `"predict":\d`, `"predict":2`), a},
		{"pA down", digit(1, `"pa":"`), a},
		{"pA up", edit(1, `"pa":"(\d\.\d*?)([0-8])(\d?)"`, `"pa":"${1}9${3}"`), a},
		{"radius down", digit(1, `"radius":"`), a},
		{"radius up", edit(1, `"radius":"(\d\.\d*?)[0-8](9*)"`, `"radius":"${1}9${2}"`), a},
		{"stopped", edit(1, `"selection":{"n"`, `"stopped":"wrong-class","selection":{"n"`), a},
		{"selection n", digit(1, `"selection":{"n":`), a},
		{"selection count", digit(1, `"selection":{"n":20,"counts":\[\[0,`), a},
		{"selection block count", digit(1, `"blocks":\[{"counts":\[\[0,`), a},
		{"selection predictions", edit(1, `"predictions":"(.)(.)`, `"predictions":"$2$1`), f},
		{"estimation n", digit(1, `"estimation":{"n":`), a},
		{"estimation count", digit(1, `"estimation":{"n":1100,"counts":\[\[0,`), a},
		{"block count", digit(1, `"estimation":.*?"blocks":\[{"counts":\[\[0,`), a},
		{"estimation predictions", edit(1, `(estimation.*?"predictions":")(.)(.)`, `$1$3$2`), f},
		{"a hit more and all that follows", consistent(t), f},
		{"a field more", edit(1, `"label"`, `"note":"","label"`), a},
		{"a space", edit(1, `"label":`, `"label": `), a},

		// The trailer.
		{"trailer kind", unsealed(`"trailer"`, `"trailes"`), a},
		{"trailer lines", unsealed(`"lines":6`, `"lines":7`), a},
		{"trailer digest", func(text string) string {
			return regexp.MustCompile(`"sha256":"(.)(.)`).ReplaceAllString(text, `"sha256":"$2$1`)
		}, a},

		// The lines.
		{"swapped", resealed(lines(0, 2, 1, 3, 4, 5, 6, 7)), a},
		{"duplicated", resealed(lines(0, 1, 1, 2, 3, 4, 5, 6, 7)), a},
		{"dropped", resealed(lines(0, 1, 2, 4, 5, 6, 7)), a},
		{"last one dropped", resealed(lines(0, 1, 2, 3, 4, 5, 7)), a},
		{"cut at a line", lines(0, 1, 2, 3), a},
		{"trailer cut off", lines(0, 1, 2, 3, 4, 5, 6), a},
		{"header cut off", lines(1, 2, 3, 4, 5, 6, 7), a},
		{"cut in a line", func(text string) string { return text[:len(text)*2/3] }, a},
		{"last newline cut off", func(text string) string { return strings.TrimSuffix(text, "\n") }, a},
		{"something behind", func(text string) string { return text + "\n" }, a},
		{"garbage behind", func(text string) string { return text + "\x00\xff" }, a},
		{"twice the certificate", func(text string) string { return text + text }, a},
		{"twice the header", resealed(lines(0, 0, 1, 2, 3, 4, 5, 6, 7)), a},
		{"twice the trailer", lines(0, 1, 2, 3, 4, 5, 6, 7, 7), a},
		{"line ends of Windows", func(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }, a},
		{"line ends of Windows, sealed", func(text string) string {
			i := strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n") + 1
			body := strings.ReplaceAll(text[:i], "\n", "\r\n")
			return body + fmt.Sprintf(`{"kind":"trailer","lines":6,"sha256":"%x"}`+"\n", sha256.Sum256([]byte(body)))
		}, a},
		{"byte order mark", func(text string) string { return reseal("\ufeff" + text) }, a},
		{"empty line", func(text string) string { return reseal(strings.Replace(text, "\n", "\n\n", 1)) }, a},
		{"a line of a run with another seed", func(text string) string {
			other := issue(t, func(task *smooth.Task) { task.Seed++ })
			all := strings.SplitAfter(text, "\n")
			all[1] = strings.SplitAfter(other, "\n")[1]
			return reseal(strings.Join(all, ""))
		}, f},
		{"half of a run with another seed", func(text string) string {
			other := strings.SplitAfter(issue(t, func(task *smooth.Task) { task.Seed++ }), "\n")
			return reseal(strings.Join(append(strings.SplitAfter(text, "\n")[:4:4], other[4:]...), ""))
		}, s},
		{"empty", func(string) string { return "" }, a},
		{"the line of another image under its index", func(text string) string {
			all := strings.SplitAfter(text, "\n")
			all[1] = strings.Replace(all[2], `"image":1`, `"image":0`, 1)
			return reseal(strings.Join(all, ""))
		}, s},
	})
	shard := issue(t, func(task *smooth.Task) { task.Shard = &certificate.Shard{Index: 2, Of: 3} })
	checkMutations(t, shard, []mutation{
		{"index", edit(0, `"index":2`, `"index":1`), a},
		{"of", edit(0, `"of":3`, `"of":4`), a},
		{"no shard", edit(0, `,"shard":\{"index":2,"of":3\}`, ``), a},
	})
	randomised := issue(t, func(task *smooth.Task) { task.Params = params(bound.MethodRandomised) })
	checkMutations(t, randomised, []mutation{
		{"seed", digit(0, `"seed":"`), a},
		{"bound stream", edit(0, `"bound":10`, `"bound":11`), a},
		{"w", edit(1, `"w":"(.)(.)`, `"w":"$2$1`), a},
		{"w of another image", func(text string) string {
			return edit(1, `"w":"[0-9a-f]+"`, regexp.MustCompile(`"w":"[0-9a-f]+"`).FindString(strings.SplitAfter(text, "\n")[2]))(text)
		}, a},
		{"a line of a run with another seed", func(text string) string {
			other := issue(t, func(task *smooth.Task) { task.Params = params(bound.MethodRandomised); task.Seed++ })
			all := strings.SplitAfter(text, "\n")
			all[1] = strings.SplitAfter(other, "\n")[1]
			return reseal(strings.Join(all, ""))
		}, a},
		{"w left out", edit(1, `"w":"[0-9a-f]+",`, ``), a},
		{"pA down", digit(1, `"pa":"`), a},
		{"radius down", digit(1, `"radius":"`), a},
	})
	derived := issue(t, func(task *smooth.Task) {
		task.Derived, task.Seed = &certificate.Derivation{Beacon: beacon}, 0
	})
	checkMutations(t, derived, []mutation{
		{"seed", edit(0, `"derived"`, `"0"`), a}, // a number has no beacon
		{"seed and no beacon", edit(0, `"seed":"derived","beacon":"[^"]*"`, `"seed":"0"`), s},
		{"no beacon", edit(0, `,"beacon":"[^"]*"`, ``), s},
		{"round", edit(0, `drand:1000`, `drand:1001`), s},
		{"value", digit(0, `"beacon":"drand:1000:ab85baa1029a2e2e0a35d0a3d9ff2f5b1ab8d6d1e7bf1f0f2d8a9d1d31e6f`), s},
		{"beacon in capitals", edit(0, `:ab85`, `:AB85`), a},
		{"round with a leading zero", edit(0, `drand:1000`, `drand:01000`), a},
		{"no value", edit(0, `drand:1000:[0-9a-f]*`, `drand:1000`), a},
		{"another source", edit(0, `drand:1000`, `nist:1000`), a},
		{"model", edit(0, `sha256:corners`, `sha256:cornert`), s},
		{"pixels", edit(1, `"pixels":"(.)(.)`, `"pixels":"$2$1`), s},
		{"a line of a run with another beacon", func(text string) string {
			other := issue(t, func(task *smooth.Task) { task.Derived, task.Seed = &certificate.Derivation{}, 0 })
			all := strings.SplitAfter(text, "\n")
			all[1] = strings.SplitAfter(other, "\n")[1]
			return reseal(strings.Join(all, ""))
		}, f},
	})
	derivedRandomised := issue(t, func(task *smooth.Task) {
		task.Params = params(bound.MethodRandomised)
		task.Derived, task.Seed = &certificate.Derivation{Beacon: beacon}, 0
	})
	checkMutations(t, derivedRandomised, []mutation{ // w detects it
		{"seed", edit(0, `"seed":"derived","beacon":"[^"]*"`, `"seed":"0"`), a},
		{"round", edit(0, `drand:1000`, `drand:1001`), a},
		{"model", edit(0, `sha256:corners`, `sha256:cornert`), a},
		{"pixels", edit(1, `"pixels":"(.)(.)`, `"pixels":"$2$1`), a},
		{"w", edit(1, `"w":"(.)(.)`, `"w":"$2$1`), a},
		{"w of another image", func(text string) string {
			return edit(1, `"w":"[0-9a-f]+"`, regexp.MustCompile(`"w":"[0-9a-f]+"`).FindString(strings.SplitAfter(text, "\n")[2]))(text)
		}, a},
	})
	runnerUp := issue(t, func(task *smooth.Task) { task.Params = params(bound.MethodRunnerUp) })
	checkMutations(t, runnerUp, []mutation{
		{"pA down", digit(1, `"pa":"`), a},
		{"pB down", digit(1, `"pb":"`), a},
		{"pB up", edit(1, `"pb":"(\d\.\d*?)[0-8](\d?)"`, `"pb":"${1}9${2}"`), a},
		{"pB left out", edit(1, `"pb":"[0-9.]+",`, ``), a},
		{"radius down", digit(1, `"radius":"`), a},
		{"another method", edit(0, `"runner-up"`, `"cohen"`), a},
	})
	anytime := issue(t, func(task *smooth.Task) { task.Params = params(bound.MethodAnytime) })
	checkMutations(t, anytime, []mutation{
		{"radii", edit(0, `"0.1"`, `"0.11"`), a},
		{"a radius more", edit(0, `"0.2"`, `"0.2","0.3"`), a},
		{"every", digit(0, `"every":`), a},
		{"mixture", digit(0, `"mixture":`), a},
		{"futility", edit(0, `"futility":"0.01"`, `"futility":"0.02"`), a},
		{"prior", digit(0, `"prior":`), a},
		{"no prior", edit(0, `,"prior":50`, ``), a},
		{"most samples", edit(0, `"n":1280`, `"n":320`), a},
		{"most samples by one look", edit(0, `"n":1280`, `"n":1296`), a},
		{"seed", digit(0, `"seed":"`), s},
		{"a look changed", edit(1, `"looks":"(.)`, `"looks":"0`), a},
		{"a look less", edit(1, `"looks":".`, `"looks":"`), a},
		{"a look more", edit(1, `"looks":"`, `"looks":"g`), a},
		{"two looks swapped", edit(3, `"looks":"bd`, `"looks":"db`), f},
		{"next radius", edit(1, `"radius":"[0-9.]+"`, `"radius":"0.5"`), a},
		{"pA down", digit(1, `"pa":"`), a},
	})
}

// With integer noise on 8-bit pixels the same audit holds.
func TestSoundCertificates(t *testing.T) {
	classifier := &smooth.FuncClassifier{K: 3, Bytes: func(image int) ([]byte, error) {
		x, err := point(image)
		return []byte{byte(255 * x[0]), byte(255 * x[1])}, err
	}, Class: corners(1).Class}
	sound := issue(t, func(task *smooth.Task) {
		task.Sound, task.Classifier, task.N, task.Preprocessing = true, classifier, 200, certificate.EightBit
	})
	for _, depth := range []Depth{Arithmetic, Sample, Full} {
		o := options(depth)
		o.Classifier, o.Subject.Preprocessing = classifier, certificate.EightBit
		require.True(t, audit(t, sound, o).Intact)
		require.False(t, audit(t, digit(0, `"clip":`)(sound), o).Intact)
		require.False(t, audit(t, edit(0, `gaussian-u8`, `gaussian-f32`)(sound), o).Intact)
	}
	o := options(Full)
	o.Subject.Preprocessing = certificate.EightBit
	o.Classifier = struct{ smooth.Classifier }{classifier}
	_, err := Run(t.Context(), strings.NewReader(sound), o)
	require.ErrorContains(t, err, "cannot draw integer noise")
}

func checkMutations(t *testing.T, text string, table []mutation) {
	t.Helper()
	for _, m := range table {
		changed := m.change(text)
		require.NotEqual(t, text, changed, m.name)
		must := false
		for _, depth := range []Depth{Arithmetic, Sample, Full} {
			must = must || depth == m.weakest
			r := audit(t, changed, options(depth))
			require.Equal(t, !must, r.Intact, "%s at depth %s: %s\n%s", m.name, depth, r.Difference, changed[:min(len(changed), 3000)])
		}
	}
}
