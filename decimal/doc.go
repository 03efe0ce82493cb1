// Package decimal holds exact decimal numbers. A noise level and a failure
// probability are [Decimal]s as a user types them, a bound and a radius as a
// certificate prints them: 0.12 is twelve hundredths and not the float64
// nearest to them, so that "rounded down" is a statement about the number on
// the page.
//
// [Parse] reads a number and [Must] one in source code; [Floor] and [Ceil]
// round a rational number to so many places, to the side that they name.
// Arithmetic is that of math/big: [Decimal.Rat] gives the value. The package is
// a leaf: it imports nothing of the project.
package decimal
