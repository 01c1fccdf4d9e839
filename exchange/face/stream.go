package face

import (
	"cmp"
	"iter"
	"slices"

	"baton/binance/wire"
	"baton/exchange"
	"baton/market"
)

// symbol is one instrument with its streams.
type symbol struct {
	index    int
	in       *market.Instrument
	codec    *wire.Codec
	recorded bool      // its changes are recorded ones: they go out one by one, whatever the speed of a stream
	streams  []*stream // that have a reader, in order of first subscription
	aggs     int64     // number of the last aggregate trade
	// aggregated: its trades are aggregates already; lastTrade is the last trade that one covered.
	aggregated bool
	lastTrade  int64
	history    history
}

// stream is one name that has readers, and what is kept between its frames.
type stream struct {
	name
	text    string
	sym     *symbol
	readers []*Session // in order of subscription; replaced, never changed, so that a walk over it stays good

	// Of a slowed stream: the frame in preparation.
	pending    bool
	due        market.Nanos
	first      int64 // U of it
	last       int64 // u of it
	prev       int64 // u of the frame before
	transact   market.Nanos
	bids, asks []market.Ticks // the prices that changed, with repetitions
	mark       market.Nanos   // when the last mark price went out

	// Of a stream that speaks at times of its own (see periodic.go).
	next  market.Nanos
	dirty bool         // something happened since it last spoke
	begun market.Nanos // the candle that it told last
	moved map[int]bool // of a stream of all symbols: those that changed
	worst map[int]wire.ForceOrder
}

// subscribe adds a stream, or a listenKey, to the session. What is unknown here, or served under another root, is remembered
// and stays silent: a client learns of its error by silence, as at Binance.
func (s *Session) subscribe(text string) {
	if text == "" || len(s.names) == wire.MaxStreams || slices.Contains(s.names, text) {
		return
	}
	s.names = append(s.names, text)
	if s.private() {
		if k := s.f.findKey(text); k != nil {
			k.readers = append(slices.Clip(k.readers), s)
			return
		}
	}
	n, ok := parseName(text)
	if !ok || !n.servedAt(s.root, s.f.legacy) {
		return
	}
	i, listed := s.f.byLower[n.symbol]
	if !listed && !n.every && n.kind != AssetIndex {
		return
	}
	st := s.f.streams[text]
	if st == nil {
		st = s.f.begin(n, text, i, listed)
	}
	st.readers = append(slices.Clip(st.readers), s)
	if n.kind == Depth {
		s.f.watched(s, i)
	}
}

// private says whether listenKeys are streams of the session.
func (s *Session) private() bool { return s.root == rootPrivate || s.root == rootLegacy && s.f.legacy }

// begin makes a stream at its first subscription.
func (f *Face) begin(n name, text string, i int, listed bool) *stream {
	st := &stream{name: n, text: text}
	f.streams[text] = st
	if listed {
		st.sym, st.prev = &f.symbols[i], f.x.Book(i).Last()
		st.sym.streams = append(slices.Clip(st.sym.streams), st)
	} else {
		f.all = append(slices.Clip(f.all), st)
	}
	if n.periodic() {
		span := n.speed * 1e6
		st.next = f.now - f.now%span + span
		f.periodic = append(slices.Clip(f.periodic), st)
	}
	return st
}

// unsubscribe takes a stream from the session.
func (s *Session) unsubscribe(text string) {
	at := slices.Index(s.names, text)
	if at < 0 {
		return
	}
	s.names = slices.Delete(s.names, at, at+1)
	s.leave(text)
}

func (s *Session) leave(text string) {
	if s.private() {
		if k := s.f.findKey(text); k != nil {
			k.readers = without(k.readers, s)
			return
		}
	}
	st := s.f.streams[text]
	if st == nil || !slices.Contains(st.readers, s) {
		return
	}
	if st.readers = without(st.readers, s); len(st.readers) == 0 {
		delete(s.f.streams, text)
		if st.sym != nil {
			st.sym.streams = without(st.sym.streams, st)
		}
		s.f.all, s.f.periodic = without(s.f.all, st), without(s.f.periodic, st)
		s.f.slowed = without(s.f.slowed, st)
	}
	s.f.unwatched(s, st)
}

// without is a copy of list without x.
func without[T comparable](list []T, x T) []T {
	if i := slices.Index(list, x); i >= 0 {
		return slices.Concat(list[:i], list[i+1:])
	}
	return list
}

// Close ends the session; nothing is sent to it any more.
func (s *Session) Close() {
	if s.closed {
		return
	}
	s.closed = true
	for _, text := range s.names {
		s.leave(text)
	}
	s.names = nil
	s.f.sessions = without(s.f.sessions, s)
}

// send gives f.buf, one event in the raw form, to the readers of a stream, wrapped where they asked for that.
func (f *Face) send(k Kind, text string, readers []*Session) {
	wrapped := false
	for _, s := range readers {
		if s.closed {
			continue
		}
		if !s.combined {
			s.out.Frame(k, f.buf)
			continue
		}
		if !wrapped {
			f.wrapped = wire.AppendWrapped(f.wrapped[:0], text, f.buf)
			wrapped = true
		}
		s.out.Frame(k, f.wrapped)
	}
}

// quote sends a new top of book to the bookTicker streams.
func (f *Face) quote(sym *symbol, q *market.Quote) {
	for _, st := range sym.streams {
		if st.kind == BookTicker && !st.every {
			f.buf = sym.codec.AppendBookTicker(f.buf[:0], q)
			f.send(BookTicker, st.text, st.readers)
		}
	}
}

// trade sends a print to the trade streams and, as an aggregate of this one trade, to the aggTrade streams.
func (f *Face) trade(now market.Nanos, sym *symbol, t *market.Trade) {
	agg, first := *t, t.ID
	if sym.aggregated {
		first = t.Last
		if sym.lastTrade != 0 {
			first = sym.lastTrade + 1
		}
		sym.lastTrade = t.Last
	} else {
		sym.aggs++
		agg.ID, agg.Last = sym.aggs, t.ID
	}
	sym.history.traded(now, sym.in, t, &agg, first, !sym.aggregated)
	f.touch(sym)
	for _, st := range sym.streams {
		switch {
		case st.kind == Trade && !sym.aggregated:
			f.buf = sym.codec.AppendTrade(f.buf[:0], t)
			f.send(Trade, st.text, st.readers)
		case st.kind == AggTrade:
			f.buf = sym.codec.AppendAggTrade(f.buf[:0], &agg, first)
			f.send(AggTrade, st.text, st.readers)
		}
	}
}

// Aggregated says that the trades of instrument i are aggregates already, as some recordings have them: they go out as such,
// and the instrument has no stream of single trades.
func (f *Face) Aggregated(i int) { f.symbols[i].aggregated = true }

// slowMark is the time between two frames of <symbol>@markPrice; with @1s every mark price is sent.
const slowMark = 3 * second

func (f *Face) mark(now market.Nanos, sym *symbol, m *market.Mark) {
	sym.history.marked(now, m)
	for _, st := range sym.streams {
		if st.kind != MarkPrice || st.speed != 1000 && st.mark != 0 && now-st.mark < slowMark {
			continue
		}
		st.mark = now
		f.buf = sym.codec.AppendMarkPrice(f.buf[:0], m)
		f.send(MarkPrice, st.text, st.readers)
	}
}

// depth sends a change of the book to the depth streams at once, or adds it to the frame that a slowed one prepares.
func (f *Face) depth(now market.Nanos, sym *symbol, d *market.Diff) {
	for _, st := range sym.streams {
		switch {
		case st.kind == Depth && (sym.recorded || st.speed == 0):
			f.buf = sym.codec.AppendDepth(f.buf[:0], d)
			f.send(Depth, st.text, st.readers)
			st.prev = d.Last
		case st.kind == Depth || st.kind == Partial || st.kind == RPIDepth:
			f.prepare(now, st, d)
		}
	}
}

// prepare adds a change to the next frame of a slowed stream, which leaves at the next multiple of its speed.
func (f *Face) prepare(now market.Nanos, st *stream, d *market.Diff) {
	if !st.pending {
		span := max(st.speed, 1) * 1e6
		st.pending, st.due, st.first = true, now-now%span+span, d.First
		f.slowed = append(f.slowed, st)
	}
	st.last, st.transact = d.Last, d.Transact
	if st.kind == Partial {
		return
	}
	for _, l := range d.Bids {
		st.bids = append(st.bids, l.Px)
	}
	for _, l := range d.Asks {
		st.asks = append(st.asks, l.Px)
	}
}

// flush sends the prepared frames that are due.
func (f *Face) flush(now market.Nanos) {
	keep := f.slowed[:0]
	for _, st := range f.slowed {
		if st.due > now {
			keep = append(keep, st)
			continue
		}
		f.flushOne(now, st)
	}
	clear(f.slowed[len(keep):])
	f.slowed = keep
}

func (f *Face) flushOne(now market.Nanos, st *stream) {
	d := market.Diff{First: st.first, Last: st.last, Prev: st.prev, Event: now, Transact: st.transact}
	book := f.x.Book(st.sym.index)
	if st.kind == Partial {
		d.Bids = top(f.bids[:0], book.Bids(), st.levels)
		d.Asks = top(f.asks[:0], book.Asks(), st.levels)
	} else {
		slices.SortFunc(st.bids, func(a, b market.Ticks) int { return cmp.Compare(b, a) })
		slices.Sort(st.asks)
		d.Bids = levels(f.bids[:0], slices.Compact(st.bids), book.Bid)
		d.Asks = levels(f.asks[:0], slices.Compact(st.asks), book.Ask)
	}
	f.bids, f.asks = d.Bids, d.Asks
	st.pending, st.prev = false, st.last
	st.bids, st.asks = st.bids[:0], st.asks[:0]
	f.buf = st.sym.codec.AppendDepth(f.buf[:0], &d)
	f.send(st.kind, st.text, st.readers)
}

// levels are the quantities of a book now at prices that changed.
func levels(to []market.Level, prices []market.Ticks, at func(market.Ticks) market.Lots) []market.Level {
	for _, px := range prices {
		to = append(to, market.Level{Px: px, Qty: at(px)})
	}
	return to
}

// top are the first n levels.
func top(to []market.Level, side iter.Seq[market.Level], n int) []market.Level {
	for l := range side {
		if len(to) == n {
			break
		}
		to = append(to, l)
	}
	return to
}

// Publish sends what happened at the exchange to whoever has subscribed it.
func (f *Face) Publish(now market.Nanos, events *exchange.Events) {
	for i := range events.List {
		e := &events.List[i]
		switch e.Kind {
		case exchange.EventUpdate:
			f.update(now, events.Update(e))
		case exchange.EventChange:
			f.change(now, events.Change(e))
		case exchange.EventQuote:
			f.quote(&f.symbols[e.Instrument], events.Quote(e))
		case exchange.EventTrade:
			f.trade(e.Time, &f.symbols[e.Instrument], events.Trade(e))
		case exchange.EventDiff:
			f.depth(now, &f.symbols[e.Instrument], events.Diff(e))
		case exchange.EventMark:
			f.mark(now, &f.symbols[e.Instrument], events.Mark(e))
		case exchange.EventConfig:
			f.config(now, int(e.Account), int(e.Instrument), events.Config(e))
		case exchange.EventMarginCall:
			f.marginCall(now, int(e.Account))
		case exchange.EventForce:
			f.force(now, &f.symbols[e.Instrument], events.Force(e))
		case exchange.EventAlgo:
			f.algo(now, events.Algo(e))
		}
	}
}
