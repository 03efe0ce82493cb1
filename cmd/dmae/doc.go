// Command dmae trains, certifies and explains denoising masked autoencoders
// from the command line: `dmae quickstart` shows the whole path on embedded
// images, `dmae --help` lists the rest.
//
// Each subcommand is one file of the same name that parses its flags and calls
// packages dmae/train, dmae and smooth; nothing is computed here. Start at
// main.go for the conventions they share: results on standard output, progress
// and errors (one sentence) on standard error, exit code 0 when the work is
// done, 1 when it failed or was interrupted, 2 when the command was misused.
package main
