package certificate

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
)

// The memory for a line is bounded by its length: parts that are too short to
// be valid are not decoded, and no message repeats a text of megabytes.
func TestLinesOfTooManyParts(t *testing.T) {
	const many = 1 << 20
	p := Params{Plan: bound.Plan{Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 1, N: 20}}
	header, err := encodeLine(NewHeader(p, 2, Subject{Names: []string{"a", "b"}, Preprocessing: "none", Images: IndexSet{{0, 1, 1}}, Of: 1}))
	require.NoError(t, err)
	repeat := func(s string) string { return strings.Repeat(s+",", many) + s }
	image := func(counts, blocks string) string {
		return string(header) + fmt.Sprintf(`{"kind":"image","image":0,"selection":{"n":1,"counts":[%s],"blocks":[%s]}}`+"\n", counts, blocks)
	}
	in := func(old, new string) string {
		text := strings.Replace(string(header), old, new, 1)
		require.NotEqual(t, string(header), text)
		return text
	}
	long := strings.Repeat("x", 1<<22)
	for name, text := range map[string]string{
		"blocks":        image("", repeat("{}")),
		"pairs":         image(repeat("[]"), ""),
		"names":         in(`"a","b"`, repeat(`""`)),
		"spans":         in(`[0,1,1]`, repeat("[]")),
		"radii":         in(`"seed"`, `"anytime":{"radii":[`+repeat(`"0"`)+`]},"seed"`),
		"a long name":   in(`"a"`, `"`+long+`"`),
		"a long method": in(`"cohen"`, `"`+long+`"`),
		"a long number": in(`"n":20`, `"n":`+strings.Repeat("1", 1<<20)),
		"a long seed":   in(`"seed":"0"`, `"seed":"`+long+`"`),
		"a long kind":   string(header) + `{"kind":"` + long + `"}` + "\n",
		"a long reason": string(header) + `{"kind":"left-out","image":0,"reason":"` + long + `"}` + "\n",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d, err := NewReader(strings.NewReader(text))
		if err == nil {
			_, err = d.Next()
		}
		runtime.ReadMemStats(&after)
		require.Error(t, err, name)
		require.Less(t, len(err.Error()), 1200, name)
		require.Less(t, (after.TotalAlloc-before.TotalAlloc)/uint64(len(text)), uint64(20), "%s: %d bytes of memory per byte", name, (after.TotalAlloc-before.TotalAlloc)/uint64(len(text)))
	}
}
