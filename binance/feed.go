package binance

import (
	"errors"
	"fmt"
	"strconv"

	"baton/aio"
	"baton/binance/core"
	"baton/binance/wire"
	"baton/market"
)

// Open begins an instrument's market data: book, top of book, aggregate trades, mark price. It does not wait: the book is stale
// until the sink hears that it is exact. Instruments that are opened in one breath share connections.
func (c *Client) Open(in *market.Instrument, to market.MarketSink) (*market.Book, error) {
	s, ok := c.bySymbol[in.Symbol]
	switch {
	case !ok:
		return nil, fmt.Errorf("the exchange does not trade %s", in.Symbol)
	case s.sink != nil:
		return nil, fmt.Errorf("%s %w", in.Symbol, errOpen)
	}
	s.sink = to
	for i, name := range s.ownStreams() {
		st, err := c.want(name)
		if err != nil {
			s.sink = nil
			return nil, fmt.Errorf("open %s: the client has ended: %w", in.Symbol, err)
		}
		st.own, st.kind = s, ownKinds[i]
		if st.shard != nil && st.isDepth() && st.shard.alive() { // a subscriber had it open
			c.begin([]*symbol{s})
		}
	}
	return s.sync.Book(), nil
}

// begin begins every book: its stream is open, so that its snapshot can be fetched.
func (c *Client) begin(symbols []*symbol) {
	for _, s := range symbols {
		s.sync.Reset()
		c.fetch(s)
	}
}

// stale makes every book stale: its stream is lost. What is being fetched for it is of no use.
func (c *Client) stale(symbols []*symbol) {
	for _, s := range symbols {
		if running(s.fetching) {
			s.fetching.Cancel(errStale)
			s.fetching = nil
		}
		if s.sync.Reset() == core.Broke {
			s.sink.Status(market.Stale)
		}
	}
}

// errStale is why the fetching of a snapshot ends.
var errStale = errors.New("the stream of diffs is lost")

// onMarket takes one frame of market data.
func (c *Client) onMarket(data []byte) {
	var err error
	if name := wire.StreamName(data); len(name) > 0 {
		err = c.route(name, data)
	} else {
		err = c.nameless(data)
	}
	if err != nil && !errors.Is(err, wire.ErrOddTrade) {
		c.bad("market data", err)
	}
}

// route hands a frame to those who asked for its stream.
func (c *Client) route(name, data []byte) error {
	c.stats.Messages++
	st, ok := c.streams[string(name)]
	if !ok {
		return nil // of a stream that was given up
	}
	st.heard, st.patience = c.loop.Now(), 0
	for _, sub := range st.subs {
		sub.frame(data)
	}
	if st.own == nil {
		return nil
	}
	return c.market(st.own, st.kind, data)
}

// nameless takes an answer to a request, or an event in the raw form, whose symbol says whose it is.
func (c *Client) nameless(data []byte) error {
	f, err := wire.Peek(data)
	switch {
	case err != nil:
		c.stats.Messages++
		return err
	case f.Kind == wire.KindReply:
		return c.reply(data)
	}
	c.stats.Messages++
	if s, ok := c.bySymbol[string(f.Symbol)]; ok && s.sink != nil {
		return c.market(s, f.Kind, data)
	}
	return nil
}

// reply takes the answer to a message about subscriptions. One that is refused leaves its streams out of the list, which is asked for.
func (c *Client) reply(data []byte) error {
	var r wire.ControlReply
	if err := wire.DecodeControlReply(data, &r); err != nil {
		return err
	}
	if r.Code != 0 {
		c.note("the exchange refused a subscription: %d %s", r.Code, r.Msg)
		return nil
	}
	id, err := strconv.ParseInt(string(r.ID), 10, 64)
	if err != nil {
		return nil // an answer to nothing that we asked
	}
	for _, sh := range c.shards {
		for _, ln := range sh.lines {
			if id == ln.listed && id != 0 {
				ln.compare(r.Streams)
			}
		}
	}
	return nil
}

// market decodes a frame of s and tells the sink. A diff that cannot be read is a diff that is missing: the next one breaks the
// chain, and the book says so.
func (c *Client) market(s *symbol, kind wire.Kind, data []byte) error {
	switch kind {
	case wire.KindDepth:
		if err := s.codec.DecodeDepth(data, &s.diff); err != nil {
			return err
		}
		if !c.late(s) {
			c.did(s, s.sync.Diff(&s.diff), &s.diff)
		}
	case wire.KindBookTicker:
		if err := s.codec.DecodeBookTicker(data, &s.quote); err != nil {
			return err
		}
		if s.quote.Update <= s.lastQuote {
			c.stats.Duplicates++
			return nil // older than what is known, by the exchange's own number
		}
		s.lastQuote = s.quote.Update
		s.sink.Quote(&s.quote)
	case wire.KindAggTrade:
		if _, err := s.codec.DecodeAggTrade(data, &s.trade); err != nil {
			return err
		}
		if s.trade.ID <= s.lastTrade {
			c.stats.Duplicates++
			return nil
		}
		s.lastTrade = s.trade.ID
		s.sink.Trade(&s.trade)
	case wire.KindMark:
		if err := s.codec.DecodeMarkPrice(data, &s.mark); err != nil {
			return err
		}
		if s.mark.Event <= s.lastMark {
			c.stats.Duplicates++
			return nil
		}
		s.lastMark = s.mark.Event
		s.sink.Mark(&s.mark)
	}
	return nil
}

// late says whether changes of a book come so late that it must not be traded on: they are as old as a silent stream's would be, though
// they come one after the other (a narrow line, a machine that stood still). The book is fetched anew when they are fresh again. It may
// as well be the clock that is wrong, so that it is measured.
func (c *Client) late(s *symbol) bool {
	age, limit := c.server()-s.diff.Event, market.Nanos(c.cfg.DepthQuiet)
	switch {
	case limit <= 0 || s.diff.Event == 0 || !s.late && age <= limit:
		return false
	case s.late && age <= limit/2:
		s.late = false
		c.begin([]*symbol{s})
		return false
	}
	if now := c.loop.Now(); !s.late || now-s.lateAt > lateAgain {
		s.lateAt = now
		c.askTimeSoon()
	}
	if !s.late {
		s.late = true
		c.note("%s: the book is stale: its changes come %.1f s late", s.in.Symbol, float64(age)/1e9)
		c.stale([]*symbol{s})
	}
	return true
}

// lateAgain is how often the clock is measured anew while changes come late.
const lateAgain market.Nanos = 5e9

// did does what a step of the book's synchronisation asks for.
func (c *Client) did(s *symbol, step core.Step, d *market.Diff) {
	switch step {
	case core.Applied:
		s.sink.Depth(s.sync.Book(), d)
	case core.Became:
		s.sink.Status(market.Exact)
	case core.Broke:
		s.sink.Status(market.Stale)
		c.note("%s: the book is stale: %s", s.in.Symbol, s.sync.Why())
		c.fetch(s)
	case core.Fetch:
		c.fetch(s)
	}
}

// fetch starts the task that fetches a snapshot, if there is none.
func (c *Client) fetch(s *symbol) {
	if !running(s.fetching) {
		s.fetching = c.start("binance.depth."+s.in.Symbol, func(co *aio.Co) error { return c.fetchUntilExact(co, s) })
	}
}

// fetchUntilExact fetches snapshots, with pauses, until one fits the diffs that were held meanwhile.
func (c *Client) fetchUntilExact(co *aio.Co, s *symbol) error {
	backoff := core.NewBackoff(firstPause, lastPause, c.rand)
	for {
		err := c.depth(co, s)
		switch {
		case c.closed || errors.Is(err, aio.ErrCancelled):
			return nil
		case err != nil:
			c.note("%s: fetching the book: %v", s.in.Symbol, err)
		default:
			step := s.sync.Snapshot(&s.snapshot)
			if step == core.Became {
				s.sink.Status(market.Exact)
			}
			if step != core.Fetch {
				return nil
			}
		}
		if err := co.SleepUntil(co.Now() + backoff.Next()); err != nil {
			return nil
		}
	}
}
