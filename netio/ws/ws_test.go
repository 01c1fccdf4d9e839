package ws_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"baton/netio/ws"
)

var key = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// heard is everything that a reader yields for bytes cut at the given places, as text.
func heard(role ws.Role, limit int, in []byte, cuts func(left int) int) string {
	r := ws.NewReader(role)
	r.SetLimit(limit)
	var out strings.Builder
	for len(in) > 0 {
		n := min(max(cuts(len(in)), 1), len(in))
		r.Feed(in[:n])
		in = in[n:]
		for {
			m, ok, err := r.Next()
			if err != nil {
				e, _ := errors.AsType[*ws.Error](err)
				fmt.Fprintf(&out, "error %d", e.Code)
				return out.String()
			}
			if !ok {
				break
			}
			if m.Tagged[0] != byte(m.Op) || !bytes.Equal(m.Tagged[1:], m.Data) {
				panic("Tagged is not the opcode and the data")
			}
			fmt.Fprintf(&out, "%s %.20q/%d ", m.Op, m.Data, len(m.Data))
		}
	}
	return strings.TrimSpace(out.String())
}

func whole(left int) int { return left }
func single(int) int     { return 1 }

func closing(code uint16, reason string) []byte {
	return ws.AppendClosePayload(nil, code, reason)
}

func text(s string) []byte { return []byte(s) }

// The numbers are those of the Autobahn test suite, whose groups these rows follow.
func TestReaderCases(t *testing.T) {
	big := strings.Repeat("*", 70000)
	f := func(op ws.Opcode, payload string) ws.Frame { return ws.Frame{Op: op, Payload: text(payload)} }
	part := func(op ws.Opcode, payload string) ws.Frame {
		return ws.Frame{Op: op, Payload: text(payload), Unfinished: true}
	}
	rsv := func(bits byte, op ws.Opcode) ws.Frame { return ws.Frame{Op: op, RSV: bits, Payload: text("x")} }
	raw := func(payload []byte) ws.Frame { return ws.Frame{Op: ws.Close, Payload: payload} }
	shown := func(op, payload string) string { return fmt.Sprintf("%s %.20q/%d", op, payload, len(payload)) }
	cases := []struct {
		name   string
		frames []ws.Frame
		want   string
	}{
		{"1.1.1 empty text", []ws.Frame{f(ws.Text, "")}, `text ""/0`},
		{"1.1.2 125", []ws.Frame{f(ws.Text, big[:125])}, shown("text", big[:125])},
		{"1.1.3 126", []ws.Frame{f(ws.Text, big[:126])}, shown("text", big[:126])},
		{"1.1.6 65535", []ws.Frame{f(ws.Text, big[:65535])}, shown("text", big[:65535])},
		{"1.1.7 65536", []ws.Frame{f(ws.Text, big[:65536])}, shown("text", big[:65536])},
		{"1.2.1 empty binary", []ws.Frame{f(ws.Binary, "")}, `binary ""/0`},
		{"1.2.2 binary is not text", []ws.Frame{f(ws.Binary, "\xff\xfe")}, `binary "\xff\xfe"/2`},
		{"2.1 ping", []ws.Frame{f(ws.Ping, "")}, `ping ""/0`},
		{"2.4 ping 125", []ws.Frame{f(ws.Ping, big[:125])}, shown("ping", big[:125])},
		{"2.5 ping 126", []ws.Frame{f(ws.Ping, big[:126])}, "error 1002"},
		{"2.7 unasked pong", []ws.Frame{f(ws.Pong, "p"), f(ws.Ping, "q")}, `pong "p"/1 ping "q"/1`},
		{"3.1 rsv 1", []ws.Frame{rsv(1, ws.Text)}, "error 1002"},
		{"3.2 rsv 2 after good text", []ws.Frame{f(ws.Text, "a"), rsv(2, ws.Text)}, `text "a"/1 error 1002`},
		{"3.5 rsv 5 binary", []ws.Frame{rsv(5, ws.Binary)}, "error 1002"},
		{"3.6 rsv 6 ping", []ws.Frame{rsv(6, ws.Ping)}, "error 1002"},
		{"3.7 rsv 7 close", []ws.Frame{rsv(7, ws.Close)}, "error 1002"},
		{"4.1.1 opcode 3", []ws.Frame{f(3, "")}, "error 1002"},
		{"4.1.5 opcode 7", []ws.Frame{f(ws.Text, "a"), f(7, "x")}, `text "a"/1 error 1002`},
		{"4.2.1 opcode 11", []ws.Frame{f(11, "")}, "error 1002"},
		{"4.2.5 opcode 15", []ws.Frame{f(15, "x")}, "error 1002"},
		{"5.1 ping in two", []ws.Frame{part(ws.Ping, "a"), f(ws.Continuation, "b")}, "error 1002"},
		{"5.2 pong in two", []ws.Frame{part(ws.Pong, "a"), f(ws.Continuation, "b")}, "error 1002"},
		{"5.3 text in two", []ws.Frame{part(ws.Text, "ab"), f(ws.Continuation, "cd")}, `text "abcd"/4`},
		{"5.6 ping between", []ws.Frame{part(ws.Text, "a"), f(ws.Ping, "p"), f(ws.Continuation, "b")}, `ping "p"/1 text "ab"/2`},
		{"5.9 continuation of nothing", []ws.Frame{f(ws.Continuation, "a"), f(ws.Text, "b")}, "error 1002"},
		{"5.12 unfinished continuation of nothing", []ws.Frame{part(ws.Continuation, "a")}, "error 1002"},
		{"5.15 continuation after the end", []ws.Frame{part(ws.Text, "a"), f(ws.Continuation, "b"), part(ws.Continuation, "c")}, `text "ab"/2 error 1002`},
		{"5.18 new text inside", []ws.Frame{part(ws.Text, "a"), f(ws.Text, "b")}, "error 1002"},
		{"5.19 many", []ws.Frame{part(ws.Text, "a"), part(ws.Continuation, "b"), f(ws.Ping, "1"), part(ws.Continuation, ""), f(ws.Ping, "2"),
			f(ws.Continuation, "c"), part(ws.Binary, "d"), f(ws.Continuation, "e")}, `ping "1"/1 ping "2"/1 text "abc"/3 binary "de"/2`},
		{"6.1.2 empty parts", []ws.Frame{part(ws.Text, ""), part(ws.Continuation, ""), f(ws.Continuation, "")}, `text ""/0`},
		{"6.2.1 utf-8", []ws.Frame{f(ws.Text, "Hello-µ@ß")}, `text "Hello-µ@ß"/11`},
		{"6.2.3 a rune cut in two", []ws.Frame{part(ws.Text, "\xc2"), f(ws.Continuation, "\xb5")}, `text "µ"/2`},
		{"6.3.1 bad utf-8", []ws.Frame{f(ws.Text, "\xce\xba\xed\xa0\x80")}, "error 1007"},
		{"6.3.2 bad utf-8 in parts", []ws.Frame{part(ws.Text, "\xce"), f(ws.Continuation, "\xce")}, "error 1007"},
		{"6.6.1 unfinished rune", []ws.Frame{f(ws.Text, "\xce")}, "error 1007"},
		{"7.1.1 close", []ws.Frame{f(ws.Text, "a"), raw(closing(1000, ""))}, `text "a"/1 close "\x03\xe8"/2`},
		{"7.1.3 ping after close", []ws.Frame{raw(closing(1000, "")), f(ws.Ping, "p")}, `close "\x03\xe8"/2`},
		{"7.1.5 text after close", []ws.Frame{part(ws.Text, "a"), raw(closing(1000, "")), f(ws.Continuation, "b")}, `close "\x03\xe8"/2`},
		{"7.3.1 close without code", []ws.Frame{raw(nil)}, `close ""/0`},
		{"7.3.2 close of one byte", []ws.Frame{raw([]byte{3})}, "error 1002"},
		{"7.3.4 close with reason", []ws.Frame{raw(closing(1000, "bye"))}, `close "\x03\xe8bye"/5`},
		{"7.3.6 close of 126 bytes", []ws.Frame{raw(append([]byte{3, 0xe8}, big[:124]...))}, "error 1002"},
		{"7.5.1 reason that is not utf-8", []ws.Frame{raw([]byte{3, 0xe8, 0xff})}, "error 1007"},
		{"8.1 mid-message close of the other kind", []ws.Frame{f(ws.Text, "x"), raw(closing(4999, ""))}, `text "x"/1 close "\x13\x87"/2`},
		{"9 too big", []ws.Frame{f(ws.Text, strings.Repeat("x", 80001))}, "error 1009"},
		{"9 too big by its parts", []ws.Frame{part(ws.Text, big), f(ws.Continuation, big)}, "error 1009"},
		{"9 a claim of 2^62", []ws.Frame{{Op: ws.Binary, Claim: 1 << 62}}, "error 1009"},
		{"long form of a short length", []ws.Frame{{Op: ws.Text, Payload: text("a"), Width: 2}}, "error 1002"},
		{"longest form of a short length", []ws.Frame{{Op: ws.Text, Payload: text(big[:65535]), Width: 8}}, "error 1002"},
		{"a length with the highest bit", []ws.Frame{{Op: ws.Text, Claim: 1 << 63, Width: 8}}, "error 1002"},
	}
	for _, code := range []uint16{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		cases = append(cases, struct {
			name   string
			frames []ws.Frame
			want   string
		}{fmt.Sprintf("7.9 code %d", code), []ws.Frame{raw(binary.BigEndian.AppendUint16(nil, code))}, "error 1002"})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for role, masked := range map[ws.Role]bool{ws.Client: false, ws.Server: true} {
				var in []byte
				for _, f := range c.frames {
					f.Masked, f.Key = masked, key
					in = f.Append(in)
				}
				for name, cuts := range map[string]func(int) int{"whole": whole, "bytes": single} {
					if got := heard(role, 80000, in, cuts); got != c.want {
						t.Errorf("role %d, %s: got %s, want %s", role, name, got, c.want)
					}
				}
			}
		})
	}
}

func TestReaderWantsTheMaskOfItsRole(t *testing.T) {
	if got := heard(ws.Server, 100, ws.Append(nil, ws.Text, text("a")), whole); got != "error 1002" {
		t.Error("server:", got)
	}
	if got := heard(ws.Client, 100, ws.AppendMasked(nil, ws.Text, text("a"), key), whole); got != "error 1002" {
		t.Error("client:", got)
	}
}

// Several messages of one read stay readable together, fragmented ones too.
func TestMessagesOfOneReadDoNotOverlap(t *testing.T) {
	var in []byte
	var want []string
	for i := range 200 {
		s := strings.Repeat(fmt.Sprint(i%10), i)
		a, b := ws.Frame{Op: ws.Text, Payload: text(s), Unfinished: true}, ws.Frame{Payload: text(s)}
		in = ws.Append(b.Append(a.Append(in)), ws.Binary, text(s))
		want = append(want, s+s, s)
	}
	r := ws.NewReader(ws.Client)
	r.Feed(in[:1])
	for _, ok, _ := r.Next(); ok; _, ok, _ = r.Next() {
		t.Fatal("a message from one byte")
	}
	var views []ws.Message
	n := 0
	for rest := in[1:]; len(rest) > 0; {
		k := copy(r.Space(), rest)
		r.Filled(k)
		rest = rest[k:]
		views = views[:0]
		for m, ok, err := r.Next(); ok || err != nil; m, ok, err = r.Next() {
			if err != nil {
				t.Fatal(err)
			}
			views = append(views, m)
		}
		for _, m := range views {
			if string(m.Data) != want[n] || m.Tagged[0] != byte(m.Op) {
				t.Fatalf("message %d: %q, want %q", n, m.Data, want[n])
			}
			n++
		}
	}
	if n != len(want) {
		t.Fatal(n, "messages, want", len(want))
	}
}

func TestMask(t *testing.T) {
	b := make([]byte, 0, 100)
	for n := range 100 {
		b = b[:n]
		for i := range b {
			b[i] = byte(i * 7)
		}
		ws.Mask(b, key)
		for i := range b {
			if b[i] != byte(i*7)^key[i&3] {
				t.Fatalf("byte %d of %d", i, n)
			}
		}
	}
}

func TestHandshake(t *testing.T) {
	// The example of RFC 6455, 1.3.
	const nonce, accept = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
	if got := ws.AcceptKey(nonce); got != accept {
		t.Fatal(got)
	}
	ask := map[string]string{"Connection": "keep-alive, Upgrade", "Upgrade": "WebSocket", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": nonce}
	header := func(m map[string]string, without string) func(string) string {
		return func(name string) string {
			if name == without {
				return ""
			}
			return m[name]
		}
	}
	if got, err := ws.Challenge("GET", header(ask, "")); got != accept || err != nil {
		t.Error(got, err)
	}
	if _, err := ws.Challenge("POST", header(ask, "")); err == nil {
		t.Error("a POST was accepted")
	}
	answer := map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-Websocket-Accept": accept}
	if err := ws.CheckResponse(101, nonce, header(answer, "")); err != nil {
		t.Error(err)
	}
	for name := range ask {
		if _, err := ws.Challenge("GET", header(ask, name)); err == nil {
			t.Errorf("a handshake without %s was accepted", name)
		}
	}
	for name := range answer {
		if err := ws.CheckResponse(101, nonce, header(answer, name)); err == nil {
			t.Errorf("an answer without %s was accepted", name)
		}
	}
	if err := ws.CheckResponse(200, nonce, header(answer, "")); err == nil {
		t.Error("status 200 was accepted")
	}
	want := "GET /ws?a=b HTTP/1.1\r\nHost: h:1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: k\r\nX-A: b\r\n\r\n"
	if got := string(ws.AppendRequest(nil, "h:1", "/ws?a=b", "k", [][2]string{{"X-A", "b"}})); got != want {
		t.Errorf("%q", got)
	}
	if got := string(ws.AppendResponse(nil, "A")); !strings.HasPrefix(got, "HTTP/1.1 101 ") || !strings.HasSuffix(got, ": A\r\n\r\n") {
		t.Errorf("%q", got)
	}
}

func TestCloseReasonIsCutAtARune(t *testing.T) {
	p := ws.AppendClosePayload(nil, 1000, strings.Repeat("x", ws.MaxReason-1)+"µµ")
	if _, reason, err := ws.ParseClose(p); err != nil || len(reason) != ws.MaxReason-1 {
		t.Fatalf("%d bytes, %v", len(reason), err)
	}
	if len(ws.AppendClosePayload(nil, ws.NoStatus, "x")) != 0 {
		t.Fatal("no status has a payload")
	}
}

func TestSteadyReadingAllocatesNothing(t *testing.T) {
	r := ws.NewReader(ws.Server)
	frame := ws.AppendMasked(nil, ws.Text, bytes.Repeat(text("a"), 1500), key)
	in := make([]byte, 0, len(frame))
	if n := testing.AllocsPerRun(1000, func() {
		in = append(in[:0], frame...)
		r.Feed(in)
		if _, ok, err := r.Next(); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}); n != 0 {
		t.Fatal(n, "allocations a frame")
	}
}

// Any bytes, in any pieces: no panic, and the same messages as in one piece.
func FuzzReader(f *testing.F) {
	f.Add(ws.AppendMasked(ws.Append(nil, ws.Text, text("abc")), ws.Ping, nil, key), uint64(1), false)
	part := ws.Frame{Op: ws.Text, Payload: text("ab"), Unfinished: true, Masked: true, Key: key}
	f.Add(ws.AppendMasked(part.Append(nil), ws.Continuation, text("c"), key), uint64(2), true)
	f.Add(ws.Append(nil, ws.Close, closing(1000, "bye")), uint64(3), false)
	f.Add(ws.Append(nil, ws.Binary, make([]byte, 300)), uint64(4), false)
	f.Fuzz(func(t *testing.T, in []byte, seed uint64, server bool) {
		role := ws.Client
		if server {
			role = ws.Server
		}
		rng := rand.New(rand.NewPCG(seed, 0))
		want := heard(role, 1000, in, whole)
		if got := heard(role, 1000, in, single); got != want {
			t.Fatalf("byte by byte %s, whole %s", got, want)
		}
		if got := heard(role, 1000, in, func(left int) int { return rng.IntN(left) + 1 }); got != want {
			t.Fatalf("in pieces %s, whole %s", got, want)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	for _, size := range []int{200, 1500} {
		for _, masked := range []bool{false, true} {
			b.Run(fmt.Sprintf("%dB/masked=%v", size, masked), func(b *testing.B) {
				role, frame := ws.Client, ws.Append(nil, ws.Text, bytes.Repeat(text("a"), size))
				if masked {
					role, frame = ws.Server, ws.AppendMasked(nil, ws.Text, bytes.Repeat(text("a"), size), key)
				}
				const burst = 16
				in := bytes.Repeat(frame, burst)
				r := ws.NewReader(role)
				b.SetBytes(int64(len(frame)))
				b.ReportAllocs()
				left := 0
				for b.Loop() {
					if left == 0 {
						r.Feed(in)
						left = burst
					}
					left--
					if _, ok, err := r.Next(); !ok || err != nil {
						b.Fatal(ok, err)
					}
				}
			})
		}
	}
}
