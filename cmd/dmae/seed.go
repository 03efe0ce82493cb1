package main

import "github.com/godmae/godmae/dmae/certify"

// seedFlag says where the noise comes from that a guarantee rests on.
type seedFlag struct {
	Seed certify.Seed `help:"derived: each image's noise follows from the model and its pixels, so that nothing can be chosen; random: a number drawn by the operating system (a run that goes on keeps its own); or a number. Do not try numbers until one suits you: that voids the guarantee." default:"derived" placeholder:"N"`
}
