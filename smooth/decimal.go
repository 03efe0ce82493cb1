package smooth

import "github.com/godmae/godmae/internal/exact"

// Decimal is an exact decimal number: a noise level or failure probability as
// it was typed, a bound or radius as it is printed. It is never a rounded
// binary fraction.
type Decimal = exact.Decimal

// ParseDecimal reads a number such as 0.25 or 1e-3.
func ParseDecimal(s string) (Decimal, error) { return exact.ParseDecimal(s) }

// MustDecimal is ParseDecimal for constants in source code; it panics on an
// error.
func MustDecimal(s string) Decimal { return exact.MustDecimal(s) }
