package ws

import "encoding/binary"

// Append appends a whole message or control frame as a server sends it.
func Append(dst []byte, op Opcode, payload []byte) []byte {
	dst = appendHead(dst, 0x80|byte(op), 0, uint64(len(payload)))
	return append(dst, payload...)
}

// AppendMasked appends a whole message or control frame as a client sends it. The key should be one that nobody can predict
// (RFC 6455, 10.3).
func AppendMasked(dst []byte, op Opcode, payload []byte, key [4]byte) []byte {
	dst = appendHead(dst, 0x80|byte(op), 0x80, uint64(len(payload)))
	dst = append(dst, key[:]...)
	at := len(dst)
	dst = append(dst, payload...)
	Mask(dst[at:], key)
	return dst
}

// AppendClosePayload appends what a close frame carries; the reason is cut to what fits. [NoStatus] carries nothing.
func AppendClosePayload(dst []byte, code uint16, reason string) []byte {
	if code == NoStatus {
		return dst
	}
	dst = binary.BigEndian.AppendUint16(dst, code)
	for len(reason) > MaxReason {
		reason = cutRune(reason[:MaxReason])
	}
	return append(dst, reason...)
}

// cutRune drops a rune that was cut in two from the end of s.
func cutRune(s string) string {
	for i := len(s) - 1; i >= 0 && i >= len(s)-4; i-- {
		if s[i] < 0x80 { // ASCII: whole
			return s
		}
		if s[i] >= 0xC0 { // the first byte of a rune
			return s[:i]
		}
	}
	return s
}

func appendHead(dst []byte, b0, mask byte, size uint64) []byte {
	switch {
	case size < 126:
		return append(dst, b0, mask|byte(size))
	case size < 1<<16:
		return append(dst, b0, mask|126, byte(size>>8), byte(size))
	default:
		return binary.BigEndian.AppendUint64(append(dst, b0, mask|127), size)
	}
}

// Mask applies a masking key to b, or takes it away (RFC 6455, 5.3).
func Mask(b []byte, key [4]byte) {
	k := uint64(binary.LittleEndian.Uint32(key[:]))
	k |= k << 32
	for len(b) >= 32 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k)
		binary.LittleEndian.PutUint64(b[8:], binary.LittleEndian.Uint64(b[8:])^k)
		binary.LittleEndian.PutUint64(b[16:], binary.LittleEndian.Uint64(b[16:])^k)
		binary.LittleEndian.PutUint64(b[24:], binary.LittleEndian.Uint64(b[24:])^k)
		b = b[32:]
	}
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= key[i&3]
	}
}

// Frame is one frame, written as told: right or wrong. It is how a test misspeaks.
type Frame struct {
	Unfinished bool // no FIN bit: a fragment
	RSV        byte // the three reserved bits
	Op         Opcode
	Masked     bool
	Key        [4]byte
	Payload    []byte
	// Width is the number of bytes the length takes after the first two: 0 the shortest form, else 2 or 8.
	Width int
	// Claim is the length to write where it is not that of Payload; 0: the true one.
	Claim uint64
}

// Append appends the frame's bytes.
func (f *Frame) Append(dst []byte) []byte {
	b0, mask := byte(f.Op&15)|f.RSV&7<<4, byte(0)
	if !f.Unfinished {
		b0 |= 0x80
	}
	if f.Masked {
		mask = 0x80
	}
	size := uint64(len(f.Payload))
	if f.Claim != 0 {
		size = f.Claim
	}
	switch f.Width {
	case 2:
		dst = append(dst, b0, mask|126, byte(size>>8), byte(size))
	case 8:
		dst = binary.BigEndian.AppendUint64(append(dst, b0, mask|127), size)
	default:
		dst = appendHead(dst, b0, mask, size)
	}
	if !f.Masked {
		return append(dst, f.Payload...)
	}
	dst = append(dst, f.Key[:]...)
	at := len(dst)
	dst = append(dst, f.Payload...)
	Mask(dst[at:], f.Key)
	return dst
}
