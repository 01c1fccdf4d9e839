package ws

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// OfferDeflate is the value of Sec-WebSocket-Extensions with which a client offers permessage-deflate (RFC 7692). It asks
// for messages that stand alone, which need no memory between them; a server may decline that part.
const OfferDeflate = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

// windowSize is how far back a compressed message may refer to earlier ones (RFC 7692, 7.2.3; RFC 1951).
const windowSize = 32 << 10

// Extension is what was agreed with a server about compression. What we send is never compressed.
type Extension struct {
	Deflate  bool // messages may be compressed
	Takeover bool // and may refer to earlier ones
}

// ParseExtension reads a server's Sec-WebSocket-Extensions, the answer to [OfferDeflate]. An empty one declines. Anything
// that the offer does not allow is an error (RFC 7692, 7.1).
func ParseExtension(header string) (Extension, error) {
	if strings.TrimSpace(header) == "" {
		return Extension{}, nil
	}
	name, params, _ := strings.Cut(header, ";")
	if !strings.EqualFold(strings.TrimSpace(name), "permessage-deflate") || strings.Contains(header, ",") {
		return Extension{}, fmt.Errorf("websocket: the server chose the extension %.80q, which was not offered", header)
	}
	e := Extension{Deflate: true, Takeover: true}
	seen := map[string]bool{}
	for params != "" {
		var p string
		p, params, _ = strings.Cut(params, ";")
		key, value, valued := strings.Cut(strings.TrimSpace(p), "=")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		key = strings.ToLower(strings.TrimSpace(key))
		bits, err := strconv.Atoi(value)
		switch {
		case seen[key]:
			return Extension{}, fmt.Errorf("websocket: the server gave permessage-deflate's %.40q twice", key)
		case key == "server_no_context_takeover" && !valued:
			e.Takeover = false
		case key == "client_no_context_takeover" && !valued:
		case key == "server_max_window_bits" && err == nil && bits >= 8 && bits <= 15:
		default:
			return Extension{}, fmt.Errorf("websocket: the server's permessage-deflate has the parameter %.40q, which is not allowed", p)
		}
		seen[key] = true
	}
	return e, nil
}

// inflater turns compressed payloads into messages.
type inflater struct {
	takeover bool
	r        io.ReadCloser // a flate reader, also a flate.Resetter
	in       bytes.Reader
	src      []byte // the payload and deflateTail
	window   []byte // the end of what came before, with takeover
}

// deflateTail is what a sender cuts off the end of a message (RFC 7692, 7.2.2), and an empty last block, so that the reader of
// the whole finds its end.
var deflateTail = []byte{0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff}

// errInflateLimit: the message would be larger than the reader's limit.
var errInflateLimit = errors.New("too large")

// append appends the message that payload holds to dst, at most limit bytes of it. The memory that it takes is bounded by
// limit, whatever the payload promises.
func (f *inflater) append(dst, payload []byte, limit int) ([]byte, error) {
	f.src = append(append(f.src[:0], payload...), deflateTail...)
	f.in.Reset(f.src)
	if f.r == nil {
		f.r = flate.NewReaderDict(&f.in, f.window)
	} else if err := f.r.(flate.Resetter).Reset(&f.in, f.window); err != nil {
		return dst, err
	}
	start := len(dst)
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := f.r.Read(dst[len(dst):min(cap(dst), start+limit+1)])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst)-start > limit:
			return dst, errInflateLimit
		case errors.Is(err, io.EOF) && f.in.Len() > len(deflateTail)+1: // a last block of the sender's own, and more behind it
			return dst, errors.New("bytes behind the last block")
		case errors.Is(err, io.EOF):
			f.remember(dst[start:])
			return dst, nil
		case err != nil:
			return dst, err
		}
	}
}

// remember keeps the end of what has been read, for the next message to refer to.
func (f *inflater) remember(text []byte) {
	if !f.takeover {
		return
	}
	if len(text) >= windowSize {
		f.window = append(f.window[:0], text[len(text)-windowSize:]...)
		return
	}
	if over := len(f.window) + len(text) - windowSize; over > 0 {
		f.window = f.window[:copy(f.window, f.window[over:])]
	}
	f.window = append(f.window, text...)
}

// SetExtension lets the reader take messages compressed as agreed. It is called before the first message.
func (r *Reader) SetExtension(e Extension) {
	r.inflate = nil
	if e.Deflate {
		r.inflate = &inflater{takeover: e.Takeover}
	}
}

// inflated yields the message that a compressed payload holds, in memory of its own until the next [Reader.Space].
func (r *Reader) inflated(op Opcode, payload []byte) (Message, bool) {
	if cap(r.texts)-len(r.texts) < len(payload)+1 {
		r.texts = make([]byte, 0, max(minBuffer, 4*len(payload))) // what was yielded before stays where it is
	}
	start := len(r.texts)
	texts, err := r.inflate.append(append(r.texts, byte(op)), payload, r.limit)
	r.texts = texts
	switch {
	case errors.Is(err, errInflateLimit):
		return r.fail(TooBig, "a message of more than %d bytes once it is decompressed", r.limit)
	case err != nil:
		return r.fail(InvalidData, "a compressed message that cannot be decompressed: %v", err)
	}
	return r.whole(op, r.texts[start:len(r.texts):len(r.texts)])
}
