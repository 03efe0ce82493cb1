package certificate

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth/bound"
)

// Truncations at and near every line end, and some others, are refused. The
// reader never returns more images than the file has.
func TestReaderRefusesEveryTruncation(t *testing.T) {
	cert := smallCertificate(t, false)
	for cut := range cert {
		atEnd := bytes.IndexByte(cert[max(cut-2, 0):min(cut+2, len(cert))], '\n') >= 0
		if !atEnd && cut%13 != 0 {
			continue
		}
		_, recs, err := readAll(bytes.NewReader(cert[:cut]))
		require.Error(t, err, "cut at %d", cut)
		require.NotContains(t, err.Error(), "\n")
		require.LessOrEqual(t, len(recs), bytes.Count(cert[:cut], []byte("\n")))
	}
}

// A change of any byte is detected (tested for some bytes). The digest detects
// all changes; the other checks name the reason.
func TestReaderRefusesEveryChangedByte(t *testing.T) {
	cert := smallCertificate(t, true)
	for i := 0; i < len(cert); i += 11 {
		bad := bytes.Clone(cert)
		bad[i] ^= 1
		_, _, err := readAll(bytes.NewReader(bad))
		require.Error(t, err, "byte %d", i)
	}
}

func TestReaderNamesWhatIsWrong(t *testing.T) {
	cert := string(smallCertificate(t, false))
	lines := strings.SplitAfter(cert, "\n")
	lines = lines[:len(lines)-1]
	require.Len(t, lines, 6)
	swap := func(a, b int) string {
		l := append([]string(nil), lines...)
		l[a], l[b] = l[b], l[a]
		return strings.Join(l, "")
	}
	edit := func(old, new string) string {
		require.Contains(t, cert, old)
		return strings.Replace(cert, old, new, 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":            {"", "it has no header"},
		"other file":       {"hello\n", "line 1 of the certificate: it is not the header"},
		"Windows":          {strings.ReplaceAll(cert, "\n", "\r\n"), "line 1 of the certificate: it has Windows line ends"},
		"Windows below":    {strings.Replace(cert, "]}}\n", "]}}\r\n", 1), "line 2 of the certificate: it has Windows line ends"},
		"byte order mark":  {"\ufeff" + cert, "line 1 of the certificate: it starts with a byte order mark"},
		"swapped lines":    {swap(1, 2), "line 2 of the certificate: there is image 1 instead of image 0"},
		"dropped line":     {strings.Join(append(lines[:2:2], lines[3:]...), ""), "there is image 2 instead of image 1"},
		"duplicated line":  {strings.Join(append(lines[:2:2], lines[1:]...), ""), "there is image 0 instead of image 1"},
		"early trailer":    {strings.Join(append(lines[:2:2], lines[5]), ""), "the trailer comes after 1 of 4 images"},
		"no trailer":       {strings.Join(lines[:5], ""), "ends after 4 of 4 images, without a trailer"},
		"lines after":      {cert + lines[1], "there is data after the trailer"},
		"trailer count":    {edit(`"lines":4`, `"lines":5`), "the trailer counts 5 lines"},
		"another seed":     {edit(`"seed":"3"`, `"seed":"4"`), "the trailer counts"},
		"another alpha":    {edit(`"alpha":"0.001"`, `"alpha":"0.01"`), "the counts give"},
		"another n":        {edit(`"n":60,"seed"`, `"n":61,"seed"`), "60 samples were drawn instead of 61"},
		"no streams":       {edit(`"selection":8`, `"selection":9`), "the streams 9, 9 and 0"},
		"other method":     {edit(`"method":"cohen"`, `"method":"magic"`), `method "magic"`},
		"no classes":       {edit(`"classes":3`, `"classes":0`), "it has 0 classes"},
		"missing names":    {edit(`"names":["left","right","<none>"]`, `"names":null`), "it has 0 class names"},
		"names":            {edit(`"left",`, ``), "it has 2 class names for 3 classes"},
		"endless images":   {edit(`[[0,1,4]]`, `[[0,1,4],[1000,4294967295,9]]`), "reaches beyond"},
		"backward images":  {edit(`[[0,1,4]]`, `[[0,1,4],[2,1,1]]`), "impossible span"},
		"unknown field":    {edit(`"label":`, `"extra":1,"label":`), "not in canonical form"},
		"space":            {edit(`"label":`, `"label": `), "not in canonical form"},
		"repeated field":   {edit(`"label":`, `"label":0,"label":`), "not in canonical form"},
		"not JSON":         {edit(`"label":`, `label`), "it is not valid"},
		"label":            {edit(`"label":0`, `"label":3`), "label 3 is not one of 3 classes"},
		"kind":             {edit(`"kind":"image"`, `"kind":"photo"`), `kind "photo"`},
		"stopped":          {edit(`"selection":{"n":10`, `"stopped":"wrong-class","selection":{"n":10`), "which the header does not allow"},
		"number as string": {edit(`"image":0`, `"image":"0"`), "it is not valid"},
		"short digest":     {edit(`"pixels":"`, `"pixels":"00`), "has 64 hexadecimal digits, this one has 66"},
	} {
		_, _, err := readAll(strings.NewReader(c.text))
		require.ErrorContains(t, err, c.want, name)
		require.NotContains(t, err.Error(), "\n", name)
	}
}

func TestReaderChecksCountsAgainstEachOther(t *testing.T) {
	good := func() Sampling {
		return Sampling{N: 1030, Counts: bound.Counts{{-1, 1}, {0, 1000}, {2, 29}}, Blocks: []Block{
			{Counts: bound.Counts{{-1, 1}, {0, 1000}, {2, 23}}}, {Counts: bound.Counts{{2, 6}}},
		}}
	}
	require.NoError(t, good().check(3))
	for want, change := range map[string]func(*Sampling){
		"counts or blocks are missing":   func(s *Sampling) { s.Counts = nil },
		"need 2 blocks, not 1":           func(s *Sampling) { s.Blocks = s.Blocks[:1] },
		"block 1 counts 7 samples":       func(s *Sampling) { s.Blocks[1].Counts[0][1]++ },
		"differ on class 0":              func(s *Sampling) { s.Counts[1][1]--; s.Counts[2][1]++ },
		"class 3 is out of order":        func(s *Sampling) { s.Counts[2][0] = 3 },
		"class -2 is out of order":       func(s *Sampling) { s.Counts[0][0] = -2 },
		"block 0: class 0 is out of ord": func(s *Sampling) { s.Blocks[0].Counts[2][0] = 0 },
		"has the count 0":                func(s *Sampling) { s.Counts[0][1] = 0 },
		"-1 samples":                     func(s *Sampling) { s.N = -1 },
	} {
		s := good()
		change(&s)
		require.ErrorContains(t, s.check(3), want)
	}
}

func TestStopMustAgreeWithTheLabel(t *testing.T) {
	cert := string(smallCertificate(t, true))
	require.Contains(t, cert, `"stopped":"wrong-class"`)
	_, _, err := readAll(strings.NewReader(cert))
	require.NoError(t, err)
	lines := strings.SplitAfter(cert, "\n")
	for i, line := range lines {
		if !strings.Contains(line, "stopped") {
			continue
		}
		selected := line[strings.Index(line, `"selected":`)+len(`"selected":`):][:1]
		label := line[strings.Index(line, `"label":`)+len(`"label":`):][:1]
		lines[i] = strings.Replace(line, `"label":`+label, `"label":`+selected, 1)
		break
	}
	_, _, err = readAll(strings.NewReader(strings.Join(lines, "")))
	require.ErrorContains(t, err, "the label and the stop do not agree")
}

// An endless line must not fill the memory.
func TestReaderRefusesAnEndlessLine(t *testing.T) {
	r := lineReader{r: newBufferedZeros()}
	_, err := r.next()
	require.ErrorContains(t, err, fmt.Sprintf("longer than %d MiB", maxLine>>20))
}

func FuzzReader(f *testing.F) {
	cert := smallCertificate(f, false)
	f.Add(cert)
	f.Add(smallCertificate(f, true))
	f.Add(cert[:len(cert)/2])
	for _, m := range bound.Methods()[1:] {
		s := sampleOf(m)
		s.shard = &Shard{2, 2}
		f.Add(s.bytes(f))
	}
	f.Add([]byte(`{"kind":"header","schema":"godmae-certificate/1"}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, recs, err := readAll(bytes.NewReader(data))
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		// An accepted certificate is canonical: writing it gives the same
		// bytes.
		var again []byte
		add := func(v any) {
			line, err := encodeLine(v)
			require.NoError(t, err)
			again = append(again, line...)
		}
		add(h)
		for _, rec := range recs {
			add(rec)
		}
		require.True(t, bytes.HasPrefix(data, again))
	})
}
