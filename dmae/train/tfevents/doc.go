// Package tfevents writes the event files that TensorBoard shows, and reads
// them back as far as going on with one needs.
//
// An event file is a sequence of TFRecords, each the encoding of one Event
// message of TensorFlow's event.proto. Start at [Event]; record.go is the
// framing, encode.go and decode.go the messages, [Log] a file that grows with a
// training run.
//
// A Log survives being killed: what [Log.Sync] returned for stays, a record that
// was being written is cut off when the file is opened again, and so is every
// event that the run will produce once more because it goes on from an earlier
// point. Wall-clock times stand in these files and nowhere else; they are a
// record of one execution, and no part of a reproducible result.
package tfevents
