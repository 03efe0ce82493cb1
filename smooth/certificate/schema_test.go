package certificate

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth/bound"
)

const schemaFile = "../../docs/certificate.schema.json"

// schema compiles the published schema of a line.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(schemaFile)
	require.NoError(t, err)
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, line string) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
	require.NoError(t, err)
	return s.Validate(v)
}

// Every line of every kind of certificate matches the schema.
func TestCertificatesHaveTheFormOfTheSchema(t *testing.T) {
	s := schema(t)
	var certs []sample
	for _, m := range bound.Methods() {
		c := sampleOf(m)
		c.Images, c.AccuracyOnly, c.shard = IndexSet{{0, 1, 6}}, true, &Shard{1, 2}
		certs = append(certs, c)
	}
	nothing, sound, broken := sampleOf(bound.MethodCohen), sampleOf(bound.MethodCohen), sampleOf(bound.MethodRandomised)
	nothing.noClass = true
	sound.Sound, sound.Preprocessing = true, EightBit+" as stored"
	broken.Derived, broken.broken = &Derivation{Model: broken.Model, Beacon: testBeacon}, []int{0, 3}
	certs = append(certs, nothing, sound, broken)
	texts := []string{}
	for _, c := range certs {
		texts = append(texts, string(c.bytes(t)))
	}
	for _, name := range []string{"testdata/format1.jsonl", "testdata/format2.jsonl"} {
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		texts = append(texts, string(raw))
	}
	for _, cert := range texts {
		for _, line := range strings.Split(strings.TrimSpace(cert), "\n") {
			require.NoError(t, validate(t, s, line), line)
		}
	}
}

// The schema refuses the forms that the reader refuses.
func TestSchemaRefusesOtherForms(t *testing.T) {
	s := schema(t)
	cert := string(smallCertificate(t, true))
	for _, line := range strings.SplitAfterN(cert, "\n", 3)[:2] {
		for old, changed := range map[string]string{
			`"kind":"header"`:         `"kind":"top"`,
			`"kind":"image"`:          `"kind":"photo"`,
			`"method":"cohen"`:        `"method":"magic"`,
			`"sigma":"0.25"`:          `"sigma":0.25`,
			`"alpha":"0.001"`:         `"alpha":"0.0010"`,
			`"seed":"3"`:              `"seed":3`,
			`"n":60,`:                 `"n":60,"anytime":{"radii":["0"],"every":16,"mixture":60,"futility":"0.01","prior":50},`,
			`"estimation":9`:          `"estimation":9,"bound":10`,
			`"contract":`:             `"extra":1,"contract":`,
			`"images":[[0,1,4]]`:      `"images":[[0,1]]`,
			`"selected":0`:            `"selected":-2`,
			`"stopped":"wrong-class"`: `"stopped":"tired"`,
			`"pixels":"`:              `"pixels":"0`,
			`"blocks":`:               `"bricks":`,
		} {
			if strings.Contains(line, old) {
				require.Error(t, validate(t, s, strings.Replace(line, old, changed, 1)), changed)
			}
		}
	}
}

// The schema has exactly the written fields, in their order.
func TestSchemaNamesEveryField(t *testing.T) {
	raw, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	var doc struct {
		Defs map[string]struct {
			Properties json.RawMessage `json:"properties"`
		} `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(raw, &doc))
	for name, v := range map[string]any{"header": Header{}, "image": Record{}, "left-out": LeftOut{}, "trailer": trailer{}, "sampling": Sampling{}} {
		require.Equal(t, fields(reflect.TypeOf(v)), keys(t, doc.Defs[name].Properties), name)
	}
}

// fields lists the JSON names of a struct, in the order in which they are
// written.
func fields(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			names = append(names, fields(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		names = append(names, name)
	}
	return names
}

// keys lists the names in a JSON object, in their order.
func keys(t *testing.T, object json.RawMessage) []string {
	dec := json.NewDecoder(bytes.NewReader(object))
	_, err := dec.Token()
	require.NoError(t, err)
	var names []string
	for dec.More() {
		name, err := dec.Token()
		require.NoError(t, err)
		names = append(names, name.(string))
		var skip json.RawMessage
		require.NoError(t, dec.Decode(&skip))
	}
	return names
}
