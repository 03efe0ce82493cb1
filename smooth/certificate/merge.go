package certificate

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/godmae/godmae/internal/infile"
	"github.com/godmae/godmae/internal/outfile"
)

// Merge merges the finished shards of a certification. The certificate has the
// bytes of a run without shards. The timing file and the table are merged too.
//
// The error names shards that are missing, given twice, unfinished, damaged or of another
// certification. Timing files in the list are ignored if their certificates are in it too (see
// WithoutTimings). Only one line of each shard is in memory.
func Merge(out string, shards []string) (Files, error) {
	files := FilesFor(out)
	m := &merger{}
	defer m.close()
	for _, path := range WithoutTimings(shards) {
		if err := m.open(path); err != nil {
			return files, err
		}
	}
	if err := m.complete(); err != nil {
		return files, err
	}
	header := m.parts[0].reader.Header()
	header.Shard = nil
	header = files.adopt(header, func(string) {})
	if done, err := files.complete(header); err != nil || done {
		return files, err
	}
	w := &Writer{header: header, files: files, hash: sha256.New()}
	defer w.Close()
	if err := w.own(); err != nil {
		return files, err
	}
	if err := w.lines.Truncate(0); err != nil {
		return files, fmt.Errorf("cannot write the certificate: %w", err)
	}
	var err error
	if w.times, err = outfile.Open(files.PartialTiming()); err == nil {
		err = w.times.Truncate(0)
	}
	if err != nil {
		return files, fmt.Errorf("cannot write the timing: %w", err)
	}
	if err := w.write(header); err != nil {
		return files, err
	}
	if err := m.copy(w); err != nil {
		return files, err
	}
	return files, w.Finish()
}

// merger reads all shards in parallel.
type merger struct {
	parts   []*mergePart
	machine machineLine // written last
}

// mergePart is the reader of a shard.
type mergePart struct {
	path   string
	reader *Reader
	times  *timingReader // nil without a timing file
	files  []io.Closer
}

func (m *merger) close() {
	for _, p := range m.parts {
		for _, f := range p.files {
			f.Close()
		}
	}
}

// open reads the header of a shard and compares it with the first one.
func (m *merger) open(path string) error {
	if strings.HasSuffix(path, ".partial") {
		return fmt.Errorf("%s belongs to an unfinished shard: run its command again", path)
	}
	f, err := infile.OpenStream(path)
	if errors.Is(err, os.ErrNotExist) {
		if partial := FilesFor(path).Partial(); exists(partial) {
			return fmt.Errorf("%s is not finished: its finished images are in %s; run its command again", path, partial)
		}
	}
	if err != nil {
		return err
	}
	p := &mergePart{path: path, files: []io.Closer{f}}
	m.parts = append(m.parts, p)
	if p.reader, err = NewReader(f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	have := p.reader.Header()
	if have.Shard == nil {
		return fmt.Errorf("%s is not a shard but a whole certificate: there is nothing to merge it with", path)
	}
	want := m.parts[0].reader.Header()
	for _, q := range m.parts[:len(m.parts)-1] {
		if *q.reader.Header().Shard == *have.Shard {
			return fmt.Errorf("%s and %s are both shard %s: give each shard once", q.path, path, have.Shard)
		}
	}
	if have.Shard.Of != want.Shard.Of {
		return fmt.Errorf("%s is shard %s, but %s is shard %s: merge shards of one division", path, have.Shard, m.parts[0].path, want.Shard)
	}
	have.Shard, want.Shard = nil, nil
	have.Data = want.Data // not compared: the merged certificate has the name of the first shard
	if what := headerDifference(have, want); what != "" {
		return fmt.Errorf("%s belongs to another certification than %s, with %s: shards share the seed and all parameters", path, m.parts[0].path, what)
	}
	if times, _, err := infile.Open(FilesFor(path).Timing); err == nil {
		p.files = append(p.files, times)
		p.times = newTimingReader(times)
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// complete returns an error if shards are missing, and sorts the shards.
func (m *merger) complete() error {
	if len(m.parts) == 0 {
		return errors.New("there are no shards to merge: name their certificates")
	}
	of := m.parts[0].reader.Header().Shard.Of
	ordered := make([]*mergePart, of)
	for _, p := range m.parts {
		ordered[p.reader.Header().Shard.Index-1] = p
	}
	var missing []string
	for i, p := range ordered {
		if p == nil {
			missing = append(missing, Shard{i + 1, of}.String())
		}
	}
	const most = 8
	switch n := len(missing); {
	case n > most:
		return fmt.Errorf("%d of %d shards are missing, the first of them %s", n, of, strings.Join(missing[:most], ", "))
	case n > 0:
		return fmt.Errorf("of %d shards %s missing: %s", of, map[bool]string{true: "one is", false: "these are"}[n == 1], strings.Join(missing, ", "))
	}
	m.parts = ordered
	return nil
}

// copy writes the images of all shards in the order of the whole set.
func (m *merger) copy(w *Writer) error {
	for i := 0; ; i++ {
		p := m.parts[i%len(m.parts)]
		line, err := p.reader.NextLine()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.path, err)
		}
		if err := m.copyTime(w, p, line.Image()); err != nil {
			return err
		}
		if err := w.writeLine(line); err != nil {
			return err
		}
	}
	// The shard without further images was verified to its end. Verify the
	// others too.
	for _, p := range m.parts {
		if _, err := p.reader.NextLine(); err != io.EOF {
			if err == nil {
				err = errors.New("it has more images than its part of the set")
			}
			return fmt.Errorf("%s: %w", p.path, err)
		}
	}
	return nil
}

// copyTime writes the time of an image, after its machine.
func (m *merger) copyTime(w *Writer, p *mergePart, image int) error {
	if p.times == nil {
		return nil
	}
	t, ok := p.times.of(image)
	if !ok {
		return nil
	}
	if p.times.machine != m.machine {
		m.machine = p.times.machine
		if err := w.writeTiming(m.machine); err != nil {
			return err
		}
	}
	return w.writeTiming(t)
}
