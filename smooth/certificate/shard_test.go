package certificate

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzParseShard(f *testing.F) {
	f.Add("3/16")
	f.Add("-1/2")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseShard(text)
		if err != nil {
			return
		}
		again, err := ParseShard(s.String())
		require.NoError(t, err)
		require.Equal(t, s, again)
		h := Header{Subject: Subject{Images: IndexSet{{0, 1, 50}}}, Shard: &s}
		n := 0
		if s.Of <= 100 {
			for c, ok := h.cursor(), true; ok; n++ {
				_, ok = c.next()
			}
			require.Equal(t, h.Due(), n-1, "the number of lines")
		}
	})
}

func TestParseShard(t *testing.T) {
	s, err := ParseShard("3/16")
	require.NoError(t, err)
	require.Equal(t, Shard{3, 16}, s)
	require.Equal(t, "3/16", s.String())
	for _, bad := range []string{"", "3", "0/4", "5/4", "1/0", "a/b", "1/2/3", "1/99999999"} {
		_, err := ParseShard(bad)
		require.ErrorContains(t, err, "shard", bad)
	}
}
