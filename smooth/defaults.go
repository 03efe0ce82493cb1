package smooth

// Defaults returns the parameters of a certification when nothing is said of
// them. Choosing others after looking at results changes what alpha means, so an
// audit names those that differ.
func Defaults(m Method) Params {
	p := Params{
		Method: m, Sigma: MustDecimal("0.25"), Alpha: MustDecimal("0.001"), N0: 100, N: 10_000,
		Sound: true, Derived: &Derivation{},
	}
	if m == MethodAnytime {
		p.N, p.Futility = 100_000, DefaultFutility()
		p.Radii = Grid([]Decimal{MustDecimal("0.25"), MustDecimal("0.5"), MustDecimal("0.75"), MustDecimal("1")})
	}
	return p
}
