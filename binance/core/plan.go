package core

import (
	"fmt"
	"slices"
	"strings"
)

// MaxStreams is how many streams a connection carries (Binance USD-M, since 2025-07-02).
const MaxStreams = 1024

// Root is one of the routed stream endpoints (Binance USD-M, Important WebSocket Change Notice, 2026): a stream on the wrong one
// is silent, without an error.
type Root uint8

// The roots of market data.
const (
	Public     Root = iota // bookTicker, depth, trade
	MarketRoot             // aggTrade, markPrice, kline, ticker
)

// RootOf is the root that carries stream.
func RootOf(stream string) Root {
	_, name, one := strings.Cut(stream, "@")
	if !one {
		name = strings.TrimPrefix(stream, "!") // of all symbols: !bookTicker
	}
	for _, public := range []string{"bookTicker", "depth", "rpiDepth", "trade"} {
		if name == public || strings.HasPrefix(name, public+"@") || public == "depth" && strings.HasPrefix(name, "depth") {
			return Public
		}
	}
	return MarketRoot
}

// Connection is one connection to make: its root and its streams.
type Connection struct {
	Root    Root
	Streams []string
}

// Plan distributes streams over as few connections as the limits allow, keeping their order. Doubles are an error: each would be
// counted twice.
func Plan(streams []string) ([]Connection, error) {
	var plan []Connection
	seen := map[string]bool{}
	for _, root := range []Root{Public, MarketRoot} {
		var mine []string
		for _, s := range streams {
			if RootOf(s) != root {
				continue
			}
			if seen[s] {
				return nil, fmt.Errorf("stream %s is asked for twice", s)
			}
			seen[s] = true
			mine = append(mine, s)
		}
		for part := range slices.Chunk(mine, MaxStreams) {
			plan = append(plan, Connection{root, part})
		}
	}
	return plan, nil
}
