package certificate

import (
	"fmt"
	"strconv"
	"strings"
)

// Shard is a part of a certification on several machines: shard Index of Of,
// counted from 1, has every Of-th image of the set, from the Index-th one on.
// Consecutive images are in different shards, so a shard is a representative
// sample and all take about the same time.
type Shard struct {
	Index int `json:"index"`
	Of    int `json:"of"`
}

// maxShards bounds the number of shards.
const maxShards = 1 << 20

// ParseShard reads a shard such as 3/16.
func ParseShard(s string) (Shard, error) {
	index, of, ok := strings.Cut(s, "/")
	i, err1 := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	shard := Shard{i, n}
	if !ok || err1 != nil || err2 != nil {
		return shard, fmt.Errorf("the shard %q is not of the form 3/16, the third of sixteen", s)
	}
	return shard, shard.check()
}

// String returns a shard in the form of ParseShard.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

func (s Shard) check() error {
	if s.Of < 1 || s.Of > maxShards || s.Index < 1 || s.Index > s.Of {
		return fmt.Errorf("there is no shard %s: the first number counts from 1 to the second, which is at most %d", s, maxShards)
	}
	return nil
}
