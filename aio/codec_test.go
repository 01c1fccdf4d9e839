package aio_test

import (
	"bytes"
	"testing"

	"baton/aio"
)

// A codec gives back what it was given, and keeps nothing of the log's bytes.
func TestCodecs(t *testing.T) {
	log, err := aio.BytesCodec().Encode([]byte{0, 1, 255})
	if err != nil {
		t.Fatal(err)
	}
	got, err := aio.BytesCodec().Decode(log)
	if err != nil || !bytes.Equal(got, []byte{0, 1, 255}) {
		t.Errorf("bytes come back as %v, %v", got, err)
	}
	if log[0] = 9; got[0] == 9 {
		t.Error("the decoded bytes are the log's own")
	}
	text, err := aio.StringCodec().Encode("Größe")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := aio.StringCodec().Decode(text); err != nil || s != "Größe" {
		t.Errorf("a string comes back as %q, %v", s, err)
	}
}
