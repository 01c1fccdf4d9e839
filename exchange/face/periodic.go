package face

import (
	"slices"
	"strings"

	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// periodic says whether streams of this name speak at times of their own, not with the events that they tell.
func (n *name) periodic() bool {
	switch n.kind {
	case Kline, Continuous, Ticker, MiniTicker, AssetIndex, TradeHours, ForceOrder:
		return true
	case BookTicker, MarkPrice:
		return n.every
	}
	return false
}

// touch notes a trade for the streams that will tell of it.
func (f *Face) touch(sym *symbol) {
	for _, st := range sym.streams {
		st.dirty = true
	}
	for _, st := range f.all {
		if st.kind == Ticker || st.kind == MiniTicker {
			st.note(sym.index)
		}
	}
}

func (st *stream) note(i int) {
	if st.moved == nil {
		st.moved = map[int]bool{}
	}
	st.moved[i] = true
}

// speak lets the periodic streams speak that are due, and sets their next times, multiples of their speeds.
func (f *Face) speak(now market.Nanos) {
	for _, st := range f.periodic {
		if st.next > now {
			continue
		}
		f.say(now, st)
		span := st.speed * 1e6
		st.next = now - now%span + span
	}
}

func (f *Face) say(now market.Nanos, st *stream) {
	switch st.kind {
	case Kline, Continuous:
		f.sayKline(now, st)
	case Ticker, MiniTicker:
		f.sayTicker(now, st)
	case BookTicker:
		for i := range f.symbols {
			if q, ok := f.x.Top(i); ok {
				q.Event = now
				f.buf = f.symbols[i].codec.AppendBookTicker(f.buf[:0], &q)
				f.send(BookTicker, st.text, st.readers)
			}
		}
	case MarkPrice:
		f.sayMarks(now, st)
	case AssetIndex:
		f.sayAssets(now, st)
	case ForceOrder:
		f.sayForced(st)
	case TradeHours:
		today := now - now%day
		f.buf = wire.AppendRow(f.buf[:0], &wire.TradingSession{Type: "EquityUpdate", EventMs: wire.Millis(now), StartMs: wire.Millis(today),
			EndMs: wire.Millis(today + day), Session: "NO_TRADING"})
		f.send(TradeHours, st.text, st.readers)
	}
}

// sayKline tells the candle that ended since the stream last spoke, and the one that goes on where something happened in it.
func (f *Face) sayKline(now market.Nanos, st *stream) {
	start := st.span.start(now)
	if st.begun != 0 && st.begun != start {
		f.sendKline(now, st, st.begun, true)
	}
	if st.dirty {
		f.sendKline(now, st, start, false)
	}
	if len(st.sym.history.minutes) > 0 {
		st.begun = start
	}
	st.dirty = false
}

func (f *Face) sendKline(now market.Nanos, st *stream, start market.Nanos, final bool) {
	c := fold(st.sym.history.minutes, start, st.span.end(start))
	k := c.kline(st.sym.in, st.span, st.sym.in.PricePlaces)
	k.Event, k.Final = wire.Millis(now), final
	if st.kind == Continuous {
		k.ContractType = "PERPETUAL"
	}
	f.buf = wire.AppendKlineEvent(f.buf[:0], &k)
	f.send(st.kind, st.text, st.readers)
}

func (f *Face) sayTicker(now market.Nanos, st *stream) {
	if !st.every {
		if t, ok := st.sym.ticker24(now); ok && st.dirty {
			f.buf = appendTicker(f.buf[:0], st.kind, &t)
			f.send(st.kind, st.text, st.readers)
		}
		st.dirty = false
		return
	}
	b := append(f.buf[:0], '[')
	for i := range f.symbols {
		if !st.moved[i] {
			continue
		}
		if t, ok := f.symbols[i].ticker24(now); ok {
			if len(b) > 1 {
				b = append(b, ',')
			}
			b = appendTicker(b, st.kind, &t)
		}
	}
	clear(st.moved)
	if f.buf = append(b, ']'); len(f.buf) > 2 {
		f.send(st.kind, st.text, st.readers)
	}
}

func appendTicker(b []byte, k Kind, t *wire.Ticker24) []byte {
	if k == MiniTicker {
		e := t.Mini()
		return wire.AppendRow(b, &e)
	}
	e := t.Event()
	return wire.AppendRow(b, &e)
}

func (f *Face) sayMarks(now market.Nanos, st *stream) {
	b := append(f.buf[:0], '[')
	for i := range f.symbols {
		m := f.x.MarkNow(i)
		if m.Mark.IsZero() {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		m.Event = now
		b = f.symbols[i].codec.AppendMarkPrice(b, &m)
	}
	if f.buf = append(b, ']'); len(f.buf) > 2 {
		f.send(MarkPrice, st.text, st.readers)
	}
}

func (f *Face) sayAssets(now market.Nanos, st *stream) {
	rows := f.assetRows(now)
	events := make([]wire.AssetIndexEvent, len(rows))
	for i := range rows {
		events[i] = rows[i].Event()
	}
	if st.every {
		f.buf = wire.AppendList(f.buf[:0], events)
		f.send(AssetIndex, st.text, st.readers)
		return
	}
	i := slices.IndexFunc(rows, func(r wire.AssetIndex) bool { return strings.ToLower(r.Symbol) == st.symbol })
	if i >= 0 {
		f.buf = wire.AppendRow(f.buf[:0], &events[i])
		f.send(AssetIndex, st.text, st.readers)
	}
}

// force notes a liquidation for the forceOrder streams: of several in one second each tells the largest of a symbol.
func (f *Face) force(now market.Nanos, sym *symbol, o *exchange.Order) {
	in := sym.in
	e := wire.ForceOrder{Type: "forceOrder", EventMs: wire.Millis(now), Pair: in.Pair, Market: 1, Order: wire.ForceOrderBody{
		Symbol: in.Symbol, Side: o.Side.String(), Type: o.Type.String(), TIF: "IOC", Qty: sym.qty(in.Quantity(o.Qty)),
		Price: sym.price(in.Price(o.Px)), Average: wire.Money(o.Average(in)), Status: o.Status.String(),
		Last: sym.qty(in.Quantity(o.Filled)), Filled: sym.qty(in.Quantity(o.Filled)), TimeMs: wire.Millis(o.Updated)}}
	note := func(st *stream) {
		if st.kind != ForceOrder {
			return
		}
		if st.worst == nil {
			st.worst = map[int]wire.ForceOrder{}
		}
		if before, ok := st.worst[sym.index]; !ok || before.Order.Qty.D.Cmp(e.Order.Qty.D) < 0 {
			st.worst[sym.index] = e
		}
	}
	for _, st := range sym.streams {
		note(st)
	}
	for _, st := range f.all {
		note(st)
	}
}

func (f *Face) sayForced(st *stream) {
	for i := range f.symbols {
		if e, ok := st.worst[i]; ok {
			f.buf = wire.AppendRow(f.buf[:0], &e)
			f.send(ForceOrder, st.text, st.readers)
		}
	}
	clear(st.worst)
}

// Contract tells the !contractInfo streams that the terms of an instrument changed.
func (f *Face) Contract(now market.Nanos, i int) {
	in := f.x.Rules(i)
	for _, st := range f.all {
		if st.kind != ContractInfo {
			continue
		}
		e := wire.ContractInfo{Type: "contractInfo", EventMs: wire.Millis(now), Symbol: in.Symbol, Pair: in.Pair, Contract: "PERPETUAL",
			DeliveryMs: 4133404800000, OnboardMs: 1569398400000, Status: in.Status, Market: 1}
		for n, b := range in.Brackets {
			top := 1
			if n+1 < len(in.Brackets) {
				top = in.Brackets[n+1].Leverage + 1
			}
			e.Brackets = append(e.Brackets, wire.ContractBracket{N: n + 1, Floor: whole(b.Floor), Cap: whole(b.Cap), Rate: b.Maintenance.Float64(), Cum: b.Cum.Float64(),
				Min: top, Max: b.Leverage})
		}
		f.buf = wire.AppendRow(f.buf[:0], &e)
		f.send(ContractInfo, st.text, st.readers)
	}
}

func whole(d decimal.Decimal) int64 { return d.Units() / decimal.Scale }
