// Package decimal has exact decimal numbers. The noise level and the failure
// probability of a command line, and the bounds and radii of a certificate,
// are [Decimal]s. 0.12 is twelve hundredths and not the nearest float64, so
// that "rounded down" holds for the number as it is printed.
//
// [Parse] reads a number, and [Must] is for constants in source code. [Floor]
// and [Ceil] round a rational number down or up to a number of places. For
// arithmetic, [Decimal.Rat] returns a number of math/big. The package imports
// nothing of the project.
package decimal
