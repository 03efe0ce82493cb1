package smooth

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/godmae/godmae/internal/printable"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

var (
	errForeign = errors.New("it belongs to another certification")
	errDamaged = errors.New("invalid record")
)

// answersReader restores flights from the records of an answers file.
type answersReader struct {
	r       *bufio.Reader
	head    string
	classes int
	due     int // images before it are in the certificate already
	begin   func(int, certificate.Image) *flight

	flights map[int]*flight
	offset  int64 // the end of the last whole record
}

func newAnswersReader(r io.Reader, head string, classes, due int, begin func(int, certificate.Image) *flight) *answersReader {
	return &answersReader{
		r: bufio.NewReaderSize(r, 1<<16), head: head, classes: classes, due: due, begin: begin,
		flights: map[int]*flight{},
	}
}

// read applies all records. It returns io.EOF at the end, io.ErrUnexpectedEOF
// if the last record is cut off, errForeign, errDamaged, or an error of the
// disk. flights and offset describe the records before that. If whole records
// contradict each other, nothing is used.
func (a *answersReader) read() error {
	head := make([]byte, len(a.head))
	switch n, err := io.ReadFull(a.r, head); {
	case err == io.EOF:
		return err
	case err != nil && err != io.ErrUnexpectedEOF:
		return err
	case string(head[:n]) != a.head[:n]:
		return errForeign
	case err != nil:
		return err
	}
	a.offset = int64(len(head))
	for {
		payload, err := a.record()
		if err != nil {
			return err
		}
		if err := a.follow(payload); err != nil {
			// Part of the record may have been applied.
			a.offset = 0
			clear(a.flights)
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		a.offset += int64(answersFrame + len(payload))
	}
}

// record returns the payload of the next record.
func (a *answersReader) record() ([]byte, error) {
	var frame [answersFrame]byte
	if _, err := io.ReadFull(a.r, frame[:]); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(frame[:]))
	// A wrong length allocates no more memory than the size of the file.
	var payload bytes.Buffer
	switch got, err := io.CopyN(&payload, a.r, n); {
	case err == io.EOF && got < n:
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	}
	sum := sha256.Sum256(payload.Bytes())
	if n == 0 || !bytes.Equal(sum[:answersFrame-4], frame[4:]) {
		return nil, fmt.Errorf("%w: a digest is wrong", errDamaged)
	}
	return payload.Bytes(), nil
}

// follow applies a record.
func (a *answersReader) follow(payload []byte) error {
	kind, payload := payload[0], payload[1:]
	switch kind {
	case recordState:
		return a.followState(payload)
	case recordBatch:
		return a.followBatch(&recordFields{rest: payload})
	}
	return fmt.Errorf("a record has the unknown kind %q", kind)
}

func (a *answersReader) followState(payload []byte) error {
	var s flightState
	if err := json.Unmarshal(payload, &s); err != nil {
		return errors.New(printable.Line(err.Error()))
	}
	if s.Image < a.due {
		return nil
	}
	if _, ok := a.flights[s.Image]; ok || s.Label < bound.NoClass || s.Label >= a.classes {
		return fmt.Errorf("the state of image %d is out of place", s.Image)
	}
	f := a.begin(s.Image, certificate.Image{Label: s.Label, Pixels: s.Pixels})
	if err := f.restore(s); err != nil {
		return fmt.Errorf("image %d: %w", s.Image, err)
	}
	a.flights[s.Image] = f
	return nil
}

func (a *answersReader) followBatch(b *recordFields) error {
	share := time.Duration(b.number(1 << 62))
	for len(b.rest) > 0 {
		image := b.number(1<<32 - 1)
		stream := philox.Stream(b.number(uint64(philox.EstimationNoise)))
		first := b.number(bound.MaxSamples)
		f := a.flights[image]
		if stream == philox.SelectionNoise && first == 0 {
			label := b.number(uint64(a.classes)) - 1
			var pixels certificate.Digest
			copy(pixels[:], b.bytes(len(pixels)))
			if f == nil && image >= a.due {
				f = a.begin(image, certificate.Image{Label: label, Pixels: pixels})
				a.flights[image] = f
			}
		}
		count := b.number(bound.MaxSamples)
		words := b.bytes(count * answerWidth(a.classes))
		if b.bad {
			return errors.New("a batch ends too early")
		}
		if image < a.due {
			continue
		}
		if f == nil || !f.finished && first != f.next(stream) {
			return fmt.Errorf("answers for image %d from sample %d on are out of place", image, first)
		}
		if err := a.replay(f, stream, words, share); err != nil {
			return fmt.Errorf("image %d: %w", image, err)
		}
	}
	return nil
}

// replay gives stored answers to a flight.
func (a *answersReader) replay(f *flight, stream philox.Stream, words []byte, share time.Duration) error {
	width := answerWidth(a.classes)
	for ; len(words) > 0; words = words[width:] {
		class := int32(words[0])
		if width == 2 {
			class = int32(binary.LittleEndian.Uint16(words))
		}
		if class--; int(class) >= a.classes {
			return fmt.Errorf("class %d is outside %d classes", class, a.classes)
		}
		f.spent += share
		f.take(stream, class)
	}
	f.asked = [2]int{f.selection.done.N, f.estimation.done.N}
	return nil
}

// recordFields splits the payload of a record into fields. A field that is
// missing or too large is zero and marks the record as bad.
type recordFields struct {
	rest []byte
	bad  bool
}

func (f *recordFields) number(most uint64) int {
	v, n := binary.Uvarint(f.rest)
	if n <= 0 || v > most {
		f.rest, f.bad = nil, true
		return 0
	}
	f.rest = f.rest[n:]
	return int(v)
}

// bytes returns the next n bytes.
func (f *recordFields) bytes(n int) []byte {
	if n > len(f.rest) {
		f.rest, f.bad = nil, true
		return nil
	}
	b := f.rest[:n]
	f.rest = f.rest[n:]
	return b
}
