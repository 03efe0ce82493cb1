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

// answers keeps what the classifier said of the images that are not in the
// certificate yet, so that a killed process loses no more than the batch that
// was being classified. The file is bound to the header of the certificate. It
// starts with a line that has its digest; records follow, each with its length
// and the first bytes of its own digest:
//
//   - the answers of a batch, one or two bytes a sample, written as soon as
//     they are there;
//   - the state of an image, with its full blocks summed up as the certificate
//     will have them.
//
// Once the batches outgrow the states, the file is replaced by the states of
// the images in flight: its size depends on neither the number of images nor,
// beyond what a line of the certificate does, on that of their samples.
type answers struct {
	path    string
	width   int // bytes of an answer
	file    *os.File
	head    string          // first line
	size    int64           // of the file
	limit   int64           // at which it is replaced
	waiting map[int]*flight // images of the file that the scheduler has not opened
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

// answersSlack is how much a file grows at least before it is replaced.
var answersSlack = int64(256 << 10)

// answerWidth is the number of bytes that hold a class or NoClass.
func answerWidth(classes int) int {
	if classes <= math.MaxUint8 {
		return 1
	}
	return 2
}

// answersHead is the first line of the answers that belong to a header.
func answersHead(header certificate.Header) (string, error) {
	digest, err := header.Digest()
	return fmt.Sprintf("%s %s\n", answersSchema, digest), err
}

// answersPath names the file that belongs to a certificate.
func answersPath(files certificate.Files) string {
	return strings.TrimSuffix(files.Certificate, ".jsonl") + ".answers.partial"
}

// openAnswers begins the file, or reads what an earlier run left of the images
// from index due on. Of a damaged file the part before the damage is used, of
// a foreign one nothing; begin makes a new flight.
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
		note(fmt.Sprintf("the last answers in %s were cut off and are asked for again", path))
	case errors.Is(err, errForeign):
		note(fmt.Sprintf("%s is not of this certification and is begun anew", path))
	case errors.Is(err, errDamaged):
		note(fmt.Sprintf("%s is damaged behind %d bytes: it is %v; what follows is asked for again", path, r.offset, err))
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
		note(fmt.Sprintf("going on with %d samples of unfinished images in %s", samples, path))
	}
	return a, nil
}

// known returns an image as an earlier run left it, and nil if it had not begun.
func (a *answers) known(index int, img certificate.Image) (*flight, error) {
	f, ok := a.waiting[index]
	if !ok {
		return nil, nil
	}
	if f.rec.Pixels != img.Pixels || f.rec.Label != img.Label {
		return nil, fmt.Errorf("%s has answers for image %d with other pixels or another label than the data have now: remove it to ask again", a.path, index)
	}
	delete(a.waiting, index)
	return f, nil
}

// append keeps the answers of a batch; share is the time of each.
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

// tidy replaces a file that has grown large by the states of the images in
// flight and of those that wait.
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
			continue // nothing was asked
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

// replace puts a new file in the place of the old one. It is not flushed to the
// disk: a killed process does not lose it, and after a power failure the
// digests tell.
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

// close releases the file, leaving what it holds; it may be called again.
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
