package app

import (
	"io"

	"baton/tape"
)

// ClearRecordings is clearRecordings, which a run calls at its start.
var ClearRecordings = clearRecordings

// IngressPending bounds what a recording may hold back for the disk.
const IngressPending = ingressPending

// NewScribe is a recording of nothing, for tests of what a bad disk does to it.
func NewScribe(fs tape.FS, say func(string)) (w io.Writer, flush func(), finish func() error, err error) {
	s, err := scribeOn(fs, "here", &recordedRun{Schema: recordedSchema}, say)
	if err != nil {
		return nil, nil, nil, err
	}
	return s, s.flush, func() error { return s.finish(recordedEnd{}) }, nil
}

// CompareBooks is compareBooks, for the test that plants a wrong level.
var CompareBooks = compareBooks
