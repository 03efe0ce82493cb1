// Package tfevents writes event files for TensorBoard, and reads them as far as
// appending needs.
//
// An event file is a sequence of TFRecords, each the encoding of one Event
// message of TensorFlow's event.proto. Start at [Event]; record.go has the
// framing, encode.go and decode.go the messages, and [Log] a file to which a
// training run appends.
//
// A Log is consistent after the process is killed: events before [Log.Sync]
// returned are kept. When the file is opened again, an incomplete record is cut
// off, and so are events that the run will produce again because it resumes from
// an earlier step. These files have wall-clock times, so they are not
// reproducible.
package tfevents
