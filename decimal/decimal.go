package decimal

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Limits of Parse, so that a hostile file cannot demand a number with a billion
// digits. The first holds for the notation of String, too, so what was accepted
// and written can be read again.
const (
	maxDecimalText  = 512
	maxDecimalPower = 400
)

// Decimal is a rational number with a finite decimal expansion, represented
// exactly. The zero value is 0. Decimals are immutable.
type Decimal struct {
	unscaled *big.Int // nil means 0; never a multiple of ten unless scale is 0
	scale    int      // the value is unscaled / 10^scale; never negative
}

// Parse reads a number such as 0.25, -3, .5 or 1e-3.
func Parse(s string) (Decimal, error) {
	fail := func() (Decimal, error) {
		return Decimal{}, fmt.Errorf("%s is not a decimal number of at most %d characters: write it like 0.25 or 1e-3", clip(s), maxDecimalText)
	}
	if len(s) == 0 || len(s) > maxDecimalText {
		return fail()
	}
	mantissa, power := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		var err error
		if power, err = strconv.Atoi(s[i+1:]); err != nil || power < -maxDecimalPower || power > maxDecimalPower {
			return fail()
		}
		mantissa = s[:i]
	}
	sign := ""
	if mantissa != "" && (mantissa[0] == '-' || mantissa[0] == '+') {
		sign, mantissa = mantissa[:1], mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return fail()
	}
	v, _ := new(big.Int).SetString(sign+digits, 10)
	d := newDecimal(v, len(fraction)-power)
	if len(d.String()) > maxDecimalText {
		return fail()
	}
	return d, nil
}

// Must is Parse for constants in source code; it panics on an
// error.
func Must(s string) Decimal {
	d, err := Parse(s)
	if err != nil {
		panic("decimal: " + err.Error())
	}
	return d
}

// newDecimal brings unscaled/10^scale into canonical form. It owns unscaled.
func newDecimal(unscaled *big.Int, scale int) Decimal {
	if unscaled.Sign() == 0 {
		return Decimal{}
	}
	if scale < 0 {
		unscaled.Mul(unscaled, pow10(-scale))
		scale = 0
	}
	ten, q, r := big.NewInt(10), new(big.Int), new(big.Int)
	for scale > 0 {
		if q.QuoRem(unscaled, ten, r); r.Sign() != 0 {
			break
		}
		unscaled.Set(q)
		scale--
	}
	return Decimal{unscaled, scale}
}

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// Floor returns the largest decimal with the given number of places
// that does not exceed x.
func Floor(x *big.Rat, places int) Decimal {
	n := new(big.Int).Mul(x.Num(), pow10(places))
	// Euclidean division is the floor because a Rat's denominator is positive.
	return newDecimal(n.Div(n, x.Denom()), places)
}

// Ceil returns the smallest decimal with the given number of places
// that is not below x.
func Ceil(x *big.Rat, places int) Decimal {
	d := Floor(new(big.Rat).Neg(x), places)
	return d.Neg()
}

// Neg returns -d.
func (d Decimal) Neg() Decimal {
	if d.unscaled == nil {
		return d
	}
	return Decimal{new(big.Int).Neg(d.unscaled), d.scale}
}

// Rat returns the value as a new rational number.
func (d Decimal) Rat() *big.Rat {
	if d.unscaled == nil {
		return new(big.Rat)
	}
	return new(big.Rat).SetFrac(d.unscaled, pow10(d.scale))
}

// Sign returns -1, 0 or 1.
func (d Decimal) Sign() int {
	if d.unscaled == nil {
		return 0
	}
	return d.unscaled.Sign()
}

// Cmp compares two decimals and returns -1, 0 or 1.
func (d Decimal) Cmp(e Decimal) int { return d.Rat().Cmp(e.Rat()) }

// Float64 returns the float64 nearest to d, the same on every machine.
func (d Decimal) Float64() float64 {
	f, _ := d.Rat().Float64()
	return f
}

// Float32 returns the float32 nearest to d, rounded once.
func (d Decimal) Float32() float32 {
	f, _ := d.Rat().Float32()
	return f
}

// String returns the shortest plain notation: no exponent, no trailing zero
// after the point. Equal decimals have equal strings.
func (d Decimal) String() string {
	if d.unscaled == nil {
		return "0"
	}
	s := new(big.Int).Abs(d.unscaled).String()
	if d.scale > 0 {
		if short := d.scale + 1 - len(s); short > 0 {
			s = strings.Repeat("0", short) + s
		}
		s = s[:len(s)-d.scale] + "." + s[len(s)-d.scale:]
	}
	if d.Sign() < 0 {
		s = "-" + s
	}
	return s
}

// MarshalText writes the canonical notation of String.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what Parse reads.
func (d *Decimal) UnmarshalText(text []byte) error {
	v, err := Parse(string(text))
	if err == nil {
		*d = v
	}
	return err
}

// clip quotes text for an error message, shortened when it is long.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return strconv.Quote(s[:most]) + "..."
	}
	return strconv.Quote(s)
}
