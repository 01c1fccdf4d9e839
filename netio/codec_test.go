package netio

import (
	"bytes"
	"reflect"
	"testing"
)

func TestRequestCodec(t *testing.T) {
	r := &Request{Method: "POST", Path: "/a", Query: "b=c", Remote: "r", Header: [][2]string{{"A", ""}, {"B", "c"}}, Body: []byte("x")}
	p := appendRequest(nil, 300, r)
	id, got, err := parseRequest(p)
	if err != nil || id != 300 || !reflect.DeepEqual(got, r) {
		t.Fatal(id, got, err)
	}
	for n := range p {
		if _, _, err := parseRequest(p[:n]); err == nil {
			t.Error("a request cut at", n, "was taken")
		}
	}
	if _, _, err := parseRequest(append(p, 0)); err == nil {
		t.Error("a byte too much was taken")
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add(appendRequest(nil, 7, &Request{Method: "GET", Path: "/", Header: [][2]string{{"A", "b"}}, Body: []byte("x")}))
	f.Add([]byte{1, 0, 0, 0, 0, 255, 255, 255, 255, 15})
	f.Fuzz(func(t *testing.T, p []byte) {
		id, r, err := parseRequest(p)
		if err != nil {
			return
		}
		id2, r2, err := parseRequest(appendRequest(nil, id, r))
		if err != nil || id2 != id || r2.Path != r.Path || !bytes.Equal(r2.Body, r.Body) || len(r2.Header) != len(r.Header) {
			t.Fatal(r, r2, err)
		}
	})
}
