// Package examples holds a course in randomised smoothing and denoising masked
// autoencoders: programs of at most 80 lines, one idea each, to be run and changed.
// docs/course.md leads through them in order. Each prints the same text on every
// machine, which is beside it in output.txt; TestOutputs compares them.
package examples
