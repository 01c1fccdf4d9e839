package face

import (
	"strconv"
	"strings"
)

// Kind is what a stream carries.
type Kind uint8

// The kinds of frames. Control is the answer to a request on a stream connection; Answer and Ack are answers of the
// WebSocket API, Ack the one to the placement of an order.
const (
	Control Kind = iota
	Answer
	Ack
	Depth   // <symbol>@depth[@speed]: changes of the book
	Partial // <symbol>@depth<levels>[@speed]: the top of the book
	BookTicker
	Trade
	AggTrade
	MarkPrice
	User         // a listenKey's events
	Kinds = iota // how many kinds there are
)

// String is the name by which a fault names the kind.
func (k Kind) String() string {
	return [...]string{"control", "answer", "ack", "depth", "partial", "bookTicker", "trade", "aggTrade", "markPrice", "user"}[k]
}

// root is the path under which a connection was opened (Binance USD-M, routed WebSocket roots of 2026). A stream is served
// under its own root only.
type root uint8

const (
	rootPublic root = iota + 1
	rootMarket
	rootPrivate
	rootAPI
)

// name is a stream's name taken apart.
type name struct {
	symbol string // lower case, as spelt
	kind   Kind
	levels int   // of Partial
	speed  int64 // milliseconds between frames; 0: as it happens
}

// parseName takes a stream's name apart; ok is false for what no stream of ours is called. Names are compared byte for byte:
// a wrong case is an unknown name.
func parseName(s string) (n name, ok bool) {
	symbol, rest, found := strings.Cut(s, "@")
	if !found || symbol == "" || symbol != strings.ToLower(symbol) {
		return n, false
	}
	n.symbol = symbol
	what, speed, hasSpeed := strings.Cut(rest, "@")
	switch {
	case what == "bookTicker":
		n.kind = BookTicker
	case what == "trade":
		n.kind = Trade
	case what == "aggTrade":
		n.kind = AggTrade
	case what == "markPrice":
		n.kind = MarkPrice
		n.speed = 3000
		if hasSpeed {
			n.speed = 1000
			return n, speed == "1s"
		}
		return n, true
	case what == "depth":
		n.kind = Depth
	case strings.HasPrefix(what, "depth"):
		n.kind = Partial
		n.levels, _ = strconv.Atoi(what[len("depth"):])
		if n.levels != 5 && n.levels != 10 && n.levels != 20 {
			return n, false
		}
	default:
		return n, false
	}
	if n.kind != Depth && n.kind != Partial {
		return n, !hasSpeed
	}
	n.speed, ok = depthSpeed(speed, hasSpeed)
	return n, ok
}

// depthSpeed reads a depth stream's speed. 0ms is not documented; recordings of 2024 were made with it.
func depthSpeed(s string, given bool) (ms int64, ok bool) {
	if !given {
		return 250, true
	}
	switch s {
	case "0ms":
		return 0, true
	case "100ms":
		return 100, true
	case "250ms":
		return 250, true
	case "500ms":
		return 500, true
	}
	return 0, false
}

// servedAt says whether a stream is served under a root. Trades stand at both roots: no page documents them, and clients disagree.
func (n *name) servedAt(r root) bool {
	switch n.kind {
	case Depth, Partial, BookTicker:
		return r == rootPublic
	case Trade:
		return r == rootPublic || r == rootMarket
	case AggTrade, MarkPrice:
		return r == rootMarket
	}
	return false
}
