package ws_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"baton/netio/ws"
)

// autobahn is one case of the Autobahn WebSocket test suite (fuzzingserver, 0.10.9): what the peer sends, and what the reader
// makes of it. Groups 1 to 7 are about framing, UTF-8 and closing, 9 and 10 about sizes, 12 and 13 about compression.
type autobahn struct {
	id     string
	frames []ws.Frame
	want   string
}

// fragment cuts a message into frames of at most n bytes.
func fragment(op ws.Opcode, payload string, n int) (out []ws.Frame) {
	for first := true; first || len(payload) > 0; first = false {
		k := min(n, len(payload))
		f := ws.Frame{Op: op, Payload: text(payload[:k]), Unfinished: k < len(payload)}
		if !first {
			f.Op = ws.Continuation
		}
		out = append(out, f)
		payload = payload[k:]
	}
	return out
}

// autobahnCases is the list, by the suite's numbers.
func autobahnCases() (list []autobahn) {
	add := func(id string, want string, frames ...ws.Frame) { list = append(list, autobahn{id, frames, want}) }
	one := func(op ws.Opcode, payload string) ws.Frame { return ws.Frame{Op: op, Payload: text(payload)} }
	says := func(op ws.Opcode, payload string) string {
		return fmt.Sprintf("%s %.20q/%d", op, payload, len(payload))
	}
	part := func(op ws.Opcode, payload string) ws.Frame {
		return ws.Frame{Op: op, Payload: text(payload), Unfinished: true}
	}
	for g, op := range map[string]ws.Opcode{"1.1": ws.Text, "1.2": ws.Binary} {
		for n, size := range []int{0, 125, 126, 127, 128, 65535, 65536, 65536} {
			p := strings.Repeat("*", size)
			add(fmt.Sprintf("%s.%d", g, n+1), says(op, p), one(op, p))
		}
	}
	long := strings.Repeat("\xfe", 125)
	add("2.1", `ping ""/0`, one(ws.Ping, ""))
	add("2.2", says(ws.Ping, "Hello, world!"), one(ws.Ping, "Hello, world!"))
	add("2.3", says(ws.Ping, "\x00\xff\xfe\xfd"), one(ws.Ping, "\x00\xff\xfe\xfd"))
	add("2.4", says(ws.Ping, long), one(ws.Ping, long))
	add("2.5", "error 1002", one(ws.Ping, long+"\xfe"))
	add("2.6", says(ws.Ping, long), one(ws.Ping, long))
	add("2.7", `pong ""/0`, one(ws.Pong, ""))
	add("2.8", says(ws.Pong, "unsolicited"), one(ws.Pong, "unsolicited"))
	add("2.9", says(ws.Pong, "u")+" "+says(ws.Ping, "p"), one(ws.Pong, "u"), one(ws.Ping, "p"))
	var ten []ws.Frame
	var pings []string
	for n := range 10 {
		ten, pings = append(ten, one(ws.Ping, fmt.Sprint(n))), append(pings, says(ws.Ping, fmt.Sprint(n)))
	}
	add("2.10", strings.Join(pings, " "), ten...)
	add("2.11", strings.Join(pings, " "), ten...)
	for n := 1; n <= 7; n++ {
		before, said := []ws.Frame{}, ""
		if n >= 2 && n <= 4 {
			before, said = []ws.Frame{one(ws.Text, "hi")}, says(ws.Text, "hi")+" "
		}
		f := ws.Frame{Op: ws.Text, RSV: byte(n), Payload: text("x")}
		add(fmt.Sprintf("3.%d", n), said+"error 1002", append(before, f)...)
	}
	for n := 1; n <= 5; n++ {
		before, said := []ws.Frame{}, ""
		if n >= 3 {
			before, said = []ws.Frame{one(ws.Text, "hi")}, says(ws.Text, "hi")+" "
		}
		add(fmt.Sprintf("4.1.%d", n), said+"error 1002", append(before[:len(before):len(before)], one(ws.Opcode(2+n), "x"))...)
		add(fmt.Sprintf("4.2.%d", n), said+"error 1002", append(before[:len(before):len(before)], one(ws.Opcode(10+n), "x"))...)
	}
	f1, f2 := part(ws.Text, "frag"), one(ws.Continuation, "ment")
	add("5.1", "error 1002", part(ws.Ping, "a"), one(ws.Continuation, "b"))
	add("5.2", "error 1002", part(ws.Pong, "a"), one(ws.Continuation, "b"))
	for _, id := range []string{"5.3", "5.4", "5.5"} {
		add(id, says(ws.Text, "fragment"), f1, f2)
	}
	for _, id := range []string{"5.6", "5.7", "5.8"} {
		add(id, says(ws.Ping, "p")+" "+says(ws.Text, "fragment"), f1, one(ws.Ping, "p"), f2)
	}
	for _, id := range []string{"5.9", "5.10", "5.11"} {
		add(id, "error 1002", one(ws.Continuation, "x"), one(ws.Text, "y"))
	}
	for _, id := range []string{"5.12", "5.13", "5.14"} {
		add(id, "error 1002", part(ws.Continuation, "x"), one(ws.Text, "y"))
	}
	add("5.15", says(ws.Text, "fragment")+" error 1002", f1, f2, part(ws.Continuation, "x"), one(ws.Text, "y"))
	add("5.16", "error 1002", part(ws.Continuation, "x"), part(ws.Text, "y"))
	add("5.17", "error 1002", one(ws.Continuation, "x"), part(ws.Text, "y"))
	add("5.18", "error 1002", f1, one(ws.Text, "y"))
	for _, id := range []string{"5.19", "5.20"} {
		add(id, says(ws.Ping, "1")+" "+says(ws.Ping, "2")+" "+says(ws.Text, "abcde"), part(ws.Text, "a"), part(ws.Continuation, "b"),
			one(ws.Ping, "1"), part(ws.Continuation, "c"), part(ws.Continuation, "d"), one(ws.Ping, "2"), one(ws.Continuation, "e"))
	}
	list = append(list, autobahnUTF8()...)
	list = append(list, autobahnClose()...)
	return append(list, autobahnSizes()...)
}

// autobahnUTF8 is group 6: what is UTF-8 passes, whole or cut anywhere; what is not is refused with 1007.
func autobahnUTF8() (list []autobahn) {
	says := func(payload string) string { return fmt.Sprintf("text %.20q/%d", payload, len(payload)) }
	judge := func(id, payload string, good bool) {
		want := "error 1007"
		if good {
			want = says(payload)
		}
		list = append(list, autobahn{id, []ws.Frame{{Op: ws.Text, Payload: text(payload)}}, want},
			autobahn{id + " in bytes", fragment(ws.Text, payload, 1), want})
	}
	judge("6.1.1", "", true)
	judge("6.2.1", "Hello-µ@ßöäüàá-UTF-8!!", true)
	judge("6.3.1", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", false)
	judge("6.4.1", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited", false)
	for n, p := range []string{"\xce\xba", "\xce\xba\xe1\xbd\xb9", "\xce\xba\xe1\xbd\xb9\xcf\x83", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"} {
		judge(fmt.Sprintf("6.5.%d", n+1), p, true)
		judge(fmt.Sprintf("6.6.%d", 2*n+1), p[:len(p)-1], false)
	}
	group := func(g int, good bool, all ...string) {
		for n, p := range all {
			judge(fmt.Sprintf("6.%d.%d", g, n+1), p, good)
		}
	}
	group(7, true, "\x00", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80")
	group(8, false, "\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80")
	group(9, true, "\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf")
	group(10, false, "\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf")
	group(11, true, "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf")
	group(11, false, "\xf4\x90\x80\x80")
	group(12, false, "\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf", "\x80\xbf\x80\xbf\x80", "\x80\xbf\x80\xbf\x80\xbf")
	group(13, false, "\xc0 \xc1 ", "\xe0 \xe1 ", "\xf0 \xf1 ", "\xf8 \xf9 ", "\xfc \xfd ")
	group(14, false, "\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80", "\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf")
	group(15, false, "\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80\xfc\x80\x80\x80\x80\xdf\xef\xbf\xf7\xbf\xbf\xfb\xbf\xbf\xbf\xfd\xbf\xbf\xbf\xbf")
	group(16, false, "\xfe", "\xff", "\xfe\xfe\xff\xff")
	group(17, false, "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf")
	group(18, false, "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf")
	group(19, false, "\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80")
	group(20, false, "\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf")
	group(21, false, "\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xad\xbf\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf",
		"\xed\xae\x80\xed\xb0\x80", "\xed\xae\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80", "\xed\xaf\xbf\xed\xbf\xbf")
	for n := range 34 { // noncharacters are good: U+FFFE, U+FFFF, U+1FFFE ...
		judge(fmt.Sprintf("6.22.%d", n+1), string(rune(n/2<<16|0xfffe|n&1)), true)
	}
	group(23, true, "\xef\xbf\xb9", "\xef\xbf\xba", "\xef\xbf\xbb", "\xef\xbf\xbc", "\xef\xbf\xbd", "\xef\xbf\xbe", "\xef\xbf\xbf")
	return list
}

// autobahnClose is group 7.
func autobahnClose() (list []autobahn) {
	raw := func(payload []byte) ws.Frame { return ws.Frame{Op: ws.Close, Payload: payload} }
	says := func(payload []byte) string { return fmt.Sprintf("close %.20q/%d", payload, len(payload)) }
	add := func(id, want string, frames ...ws.Frame) { list = append(list, autobahn{id, frames, want}) }
	normal := closing(1000, "")
	hello := ws.Frame{Op: ws.Text, Payload: text("Hello World!")}
	add("7.1.1", `text "Hello World!"/12 `+says(normal), hello, raw(normal))
	add("7.1.2", says(normal), raw(normal), raw(normal))
	add("7.1.3", says(normal), raw(normal), ws.Frame{Op: ws.Ping})
	add("7.1.4", says(normal), raw(normal), hello)
	add("7.1.5", says(normal), ws.Frame{Op: ws.Text, Payload: text("frag"), Unfinished: true}, raw(normal), ws.Frame{Payload: text("ment")})
	big := strings.Repeat("BAsd7&jh23", 7000)
	add("7.1.6", fmt.Sprintf("text %.20q/%d ", big, len(big))+says(normal), ws.Frame{Op: ws.Text, Payload: text(big)}, raw(normal), ws.Frame{Op: ws.Ping})
	add("7.3.1", says(nil), raw(nil))
	add("7.3.2", "error 1002", raw(text("a")))
	add("7.3.3", says(normal), raw(normal))
	add("7.3.4", says(closing(1000, "Hello World!")), raw(closing(1000, "Hello World!")))
	add("7.3.5", says(closing(1000, strings.Repeat("*", 123))), raw(closing(1000, strings.Repeat("*", 123))))
	add("7.3.6", "error 1002", raw(append(normal[:2:2], strings.Repeat("*", 124)...)))
	add("7.5.1", "error 1007", raw(append(normal[:2:2], "\xce\xba\xe1\xbd\xb9\xed\xa0\x80"...)))
	for n, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		add(fmt.Sprintf("7.7.%d", n+1), says(closing(code, "")), raw(closing(code, "")))
	}
	for n, code := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		add(fmt.Sprintf("7.9.%d", n+1), "error 1002", raw(binary.BigEndian.AppendUint16(nil, code)))
	}
	add("7.13.1", "error 1002", raw(binary.BigEndian.AppendUint16(nil, 5000)))
	add("7.13.2", "error 1002", raw([]byte{0xff, 0xff}))
	return list
}

// autobahnSizes are groups 9 (its 16 MiB messages at a sixteenth of their size, so that the test takes no time) and 10.
func autobahnSizes() (list []autobahn) {
	for g, op := range map[int]ws.Opcode{1: ws.Text, 2: ws.Binary} {
		for n, size := range []int{4 << 10, 16 << 10, 64 << 10, 256 << 10, 512 << 10, 1 << 20} {
			p := strings.Repeat("*", size)
			list = append(list, autobahn{fmt.Sprintf("9.%d.%d", g, n+1), []ws.Frame{{Op: op, Payload: text(p)}}, fmt.Sprintf("%s %.20q/%d", op, p, size)})
		}
	}
	for g, op := range map[int]ws.Opcode{3: ws.Text, 4: ws.Binary} {
		p := strings.Repeat("*", 1<<18)
		for n, part := range []int{64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10} {
			list = append(list, autobahn{fmt.Sprintf("9.%d.%d", g, n+1), fragment(op, p, part), fmt.Sprintf("%s %.20q/%d", op, p, len(p))})
		}
	}
	p := strings.Repeat("*", 65536)
	return append(list, autobahn{"10.1.1", fragment(ws.Text, p, 1300), fmt.Sprintf("text %.20q/%d", p, len(p))})
}

// TestAutobahn runs every case in both roles. Groups 9.5 to 9.8 are about how a sender's bytes arrive, which is what the two
// ways of cutting are for.
func TestAutobahn(t *testing.T) {
	for _, c := range autobahnCases() {
		t.Run(c.id, func(t *testing.T) {
			for role, masked := range map[ws.Role]bool{ws.Client: false, ws.Server: true} {
				var in []byte
				for _, f := range c.frames {
					f.Masked, f.Key = masked, key
					in = f.Append(in)
				}
				cuts := map[string]func(int) int{"whole": whole, "97": func(int) int { return 97 }}
				if len(in) < 1<<12 {
					cuts["bytes"] = single
				}
				for name, cut := range cuts {
					if got := heard(role, 2<<20, in, cut); got != c.want {
						t.Errorf("role %d, cut %s: got %s, want %s", role, name, got, c.want)
					}
				}
			}
		})
	}
}

// deflater compresses as a server with context takeover does.
type deflater struct {
	buf bytes.Buffer
	w   *flate.Writer
}

func newDeflater(t testing.TB) *deflater {
	d := &deflater{}
	var err error
	if d.w, err = flate.NewWriter(&d.buf, flate.DefaultCompression); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *deflater) pack(p string, fresh bool) []byte {
	d.buf.Reset()
	if fresh {
		d.w.Reset(&d.buf)
	}
	if _, err := d.w.Write(text(p)); err != nil {
		panic(err)
	}
	if err := d.w.Flush(); err != nil {
		panic(err)
	}
	return bytes.Clone(bytes.TrimSuffix(d.buf.Bytes(), []byte{0, 0, 0xff, 0xff}))
}

// TestAutobahnCompression is groups 12 (with and without fragments) and 13 (every agreement a server may give).
func TestAutobahnCompression(t *testing.T) {
	for n, answer := range []string{
		"permessage-deflate", "permessage-deflate; server_no_context_takeover", "permessage-deflate; server_max_window_bits=9",
		"permessage-deflate; server_max_window_bits=15", "permessage-deflate; client_no_context_takeover",
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover", `Permessage-Deflate; server_max_window_bits="10"; server_no_context_takeover`,
	} {
		e, err := ws.ParseExtension(answer)
		if err != nil || !e.Deflate {
			t.Fatal(answer, err)
		}
		for k, size := range []int{16, 64, 256, 1 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10, 128 << 10} {
			t.Run(fmt.Sprintf("13.%d.%d", n+1, k+1), func(t *testing.T) { compressed(t, e, size) })
		}
	}
	for _, bad := range []string{
		"x-webkit-deflate-frame", "permessage-deflate, permessage-deflate", "permessage-deflate; server_max_window_bits=16",
		"permessage-deflate; server_max_window_bits", "permessage-deflate; client_max_window_bits=10",
		"permessage-deflate; server_no_context_takeover; server_no_context_takeover", "permessage-deflate; magic", "permessage-deflate; server_no_context_takeover=1",
	} {
		if _, err := ws.ParseExtension(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	if e, err := ws.ParseExtension(""); err != nil || e.Deflate {
		t.Error("a server that declines:", e, err)
	}
}

// compressed sends messages of one size, every third in fragments with a ping between, every fourth plain.
func compressed(t *testing.T, e ws.Extension, size int) {
	d := newDeflater(t)
	r := ws.NewReader(ws.Client)
	r.SetExtension(e)
	var in []byte
	var want []string
	for n := range 12 {
		p := strings.Repeat(fmt.Sprintf(`{"n":%d,"text":"µ%d"}`, n, n*n), size/16+1)[:size]
		p = strings.ToValidUTF8(p, "")
		want = append(want, p)
		if n%4 == 3 {
			in = ws.Append(in, ws.Text, text(p))
			continue
		}
		packed := d.pack(p, !e.Takeover)
		if n%3 == 2 {
			k := len(packed) / 2
			first := ws.Frame{Op: ws.Text, RSV: 4, Payload: packed[:k], Unfinished: true}
			in = ws.Append(first.Append(in), ws.Ping, text("between"))
			in = ws.Append(in, ws.Continuation, packed[k:])
			continue
		}
		f := ws.Frame{Op: ws.Text, RSV: 4, Payload: packed}
		in = f.Append(in)
	}
	var got []string
	for len(in) > 0 {
		n := min(1999, len(in))
		r.Feed(in[:n])
		in = in[n:]
		var views [][]byte // of one read: none may overwrite another
		for {
			m, ok, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			if m.Op == ws.Text {
				views = append(views, m.Data)
			}
		}
		for _, v := range views {
			got = append(got, string(v))
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d messages, want %d", len(got), len(want))
	}
	for n := range want {
		if got[n] != want[n] {
			t.Errorf("message %d is %.60q, want %.60q", n, got[n], want[n])
		}
	}
}

// TestBadCompression: what is not agreed, what cannot be read, and a bomb.
func TestBadCompression(t *testing.T) {
	d := newDeflater(t)
	bomb := d.pack(strings.Repeat("0", 1<<20), true)
	for _, c := range []struct {
		name   string
		agreed bool
		f      ws.Frame
		want   uint16
	}{
		{"not agreed", false, ws.Frame{Op: ws.Text, RSV: 4, Payload: d.pack("a", true)}, ws.ProtocolError},
		{"another bit", true, ws.Frame{Op: ws.Text, RSV: 6, Payload: d.pack("a", true)}, ws.ProtocolError},
		{"control", true, ws.Frame{Op: ws.Ping, RSV: 4, Payload: text("a")}, ws.ProtocolError},
		{"garbage", true, ws.Frame{Op: ws.Text, RSV: 4, Payload: text("\xff\xff\xff")}, ws.InvalidData},
		{"behind its end", true, ws.Frame{Op: ws.Text, RSV: 4, Payload: text("\x01\x00\x00\xff\xffgarbage")}, ws.InvalidData},
		{"not UTF-8", true, ws.Frame{Op: ws.Text, RSV: 4, Payload: d.pack("\xff", true)}, ws.InvalidData},
		{"bomb", true, ws.Frame{Op: ws.Text, RSV: 4, Payload: bomb}, ws.TooBig},
	} {
		r := ws.NewReader(ws.Client)
		r.SetLimit(1 << 16)
		r.SetExtension(ws.Extension{Deflate: c.agreed})
		r.Feed(c.f.Append(nil))
		_, _, err := r.Next()
		if e, ok := err.(*ws.Error); !ok || e.Code != c.want {
			t.Errorf("%s: %v, want code %d", c.name, err, c.want)
		}
	}
}

func FuzzInflate(f *testing.F) {
	d := newDeflater(f)
	f.Add(d.pack("hello", true), true)
	f.Add([]byte{0, 0}, false)
	f.Fuzz(func(t *testing.T, p []byte, takeover bool) {
		r := ws.NewReader(ws.Client)
		r.SetLimit(1 << 12)
		r.SetExtension(ws.Extension{Deflate: true, Takeover: takeover})
		frame := ws.Frame{Op: ws.Binary, RSV: 4, Payload: p}
		r.Feed(frame.Append(frame.Append(nil)))
		for range 2 {
			m, ok, err := r.Next()
			if ok && len(m.Data) > 1<<12 {
				t.Errorf("%d bytes passed a limit of 4096", len(m.Data))
			}
			if err != nil {
				return
			}
		}
	})
}
