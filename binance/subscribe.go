package binance

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"baton/aio"
	"baton/binance/wire"
)

// The bound of a [Stream]: events that wait for their reader.
const maxWaiting = 1 << 16

// Overflow is told once, in its place in the order, to a reader that was so slow that events had to be dropped.
type Overflow struct {
	Stream string
	Missed int
}

// Error says how many events are missing, and what to do.
func (e *Overflow) Error() string {
	return fmt.Sprintf("stream %s: %d events are missing here: more than %d waited for their reader; read faster, or ask for what is missing by REST", e.Stream, e.Missed, maxWaiting)
}

// Topic is a stream and the type of its events. A topic whose events replace each other conflates: a slow reader gets the newest
// of each key. The others lose nothing, up to a bound that is told ([Overflow]).
type Topic[T any] struct {
	name string
	key  func(*T) string // of events that replace each other; nil: every one counts
	many bool            // a frame is a list

	decode func([]byte, *T) error // nil: by the fields' tags
}

// Trades are the aggregated trades of a symbol.
func Trades(symbol string) Topic[wire.TradeOf] {
	return Topic[wire.TradeOf]{name: wire.StreamOf(symbol, wire.StreamAggTrade), decode: wire.DecodeTradeOf}
}

// Klines are the candles of a symbol, as they form; interval is "1m", "1h" ... A candle's last push, which says that it is
// closed, is not conflated with the next candle's.
func Klines(symbol, interval string) Topic[wire.KlineEvent] {
	return Topic[wire.KlineEvent]{name: wire.StreamOf(symbol, "kline_"+interval), key: func(k *wire.KlineEvent) string {
		return fmt.Sprint(k.Symbol, k.Bar.Open)
	}}
}

// Tickers are the last 24 hours of a symbol.
func Tickers(symbol string) Topic[wire.Ticker] {
	return Topic[wire.Ticker]{name: wire.StreamOf(symbol, "ticker"), key: func(t *wire.Ticker) string { return t.Symbol }}
}

// Levels are the best 5, 10 or 20 rows of a symbol's book, every 100 ms. For an exact book of all rows, see [Client.Open].
func Levels(symbol string, rows int) Topic[wire.Levels] {
	return Topic[wire.Levels]{name: wire.StreamOf(symbol, fmt.Sprintf("depth%d@100ms", rows)), key: func(l *wire.Levels) string { return l.Symbol }}
}

// Liquidations are those of a symbol: the largest one of each second.
func Liquidations(symbol string) Topic[wire.Liquidation] {
	return Topic[wire.Liquidation]{name: wire.StreamOf(symbol, "forceOrder")}
}

// AllTickers are the symbols that changed, each second; the fields of miniTicker. All streams of all symbols carry coin-margined
// contracts too since 2026-06-30: see the field Margin.
func AllTickers() Topic[wire.Ticker] {
	return Topic[wire.Ticker]{name: wire.StreamAllMiniTickers, many: true, key: func(t *wire.Ticker) string { return t.Symbol }}
}

// AllMarks are the mark prices, each second.
func AllMarks() Topic[wire.MarkOf] {
	return Topic[wire.MarkOf]{name: wire.StreamAllMarks, many: true, key: func(m *wire.MarkOf) string { return m.Symbol }}
}

// AllQuotes are the best bids and asks, every five seconds.
func AllQuotes() Topic[wire.QuoteOf] {
	return Topic[wire.QuoteOf]{name: wire.StreamAllBookTickers, key: func(q *wire.QuoteOf) string { return q.Symbol }}
}

// AllLiquidations are the liquidations of all symbols.
func AllLiquidations() Topic[wire.Liquidation] {
	return Topic[wire.Liquidation]{name: wire.StreamAllLiquidations}
}

// Contracts tells of symbols that are listed, delisted or settled.
func Contracts() Topic[wire.Contract] { return Topic[wire.Contract]{name: wire.StreamContractInfo} }

// Stream is a subscription: events in the order of the exchange, one reader. It belongs to the client's loop.
type Stream[T any] struct {
	c      *Client
	topic  Topic[T]
	queue  []T
	missed int // dropped behind the queue's last event
	ready  aio.Waiter
	closed bool
	event  T
	events []T
}

// Subscribe opens a stream, live, beside what is open already. The exchange tells of no error where a symbol does not exist: such
// a stream stays silent.
func Subscribe[T any](c *Client, topic Topic[T]) (*Stream[T], error) {
	s := &Stream[T]{c: c, topic: topic}
	st, err := c.want(topic.name)
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", topic.name, err)
	}
	st.subs = append(st.subs, s)
	return s, nil
}

// Name is the stream's name.
func (s *Stream[T]) Name() string { return s.topic.name }

// Next waits for the next event. The error is *[Overflow], after which the stream goes on, aio.ErrClosed after Close or the end of
// the client, or that of a cancelled task.
func (s *Stream[T]) Next(co *aio.Co) (T, error) {
	var none T
	for {
		switch {
		case len(s.queue) > 0:
			v := s.queue[0]
			s.queue[0] = none
			if s.queue = s.queue[1:]; len(s.queue) == 0 {
				s.queue = nil
			}
			return v, nil
		case s.missed > 0:
			n := s.missed
			s.missed = 0
			return none, &Overflow{s.topic.name, n}
		case s.closed || s.c.closed:
			return none, fmt.Errorf("stream %s: %w", s.topic.name, aio.ErrClosed)
		}
		if err := s.ready.Wait(co); err != nil {
			return none, err
		}
	}
}

// Close ends the subscription; the last one of a stream that is not an open instrument's unsubscribes.
func (s *Stream[T]) Close() {
	if s.closed {
		return
	}
	s.closed = true
	s.ready.Wake()
	st := s.c.streams[s.topic.name]
	st.subs = slices.DeleteFunc(st.subs, func(x subscriber) bool { return x == subscriber(s) })
	if len(st.subs) == 0 && st.own == nil {
		delete(s.c.streams, st.name)
		if st.shard != nil {
			st.shard.remove(st)
		}
	}
}

// frame takes one frame of the stream.
func (s *Stream[T]) frame(data []byte) {
	var err error
	if s.topic.many {
		s.events = s.events[:0]
		if err = wire.UnmarshalEvent(data, &s.events); err == nil {
			for i := range s.events {
				s.put(s.events[i])
			}
		}
	} else if err = s.one(data); err == nil {
		s.put(s.event)
	}
	if err != nil {
		s.c.bad("stream "+s.topic.name, err)
		s.missed++ // it was an event, and is missing
	}
	s.ready.Wake()
}

// one decodes a frame that is one event.
func (s *Stream[T]) one(data []byte) error {
	if s.topic.decode != nil {
		return s.topic.decode(data, &s.event)
	}
	var fresh T
	s.event = fresh
	return wire.UnmarshalEvent(data, &s.event)
}

// end wakes the reader of a client that has ended.
func (s *Stream[T]) end() { s.ready.Wake() }

// put appends an event, or replaces one that waits.
func (s *Stream[T]) put(v T) {
	if s.topic.key != nil {
		k := s.topic.key(&v)
		for i := range s.queue {
			if s.topic.key(&s.queue[i]) == k {
				s.queue[i] = v
				return
			}
		}
	}
	if len(s.queue) >= maxWaiting || s.missed > 0 {
		s.missed++ // until the reader has heard of it, so that what is missing is in one place
		return
	}
	s.queue = append(s.queue, v)
}

// errOpen: an instrument's market data is open already.
var errOpen = errors.New("is open already")

// ownKinds are the kinds of events of [symbol.ownStreams].
var ownKinds = [...]wire.Kind{wire.KindDepth, wire.KindBookTicker, wire.KindAggTrade, wire.KindMark}

// ownStreams are the streams of one instrument. Depth comes at the fastest documented speed.
func (s *symbol) ownStreams() []string {
	n := strings.ToLower(s.in.Symbol)
	return []string{n + wire.StreamDepth, n + wire.StreamBookTicker, n + wire.StreamAggTrade, n + wire.StreamMark}
}
