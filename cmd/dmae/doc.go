// Command dmae trains, certifies and explains denoising masked autoencoders
// from the command line: `dmae quickstart` runs all stages on embedded
// images, `dmae --help` lists all commands.
//
// Each subcommand is a file of the same name that parses its flags and calls
// packages dmae/train, dmae and smooth; nothing is computed here. main.go has
// the common conventions. Results are written to standard output, progress and
// errors (one sentence) to standard error. The exit code is 0 for success, 1
// for failure or interruption, 2 for wrong usage.
package main
