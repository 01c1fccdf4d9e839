package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"baton/app"
	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
	"baton/netio/ws"
)

// peer is an exchange by hand: plain blocking reads and writes on one goroutine, so that what is measured against it is the client.
// It answers the calls of a start, and it knows one thing to say of an order: refused.
type peer struct {
	*httptest.Server
	roots    map[string]chan net.Conn // WebSockets by the first part of their path
	codec    *wire.Codec
	in       *market.Instrument
	snapshot market.Snapshot
	ahead    time.Duration // of its clock
}

const (
	peerKey    = "latency-key"
	peerSecret = "latency-secret"
)

// newPeer starts one whose book is the snapshot and whose clock stands at a time now.
func newPeer(snapshot market.Snapshot, now market.Nanos) *peer {
	in := app.Instruments()[0]
	p := &peer{in: in, codec: wire.NewCodec(in), roots: map[string]chan net.Conn{}, snapshot: snapshot, ahead: time.Duration(now - time.Now().UnixNano())}
	for _, root := range []string{"public", "market", "private", "ws-fapi"} {
		p.roots[root] = make(chan net.Conn, 1)
	}
	p.Server = httptest.NewServer(p)
	return p
}

// ServeHTTP answers a call of the client's start, or hands a WebSocket over to whoever drives the peer.
func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if accept, err := ws.Challenge(r.Method, r.Header.Get); err == nil {
		p.upgrade(w, r, accept)
		return
	}
	_, _ = w.Write(p.answer(r.URL.Path)) // a client that has gone reads nothing
}

func (p *peer) upgrade(w http.ResponseWriter, r *http.Request, accept string) {
	root, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if _, err := c.Write(ws.AppendResponse(nil, accept)); err == nil {
		p.roots[root] <- c
	}
}

func (p *peer) answer(path string) []byte {
	switch path {
	case "/fapi/v1/time":
		return wire.AppendServerTime(nil, time.Now().Add(p.ahead).UnixMilli())
	case "/fapi/v1/exchangeInfo":
		return wire.AppendInfo(nil, &wire.Info{Instruments: []*market.Instrument{p.in}, Limits: []wire.RateLimit{
			{Kind: wire.LimitOrders, Interval: 10e9, Limit: 1e9}, {Kind: wire.LimitOrders, Interval: 60e9, Limit: 1e9},
		}})
	case "/fapi/v1/leverageBracket":
		return wire.AppendBrackets(nil, []wire.SymbolBrackets{{Symbol: p.in.Symbol, Brackets: p.in.Brackets}})
	case "/fapi/v1/listenKey":
		return wire.AppendListenKey(nil, "latency")
	case "/fapi/v1/depth":
		return p.codec.AppendSnapshot(nil, &p.snapshot)
	case "/fapi/v3/account":
		return wire.AppendAccount(nil, &wire.Account{Assets: []wire.AccountAsset{{Asset: "USDT", WalletBalance: decimal.MustParse("10000")}}})
	}
	return []byte("[]") // positions, open orders: none
}

// acceptWait bounds the wait for a connection.
const acceptWait = 20 * time.Second

// accepted is the client's WebSocket below a root.
func (p *peer) accepted(root string) (net.Conn, error) {
	select {
	case c := <-p.roots[root]:
		return c, nil
	case <-time.After(acceptWait):
		return nil, fmt.Errorf("the client did not connect to /%s in %s", root, acceptWait)
	}
}

// frame is an event of a stream as it stands on the socket.
func frame(stream string, event []byte) []byte {
	return ws.Append(nil, ws.Text, wire.AppendWrapped(nil, stream, event))
}

// readOrder reads one masked frame of 126 to 65,535 bytes, as every order is, and nothing behind it.
func readOrder(c net.Conn, buf []byte) ([]byte, error) {
	n, err := io.ReadAtLeast(c, buf, 8)
	if err != nil {
		return nil, err
	}
	if buf[0] != 0x81 || buf[1] != 0x80|126 {
		return nil, fmt.Errorf("no masked text of 126 bytes or more: % x", buf[:8])
	}
	size := 8 + int(binary.BigEndian.Uint16(buf[2:]))
	if n > size {
		return nil, fmt.Errorf("more than one order came")
	}
	_, err = io.ReadFull(c, buf[n:size])
	return buf[:size], err
}

// refusal is the answer that ends an order at once. The order's frame is unmasked in place.
func refusal(order []byte) (*wire.Request, []byte, error) {
	text, r := order[8:], &wire.Request{}
	ws.Mask(text, [4]byte(order[4:8]))
	if err := wire.DecodeRequest(text, r); err != nil {
		return nil, nil, err
	}
	return r, ws.Append(nil, ws.Text, wire.AppendFailure(nil, r.ID, 400, wire.Fault(wire.CodeGTXReject), nil)), nil
}

// rawEcho is the floor: a goroutine that reads in bytes and writes out bytes, over one connection of loopback; before does what is
// done in between, nil: nothing.
func rawEcho(in, out int, before func()) (net.Conn, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		defer func() { _ = ln.Close() }()
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		from, to := make([]byte, in), slices.Repeat([]byte("e"), out)
		for {
			if _, err := io.ReadFull(c, from); err != nil {
				return
			}
			if before != nil {
				before()
			}
			if _, err := c.Write(to); err != nil {
				return
			}
		}
	}()
	return net.Dial("tcp", ln.Addr().String())
}
