package certificate

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/godmae/godmae/internal/atomicfile"
)

// TSVHeader is the first line of a table of certificates, in the format of the
// scripts of Cohen et al. (2019) and of most later work.
const TSVHeader = "idx\tlabel\tpredict\tradius\tcorrect\ttime"

// deriveTSV writes the table of a certificate and its timing. The radius is
// 0.0 and the prediction -1 for an abstention; the time is h:mm:ss.uuuuuu, or
// nan for an image whose timing is lost.
func deriveTSV(path, certificate, timing string) error {
	cert, err := os.Open(certificate)
	if err != nil {
		return err
	}
	defer cert.Close()
	times, err := os.Open(timing)
	if err != nil {
		return err
	}
	defer times.Close()
	d, err := NewReader(cert)
	if err != nil {
		return fmt.Errorf("cannot derive %s: %w", path, err)
	}
	t := newTimingReader(times)
	return atomicfile.Write(path, func(w io.Writer) error {
		b := bufio.NewWriter(w)
		fmt.Fprintln(b, TSVHeader)
		for {
			rec, err := d.Next()
			if err == io.EOF {
				return b.Flush()
			}
			if err != nil {
				return fmt.Errorf("cannot derive %s: %w", path, err)
			}
			took := "nan"
			if v, ok := t.of(rec.Image); ok {
				took = clock(v.Seconds)
			}
			fmt.Fprintf(b, "%d\t%d\t%d\t%s\t%d\t%s\n", rec.Image, rec.Label, rec.Predict, tsvRadius(rec), bit(rec.Correct()), took)
		}
	})
}

// tsvRadius writes a radius of 0 in the usual form.
func tsvRadius(r Record) string {
	if r.Radius.Sign() == 0 {
		return "0.0"
	}
	return r.Radius.String()
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// clock formats seconds like Python's timedelta.
func clock(seconds float64) string {
	d := time.Duration(min(max(seconds, 0), 1e9) * float64(time.Second)).Round(time.Microsecond)
	h, d := d/time.Hour, d%time.Hour
	m, d := d/time.Minute, d%time.Minute
	s, d := d/time.Second, d%time.Second
	return fmt.Sprintf("%d:%02d:%02d.%06d", h, m, s, d/time.Microsecond)
}
