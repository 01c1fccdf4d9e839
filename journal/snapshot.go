package journal

import (
	"fmt"

	"baton/ledger"
	"baton/market"
)

// A snapshot is what all records before it come to, as a run of entries of their own kinds: a beginning, assets, holdings with the
// trades that are known again, open orders, those that count as gone, groups of orders, and an end that counts them. It begins a segment of the tape, so that recovery finds it
// by the segments' first records and reads nothing that stands before. One without its end was cut short by a crash and counts
// for nothing: the one before it does.
const (
	snapBegin byte = 0x40 + iota
	snapAsset
	snapHolding
	snapTrades
	snapOrder
	snapEnd
	snapGone  // an order that counts as refused or absent, which later records may prove wrong
	snapGroup // of orders
)

// Bounds of the parts: an entry takes up to maxEntry bytes.
const (
	tradesInPart = 100     // five numbers each
	maxName      = 256     // of a build or run
	recordBytes  = 1 << 14 // of a snapshot in one record of the tape
)

// snapshot collects the parts of one.
type snapshot struct {
	state  State
	books  ledger.State
	orders []*live
	gone   []*live
	groups []*market.GroupState
	parts  int64
	whole  bool
}

// appendSnapshot encodes what f has come to. cut hears after each entry how long b is, so that the tape's records can be cut.
func (f *folding) appendSnapshot(b []byte, cut func(int)) []byte {
	parts := int64(0)
	part := func(kind byte, fill func([]byte) []byte) {
		start := len(b)
		b = finish(fill(append(b, 0, 0, version, kind)), start)
		parts++
		cut(len(b))
	}
	s, books := &f.state, f.books.State()
	part(snapBegin, func(b []byte) []byte {
		b = appendInts(b, int64(s.Records), s.Last, int64(s.Next), books.Events)
		return appendText(appendText(appendText(b, s.Latch), s.Run), s.Build)
	})
	for i := range books.Assets {
		part(snapAsset, func(b []byte) []byte {
			b = appendText(b, books.Assets[i].Asset)
			for _, v := range books.Assets[i].Balances {
				b = appendInt(b, v.Units())
			}
			return b
		})
	}
	for i := range books.Holdings {
		h := &books.Holdings[i]
		part(snapHolding, func(b []byte) []byte { return appendHolding(b, h) })
		for left := h.Trades; len(left) > 0; left = left[min(tradesInPart, len(left)):] {
			part(snapTrades, func(b []byte) []byte { return appendTrades(b, left[:min(tradesInPart, len(left))]) })
		}
	}
	for _, o := range f.sorted() {
		part(snapOrder, func(b []byte) []byte { return appendLive(b, o) })
	}
	for _, id := range f.oldest {
		if o := f.gone[id]; o != nil {
			part(snapGone, func(b []byte) []byte { return appendLive(b, o) })
		}
	}
	groups := f.sortedGroups()
	for i := range groups {
		part(snapGroup, func(b []byte) []byte { return appendGroupState(b, &groups[i]) })
	}
	part(snapEnd, func(b []byte) []byte { return appendInt(b, parts+1) })
	return b
}

func appendHolding(b []byte, h *ledger.HoldingState) []byte {
	p := &h.Position
	return appendInts(appendSymbol(append(b, byte(p.Side)), p.Instrument), int64(p.Qty), p.Cost.Units(), p.Realised.Units(), p.Fees.Units(), p.Carried.Units(),
		int64(p.Volume), p.Fills, h.Forgotten)
}

func appendTrades(b []byte, ts []ledger.TradeState) []byte {
	b = appendInt(b, int64(len(ts)))
	for _, t := range ts {
		b = appendInts(append(b, byte(t.Side)), t.Trade, int64(t.Px), int64(t.Qty), int64(t.Order))
	}
	return b
}

func appendLive(b []byte, o *live) []byte {
	h := &o.Inherited
	b = append(b, bit(h.Sent)|bit(h.Accepted)<<1|bit(h.Cancel)<<2|bit(o.cancelSent)<<3|bit(o.placed)<<4|bit(h.Amending)<<5, byte(h.Ended))
	b = appendInts(appendCommand(b, &h.Command), h.Intended, int64(h.Filled), int64(h.Reported), h.Venue)
	return appendInts(append(b, byte(h.Algo)), int64(h.Asked), int64(h.NewPx), int64(h.NewQty), h.AlgoID)
}

// take reads one part out of d. On a nil snapshot it reads nothing.
func (s *snapshot) take(d *decoder, kind byte) {
	if s == nil {
		return
	}
	if kind == snapBegin {
		*s = snapshot{}
	}
	s.parts++
	switch kind {
	case snapBegin:
		s.state = State{Records: int(d.int()), Last: d.int(), Next: market.OrderID(d.int())}
		s.books.Events = d.int()
		s.state.Latch, s.state.Run, s.state.Build = d.text(), d.text(), d.text()
	case snapAsset:
		a := ledger.AssetState{Asset: d.text()}
		for i := range a.Balances {
			a.Balances[i] = d.money()
		}
		s.books.Assets = append(s.books.Assets, a)
	case snapHolding:
		s.books.Holdings = append(s.books.Holdings, d.holding())
	case snapTrades:
		s.trades(d)
	case snapOrder:
		s.orders = append(s.orders, d.live())
	case snapGone:
		s.gone = append(s.gone, d.live())
	case snapGroup:
		s.groups = append(s.groups, d.groupState())
	case snapEnd:
		s.whole = d.int() == s.parts
	default:
		d.fail(errRange)
	}
	if d.err == nil && len(d.b) > 0 {
		d.fail(fmt.Errorf("%w: %d bytes follow it", errRange, len(d.b)))
	}
}

func (s *snapshot) trades(d *decoder) {
	n := d.int()
	if n < 1 || n > tradesInPart || len(s.books.Holdings) == 0 {
		d.fail(errRange)
		return
	}
	h := &s.books.Holdings[len(s.books.Holdings)-1]
	for range n {
		t := ledger.TradeState{Side: d.side()}
		t.Trade, t.Px, t.Qty, t.Order = d.int(), market.Ticks(d.int()), market.Lots(d.int()), market.OrderID(d.int())
		h.Trades = append(h.Trades, t)
	}
}

func (d *decoder) holding() (h ledger.HoldingState) {
	p := &h.Position
	p.Side = d.positionSide()
	if p.Instrument = d.symbol(); p.Instrument == nil {
		d.fail(errRange)
	}
	p.Qty, p.Cost, p.Realised, p.Fees, p.Carried = market.Lots(d.int()), d.money(), d.money(), d.money(), d.money()
	p.Volume, p.Fills, h.Forgotten = market.Lots(d.int()), d.int(), d.int()
	return h
}

func (d *decoder) live() *live {
	marks, ended := d.upTo(63), market.OrderStatus(d.upTo(byte(market.StatusExpiredInMatch)))
	o := &live{cancelSent: marks&8 != 0, placed: marks&16 != 0}
	h := &o.Inherited
	h.Sent, h.Accepted, h.Cancel, h.Amending, h.Ended = marks&1 != 0, marks&2 != 0, marks&4 != 0, marks&32 != 0, ended
	d.command(&h.Command)
	h.Intended, h.Filled, h.Reported, h.Venue = d.int(), market.Lots(d.int()), market.Lots(d.int()), d.int()
	if d.old >= 3 {
		h.Algo = market.AlgoStatus(d.upTo(byte(market.AlgoExpired)))
		h.Asked, h.NewPx, h.NewQty, h.AlgoID = d.int32(), market.Ticks(d.int()), market.Lots(d.int()), d.int()
	}
	return o
}

// restore begins the fold with a snapshot instead of with nothing.
func (f *folding) restore(s *snapshot) error {
	if err := f.books.Restore(&s.books); err != nil {
		return fmt.Errorf("journal: the snapshot: %w", err)
	}
	f.state = s.state
	for _, o := range s.orders {
		f.orders[o.Command.ID] = o
	}
	f.restoreGroups(s.groups)
	for _, o := range s.gone {
		f.gone[o.Command.ID] = o
		f.oldest = append(f.oldest, o.Command.ID)
	}
	return nil
}
