package certificate

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// maxLine is the longest line a reader accepts: about ten million samples with
// a thousand classes.
const maxLine = 64 << 20

// errTorn is the error of a last line without a newline, as a killed writer
// leaves it.
var errTorn = errors.New("it ends without a newline: the file was cut off")

// lineReader splits a stream into lines, with their newlines.
type lineReader struct {
	r      *bufio.Reader
	number int   // of the last returned line, from 1
	offset int64 // of the byte after it
}

// next returns the next line, io.EOF at the end, errTorn for an unfinished
// line. The line is valid until the next call.
func (l *lineReader) next() ([]byte, error) {
	l.number++
	var long []byte
	for {
		part, err := l.r.ReadSlice('\n')
		if err == nil && long == nil {
			l.offset += int64(len(part))
			return part, nil
		}
		long = append(long, part...)
		switch {
		case len(long) > maxLine:
			return nil, fmt.Errorf("it is longer than %d MiB", maxLine>>20)
		case err == nil:
			l.offset += int64(len(long))
			return long, nil
		case err == bufio.ErrBufferFull:
		case err == io.EOF && len(long) > 0:
			return nil, errTorn
		default:
			return nil, err
		}
	}
}

// fail adds the line number to an error.
func (l *lineReader) fail(err error) error {
	if text := err.Error(); shorten(text) != text {
		err = errors.New(shorten(text))
	}
	return fmt.Errorf("line %d of the certificate: %w", l.number, err)
}

// Lengths of the shortest parts of a line: a block of predictions, and a pair of
// class and count. A line with more parts than fit into its length is refused
// before it is decoded. This bounds the memory by the length of a line: an empty
// block has three bytes in a file and sixty in memory.
const (
	blockBytes = 100
	pairBytes  = 6
	fewParts   = 64 // of a line without blocks and pairs
)

// checkDensity counts the objects, lists and texts of a line.
func checkDensity(line []byte) error {
	objects, lists, texts := 0, 0, 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '{':
			objects++
		case '[':
			lists++
		case '"':
			texts++
			for i++; i < len(line) && line[i] != '"'; i++ {
				if line[i] == '\\' {
					i++
				}
			}
		}
	}
	if objects > fewParts+len(line)/blockBytes || lists > fewParts+len(line)/pairBytes || texts > fewParts+MaxClasses+3*objects {
		return errors.New("it has more parts than a line of its length can have")
	}
	return nil
}

// maxText is the longest text of a header, in bytes.
const maxText = 1 << 16

// shorten truncates a long message that quotes a file.
func shorten(sentence string) string {
	const most = 1000
	if len(sentence) <= most {
		return sentence
	}
	return fmt.Sprintf("%.*s... (%d bytes)", most, sentence, len(sentence))
}
