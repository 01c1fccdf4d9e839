package binance

import (
	"errors"
	"fmt"
	"strings"

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
		return nil, fmt.Errorf("%s is open already", in.Symbol)
	}
	if len(c.opened) == 0 && c.start("binance.open", c.openStreams) == nil {
		return nil, fmt.Errorf("open %s: the client has ended: %w", in.Symbol, aio.ErrClosed)
	}
	s.sink = to
	c.opened = append(c.opened, s)
	return s.sync.Book(), nil
}

// streams of one instrument. Depth comes at the fastest documented speed.
func (s *symbol) streams() []string {
	n := strings.ToLower(s.in.Symbol)
	return []string{n + wire.StreamDepth, n + wire.StreamBookTicker, n + wire.StreamAggTrade, n + wire.StreamMark}
}

// openStreams connects everything that was opened since it was started. Each connection is made and kept by its own task, so that
// one that cannot be made holds up no other.
func (c *Client) openStreams(*aio.Co) error {
	batch := c.opened
	c.opened = nil
	var names []string
	bySymbol := map[string]*symbol{}
	for _, s := range batch {
		names = append(names, s.streams()...)
		bySymbol[strings.ToLower(s.in.Symbol)] = s
	}
	plan, err := core.Plan(names)
	if err != nil {
		return err
	}
	for _, p := range plan {
		l := c.newLink(&link{name: [...]string{"public", "market"}[p.Root], message: c.onMarket})
		url := address(c.cfg.Streams, [...]string{wire.RootPublic, wire.RootMarket}[p.Root]+wire.PathStream,
			wire.QueryStreams, strings.Join(p.Streams, "/"))
		l.url = func(*aio.Co) (string, error) { return url, nil }
		depths := depthsOf(p.Streams, bySymbol)
		l.up = func() { c.begin(depths) }
		l.down = func() { c.stale(depths) }
		c.start("binance."+l.name, l.keep)
	}
	return nil
}

// address builds a stream's address. What it asks for stands in the query, which netio shows in no error.
func address(base, path, name, value string) string {
	return strings.TrimSuffix(base, "/") + path + "?" + name + "=" + value
}

// depthsOf are the symbols whose diffs are among streams.
func depthsOf(streams []string, bySymbol map[string]*symbol) (with []*symbol) {
	for _, name := range streams {
		if symbol, kind, _ := strings.Cut(name, "@"); strings.HasPrefix(kind, "depth") {
			with = append(with, bySymbol[symbol])
		}
	}
	return with
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
	f, err := wire.Peek(data)
	if err == nil && f.Kind == wire.KindReply {
		return
	}
	c.stats.Messages++
	if err == nil {
		s, ok := c.bySymbol[string(f.Symbol)]
		if !ok || s.sink == nil {
			return // of an instrument that nobody opened
		}
		err = c.market(s, f.Kind, data)
	}
	if err != nil && !errors.Is(err, wire.ErrOddTrade) {
		c.bad("market data", err)
	}
}

// market decodes a frame of s and tells the sink. A diff that cannot be read is a diff that is missing: the next one breaks the
// chain, and the book says so.
func (c *Client) market(s *symbol, kind wire.Kind, data []byte) error {
	switch kind {
	case wire.KindDepth:
		if err := s.codec.DecodeDepth(data, &s.diff); err != nil {
			return err
		}
		c.did(s, s.sync.Diff(&s.diff), &s.diff)
	case wire.KindBookTicker:
		if err := s.codec.DecodeBookTicker(data, &s.quote); err != nil {
			return err
		}
		s.sink.Quote(&s.quote)
	case wire.KindAggTrade:
		if _, err := s.codec.DecodeAggTrade(data, &s.trade); err != nil {
			return err
		}
		s.sink.Trade(&s.trade)
	case wire.KindMark:
		if err := s.codec.DecodeMarkPrice(data, &s.mark); err != nil {
			return err
		}
		s.sink.Mark(&s.mark)
	}
	return nil
}

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
