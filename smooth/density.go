package smooth

import (
	"errors"
	"fmt"
)

// What the shortest parts of a line take: a block of predictions, and a pair of
// class and count. A line with more parts than fit into it is refused before it
// is decoded, so that memory follows from the length of a line and not from what
// it says: an empty block takes three bytes there, and sixty in memory.
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
	if objects > fewParts+len(line)/blockBytes || lists > fewParts+len(line)/pairBytes || texts > fewParts+maxClasses+3*objects {
		return errors.New("it has more parts than a line of its length can have")
	}
	return nil
}

// maxText is the longest text of a header, in bytes.
const maxText = 1 << 16

// shorten ends a sentence that quotes what a file says before it fills a screen.
func shorten(sentence string) string {
	const most = 1000
	if len(sentence) <= most {
		return sentence
	}
	return fmt.Sprintf("%.*s... (%d bytes)", most, sentence, len(sentence))
}
