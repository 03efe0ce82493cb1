package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/godmae/godmae/internal/printable"
)

// logEvery is the shortest time between two progress lines in a log.
const logEvery = 10 * time.Second

// briefly is the longest time of a piece of work that gets no progress line.
const briefly = 2 * time.Second

// progress shows the progress of a long job, its speed and the remaining time:
// as a bar on a terminal, as plain lines otherwise.
type progress struct {
	w     io.Writer
	title string
	unit  string
	total int
	bar   *progressbar.ProgressBar // nil in a log
	start time.Time
	first int       // units that were done before this process began
	last  time.Time // of the last line in a log
	done  int
	note  string
}

// newProgress returns the progress display of a job of total units; call begin
// next.
func newProgress(w io.Writer, title, unit string, total int) *progress {
	return &progress{w: w, title: printable.Text(title), unit: unit, total: total}
}

// begin starts the clock; first units were done before, by an earlier process.
func (p *progress) begin(first int) {
	p.start, p.first, p.done = time.Now(), first, first
	p.last = p.start
	if isTerminal(p.w) {
		p.bar = progressbar.NewOptions(p.total,
			progressbar.OptionSetWriter(p.w),
			progressbar.OptionSetDescription(p.title),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString(p.unit),
			progressbar.OptionThrottle(200*time.Millisecond),
			progressbar.OptionSetWidth(24),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(true))
	}
}

// update reports that done units are finished; note is further text, such as
// the loss.
func (p *progress) update(done int, note string) {
	now := time.Now()
	note = printable.Text(note)
	p.done, p.note = done, note
	if p.bar != nil {
		p.bar.Describe(p.title + " " + note)
		// The bar only fails if the terminal is closed; the work continues.
		_ = p.bar.Set(done)
		return
	}
	if now.Sub(p.last) >= logEvery && done < p.total {
		p.last = now
		p.line(now)
	}
}

// close ends the display with a final line.
func (p *progress) close() {
	if p.bar != nil {
		_ = p.bar.Clear()
		_ = p.bar.Exit()
	}
	p.line(time.Now())
}

// end is close without a line if the work took less than the given time.
func (p *progress) end(within time.Duration) {
	if time.Since(p.start) > within {
		p.close()
		return
	}
	if p.bar != nil {
		_ = p.bar.Clear()
		_ = p.bar.Exit()
	}
}

func (p *progress) line(now time.Time) {
	elapsed := now.Sub(p.start).Seconds()
	text := fmt.Sprintf("%s: %d/%d %s", p.title, p.done, p.total, p.unit)
	if n := p.done - p.first; n > 0 && elapsed > 0 {
		rate := float64(n) / elapsed
		text += fmt.Sprintf(", %s %s/s", figure(rate), p.unit)
		if p.done < p.total {
			text += ", " + clock(float64(p.total-p.done)/rate) + " left"
		} else {
			text += ", took " + clock(elapsed)
		}
	}
	if p.note != "" {
		text += ", " + p.note
	}
	fmt.Fprintln(p.w, text)
}

// clock prints seconds as m:ss or h:mm:ss.
func clock(seconds float64) string {
	s := int(seconds + 0.5)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

func isTerminal(w io.Writer) bool {
	if s, ok := w.(*sink); ok {
		w = s.to
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
