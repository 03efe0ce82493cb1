package certificate

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Beacon is a public random number that is unknown before its time: a round of
// drand's chain quicknet and its 32 bytes. The form is drand:ROUND:VALUE with
// VALUE in 64 lower-case hexadecimal digits, or "" for none. Without VALUE it is
// a future round.
type Beacon string

// The published parameters of drand's chain quicknet.
const (
	DrandChain    = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
	drandGenesis  = 1692803367 // seconds since 1970; the time of round 1
	drandPeriod   = 3          // seconds between two rounds
	maxDrandRound = 1 << 40    // far beyond any date
)

// ParseBeacon reads drand:ROUND:VALUE or drand:ROUND and returns it in
// canonical form. The value is not compared with drand's, which needs a
// network.
func ParseBeacon(text string) (Beacon, error) {
	fail := func() (Beacon, error) {
		const most = 120
		return "", fmt.Errorf("the beacon %q is not of the form drand:ROUND:VALUE, with a round of at least 1 and the 64 hexadecimal digits of its randomness", text[:min(len(text), most)])
	}
	kind, rest, ok := strings.Cut(text, ":")
	if !ok || kind != "drand" {
		return fail()
	}
	digits, value, known := strings.Cut(rest, ":")
	round, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || round < 1 || round > maxDrandRound || digits[0] == '+' {
		return fail()
	}
	canonical := fmt.Sprintf("drand:%d", round)
	if known {
		if raw, err := hex.DecodeString(value); err != nil || len(raw) != 32 {
			return fail()
		}
		canonical += ":" + strings.ToLower(value)
	}
	return Beacon(canonical), nil
}

// URL returns drand's address of the round.
func (b Beacon) URL() string {
	return fmt.Sprintf("https://api.drand.sh/%s/public/%d", DrandChain, b.Round())
}

// Known reports whether the beacon has a value.
func (b Beacon) Known() bool { return strings.Count(string(b), ":") == 2 }

// Round returns the number of the round; 0 for no beacon.
func (b Beacon) Round() uint64 {
	parts := strings.Split(string(b), ":")
	if len(parts) < 2 {
		return 0
	}
	n, _ := strconv.ParseUint(parts[1], 10, 64) // valid after ParseBeacon
	return n
}

// Time returns the time of the round.
func (b Beacon) Time() time.Time {
	return time.Unix(drandGenesis+int64(b.Round()-1)*drandPeriod, 0).UTC()
}

// When returns Time as text.
func (b Beacon) When() string { return b.Time().Format("2006-01-02 15:04:05 UTC") }

// Early returns a sentence if the beacon has a value before the time of its
// round, which is impossible, and "" otherwise. now is the time of the clock.
func (b Beacon) Early(now time.Time) string {
	if !b.Known() || !now.Before(b.Time()) {
		return ""
	}
	return fmt.Sprintf("by this machine's clock drand's round %d is published only at %s: its value is not known yet, so this one is invented", b.Round(), b.When())
}

// withoutValue returns the beacon without its value.
func (b Beacon) withoutValue() Beacon {
	if !b.Known() {
		return b
	}
	return b[:strings.LastIndexByte(string(b), ':')]
}

// check verifies the beacon of a certificate.
func (b Beacon) check() error {
	if b == "" {
		return nil
	}
	canonical, err := ParseBeacon(string(b))
	switch {
	case err != nil:
		return err
	case !b.Known():
		return fmt.Errorf("the beacon %s has no value; the form is drand:ROUND:VALUE", b)
	case canonical != b:
		return fmt.Errorf("the beacon %s is not in canonical form, which is %s", b, canonical)
	}
	return nil
}
