package smooth

import (
	"bytes"
	"crypto/sha256"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/exact"
)

// decimals reads a list of decimals.
func decimals(list ...string) []Decimal {
	var d []Decimal
	for _, s := range list {
		d = append(d, exact.MustDecimal(s))
	}
	return d
}

// methodTask is a certification of the linear classifier by a method.
func methodTask(m Method, out string) Task {
	task := linearTask(out)
	task.Method = m
	task.N = 400
	if m == MethodAnytime {
		task.N, task.Radii, task.Futility = 4000, decimals("0", "0.1", "0.2", "0.3", "0.5"), DefaultFutility()
	}
	return task
}

func TestMethodsLeaveNoTraceOfBatchAndWorkers(t *testing.T) {
	for _, m := range Methods() {
		for _, accuracyOnly := range []bool{false, true} {
			var first, firstTable []byte
			for _, c := range []struct{ batch, workers int }{{64, 1}, {1, 1}, {8, 2}, {1000, 7}} {
				if c.batch == 1 && testing.Short() {
					continue
				}
				task := methodTask(m, filepath.Join(t.TempDir(), "c.jsonl"))
				task.AccuracyOnly, task.Batch, task.Images = accuracyOnly, c.batch, IndexSet{{0, 1, 4}}
				if m != MethodAnytime {
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
	for m, want := range map[Method]string{
		MethodRandomised: "d3a2717d9168765b296ab9b535bfc903c517e772bc9755a514aa6a815015807a",
		MethodRunnerUp:   "cb056eac7c242e4d5754187baed9fda05b8350587fab771c6701304361d651ac",
		MethodAnytime:    "efdecf70ab1a3902d615014770460989be7ab7b1792e1e08aa024cbc71956794",
	} {
		task := methodTask(m, filepath.Join(t.TempDir(), "c.jsonl"))
		task.Images = IndexSet{{0, 1, 10}}
		cert, _ := runTask(t, task)
		require.Equal(t, want, Digest(sha256.Sum256(asFormat1(t, cert))).String(), m)
	}
}

// Interrupted runs of every method end in the same bytes.
func TestMethodsGoOnAfterAnyInterruption(t *testing.T) {
	for _, m := range Methods()[1:] {
		task := methodTask(m, filepath.Join(t.TempDir(), "c.jsonl"))
		task.Images = IndexSet{{0, 1, 4}}
		if m != MethodAnytime {
			task.N = 100
		}
		want, _ := runTask(t, task)
		lines := bytes.SplitAfter(want, []byte("\n"))
		for keep := 0; keep < len(lines); keep += 3 {
			task.Out = filepath.Join(t.TempDir(), "c.jsonl")
			left := append(bytes.Join(lines[:keep], nil), lines[keep][:len(lines[keep])/2]...)
			require.NoError(t, os.WriteFile(FilesFor(task.Out).partial(), left, 0o666))
			got, _ := runTask(t, task)
			require.Equal(t, string(want), string(got), "%s after %d lines", m, keep)
		}
	}
}

func TestHeadersOfTheMethods(t *testing.T) {
	for m, want := range map[Method]string{
		MethodCohen:      `"method":"cohen","noise":"gaussian-f32","sigma":"0.25","alpha":"0.001","n0":20,"n":400,"seed":"3","streams":{"selection":8,"estimation":9},`,
		MethodRandomised: `"streams":{"selection":8,"estimation":9,"bound":10}`,
		MethodAnytime:    `"n":4000,"anytime":{"radii":["0","0.1","0.2","0.3","0.5"],"every":16,"mixture":60,"futility":"0.01","prior":50},"seed":"3"`,
	} {
		task := methodTask(m, "")
		h := NewHeader(task.Params, 3, task.Subject)
		line, err := encodeLine(h)
		require.NoError(t, err)
		require.Contains(t, string(line), want)
		require.Equal(t, task.Params, h.Params())
		require.NoError(t, h.check())
	}
}

func TestParamsOfTheMethods(t *testing.T) {
	for want, change := range map[string]func(*Params){
		`method "magic" is not known`:            func(p *Params) { p.Method = "magic" },
		"a grid of radii and a level of giving":  func(p *Params) { p.Method = MethodRunnerUp },
		"belong to the method anytime":           func(p *Params) { p.Method, p.Radii = MethodCohen, nil },
		"futility is 0: the chance below which":  func(p *Params) { p.Futility = Decimal{} },
		"futility is 0.51":                       func(p *Params) { p.Futility = exact.MustDecimal("0.51") },
		"must start at 0":                        func(p *Params) { p.Radii = p.Radii[1:] },
		"the grid of radii must start":           func(p *Params) { p.Radii = nil },
		"give a multiple of 16":                  func(p *Params) { p.N = 100 },
		"the radius 0.25 follows 0.25":           func(p *Params) { p.Radii = decimals("0", "0.25", "0.25") },
		"is more than 10 times sigma":            func(p *Params) { p.Radii = decimals("0", "2.51") },
		"at most 64 are possible":                func(p *Params) { p.Radii = make([]Decimal, 65) },
		"needs a failure probability below 1/16": func(p *Params) { p.Method, p.Alpha = MethodRandomised, exact.MustDecimal("0.0625") },
	} {
		p := methodTask(MethodAnytime, "").Params
		require.NoError(t, p.Check())
		change(&p)
		require.ErrorContains(t, p.Check(), want)
		_, err := NewStatistics(p, 3)
		require.ErrorContains(t, err, want)
	}
	require.Equal(t, decimals("0", "0.25", "1"), Grid(decimals("1", "0.25", "1")))
}

// What n can certify at best, and what a radius needs, agree for each method.
func TestNeedsAndBestRadius(t *testing.T) {
	radius := exact.MustDecimal("0.5") // two sigma
	for m, want := range map[Method]int{MethodCohen: 301, MethodRandomised: 180, MethodRunnerUp: 331, MethodAnytime: 351} {
		p := methodTask(m, "").Params
		p.Radii = nil
		if m == MethodAnytime {
			p.Radii = Grid([]Decimal{radius})
		}
		stats, err := NewStatistics(p, 10)
		require.NoError(t, err)
		n, ok := stats.Needs(radius)
		require.True(t, ok)
		require.Equal(t, want, n, m)
		_, ok = stats.Needs(exact.MustDecimal("2.5"))
		require.False(t, ok, "ten sigma")
		for _, c := range []struct {
			n       int
			reaches bool
		}{{n, true}, {n - 1, false}} {
			p.N = c.n
			if m == MethodAnytime {
				p.N = (c.n + 15) / 16 * 16
				if !c.reaches {
					p.N -= 16
				}
			}
			stats, err := NewStatistics(p, 10)
			require.NoError(t, err)
			require.Equal(t, c.reaches, stats.BestRadius().Cmp(radius) >= 0, "%s with %d", m, p.N)
		}
	}
}

// The weight stands for its whole cell of the uniform distribution and is
// clipped; its digits have one form.
func TestDraw(t *testing.T) {
	require.Equal(t, "1/16", Draw(0).Weight().RatString())
	require.Equal(t, "1/1", Draw(1<<64-1).Weight().String())
	require.Equal(t, big.NewRat(1, 2), Draw(1<<63-1).Weight())
	var d Draw
	require.NoError(t, d.UnmarshalText([]byte("00000000000000ff")))
	require.Equal(t, Draw(255), d)
	for _, bad := range []string{"ff", "zz000000000000ff", "+0000000000000ff"} {
		require.Error(t, d.UnmarshalText([]byte(bad)), bad)
	}
}

// Against the reference formulas of the runner-up bound, and a class with less
// than half of the samples.
func TestRunnerUpVerdicts(t *testing.T) {
	p := Params{Method: MethodRunnerUp, Sigma: exact.MustDecimal("0.5"), Alpha: exact.MustDecimal("0.001"), N0: 1, N: 1000}
	r := newRunnerUp(p, 10)
	v := r.decide(3, Counts{{NoClass, 100}, {1, 200}, {3, 450}, {7, 250}})
	require.Equal(t, 3, v.Class)
	require.Negative(t, v.PA.Cmp(half), "Cohen's method abstains")
	level := new(big.Rat).SetFrac64(1, 2000)
	require.Equal(t, exact.BinomialLowerBound(450, 1000, level, big.NewRat(1, 1)), v.PA)
	other := exact.BinomialLowerBound(750, 1000, level.Quo(level, big.NewRat(9, 1)), big.NewRat(1, 1)).Rat()
	require.Equal(t, exact.FloorDecimal(other.Sub(big.NewRat(1, 1), other), 12), *v.PB)
	low, _ := quantileEnds(v.PA)
	_, high := quantileEnds(*v.PB)
	z, _ := new(big.Rat).Sub(low, high).Float64()
	require.InDelta(t, 0.25*z, v.Radius.Float64(), 1.1e-6)

	require.Equal(t, NoClass, r.decide(3, Counts{{1, 450}, {3, 460}, {7, 90}}).Class, "too close")
	require.Equal(t, NoClass, r.decide(3, Counts{{1, 1000}}).Class)
	// With two classes the other one has the rest, and nothing is gained.
	two := newRunnerUp(p, 2).decide(0, Counts{{0, 900}, {1, 100}})
	require.Equal(t, "1", new(big.Rat).Add(two.PA.Rat(), two.PB.Rat()).RatString())
	cohen := newBound(exact.BinomialLowerBound(900, 1000, big.NewRat(1, 2000), big.NewRat(1, 1)), p.Sigma)
	require.Equal(t, cohen.radius, two.Radius)
	// One class is always right.
	one := newRunnerUp(p, 1).decide(0, Counts{{0, 1000}})
	require.Equal(t, 0, one.Class)
}

func TestReaderNamesWhatIsWrongWithAMethod(t *testing.T) {
	text := func(m Method) string {
		task := methodTask(m, filepath.Join(t.TempDir(), "c.jsonl"))
		task.Images = IndexSet{{0, 1, 3}}
		cert, _ := runTask(t, task)
		_, _, err := readAll(bytes.NewReader(cert))
		require.NoError(t, err)
		return string(cert)
	}
	randomised, runner, anytime := text(MethodRandomised), text(MethodRunnerUp), text(MethodAnytime)
	digit := func(s string, at int, by byte) string { // change a digit behind "looks":"
		b := []byte(s)
		b[strings.Index(s, `"looks":"`)+len(`"looks":"`)+at] = by
		return string(b)
	}
	edit := func(s, old, new string) string {
		require.Contains(t, s, old)
		return strings.Replace(s, old, new, 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"no stream":       {edit(randomised, `,"bound":10`, ``), "streams 8, 9 and 0"},
		"seed":            {edit(randomised, `"seed":"3"`, `"seed":"4"`), "the counts give"},
		"digits":          {edit(randomised, `"w":"`, `"w":"0`), "16 hexadecimal digits"},
		"no pb":           {edit(runner, `"pb":"0.`, `"pb":"0.1`), "the counts give pB"},
		"grid":            {edit(anytime, `"0.5"],`, `"0.6"],`), "of the certificate"},
		"no grid":         {edit(anytime, `"anytime":{"radii":["0","0.1","0.2","0.3","0.5"],"every":16,"mixture":60,"futility":"0.01","prior":50},`, ``), "do not go together"},
		"every":           {edit(anytime, `"every":16`, `"every":8`), "this version knows 16"},
		"prior":           {edit(anytime, `"prior":50`, `"prior":51`), "a prior of 1/51; this version knows 16, 60 and 1/50"},
		"earlier version": {edit(anytime, `,"prior":50`, ``), "by a rule of earlier versions"},
		"futility":        {edit(anytime, `"futility":"0.01"`, `"futility":"0.6"`), "futility is 0.6"},
		"other method":    {edit(anytime, `"method":"anytime"`, `"method":"cohen"`), "do not go together"},
		"strange digit":   {digit(anytime, 0, 'z'), `impossible digit 'z'`},
		"a hit less":      {digit(anytime, 0, '0'), "line 2"},
		"no looks at all": {edit(anytime, `"looks":"`, `"stopped":"`), "line 2"},
	} {
		_, _, err := readAll(strings.NewReader(c.text))
		require.ErrorContains(t, err, c.want, name)
		require.NotContains(t, err.Error(), "\n", name)
	}
}
