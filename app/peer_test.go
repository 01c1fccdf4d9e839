package app_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/app"
	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
	"baton/netio/ws"
)

// peer is an exchange by hand for the measuring of latency: plain blocking reads and writes on one goroutine, so that what is
// measured against it is the client. It answers the calls of a start, and it knows one thing to say of an order: refused.
type peer struct {
	*httptest.Server
	key, secret string
	roots       map[string]chan net.Conn // WebSockets by the first part of their path
	codec       *wire.Codec
	in          *market.Instrument
}

func newPeer(t testing.TB) *peer {
	in := app.Instruments()[0]
	p := &peer{in: in, codec: wire.NewCodec(in), key: "latency-key", secret: "latency-secret", roots: map[string]chan net.Conn{}}
	for _, root := range []string{"public", "market", "private", "ws-fapi"} {
		p.roots[root] = make(chan net.Conn, 1)
	}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// depthLast is the update id of the peer's only snapshot.
const depthLast = 100

// ServeHTTP answers a call of the client's start, or hands a WebSocket over to whoever drives the peer.
func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if accept, err := ws.Challenge(r.Method, r.Header.Get); err == nil {
		root, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			c.Write(ws.AppendResponse(nil, accept))
			p.roots[root] <- c
		}
		return
	}
	switch r.URL.Path {
	case "/fapi/v1/time":
		w.Write(wire.AppendServerTime(nil, time.Now().UnixMilli()))
	case "/fapi/v1/exchangeInfo":
		w.Write(wire.AppendInfo(nil, &wire.Info{Instruments: []*market.Instrument{p.in}, Limits: []wire.RateLimit{
			{Kind: wire.LimitOrders, Interval: 10e9, Limit: 1e9}, {Kind: wire.LimitOrders, Interval: 60e9, Limit: 1e9},
		}}))
	case "/fapi/v1/leverageBracket":
		w.Write(wire.AppendBrackets(nil, []wire.SymbolBrackets{{Symbol: p.in.Symbol, Brackets: p.in.Brackets}}))
	case "/fapi/v1/listenKey":
		w.Write(wire.AppendListenKey(nil, "latency"))
	case "/fapi/v1/depth":
		w.Write(p.codec.AppendSnapshot(nil, &market.Snapshot{
			Last: depthLast, Bids: []market.Level{{Px: 618000, Qty: 5000}}, Asks: []market.Level{{Px: 618001, Qty: 5000}},
		}))
	case "/fapi/v3/account":
		w.Write(wire.AppendAccount(nil, &wire.Account{Assets: []wire.AccountAsset{
			{Asset: "USDT", WalletBalance: decimal.MustParse("10000")},
		}}))
	default: // positions, open orders: none
		w.Write([]byte("[]"))
	}
}

// bridge is the diff that makes the client's book exact.
func (p *peer) bridge() []byte {
	d := market.Diff{First: depthLast, Last: depthLast + 1, Prev: depthLast - 1, Bids: []market.Level{{Px: 618000, Qty: 5001}}}
	return p.frame("btcusdt@depth@100ms", p.codec.AppendDepth(nil, &d))
}

// quote is the n-th top of book: its size does not depend on n.
func (p *peer) quote(n int) []byte {
	at := market.Nanos(1723161256311e6) + market.Nanos(n)*1e6
	q := market.Quote{
		Update: 5123107839020 + int64(n), Bid: 618000, BidQty: 1000 + market.Lots(n%8999), Ask: 618001, AskQty: 2510, Event: at, Transact: at,
	}
	return p.frame("btcusdt@bookTicker", p.codec.AppendBookTicker(nil, &q))
}

func (p *peer) frame(stream string, event []byte) []byte {
	return ws.Append(nil, ws.Text, wire.AppendWrapped(nil, stream, event))
}

// accepted is the client's WebSocket below a root.
func (p *peer) accepted(t testing.TB, root string) net.Conn {
	select {
	case c := <-p.roots[root]:
		t.Cleanup(func() { c.Close() })
		return c
	case <-time.After(10 * time.Second):
		t.Fatalf("the client did not connect to /%s in 10 s", root)
		return nil
	}
}

// readOrder reads one masked frame of 126 to 65,535 bytes, as every order is, and nothing behind it.
func readOrder(t testing.TB, c net.Conn, buf []byte) []byte {
	n, err := io.ReadAtLeast(c, buf, 8)
	if err != nil {
		t.Fatal(err)
	}
	if buf[0] != 0x81 || buf[1] != 0x80|126 {
		t.Fatalf("no masked text of 126 bytes or more: % x", buf[:8])
	}
	size := 8 + int(binary.BigEndian.Uint16(buf[2:]))
	if n > size {
		t.Fatal("more than one order came")
	}
	if _, err := io.ReadFull(c, buf[n:size]); err != nil {
		t.Fatal(err)
	}
	return buf[:size]
}

// request unmasks an order's frame in place and reads it.
func request(t testing.TB, frame []byte) *wire.Request {
	text, r := frame[8:], &wire.Request{}
	ws.Mask(text, [4]byte(frame[4:8]))
	if err := wire.DecodeRequest(text, r); err != nil {
		t.Fatal(err)
	}
	return r
}

// refusal is the answer that ends an order at once.
func refusal(r *wire.Request) []byte {
	return ws.Append(nil, ws.Text, wire.AppendFailure(nil, r.ID, 400, wire.Fault(wire.CodeGTXReject), nil))
}

// rawEcho is the floor: a goroutine that reads in bytes and writes out bytes, over one connection of loopback.
func rawEcho(t testing.TB, in, out int) net.Conn {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		from, to := make([]byte, in), slices.Repeat([]byte("e"), out)
		for {
			if _, err := io.ReadFull(c, from); err != nil {
				return
			}
			if _, err := c.Write(to); err != nil {
				return
			}
		}
	}()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
