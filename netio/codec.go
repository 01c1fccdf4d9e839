package netio

import (
	"encoding/binary"
	"errors"
	"net/http"
	"slices"
)

// A request crosses from the server's goroutine to the loop as bytes: a number, then every field with its length before it.

func appendString[T string | []byte](dst []byte, s T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendRequest(dst []byte, id uint64, r *Request) []byte {
	dst = binary.AppendUvarint(dst, id)
	for _, s := range [...]string{r.Method, r.Path, r.Query, r.Remote} {
		dst = appendString(dst, s)
	}
	dst = binary.AppendUvarint(dst, uint64(len(r.Header)))
	for _, h := range r.Header {
		dst = appendString(appendString(dst, h[0]), h[1])
	}
	return appendString(dst, r.Body)
}

var errEntry = errors.New("netio: a malformed entry of the request inlet")

// scanner reads what the append functions wrote.
type scanner struct {
	b   []byte
	bad bool
}

func (s *scanner) number() uint64 {
	v, n := binary.Uvarint(s.b)
	if n <= 0 {
		s.bad, s.b = true, nil
		return 0
	}
	s.b = s.b[n:]
	return v
}

func (s *scanner) bytes() []byte {
	n := s.number()
	if n > uint64(len(s.b)) {
		s.bad, s.b = true, nil
		return nil
	}
	p := s.b[:n:n]
	s.b = s.b[n:]
	return p
}

// parseRequest is the inverse of appendRequest. The body is a view of p.
func parseRequest(p []byte) (id uint64, r *Request, err error) {
	s := scanner{b: p}
	id = s.number()
	r = &Request{Method: string(s.bytes()), Path: string(s.bytes()), Query: string(s.bytes()), Remote: string(s.bytes())}
	for n := s.number(); n > 0 && !s.bad; n-- {
		name, value := string(s.bytes()), string(s.bytes())
		r.Header = append(r.Header, [2]string{name, value})
	}
	if r.Body = s.bytes(); s.bad || len(s.b) > 0 {
		return 0, nil, errEntry
	}
	return id, r, nil
}

// headerList is a header as sorted pairs, without one name.
func headerList(h http.Header, without string) [][2]string {
	names := make([]string, 0, len(h))
	for name := range h {
		if name != without {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	list := make([][2]string, 0, len(names))
	for _, name := range names {
		for _, v := range h[name] {
			list = append(list, [2]string{name, v})
		}
	}
	return list
}
