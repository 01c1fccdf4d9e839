package netio_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"baton/aio"
	"baton/netio"
)

// What the veil hides stays out of the recording, and reaches who asked for it as it came.
func TestVeilIsOfTheRecordingAlone(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "a secret") }))
	defer server.Close()
	var log bytes.Buffer
	got, err := aio.Run(t.Context(), aio.Config{Record: &log}, func(co *aio.Co) (string, error) {
		n := netio.Sockets(co.Loop(), netio.SocketConfig{Veil: func(_ *netio.Request, body []byte) []byte { return bytes.Repeat([]byte("x"), len(body)) }})
		res, err := n.Doer(server.URL).Do(co, &netio.Request{Method: "GET", Path: "/"})
		if err != nil {
			return "", err
		}
		return string(res.Body), nil
	})
	if err != nil || got != "a secret" {
		t.Fatalf("%q, %v", got, err)
	}
	if bytes.Contains(log.Bytes(), []byte("a secret")) || !bytes.Contains(log.Bytes(), []byte("xxxxxxxx")) {
		t.Fatalf("recorded: %q", log.Bytes())
	}
}
