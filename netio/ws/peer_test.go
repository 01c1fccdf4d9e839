package ws_test

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"baton/netio/ws"
)

// peer is a server written by somebody else (coder/websocket) that sends back what it gets, and our end of one connection to it.
type peer struct {
	conn net.Conn
	r    *ws.Reader
}

func newPeer(t testing.TB, mode websocket.CompressionMode) *peer {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: mode, CompressionThreshold: 1})
		if err != nil {
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(1 << 22)
		for {
			kind, p, err := c.Read(context.Background())
			if err != nil || c.Write(context.Background(), kind, p) != nil {
				return
			}
		}
	}))
	t.Cleanup(srv.Close)
	addr := strings.TrimPrefix(srv.URL, "http://")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(5 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	k := ws.Key([16]byte{1, 2, 3})
	extra := [][2]string{{"Sec-WebSocket-Extensions", ws.OfferDeflate}}
	if _, err := conn.Write(ws.AppendRequest(nil, addr, "/", k, extra)); err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(conn)
	res, err := http.ReadResponse(br, nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ws.CheckOffered(res.StatusCode, k, res.Header.Get)
	if err != nil || e.Deflate != (mode != websocket.CompressionDisabled) {
		t.Fatal(e, err)
	}
	p := &peer{conn, ws.NewReader(ws.Client)}
	p.r.SetExtension(e)
	return p
}

// echo sends a message in the given pieces and gives what comes back.
func (p *peer) echo(t testing.TB, op ws.Opcode, payload []byte, piece int) []byte {
	var out []byte
	for n, f := range fragment(op, string(payload), max(piece, 1)) {
		f.Masked, f.Key = true, [4]byte{byte(n), 7, byte(piece), 1}
		out = f.Append(out)
	}
	if _, err := p.conn.Write(out); err != nil {
		t.Fatal(err)
	}
	for {
		m, ok, err := p.r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			if m.Op != op {
				t.Fatalf("sent %s, got %s %q", op, m.Op, m.Data)
			}
			return m.Data
		}
		n, err := p.conn.Read(p.r.Space())
		if err != nil {
			t.Fatal(err)
		}
		p.r.Filled(n)
	}
}

// FuzzPeer: whatever is sent to somebody else's server, however it is cut, comes back as it was, plain and compressed.
func FuzzPeer(f *testing.F) {
	peers := []*peer{newPeer(f, websocket.CompressionDisabled), newPeer(f, websocket.CompressionNoContextTakeover), newPeer(f, websocket.CompressionContextTakeover)}
	f.Add([]byte("hello"), 2, true)
	f.Add(bytes.Repeat([]byte(`{"e":"trade"}`), 9000), 70000, true)
	f.Add([]byte("\xff\x00"), 1, false)
	f.Fuzz(func(t *testing.T, p []byte, piece int, asText bool) {
		op := ws.Binary
		if asText {
			op, p = ws.Text, bytes.ToValidUTF8(p, nil)
		}
		for n, peer := range peers {
			if got := peer.echo(t, op, p, piece%(len(p)+1)); !bytes.Equal(got, p) {
				t.Fatalf("peer %d: sent %.60q, got %.60q", n, p, got)
			}
		}
	})
}
