package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"baton/binance/wire"
	"baton/market"
)

// recordingFile has the burst, relative to the bench module: BTCUSDT's raw frames of 2024-08-08, each behind its receive time.
const recordingFile = "../../shared/data/tick/usdm_BTCUSDT_20240808.gz"

// burstSpan is how long a burst is.
const burstSpan = 100 * time.Millisecond

// The kinds of a burst's messages.
const (
	kindDepth = iota
	kindQuote
	kindTrade
	kinds
)

// message is one frame of a burst, as the exchange would send it today.
type message struct {
	kind  int
	id    int64         // the number that its event has: u, u, a
	after time.Duration // the burst's first
	bytes []byte        // a WebSocket frame
}

// burst is what is sent in a tenth of a second, and the book that it continues.
type burst struct {
	source   string
	messages []message
	snapshot market.Snapshot // its last update id is what the first diff follows
	bridge   market.Diff     // the diff before the first
	at       market.Nanos    // event time of the bridge
	wait     time.Duration   // for the last message
}

// line is one recorded frame.
type line struct {
	at   int64
	text []byte
}

// recordedBurst is the busiest tenth of a second of a recording.
func recordedBurst(path string, c *wire.Codec) (*burst, error) {
	lines, err := readLines(path)
	if err != nil {
		return nil, err
	}
	from, to := busiest(lines)
	b := &burst{source: fmt.Sprintf("recorded: the busiest %s of %s", burstSpan, path)}
	for i := from - 1; i >= 0 && b.bridge.Last == 0; i-- {
		if f, err := wire.Peek(lines[i].text); err == nil && f.Kind == wire.KindDepth {
			if err := c.DecodeDepth(lines[i].text, &b.bridge); err != nil {
				return nil, err
			}
		}
	}
	for _, l := range lines[from:to] {
		if err := b.add(c, l.text, time.Duration(l.at-lines[from].at)); err != nil {
			return nil, err
		}
	}
	return b, b.begin()
}

func readLines(path string) (lines []line, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	in := bufio.NewScanner(z)
	in.Buffer(nil, 1<<22)
	for in.Scan() {
		stamp, text, _ := bytes.Cut(in.Bytes(), []byte(" "))
		at, err := strconv.ParseInt(string(stamp), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: line %d has no receive time: %w", path, len(lines)+1, err)
		}
		lines = append(lines, line{at, bytes.Clone(text)})
	}
	return lines, in.Err()
}

// busiest is the span with the most lines.
func busiest(lines []line) (from, to int) {
	for i, s := 0, 0; i < len(lines); i++ {
		for lines[i].at-lines[s].at >= int64(burstSpan) {
			s++
		}
		if i+1-s > to-from {
			from, to = s, i+1
		}
	}
	return from, to
}

// add adds a recorded event, encoded anew. A trade outside the order book is none.
func (b *burst) add(c *wire.Codec, text []byte, after time.Duration) error {
	f, err := wire.Peek(text)
	if err != nil {
		return err
	}
	switch f.Kind {
	case wire.KindDepth:
		var d market.Diff
		if err := c.DecodeDepth(text, &d); err != nil {
			return err
		}
		b.depth(c, &d, after)
	case wire.KindBookTicker:
		var q market.Quote
		if err := c.DecodeBookTicker(text, &q); err != nil {
			return err
		}
		b.quote(c, &q, after)
	case wire.KindTrade:
		var t market.Trade
		if err := c.DecodeTrade(text, &t); errors.Is(err, wire.ErrOddTrade) {
			return nil
		} else if err != nil {
			return err
		}
		b.trade(c, &t, after)
	}
	return nil
}

func (b *burst) depth(c *wire.Codec, d *market.Diff, after time.Duration) {
	b.messages = append(b.messages, message{kindDepth, d.Last, after, frame("btcusdt@depth@100ms", c.AppendDepth(nil, d))})
}

func (b *burst) quote(c *wire.Codec, q *market.Quote, after time.Duration) {
	b.messages = append(b.messages, message{kindQuote, q.Update, after, frame("btcusdt@bookTicker", c.AppendBookTicker(nil, q))})
}

// trade is sent as the aggregated trade that a trade alone is.
func (b *burst) trade(c *wire.Codec, t *market.Trade, after time.Duration) {
	b.messages = append(b.messages, message{kindTrade, t.ID, after, frame("btcusdt@aggTrade", c.AppendAggTrade(nil, t, t.ID))})
}

// begin makes the book that the bridge continues.
func (b *burst) begin() error {
	if b.bridge.Last == 0 || len(b.messages) == 0 {
		return errors.New("the recording has no depth event before its busiest moment")
	}
	b.snapshot = market.Snapshot{Last: b.bridge.Prev, Bids: []market.Level{{Px: 1, Qty: 1}}, Asks: []market.Level{{Px: 45_000_000, Qty: 1}}}
	b.at = b.bridge.Event
	return nil
}

// How many messages a burst is made of where there is no recording, of what, and how they are strewn: as the recorded one, in clumps.
const (
	madeMessages = 1457
	madeDepth    = 7  // percent
	madeTrades   = 23 // percent
	madeRows     = 20 // of a depth event, each side
	madeClump    = 45 // percent of the messages come in the middle tenth
)

// madeBurst is one of the same shape.
func madeBurst(c *wire.Codec) (*burst, error) {
	const at = firstQuote
	r := rand.New(rand.NewPCG(1, 2))
	b := &burst{source: "made, of the recorded one's shape: ../shared/data is not here",
		bridge: market.Diff{First: depthLast, Last: depthLast + 1, Prev: depthLast - 1, Bids: []market.Level{{Px: 618000, Qty: 5}}, Event: at, Transact: at}}
	after := make([]time.Duration, madeMessages)
	for i := range after {
		after[i] = time.Duration(r.Int64N(int64(burstSpan)))
		if r.IntN(100) < madeClump {
			after[i] = burstSpan/2 + time.Duration(r.Int64N(int64(burstSpan/10)))
		}
	}
	sortDurations(after)
	last := b.bridge.Last
	for i, d := range after {
		last++
		switch k := r.IntN(100); {
		case k < madeDepth:
			diff := market.Diff{First: last, Last: last, Prev: prevDepth(b), Event: at, Transact: at}
			for n := range madeRows {
				diff.Bids = append(diff.Bids, market.Level{Px: market.Ticks(618000 - n), Qty: market.Lots(r.IntN(9000))})
				diff.Asks = append(diff.Asks, market.Level{Px: market.Ticks(618001 + n), Qty: market.Lots(r.IntN(9000))})
			}
			b.depth(c, &diff, d)
		case k < madeDepth+madeTrades:
			b.trade(c, &market.Trade{ID: int64(i) + 1, Last: int64(i) + 1, Px: 618001, Qty: 3, Taker: market.Buy, Event: at, Transact: at}, d)
		default:
			b.quote(c, &market.Quote{Update: last, Bid: 618000, BidQty: 1 + market.Lots(r.IntN(900)), Ask: 618001, AskQty: 5, Event: at, Transact: at}, d)
		}
	}
	return b, b.begin()
}

// prevDepth is the update id of the last depth event so far.
func prevDepth(b *burst) int64 {
	for i := len(b.messages) - 1; i >= 0; i-- {
		if b.messages[i].kind == kindDepth {
			return b.messages[i].id
		}
	}
	return b.bridge.Last
}
