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
	Kline               // <symbol>@kline_<interval>
	Continuous          // <pair>_perpetual@continuousKline_<interval>
	Ticker              // <symbol>@ticker, !ticker@arr
	MiniTicker          // <symbol>@miniTicker, !miniTicker@arr
	ForceOrder          // <symbol>@forceOrder, !forceOrder@arr
	ContractInfo        // !contractInfo
	AssetIndex          // <asset>@assetIndex, !assetIndex@arr
	TradeHours          // tradingSession
	Composite           // <symbol>@compositeIndex: no such symbol is listed
	RPIDepth            // <symbol>@rpiDepth@500ms
	User                // a listenKey's events
	Kinds        = iota // how many kinds there are
)

// String is the name by which a fault names the kind.
func (k Kind) String() string {
	return [...]string{"control", "answer", "ack", "depth", "partial", "bookTicker", "trade", "aggTrade", "markPrice", "kline",
		"continuousKline", "ticker", "miniTicker", "forceOrder", "contractInfo", "assetIndex", "tradingSession", "compositeIndex",
		"rpiDepth", "user"}[k]
}

// root is the path under which a connection was opened (Binance USD-M, routed WebSocket roots of 2026). A stream is served
// under its own root only.
type root uint8

const (
	rootPublic root = iota + 1
	rootMarket
	rootPrivate
	rootAPI
	rootLegacy // un-routed, as before 2026-04: delivers what stands under /public, or with Config.Legacy everything
)

// name is a stream's name taken apart.
type name struct {
	symbol string // lower case, as spelt
	kind   Kind
	levels int   // of Partial
	speed  int64 // milliseconds between frames; 0: as it happens
	every  bool  // of all symbols: !ticker@arr
	span   interval
}

// parseName takes a stream's name apart; ok is false for what no stream of ours is called. Names are compared byte for byte:
// a wrong case is an unknown name.
func parseName(s string) (n name, ok bool) {
	if strings.HasPrefix(s, "!") || s == "tradingSession" {
		return parseAll(s)
	}
	symbol, rest, found := strings.Cut(s, "@")
	if !found || symbol == "" || symbol != strings.ToLower(symbol) {
		return n, false
	}
	n.symbol = symbol
	what, speed, hasSpeed := strings.Cut(rest, "@")
	switch {
	case what == "markPrice":
		n.kind = MarkPrice
		n.speed = 3000
		if hasSpeed {
			n.speed = 1000
			return n, speed == "1s"
		}
		return n, true
	case what == "rpiDepth":
		n.kind, n.speed = RPIDepth, 500
		return n, speed == "500ms"
	case what == "depth":
		n.kind = Depth
	case strings.HasPrefix(what, "depth"):
		n.kind = Partial
		n.levels, _ = strconv.Atoi(what[len("depth"):])
		if n.levels != 5 && n.levels != 10 && n.levels != 20 {
			return n, false
		}
	default:
		return n, !hasSpeed && n.plain(what)
	}
	n.speed, ok = depthSpeed(speed, hasSpeed)
	return n, ok
}

// plain reads the names of streams that have no speed to choose.
func (n *name) plain(what string) (ok bool) {
	switch what {
	case "bookTicker":
		n.kind = BookTicker
	case "trade":
		n.kind = Trade
	case "aggTrade":
		n.kind = AggTrade
	case "ticker":
		n.kind, n.speed = Ticker, 2000
	case "miniTicker":
		n.kind, n.speed = MiniTicker, 2000
	case "forceOrder":
		n.kind, n.speed = ForceOrder, 1000
	case "compositeIndex":
		n.kind = Composite
	case "assetIndex":
		n.kind, n.speed = AssetIndex, 1000
	default:
		return n.kline(what)
	}
	return true
}

// kline reads kline_<interval> and <pair>_<contractType>@continuousKline_<interval>.
func (n *name) kline(what string) (ok bool) {
	what, span, _ := strings.Cut(what, "_")
	n.speed = 250
	if n.span, ok = findInterval(span); !ok {
		return false
	}
	switch what {
	case "kline":
		n.kind = Kline
		return true
	case "continuousKline":
		n.kind = Continuous
		pair, contract, _ := strings.Cut(n.symbol, "_")
		n.symbol = pair
		return contract == "perpetual"
	}
	return false
}

// parseAll reads the names of streams of all symbols.
func parseAll(s string) (n name, ok bool) {
	n.every = true
	switch s {
	case "!bookTicker":
		n.kind, n.speed = BookTicker, 5000
	case "!ticker@arr":
		n.kind, n.speed = Ticker, 1000
	case "!miniTicker@arr":
		n.kind, n.speed = MiniTicker, 1000
	case "!markPrice@arr":
		n.kind, n.speed = MarkPrice, 3000
	case "!markPrice@arr@1s":
		n.kind, n.speed = MarkPrice, 1000
	case "!forceOrder@arr":
		n.kind, n.speed = ForceOrder, 1000
	case "!assetIndex@arr":
		n.kind, n.speed = AssetIndex, 1000
	case "!contractInfo":
		n.kind = ContractInfo
	case "tradingSession":
		n.kind, n.speed = TradeHours, 1000
	default:
		return n, false
	}
	return n, true
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
func (n *name) servedAt(r root, legacy bool) bool {
	switch n.kind {
	case Depth, Partial, BookTicker, RPIDepth:
		return r == rootPublic || r == rootLegacy
	case Trade:
		return r != rootPrivate
	}
	return r == rootMarket || r == rootLegacy && legacy
}
