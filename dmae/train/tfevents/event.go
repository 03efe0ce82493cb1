package tfevents

// Version is the format version in the first record of a file.
const Version = "brain.Event:2"

// Event is one event of a training run.
type Event struct {
	WallTime float64 // seconds since 1970
	Step     int64   // position on TensorBoard's horizontal axis

	// Position counts the work that the run had done when it made the event.
	// It never decreases in a file. TensorBoard ignores it: it is in a field
	// of the message that event.proto leaves to applications.
	Position uint64

	Values []Value

	// Only in the first record: Version, and the writer of the file.
	FileVersion string
	Writer      string
}

// Value is a named number or, if Image is set, a named image.
type Value struct {
	Tag    string // groups are separated by slashes, as in "perf/test_acc1"
	Scalar float32
	Image  *Image
}

// Image is an image as a PNG file.
type Image struct {
	Width, Height int // in pixels
	Channels      int // 1 grey, 3 RGB, 4 RGBA
	PNG           []byte
}

// Fields of the messages Event, SourceMetadata, Summary, Summary.Value and
// Summary.Image in TensorFlow's event.proto and summary.proto.
const (
	eventWallTime    = 1
	eventStep        = 2
	eventFileVersion = 3
	eventSummary     = 5
	eventSource      = 10
	eventPosition    = 50001 // ours, from the range protobuf leaves to applications

	sourceWriter = 1

	summaryValue = 1

	valueTag    = 1
	valueScalar = 2
	valueImage  = 4

	imageHeight   = 1
	imageWidth    = 2
	imageChannels = 3
	imagePNG      = 4
)

// Wire types of protobuf.
const (
	wireVarint = 0
	wireFixed8 = 1
	wireBytes  = 2
	wireFixed4 = 5
)
