package certificate

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth/bound"
)

func TestHeadersOfTheMethods(t *testing.T) {
	for m, want := range map[bound.Method]string{
		bound.MethodCohen:      `"method":"cohen","noise":"gaussian-f32","sigma":"0.25","alpha":"0.001","n0":10,"n":60,"seed":"3","streams":{"selection":8,"estimation":9},`,
		bound.MethodRandomised: `"streams":{"selection":8,"estimation":9,"bound":10}`,
		bound.MethodAnytime:    `"n":4000,"anytime":{"radii":["0","0.1","0.2","0.3","0.5"],"every":16,"mixture":60,"futility":"0.01","prior":50},"seed":"3"`,
	} {
		s := sampleOf(m)
		h := s.header()
		line, err := encodeLine(h)
		require.NoError(t, err)
		require.Contains(t, string(line), want)
		require.Equal(t, s.Params, h.Params())
		require.NoError(t, h.check())
	}
}

func TestReaderNamesWhatIsWrongWithAMethod(t *testing.T) {
	text := func(m bound.Method) string {
		cert := sampleOf(m).bytes(t)
		_, _, err := readAll(bytes.NewReader(cert))
		require.NoError(t, err)
		return string(cert)
	}
	randomised, runner, anytime := text(bound.MethodRandomised), text(bound.MethodRunnerUp), text(bound.MethodAnytime)
	digit := func(s string, at int, by byte) string { // change a digit after "looks":"
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
