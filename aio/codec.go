package aio

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
)

// Codec turns results that come from outside into bytes of the ingress log and back. While a run is recorded its tasks get what
// Decode makes of Encode's bytes, as they will in a replay.
type Codec[T any] struct {
	Encode func(T) ([]byte, error)
	Decode func([]byte) (T, error)
}

// StringCodec is a [Codec] of strings.
func StringCodec() Codec[string] {
	return Codec[string]{
		Encode: func(s string) ([]byte, error) { return []byte(s), nil },
		Decode: func(b []byte) (string, error) { return string(b), nil },
	}
}

// BytesCodec is a [Codec] of bytes.
func BytesCodec() Codec[[]byte] {
	return Codec[[]byte]{
		Encode: func(b []byte) ([]byte, error) { return b, nil },
		Decode: func(b []byte) ([]byte, error) { return append([]byte(nil), b...), nil },
	}
}

// RecordedError is an error that went through the ingress log: its text, and which of a few errors it is: [context.Canceled],
// [context.DeadlineExceeded], [ErrCancelled], [ErrTimeout], [ErrClosed], [io.EOF].
type RecordedError struct {
	Text string
	is   uint64
}

// Error is the text.
func (e *RecordedError) Error() string { return e.Text }

// Is knows the errors listed above.
func (e *RecordedError) Is(target error) bool {
	for i, known := range recordedErrors {
		if known == target {
			return e.is&(1<<i) != 0
		}
	}
	return false
}

var recordedErrors = [...]error{context.Canceled, context.DeadlineExceeded, ErrCancelled, ErrTimeout, ErrClosed, io.EOF}

// one is the codec of a variadic parameter that holds at most one.
func one[T any](codecs []Codec[T]) *Codec[T] {
	if len(codecs) == 0 {
		return nil
	}
	return &codecs[0]
}

// pack makes bytes of a result.
func (c *Codec[T]) pack(v T, err error) []byte {
	b, failed := c.Encode(v)
	if err == nil {
		err = failed
	}
	if err == nil {
		return append([]byte{0}, b...)
	}
	is := uint64(0)
	for i, known := range recordedErrors {
		if errors.Is(err, known) {
			is |= 1 << i
		}
	}
	out := binary.AppendUvarint([]byte{1}, is)
	text := err.Error()
	out = binary.AppendUvarint(out, uint64(len(text)))
	out = append(out, text...)
	return append(out, b...)
}

// unpack makes the result of bytes.
func (c *Codec[T]) unpack(b []byte) (v T, err error) {
	if len(b) == 0 {
		return v, &RecordedError{Text: "aio: an empty result in the ingress log"}
	}
	kind, b := b[0], b[1:]
	if kind == 0 {
		return c.Decode(b)
	}
	is, n := binary.Uvarint(b)
	size, m := binary.Uvarint(b[max(n, 0):])
	if n <= 0 || m <= 0 || size > uint64(len(b)-n-m) {
		return v, &RecordedError{Text: "aio: a result in the ingress log is too short"}
	}
	rest := b[n+m:]
	err = &RecordedError{Text: string(rest[:size]), is: is}
	if v, failed := c.Decode(rest[size:]); failed == nil {
		return v, err
	}
	return v, err
}
