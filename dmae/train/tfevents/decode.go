package tfevents

import (
	"encoding/binary"
	"errors"
	"math"
)

var errMessage = errors.New("tfevents: the record is not an Event message")

// Decode returns the event of a record. Fields and values of kinds that this
// package does not write are skipped. Data are copied.
func Decode(record []byte) (Event, error) {
	var e Event
	err := fields(record, func(field int, wire uint64, number uint64, data []byte) (err error) {
		switch {
		case field == eventWallTime && wire == wireFixed8:
			e.WallTime = math.Float64frombits(number)
		case field == eventStep && wire == wireVarint:
			e.Step = int64(number)
		case field == eventFileVersion && wire == wireBytes:
			e.FileVersion = string(data)
		case field == eventSummary && wire == wireBytes:
			err = fields(data, func(field int, wire uint64, _ uint64, data []byte) error {
				if field != summaryValue || wire != wireBytes {
					return nil
				}
				v, known, err := decodeValue(data)
				if known {
					e.Values = append(e.Values, v)
				}
				return err
			})
		case field == eventSource && wire == wireBytes:
			err = fields(data, func(field int, wire uint64, _ uint64, data []byte) error {
				if field == sourceWriter && wire == wireBytes {
					e.Writer = string(data)
				}
				return nil
			})
		case field == eventPosition && wire == wireVarint:
			e.Position = number
		}
		return err
	})
	return e, err
}

func decodeValue(data []byte) (v Value, known bool, err error) {
	err = fields(data, func(field int, wire uint64, number uint64, data []byte) (err error) {
		switch {
		case field == valueTag && wire == wireBytes:
			v.Tag = string(data)
		case field == valueScalar && wire == wireFixed4:
			v.Scalar, known = math.Float32frombits(uint32(number)), true
		case field == valueImage && wire == wireBytes:
			known = true
			v.Image, err = decodeImage(data)
		}
		return err
	})
	return v, known, err
}

func decodeImage(data []byte) (*Image, error) {
	im := new(Image)
	err := fields(data, func(field int, wire uint64, number uint64, data []byte) error {
		switch {
		case field == imageHeight && wire == wireVarint:
			im.Height = int(int32(number))
		case field == imageWidth && wire == wireVarint:
			im.Width = int(int32(number))
		case field == imageChannels && wire == wireVarint:
			im.Channels = int(int32(number))
		case field == imagePNG && wire == wireBytes:
			im.PNG = append([]byte(nil), data...)
		}
		return nil
	})
	return im, err
}

// fields calls f for each field of a message: number for the wire types varint
// and fixed, data for bytes.
func fields(message []byte, f func(field int, wire uint64, number uint64, data []byte) error) error {
	for len(message) > 0 {
		key, n := binary.Uvarint(message)
		if n <= 0 || key>>3 == 0 || key>>3 > 1<<29-1 {
			return errMessage
		}
		message = message[n:]
		var number uint64
		var data []byte
		switch key & 7 {
		case wireVarint:
			if number, n = binary.Uvarint(message); n <= 0 {
				return errMessage
			}
		case wireFixed8:
			if n = 8; len(message) < n {
				return errMessage
			}
			number = binary.LittleEndian.Uint64(message)
		case wireFixed4:
			if n = 4; len(message) < n {
				return errMessage
			}
			number = uint64(binary.LittleEndian.Uint32(message))
		case wireBytes:
			length, k := binary.Uvarint(message)
			if k <= 0 || length > uint64(len(message)-k) {
				return errMessage
			}
			n = k + int(length)
			data = message[k:n]
		default:
			return errMessage
		}
		message = message[n:]
		if err := f(int(key>>3), key&7, number, data); err != nil {
			return err
		}
	}
	return nil
}
