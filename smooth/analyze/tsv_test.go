package analyze

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

func TestReadOtherToolsTables(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		row  Row
		note string
	}{
		"other order and more columns": {
			"label\tidx\tnote\tradius\tpredict\tcorrect\n3\t7\thello\t0.25\t3\t1\n",
			Row{Image: 7, Label: 3, Predict: 3, Radius: 0.25, Correct: true, Seconds: -1}, "",
		},
		"other names, other case": {
			"Index\tTarget\tPred\tRadius\tTime\tCorrect\n7\t3\t3\t0.25\t1 day, 0:00:02.5\tTrue\n",
			Row{Image: 7, Label: 3, Predict: 3, Radius: 0.25, Correct: true, Seconds: 86402.5}, "",
		},
		"windows line ends, blank lines": {
			"idx\tlabel\tpredict\tradius\tcorrect\r\n7\t3\t3\t0.25\t1\r\n\r\n",
			Row{Image: 7, Label: 3, Predict: 3, Radius: 0.25, Correct: true, Seconds: -1}, "3 of its 3 lines end in a carriage return",
		},
		"byte order mark": {
			"\ufeffidx\tlabel\tpredict\tradius\tcorrect\n7\t3\t3\t0.25\t1\n",
			Row{Image: 7, Label: 3, Predict: 3, Radius: 0.25, Correct: true, Seconds: -1}, "byte order mark",
		},
		"no newline at the end": {
			"idx\tlabel\tpredict\tradius\tcorrect\n7\t3\t3\t0.25\t1",
			Row{Image: 7, Label: 3, Predict: 3, Radius: 0.25, Correct: true, Seconds: -1}, "not ended by a newline",
		},
		"an abstention with a radius": {
			"idx\tlabel\tpredict\tradius\tcorrect\n7\t3\t-1\t0.25\t0\n",
			Row{Image: 7, Label: 3, Predict: -1, Radius: 0.25, Seconds: -1}, "1 abstentions have a radius above 0",
		},
		"correct against the label": {
			"idx\tlabel\tpredict\tradius\tcorrect\n7\t3\t2\t0.25\t1\n8\t3\t2\t0.25\t1\n",
			Row{Image: 7, Label: 3, Predict: 2, Radius: 0.25, Correct: true, Seconds: -1}, `in 2 rows the column "correct" disagrees`,
		},
	} {
		run, err := Read(strings.NewReader(c.text))
		require.NoError(t, err, name)
		require.Equal(t, c.row, run.Rows[0], name)
		if c.note == "" {
			require.Empty(t, run.Notes, name)
		} else {
			require.Len(t, run.Notes, 1, name)
			require.Contains(t, run.Notes[0], c.note, name)
		}
	}
}

// tableOf makes a table of rows "idx label predict radius correct".
func tableOf(rows ...string) string {
	var b strings.Builder
	b.WriteString("idx\tlabel\tpredict\tradius\tcorrect\n")
	for _, r := range rows {
		b.WriteString(strings.ReplaceAll(r, " ", "\t") + "\n")
	}
	return b.String()
}

func TestRunningTotal(t *testing.T) {
	for name, c := range map[string]struct {
		rows  []string
		want  []bool
		total bool
	}{
		"beyond one":                    {[]string{"0 1 1 .5 1", "1 1 1 .5 2", "2 1 0 .5 2", "3 1 -1 0 2", "4 0 0 .5 3"}, []bool{true, true, false, false, true}, true},
		"only one is right, early":      {[]string{"0 1 1 .5 1", "1 1 0 .5 1", "2 1 0 .5 1"}, []bool{true, false, false}, true},
		"flags that look like a total":  {[]string{"0 1 0 .5 0", "1 1 1 .5 1"}, []bool{false, true}, false},
		"flags, all right":              {[]string{"0 1 1 .5 1", "1 1 1 .5 1"}, []bool{true, true}, false},
		"flags that disagree, no total": {[]string{"0 1 1 .5 0", "1 1 0 .5 1", "2 1 1 .5 0"}, []bool{false, true, false}, false},
		"a total that disagrees":        {[]string{"0 1 1 .5 0", "1 1 1 .5 1", "2 1 1 .5 2"}, []bool{false, true, true}, true},
	} {
		run, err := Read(strings.NewReader(tableOf(c.rows...)))
		require.NoError(t, err, name)
		var got []bool
		for _, row := range run.Rows {
			got = append(got, row.Correct)
		}
		require.Equal(t, c.want, got, name)
		require.Equal(t, c.total, strings.Contains(strings.Join(run.Notes, "\n"), "running total"), name)
	}
	for _, rows := range [][]string{
		{"0 1 1 .5 7", "1 1 1 .5 8"},
		{"0 1 1 .5 1", "1 1 1 .5 3"},
		{"0 1 1 .5 1", "1 1 1 .5 2", "2 1 1 .5 1"},
	} {
		_, err := Read(strings.NewReader(tableOf(rows...)))
		require.ErrorContains(t, err, "running total")
	}
}

func TestMissingAndRepeatedRows(t *testing.T) {
	var rows []string
	for i := 0; i < 400; i += 20 {
		if i != 60 && i != 80 && i != 200 {
			rows = append(rows, fmt.Sprintf("%d 1 1 .5 1", i))
		}
	}
	run, err := Read(strings.NewReader(tableOf(rows...)))
	require.NoError(t, err)
	require.Len(t, run.Notes, 1)
	require.Contains(t, run.Notes[0], "of the images from 0 to 380 in steps of 20, 3 are missing (60, 80, 200)")

	rows[0], rows[1] = rows[1], rows[0]
	run, err = Read(strings.NewReader(tableOf(append(rows, rows[5])...)))
	require.NoError(t, err)
	require.Len(t, run.Rows, 17)
	require.Contains(t, run.Notes[0], "1 of its 18 rows repeat an image")
	require.Contains(t, run.Notes[1], "not in the order of the images")

	// An irregular choice of images has no missing ones.
	run, err = Read(strings.NewReader(tableOf("0 1 1 .5 1", "7 1 1 .5 1", "8 1 1 .5 1", "95 1 1 .5 1")))
	require.NoError(t, err)
	require.Empty(t, run.Notes)
	// Many missing rows are counted without a loop over them.
	for i := range 20 {
		rows = append(rows, fmt.Sprintf("%d 1 1 .5 1", 400+20*i))
	}
	run, err = Read(strings.NewReader(tableOf(append(rows, "2000000000 1 1 .5 1")...)))
	require.NoError(t, err)
	require.Contains(t, run.Notes[1], "99999963 are missing (60, 80, 200, 800, 820, ...)")
}

func TestReadErrorsAreOneSentence(t *testing.T) {
	head := certificate.TSVHeader + "\n"
	for want, text := range map[string]string{
		"the file is empty":      "",
		`no column "idx"`:        "\n",
		`no column "radius"`:     "idx\tlabel\tpredict\tcorrect\n",
		"carriage returns alone": "idx\tlabel\tpredict\tradius\tcorrect\r1\t1\t1\t1\t1\r",
		"separated by commas":    "idx,label,predict,radius,correct\n",
		"is not text":            "i\x00d\x00x\x00\n",
		`two columns "idx"`:      "idx\tidx\tlabel\tpredict\tradius\tcorrect\n",
		"has no rows":            head,
		`line 3 of the table: it has 3 fields and lacks "radius"`:                        head + "0\t1\t1\t0.5\t1\tx\n1\t1\t1\n",
		"line 3 of the table: the file ends in it, after 3 of 6 fields":                  head + "0\t1\t1\t0.5\t1\tx\n1\t1\t1",
		"line 3 of the table: the file ends in it, after 5 of 6 fields":                  head + "0\t1\t1\t0.5\t1\tx\n1\t1\t1\t0.5\t1",
		`line 2 of the table: the file ends in the field "radius", which may be cut off`: "idx\tlabel\tpredict\tcorrect\tradius\n0\t1\t1\t1\t0.57",
		`the radius "-1"`:              head + "0\t1\t1\t-1\t1\tx\n",
		`the radius "NaN"`:             head + "0\t1\t1\tNaN\t1\tx\n",
		`the radius "inf"`:             head + "0\t1\t1\tinf\t1\tx\n",
		`the idx "-1"`:                 head + "-1\t1\t1\t1\t1\tx\n",
		`the label "cat"`:              head + "1\tcat\t1\t1\t1\tx\n",
		`the field correct is "1.5"`:   head + "1\t1\t1\t1\t1.5\tx\n",
		`the field correct is "-1"`:    head + "1\t1\t1\t1\t-1\tx\n",
		`the field correct is "1e300"`: head + "1\t1\t1\t1\t1e300\tx\n",
		"line 3 of the table: image 1 occurs twice, with another result than in line 2": head + "1\t1\t1\t1\t1\tx\n1\t1\t1\t2\t1\tx\n",
		"line 2 of the table is longer":   head + strings.Repeat("1", maxTSVLine+1),
		"not the header of a certificate": `{"idx":1}` + "\n",
		"it ends without a newline":       `{"kind":"header"`,
	} {
		_, err := Read(strings.NewReader(text))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
	}
	_, err := ReadFile(filepath.Join(t.TempDir(), "nothing.tsv"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// A table that is cut off within a line is an error, or has a note that its
// last line has no newline, unless only the time of the last row is incomplete.
func TestEveryCutOfATableIsNoticed(t *testing.T) {
	whole, err := Read(strings.NewReader(smallTSV))
	require.NoError(t, err)
	for n := range len(smallTSV) - 1 {
		cut := smallTSV[:n]
		run, err := Read(strings.NewReader(cut))
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			continue
		}
		if !strings.HasSuffix(cut, "\n") {
			require.Contains(t, strings.Join(run.Notes, "\n"), "not ended by a newline", "%q", cut)
		}
		for i, row := range run.Rows {
			want := whole.Rows[i]
			want.Seconds = row.Seconds
			require.Equal(t, want, row, "%q", cut)
		}
	}
}

func TestRadiiAgainstWhatSamplesProve(t *testing.T) {
	// n = 1000 at alpha = .001 proves at most 0.615 for sigma 0.25.
	read := func(rows ...string) Run {
		run, err := Read(strings.NewReader(tableOf(rows...)))
		require.NoError(t, err)
		run.Name, run.Sigma, run.Alpha, run.N = "r", decimal.Must("0.25"), decimal.Must("0.001"), 1000
		require.NoError(t, run.CheckRadii())
		return run
	}
	best, err := bound.NewCohen(bound.Plan{Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 1, N: 1000})
	require.NoError(t, err)
	top := best.BestRadius().String() // with all six decimals, rounded down
	require.Equal(t, "0.615815", top)
	require.Empty(t, read("0 1 1 "+top+" 1", "1 1 1 0.1 1").Notes)
	require.Empty(t, read("0 1 1 0.615 1", "1 1 1 0.123 1").Notes, "rounded down")
	require.Equal(t, []string{"at least 1 radii are rounded up, such as 0.616 of image 0, where 0.615815 was proved"}, read("0 1 1 0.616 1", "1 1 1 0.123 1").Notes)
	require.Equal(t, []string{"2 radii, up to 0.9, are above 0.615815, the largest that n = 1000 samples at alpha = 0.001 can prove with sigma = 0.25"},
		read("0 1 1 0.617 1", "1 1 1 0.9 1", "2 1 1 0.123 1").Notes)
	require.Empty(t, read("0 1 1 1e-320 1").Notes)
	require.Len(t, read("0 1 1 1e308 1").Notes, 1)

	run := read("0 1 1 0.5 1")
	run.N = 0
	require.ErrorContains(t, run.CheckRadii(), `cannot check the radii of "r": n is 0`)
	run.N, run.Notes = 5, nil
	require.NoError(t, run.CheckRadii())
	require.Equal(t, []string{"n = 5 samples at alpha = 0.001 can prove no radius at all"}, run.Notes)
}

func TestSigmaInTheNameOfAFile(t *testing.T) {
	for name, want := range map[string]string{"dir/sigma_0.25.tsv": "0.25", "noise=1.00": "1", "resnet_sigma0.12_n100000": "0.12"} {
		got, ok := SigmaOf(name)
		require.True(t, ok, name)
		require.Equal(t, want, got.String())
	}
	for _, name := range []string{"certify.tsv", "sigma_.tsv", "sigma_0.tsv", "0.25.tsv"} {
		_, ok := SigmaOf(name)
		require.False(t, ok, name)
	}
}
