package certificate

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestFind(t *testing.T) {
	cert := smallCertificate(t, false)
	header, rec, err := Find(bytes.NewReader(cert), 2)
	require.NoError(t, err)
	require.Equal(t, "points", header.Data)
	require.Equal(t, 2, rec.Image)
	_, _, err = Find(bytes.NewReader(cert), 4)
	require.EqualError(t, err, "there is no line for image 4: it has 4 lines, from image 0 to image 3")
	_, _, err = Find(bytes.NewReader(cert[:len(cert)/2]), 3)
	require.Error(t, err, "cut off before the line")
}

// After Peek the whole file can be read, also from a pipe.
func TestPeek(t *testing.T) {
	cert := smallCertificate(t, false)
	for _, r := range []io.Reader{bytes.NewBuffer(cert), iotest.OneByteReader(bytes.NewBuffer(cert))} {
		whole, header, err := Peek(r)
		require.NoError(t, err)
		require.Equal(t, "points", header.Data)
		all, err := io.ReadAll(whole)
		require.NoError(t, err)
		require.Equal(t, cert, all)
	}
	whole, header, err := Peek(bytes.NewBufferString("no certificate"))
	require.NoError(t, err)
	require.Empty(t, header)
	all, err := io.ReadAll(whole)
	require.NoError(t, err)
	require.Equal(t, "no certificate", string(all))
	_, _, err = Peek(iotest.ErrReader(io.ErrClosedPipe))
	require.ErrorIs(t, err, io.ErrClosedPipe)
}
