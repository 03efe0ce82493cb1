package dmae

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxConfig is the largest length of a configuration in a file: names of 256
// bytes for the largest number of classes.
const maxConfig = 1 << 24

// parseConfig reads a configuration from a checkpoint's metadata. Fields that
// are unknown or occur twice are errors: another program could read a
// different model from them.
func parseConfig(text string) (cfg Config, err error) {
	if len(text) > maxConfig {
		return cfg, fmt.Errorf("it has %d bytes, at most %d are supported", len(text), maxConfig)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&cfg); err != nil {
		var typed *json.UnmarshalTypeError
		if errors.As(err, &typed) {
			err = fmt.Errorf("its field %q is a %s", typed.Field, typed.Value)
		}
		return cfg, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return cfg, errors.New("there is more text after the JSON object")
	}
	return cfg, fieldsOnce(json.NewDecoder(strings.NewReader(text)))
}

// fieldsOnce reports a field that an object has twice; the text is valid JSON.
func fieldsOnce(dec *json.Decoder) error {
	type object struct {
		fields map[string]bool // nil for an array
		key    bool            // a key is next
	}
	var open []object
	for {
		t, err := dec.Token()
		if err != nil {
			return nil // the end
		}
		top := len(open) - 1
		if s, ok := t.(string); ok && top >= 0 && open[top].key {
			if s = strings.ToLower(s); open[top].fields[s] {
				return fmt.Errorf("it has the field %.60q twice", s)
			}
			open[top].fields[s], open[top].key = true, false
			continue
		}
		if top >= 0 && open[top].fields != nil {
			open[top].key = true
		}
		switch t {
		case json.Delim('{'):
			open = append(open, object{fields: map[string]bool{}, key: true})
		case json.Delim('['):
			open = append(open, object{})
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
	}
}
