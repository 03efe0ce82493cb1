package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/smooth/certificate"
)

// beaconFlags show that the noise was not chosen: model, parameters and images
// are fixed by a published commitment before a public random number exists, and
// the noise is derived from both.
type beaconFlags struct {
	Beacon string `help:"Derive the noise also from a public random number: a round of drand's chain quicknet and the 64 hexadecimal digits of its randomness; with --commit only the number of a future round." placeholder:"drand:ROUND:VALUE"`
	Commit bool   `help:"Certify nothing; print the digest of model, parameters and images, to be published before the round of --beacon, and the command to run after it."`
}

// parse reads the beacon, "" for none.
func (f *beaconFlags) parse(seed certify.Seed) (certificate.Beacon, error) {
	if f.Beacon == "" {
		if f.Commit {
			return "", misused("--commit needs --beacon drand:ROUND, a round that is still to come")
		}
		return "", nil
	}
	b, err := certificate.ParseBeacon(f.Beacon)
	switch {
	case err != nil:
		return "", misuse{fmt.Errorf("--beacon: %w", err)}
	case !seed.Derived:
		return "", misused("--beacon %s does not go with a --seed that is a number: leave --seed out, so that the noise is derived", b)
	case f.Commit && b.Known():
		return "", misused("--commit is made before the round of --beacon %s: give drand:%d without its value", b, b.Round())
	case !f.Commit && !b.Known():
		return "", misused("--beacon %s has no value: give drand:%d:VALUE with the round's randomness, or --commit to print the commitment", b, b.Round())
	}
	return b, nil
}

// promise is the output of --commit.
type promise struct {
	Commitment certificate.Digest `json:"commitment"`
	Beacon     certificate.Beacon `json:"beacon"` // without its value
	Round      uint64             `json:"round"`
	Time       string             `json:"time"`  // of the round
	Chain      string             `json:"chain"` // of drand
	Model      string             `json:"model"`
	Images     string             `json:"images"` // how many of how many, and how they were selected
	LeftOut    int                `json:"left_out"`
	Command    string             `json:"command"` // to run after the round
}

// print prints the commitment.
func (c *certifyCmd) print(e *env, p certify.Promise) error {
	b := p.Header.Beacon
	if time.Now().After(b.Time()) {
		e.note(fmt.Sprintf("by this machine's clock round %d was already published at %s: a commitment that is published now proves nothing", b.Round(), b.When()))
	}
	out := promise{
		Commitment: p.Commitment, Beacon: b, Round: b.Round(), Time: b.Time().Format(time.RFC3339), Chain: certificate.DrandChain,
		Model: p.Header.Model, Images: p.Header.Choice.Describe(p.Header.Images.Len()), LeftOut: p.LeftOut, Command: afterRound(e.args, b),
	}
	if c.JSON {
		return printJSON(e.stdout, out)
	}
	_, err := fmt.Fprintf(e.stdout, `commitment C %s
to the model %s, all parameters and the pixels of the images: %s, %d of them left out
Publish C where its date can be proved, before drand's round %d comes at %s (chain quicknet, %s).
Then put the round's randomness, 64 hexadecimal digits, in the place of VALUE and run:
%s
`, out.Commitment, out.Model, out.Images, out.LeftOut, b.Round(), b.When(), certificate.DrandChain, out.Command)
	return err
}

// afterRound returns the command line for the certification after a commitment.
func afterRound(args []string, b certificate.Beacon) string {
	words := []string{"dmae"}
	for i := 0; i < len(args); i++ {
		name, _, joined := strings.Cut(args[i], "=")
		switch {
		case name == "--commit":
		case name == "--beacon" && joined:
			words = append(words, fmt.Sprintf("--beacon=%s:VALUE", b))
		case name == "--beacon":
			words = append(words, "--beacon", fmt.Sprintf("%s:VALUE", b))
			i++
		default:
			words = append(words, shellWord(args[i]))
		}
	}
	return strings.Join(words, " ")
}
