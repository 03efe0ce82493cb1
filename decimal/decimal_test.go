package decimal

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDecimalIsExactAndCanonical(t *testing.T) {
	for _, c := range []struct{ in, out, rat string }{
		{"0.12", "0.12", "3/25"},
		{"0.250", "0.25", "1/4"},
		{".5", "0.5", "1/2"},
		{"1e-3", "0.001", "1/1000"},
		{"25E-2", "0.25", "1/4"},
		{"1.50e2", "150", "150/1"},
		{"-0", "0", "0/1"},
		{"-3.10", "-3.1", "-31/10"},
		{"+7.", "7", "7/1"},
		{"00012", "12", "12/1"},
		{"100", "100", "100/1"},
		{"0.000000000001", "0.000000000001", "1/1000000000000"},
		{"1e-70", "0." + strings.Repeat("0", 69) + "1", "1/1" + strings.Repeat("0", 70)},
	} {
		d, err := Parse(c.in)
		require.NoError(t, err, c.in)
		require.Equal(t, c.out, d.String(), c.in)
		require.Equal(t, c.rat, d.Rat().String(), c.in)
	}
}

func TestDecimalRefusesWhatIsNotANumber(t *testing.T) {
	for _, s := range []string{"", ".", "-", "1e", "e3", "0x10", "1_000", "1/3", "NaN", "Inf", "1e401", "1e-401", "1 ", "--1", "1.2.3",
		strings.Repeat("1", 513), strings.Repeat("1", 300) + "e300"} {
		_, err := Parse(s)
		require.ErrorContains(t, err, "is not a decimal number", s)
	}
	require.Panics(t, func() { Must("one") })
}

func TestFloorAndCeil(t *testing.T) {
	for _, c := range []struct {
		x           *big.Rat
		floor, ceil string
	}{
		{big.NewRat(1, 3), "0.33", "0.34"},
		{big.NewRat(-1, 3), "-0.34", "-0.33"},
		{big.NewRat(1, 4), "0.25", "0.25"},
		{big.NewRat(0, 1), "0", "0"},
		{big.NewRat(19999, 10000), "1.99", "2"},
	} {
		require.Equal(t, c.floor, Floor(c.x, 2).String())
		require.Equal(t, c.ceil, Ceil(c.x, 2).String())
	}
}

func TestDecimalRoundsOnceToFloats(t *testing.T) {
	d := Must("0.12")
	require.Equal(t, 0.12, d.Float64())
	require.Equal(t, float32(0.12), d.Float32())
	// Just above the midpoint of two float32: rounding to float64 first would
	// give the midpoint, and then the even neighbour.
	d = Must("1.00000005960464477539062500001")
	require.Equal(t, float32(1.00000011920928955078125), d.Float32())
	for s, want := range map[string]int{"-0.1": -1, "0": 0, "2": 1} {
		require.Equal(t, want, Must(s).Sign())
		require.Equal(t, -want, Must(s).Neg().Sign())
	}
}

func TestDecimalAsJSONText(t *testing.T) {
	type box struct {
		Sigma Decimal `json:"sigma"`
	}
	b, err := json.Marshal(box{Must("0.120")})
	require.NoError(t, err)
	require.Equal(t, `{"sigma":"0.12"}`, string(b))
	var back box
	require.NoError(t, json.Unmarshal(b, &back))
	require.Zero(t, back.Sigma.Cmp(Must("0.12")))
	require.Error(t, json.Unmarshal([]byte(`{"sigma":"zwoelf"}`), &back))
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0.25", "1e-3", "-1.5E+2", "9999999999999999e400", "..", "-."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := Parse(s)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		require.True(t, ok, s)
		require.Zero(t, d.Rat().Cmp(want), s)
		back, err := Parse(d.String())
		require.NoError(t, err, "what was accepted can be written and read")
		require.Equal(t, d.String(), back.String())
	})
}
