package ws

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// How large the buffer of a Reader is: minBuffer at first, grown as a message needs it, and given back above keepBuffer.
const (
	minBuffer  = 32 << 10
	minSpace   = 4 << 10 // Space has at least so much room
	keepBuffer = 1 << 20
)

// Message is one complete message or control frame. Its slices are borrowed until the next call of [Reader.Space].
type Message struct {
	Op   Opcode // Text, Binary, Close, Ping or Pong
	Data []byte // unmasked; of all fragments
	// Tagged is Data with one byte before it, the opcode, in the same memory: a message that crosses a queue of bytes.
	Tagged []byte
}

// Reader turns bytes into messages. How the bytes were cut into reads makes no difference to what it yields. After an error
// it yields nothing but that error, after a close frame nothing at all.
type Reader struct {
	role  Role
	limit int

	buf      []byte
	from, to int // buf[from:to] has not been parsed; from is never 0: the byte before a payload is for the opcode

	head struct { // of the frame whose payload is awaited
		known  bool
		fin    bool
		packed bool // RSV1: the message is compressed
		op     Opcode
		masked bool
		key    [4]byte
		size   int // of the payload
	}

	parts []byte // assembled messages, each after a byte for its opcode; the last may be unfinished
	start int    // where in parts the unfinished one begins
	op    Opcode // its kind; 0: there is none
	pack  bool   // it is compressed

	inflate *inflater // nil: no compression was agreed
	texts   []byte    // decompressed messages, each after a byte for its opcode

	err    error
	closed bool
}

// NewReader makes the reader of an endpoint in the given role: a Server wants masked frames, a Client unmasked ones.
func NewReader(role Role) *Reader { return &Reader{role: role, limit: MaxMessage} }

// SetLimit changes the most bytes a message may have from [MaxMessage] to n.
func (r *Reader) SetLimit(n int) { r.limit = n }

// Space is where the next bytes are to be read to; it is never empty. The messages yielded before are void from now on.
func (r *Reader) Space() []byte {
	if r.texts = r.texts[:0]; cap(r.texts) > keepBuffer {
		r.texts = nil
	}
	if r.op == 0 {
		r.parts, r.start = r.parts[:0], 0
		if cap(r.parts) > keepBuffer {
			r.parts = nil
		}
	} else if r.start > 0 {
		n := copy(r.parts, r.parts[r.start:])
		r.parts, r.start = r.parts[:n], 0
	}
	if r.from == r.to {
		r.from, r.to = 1, 1
		if len(r.buf) > keepBuffer {
			r.buf = nil
		}
	}
	if len(r.buf)-r.to < minSpace {
		r.makeRoom()
	}
	return r.buf[r.to:]
}

// makeRoom moves the unparsed bytes to the front, or into a buffer twice as large where they fill half of this one. It grows
// with what came, not with what a header promised.
func (r *Reader) makeRoom() {
	n := r.to - r.from
	to := r.buf
	if len(to)-n < max(minSpace, len(to)/2) {
		to = make([]byte, max(minBuffer, 2*len(to)))
	}
	if n > 0 {
		copy(to[1:], r.buf[r.from:r.to])
	}
	r.buf, r.from, r.to = to, 1, n+1
}

// Filled says that n bytes were read into [Reader.Space].
func (r *Reader) Filled(n int) { r.to += n }

// Feed is Space and Filled for bytes that are elsewhere.
func (r *Reader) Feed(p []byte) {
	for {
		n := copy(r.Space(), p)
		r.Filled(n)
		if p = p[n:]; len(p) == 0 {
			return
		}
	}
}

// Next yields the next message. ok is false where more bytes are needed, and after a close frame. The error is an *[Error].
func (r *Reader) Next() (m Message, ok bool, err error) {
	if r.op == 0 && !r.head.known {
		if m, ok = r.plain(); ok {
			return m, true, nil
		}
	}
	for r.err == nil && !r.closed {
		if !r.head.known && !r.readHead() {
			break
		}
		if r.to-r.from < r.head.size {
			break
		}
		at := r.from
		r.from += r.head.size
		r.head.known = false
		data := r.buf[at:r.from:r.from]
		if r.head.masked {
			Mask(data, r.head.key)
		}
		if m, ok = r.frame(at, data); ok {
			return m, true, nil
		}
	}
	return Message{}, false, r.err
}

// plain is the short way for what a server sends all the time: a whole, unmasked text frame below 64 KiB that is all there.
// ok is false for anything else, right or wrong, and then nothing has happened.
func (r *Reader) plain() (m Message, ok bool) {
	b := r.buf[r.from:r.to]
	if len(b) < 4 || b[0] != 0x80|byte(Text) || b[1] > 126 || r.role != Client || r.err != nil || r.closed {
		return m, false
	}
	at, size := 2, int(b[1])
	if size == 126 {
		at, size = 4, int(binary.BigEndian.Uint16(b[2:]))
		if size < 126 {
			return m, false
		}
	}
	if len(b)-at < size || size > r.limit || !utf8.Valid(b[at:at+size]) {
		return m, false
	}
	r.from += at + size
	tagged := b[at-1 : at+size : at+size]
	tagged[0] = byte(Text)
	return Message{Op: Text, Data: tagged[1:], Tagged: tagged}, true
}

// frame takes one frame's payload, which stands at r.buf[at:]. ok: it completed a message.
func (r *Reader) frame(at int, data []byte) (m Message, ok bool) {
	h := &r.head
	switch {
	case h.op.Control():
		return r.control(at, data)
	case h.fin && r.op == 0 && h.packed:
		return r.inflated(h.op, data)
	case h.fin && r.op == 0: // unfragmented: a view of the buffer
		return r.whole(h.op, r.buf[at-1:at+len(data):at+len(data)])
	case r.op == 0:
		r.op, r.pack = h.op, h.packed
		r.parts = append(r.parts, byte(h.op))
	}
	r.parts = append(r.parts, data...)
	if !h.fin {
		return m, false
	}
	op, tagged := r.op, r.parts[r.start:len(r.parts):len(r.parts)]
	r.op, r.start = 0, len(r.parts)
	if r.pack {
		return r.inflated(op, tagged[1:])
	}
	return r.whole(op, tagged)
}

// whole yields a data message. tagged has a byte of room for the opcode: a header's last byte, which is done with.
func (r *Reader) whole(op Opcode, tagged []byte) (Message, bool) {
	data := tagged[1:]
	if op == Text && !utf8.Valid(data) {
		return r.fail(InvalidData, "a text message that is not UTF-8")
	}
	tagged[0] = byte(op)
	return Message{Op: op, Data: data, Tagged: tagged}, true
}

func (r *Reader) control(at int, data []byte) (Message, bool) {
	if r.head.op == Close {
		if _, _, err := ParseClose(data); err != nil {
			r.err = err
			return Message{}, false
		}
		r.closed = true
	}
	tagged := r.buf[at-1 : at+len(data) : at+len(data)]
	tagged[0] = byte(r.head.op)
	return Message{Op: r.head.op, Data: tagged[1:], Tagged: tagged}, true
}

func (r *Reader) fail(code uint16, format string, args ...any) (Message, bool) {
	r.err = &Error{code, fmt.Sprintf(format, args...)}
	return Message{}, false
}

// readHead parses a frame's header. false: there is more to come, or it is wrong.
func (r *Reader) readHead() bool {
	b := r.buf[r.from:r.to]
	if len(b) < 2 || !r.checkStart(b[0], b[1]) {
		return false
	}
	h := &r.head
	h.fin, h.packed, h.op, h.masked = b[0]&0x80 != 0, b[0]&0x40 != 0, Opcode(b[0]&15), b[1]&0x80 != 0
	size, used := uint64(b[1]&0x7f), 2
	switch {
	case size == 126 && len(b) < 4, size == 127 && len(b) < 10:
		return false
	case size == 126:
		size, used = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case size == 127:
		size, used = binary.BigEndian.Uint64(b[2:]), 10
	}
	if !r.checkSize(size, used) {
		return false
	}
	if h.masked {
		if len(b) < used+4 {
			return false
		}
		h.key = [4]byte(b[used:])
		used += 4
	}
	h.size, h.known = int(size), true
	r.from += used
	return true
}

// checkStart judges what the first two bytes of a frame say (RFC 6455, 5.2, 5.4, 5.5).
func (r *Reader) checkStart(b0, b1 byte) bool {
	op, fin := Opcode(b0&15), b0&0x80 != 0
	why := ""
	switch {
	case b0&0x30 != 0, b0&0x40 != 0 && r.inflate == nil:
		why = "a frame with a reserved bit, and no extension was agreed"
	case b0&0x40 != 0 && op != Text && op != Binary:
		why = "a " + op.String() + " frame that says it is compressed"
	case op > Binary && op < Close || op > Pong:
		why = "a frame with a " + op.String()
	case op.Control() && !fin:
		why = "a fragmented " + op.String() + " frame"
	case op.Control() && b1&0x7f > MaxControl:
		why = "a " + op.String() + " frame with more than 125 bytes"
	case op == Continuation && r.op == 0:
		why = "a continuation of nothing"
	case (op == Text || op == Binary) && r.op != 0:
		why = "a new message before the last one ended"
	case b1&0x80 == 0 && r.role == Server:
		why = "an unmasked frame from a client"
	case b1&0x80 != 0 && r.role == Client:
		why = "a masked frame from a server"
	}
	if why != "" {
		r.fail(ProtocolError, "%s", why)
	}
	return why == ""
}

// checkSize judges the length of a payload, written in a header of used bytes without the key.
func (r *Reader) checkSize(size uint64, used int) bool {
	switch {
	case used == 4 && size < 126, used == 10 && size < 1<<16:
		r.fail(ProtocolError, "a length of %d that is not written in the shortest form", size)
	case size >= 1<<63:
		r.fail(ProtocolError, "a length with the highest bit set")
	case !r.head.op.Control() && size > uint64(r.limit-r.assembled()):
		r.fail(TooBig, "a message of more than %d bytes", r.limit)
	default:
		return true
	}
	return false
}

// assembled is how many bytes of the unfinished message are there.
func (r *Reader) assembled() int {
	if r.op == 0 {
		return 0
	}
	return len(r.parts) - r.start - 1
}
