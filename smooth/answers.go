package smooth

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/godmae/godmae/internal/atomicfile"
	"github.com/godmae/godmae/internal/outfile"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/certificate"
)

// answers stores the classes of samples of images that are not in the
// certificate yet, so a killed process loses at most the current batch. The
// file belongs to the header of one certificate: its first line has the
// header's digest. Records follow, each with its length and the first bytes of
// its digest:
//
//   - the answers of a batch, one or two bytes per sample, written after each
//     batch;
//   - the state of an image, with its full blocks summarised as in the
//     certificate.
//
// When the batches are larger than the states, the file is replaced by the
// states of the unfinished images. So its size does not depend on the number
// of images, and grows with the number of samples only as a line of the
// certificate does.
type answers struct {
	path    string
	width   int // bytes of an answer
	file    *os.File
	head    string          // first line
	size    int64           // of the file
	limit   int64           // the size at which the file is replaced
	waiting map[int]*flight // images of the file that the scheduler has not started
	buf     []byte          // the record being written
}

const (
	answersSchema = "godmae-answers/1"
	// answersFrame is the number of bytes before the payload of a record: four
	// for its length, eight of its digest.
	answersFrame = 12

	recordBatch = 'b'
	recordState = 's'
)

// answersSlack is the minimal growth of a file before it is replaced.
var answersSlack = int64(256 << 10)

// answerWidth is the number of bytes that hold a class or NoClass.
func answerWidth(classes int) int {
	if classes <= math.MaxUint8 {
		return 1
	}
	return 2
}

// answersHead is the first line of the answers file of a header.
func answersHead(header certificate.Header) (string, error) {
	digest, err := header.Digest()
	return fmt.Sprintf("%s %s\n", answersSchema, digest), err
}

// answersPath returns the path of the answers file of a certificate.
func answersPath(files certificate.Files) string {
	return strings.TrimSuffix(files.Certificate, ".jsonl") + ".answers.partial"
}

// openAnswers creates the file, or reads the answers of an earlier run for the
// images from index due on. Of a damaged file it uses the records before the
// damage, of another certification's file nothing. begin makes a new flight.
func openAnswers(path string, header certificate.Header, due int, begin func(int, certificate.Image) *flight, note func(string)) (*answers, error) {
	head, err := answersHead(header)
	if err != nil {
		return nil, err
	}
	a := &answers{path: path, width: answerWidth(header.Classes), head: head}
	if a.file, err = outfile.Open(path); err != nil {
		return nil, fmt.Errorf("cannot write the answers: %w", err)
	}
	r := newAnswersReader(a.file, head, header.Classes, due, begin)
	switch err := r.read(); {
	case err == io.EOF:
	case err == io.ErrUnexpectedEOF:
		note(fmt.Sprintf("the last answers in %s were cut off; their samples are classified again", path))
	case errors.Is(err, errForeign):
		note(fmt.Sprintf("%s belongs to another certification and is replaced", path))
	case errors.Is(err, errDamaged):
		note(fmt.Sprintf("%s is damaged after %d bytes (%v): later samples are classified again", path, r.offset, err))
	default:
		a.close()
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	a.waiting, a.size = r.flights, r.offset
	if err = a.file.Truncate(a.size); err == nil {
		_, err = a.file.Seek(a.size, io.SeekStart)
	}
	if err != nil {
		a.close()
		return nil, fmt.Errorf("cannot continue %s: %w", path, err)
	}
	if a.size == 0 {
		if err := a.write([]byte(head)); err != nil {
			a.close()
			return nil, err
		}
	}
	a.limit = answersSlack
	samples := 0
	for _, f := range a.waiting {
		samples += f.selection.done.N + f.estimation.done.N
	}
	if samples > 0 {
		note(fmt.Sprintf("continuing with %d samples of unfinished images in %s", samples, path))
	}
	return a, nil
}

// known returns the state of an image from an earlier run, or nil if that run
// had not started it.
func (a *answers) known(index int, img certificate.Image) (*flight, error) {
	f, ok := a.waiting[index]
	if !ok {
		return nil, nil
	}
	if f.rec.Pixels != img.Pixels || f.rec.Label != img.Label {
		return nil, fmt.Errorf("%s has answers for image %d with other pixels or another label than the data have now: remove it to classify the image again", a.path, index)
	}
	delete(a.waiting, index)
	return f, nil
}

// append writes the answers of a batch; share is the time of each.
func (a *answers) append(asks []ask, out []int32, share time.Duration) error {
	b := append(append(a.buf[:0], make([]byte, answersFrame)...), recordBatch)
	b = binary.AppendUvarint(b, uint64(max(share, 0)))
	for i := 0; i < len(asks); {
		first := asks[i].job
		n := 1
		for i+n < len(asks) && asks[i+n].owner == asks[i].owner && asks[i+n].job.Stream == first.Stream {
			n++
		}
		b = binary.AppendUvarint(b, uint64(first.Image))
		b = binary.AppendUvarint(b, uint64(first.Stream))
		b = binary.AppendUvarint(b, uint64(first.Sample))
		if first.Stream == philox.SelectionNoise && first.Sample == 0 {
			rec := &asks[i].owner.rec
			b = binary.AppendUvarint(b, uint64(rec.Label+1))
			b = append(b, rec.Pixels[:]...)
		}
		b = binary.AppendUvarint(b, uint64(n))
		for _, class := range out[i : i+n] {
			if a.width == 1 {
				b = append(b, byte(class+1))
			} else {
				b = binary.LittleEndian.AppendUint16(b, uint16(class+1))
			}
		}
		i += n
	}
	a.buf = b
	return a.write(seal(b))
}

// seal fills in the frame of a record.
func seal(record []byte) []byte {
	payload := record[answersFrame:]
	sum := sha256.Sum256(payload)
	binary.LittleEndian.PutUint32(record, uint32(len(payload)))
	copy(record[4:answersFrame], sum[:])
	return record
}

func (a *answers) write(b []byte) error {
	n, err := a.file.Write(b)
	a.size += int64(n)
	if err != nil {
		return fmt.Errorf("cannot write the answers: %w", err)
	}
	return nil
}

// tidy replaces a large file by the states of the images in flight and in
// waiting.
func (a *answers) tidy(flights []*flight) error {
	if a.size < a.limit {
		return nil
	}
	flights = slices.Clone(flights)
	for _, f := range a.waiting {
		flights = append(flights, f)
	}
	slices.SortFunc(flights, func(f, g *flight) int { return cmp.Compare(f.rec.Image, g.rec.Image) })
	record := append(a.buf[:0], a.head...)
	for _, f := range flights {
		if f.left != nil {
			continue // no samples yet
		}
		state, err := json.Marshal(f.state())
		if err != nil {
			return err
		}
		from := len(record)
		record = append(append(record, make([]byte, answersFrame)...), recordState)
		record = append(record, state...)
		seal(record[from:])
	}
	a.buf = record
	return a.replace(record)
}

// replace replaces the file. It does not flush to the disk: a killed process
// loses nothing, and the digests detect damage after a power failure.
func (a *answers) replace(b []byte) error {
	err := a.close()
	var f *atomicfile.File
	if err == nil {
		f, err = atomicfile.Create(a.path)
	}
	if err == nil {
		defer f.Discard()
		_, err = f.Write(b)
	}
	if err == nil {
		err = f.CommitUnflushed()
	}
	if err == nil {
		a.file, err = outfile.Open(a.path)
	}
	if err == nil {
		a.size, err = a.file.Seek(0, io.SeekEnd)
	}
	if err != nil {
		return fmt.Errorf("cannot write the answers: %w", err)
	}
	a.limit = 2*a.size + answersSlack
	return nil
}

func (a *answers) temporary() string { return atomicfile.TempName(a.path) }

// close closes the file and keeps its contents; it may be called again.
func (a *answers) close() error {
	if a.file == nil {
		return nil
	}
	err := a.file.Close()
	a.file = nil
	return err
}

// remove deletes the file once all images are in the certificate.
func (a *answers) remove() error {
	err := a.close()
	for _, path := range []string{a.path, a.temporary()} {
		if e := os.Remove(path); e != nil && !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	if err != nil {
		return fmt.Errorf("cannot remove the answers: %w", err)
	}
	return nil
}
