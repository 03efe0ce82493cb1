package main

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProgressInALog(t *testing.T) {
	var log bytes.Buffer
	p := newProgress(&log, "pretrain", "images", 400)
	p.begin(100) // an earlier process did 100
	p.start = p.start.Add(-20 * time.Second)
	p.update(200, "loss 0.5")
	require.Empty(t, log.String(), "not every step gets a line")
	p.last = p.last.Add(-time.Minute)
	p.update(300, "loss 0.4")
	require.Regexp(t, `^pretrain: 300/400 images, (10\.0|9\.\d+) images/s, 0:10 left, loss 0.4\n$`, log.String())
	log.Reset()
	p.update(400, "loss 0.3")
	p.close()
	require.Regexp(t, `^pretrain: 400/400 images, 1\d\.\d images/s, took 0:20, loss 0.3\n$`, log.String())
}

// Rates have three significant digits and no exponent at any speed.
func TestProgressPrintsReadableRates(t *testing.T) {
	for _, x := range []struct {
		done int
		took time.Duration
		want string
	}{
		{170_900, 10 * time.Second, `17\d{3} images/s`},
		{3_000_000, time.Second, `[23]\d{6} images/s`},
		{1746, 10 * time.Second, `17[45] images/s`},
		{1, 300 * time.Second, `0\.00333 images/s`},
	} {
		var log bytes.Buffer
		p := newProgress(&log, "eval", "images", x.done)
		p.begin(0)
		p.start = p.start.Add(-x.took)
		p.update(x.done, "")
		p.close()
		require.Regexp(t, "^eval: .* images, "+x.want+", took", log.String())
	}
}

func TestClock(t *testing.T) {
	for seconds, want := range map[float64]string{0: "0:00", 59.6: "1:00", 3599: "59:59", 3600: "1:00:00", 86461: "24:01:01"} {
		require.Equal(t, want, clock(seconds))
	}
}

func TestFiguresHaveThreeDigits(t *testing.T) {
	for want, x := range map[string]float64{
		"4.31": 4.3149, "10.0": 9.996, "43.1": 43.149, "431": 431.49, "4315": 4314.9, "0.0431": 0.043149, "1.00": 1, "0.00": 0, "+Inf": math.Inf(1),
	} {
		require.Equal(t, want, figure(x))
	}
}
