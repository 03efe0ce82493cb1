package ops

// Order is the order of the values inside a flattened patch.
type Order uint8

// The two orders in use: a patch embedding is a convolution (channel, row,
// column), a reconstruction target interleaves channels (row, column, channel).
const (
	ChannelRowColumn Order = iota
	RowColumnChannel
)
