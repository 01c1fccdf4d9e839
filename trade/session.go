package trade

import (
	"baton/aio"
	"baton/decimal"
	"baton/ledger"
	"baton/market"
	"baton/risk"
)

// Rings of a session: what a cursor can lag behind before it loses something, and says so.
const (
	tradesKept = 1 << 10
	fillsKept  = 1 << 8
)

// Session is one instrument as one strategy sees it: market data, position, orders.
type Session struct {
	t      *Trader
	in     *market.Instrument
	book   *market.Book
	blank  *market.Book // what a stale read gets; made when first needed
	status market.Status
	top    market.Quote
	mark   market.Mark
	marked bool
	pos    market.Lots

	watches []*Watch
	bars    []*bars
	want    Mask // of all watches

	trades [tradesKept]market.Trade
	tseq   uint64
	fills  [fillsKept]market.Fill
	fseq   uint64

	bare  market.Nanos // since when its position is without a stop, for Config.Unprotected; 0: not so
	live  []*Order     // not ended yet, oldest first
	ended error        // why its strategy ended, if it failed
	shut  bool         // its strategy ended: nothing is placed any more

	params []Param // of its strategy
	log    decisions
}

// Instrument is what is traded here.
func (s *Session) Instrument() *market.Instrument { return s.in }

// Now is the loop's time.
func (s *Session) Now() market.Nanos { return s.t.loop.Now() }

// Loop is the loop that everything here belongs to.
func (s *Session) Loop() *aio.Loop { return s.t.loop }

// Exact says whether the book is proven equal to the venue's now. Ask it after each await, before [Session.Top],
// [Session.Book] and [Session.Level].
func (s *Session) Exact() bool { return s.status == market.Exact && s.book.Exact() }

// Ended says whether the feed has ended.
func (s *Session) Ended() bool { return s.status == market.Ended }

// Top is the best bid and offer, from whichever of quotes and diffs is newer by update id. Of a book that is not exact it is
// zero, and the read is counted ([Stats].StaleReads).
func (s *Session) Top() market.Quote {
	if !s.Exact() {
		s.t.stats.StaleReads++
		return market.Quote{}
	}
	return s.top
}

// Seen is the last top of book that came, exact or not, and the feed's status: for what is shown to people, never for trading.
func (s *Session) Seen() (market.Quote, market.Status) {
	if s.status == market.Exact && !s.book.Exact() {
		return s.top, market.Stale
	}
	return s.top, s.status
}

// Book is the whole book. Do not keep it across an await. Instead of a book that is not exact it is an empty one, and the
// read is counted.
func (s *Session) Book() *market.Book {
	if s.Exact() {
		return s.book
	}
	s.t.stats.StaleReads++
	if s.blank == nil {
		s.blank = market.NewBook(s.in)
	}
	return s.blank
}

// Level is the quantity at one price, our own resting orders included whether the venue's book holds them or not. Of a book
// that is not exact it is zero, and the read is counted.
func (s *Session) Level(side market.Side, px market.Ticks) market.Lots {
	if !s.Exact() {
		s.t.stats.StaleReads++
		return 0
	}
	q := s.book.Qty(side, px)
	if !s.book.HoldsOwn {
		q += s.Resting(side, px)
	}
	return q
}

// Resting is the quantity of our own orders that rest at one price.
func (s *Session) Resting(side market.Side, px market.Ticks) market.Lots {
	var q market.Lots
	for _, o := range s.live {
		if o.rec.Side == side && o.rec.Px == px && o.rec.InBook() {
			q += o.rec.Left()
		}
	}
	return q
}

// Mark is the last mark price; ok is false before the first.
func (s *Session) Mark() (m market.Mark, ok bool) { return s.mark, s.marked }

// Position is the signed position, in lots; in hedge mode what both sides come to.
func (s *Session) Position() market.Lots { return s.pos }

// PositionOf is one position of hedge mode, in lots: that of Short is negative.
func (s *Session) PositionOf(side market.PositionSide) market.Lots {
	return s.t.books.PositionOf(s.in, side).Qty
}

// Holding is the position with its cost, entry price, realised profit and fees.
func (s *Session) Holding() ledger.Position { return s.t.books.Position(s.in) }

// Liquidation estimates the mark price at which the position here has the account liquidated, all other prices staying where they
// are; ok is false where there is none, or where it cannot be told.
func (s *Session) Liquidation() (px decimal.Decimal, ok bool) {
	px, ok, err := s.t.books.Liquidation(s.in, s.t.value)
	return px, ok && err == nil
}

// Live are the orders that have not ended, oldest first. Borrowed until the next await.
func (s *Session) Live() []*Order { return s.live }

// Worth is how many lots are worth about that much of the quote asset at the best bid, and never less than the smallest order
// that the instrument allows.
func (s *Session) Worth(quote decimal.Decimal) market.Lots {
	least := max(s.in.MinQty, 1)
	if s.top.Bid <= 0 {
		return least
	}
	lot, err := s.in.Notional(s.top.Bid, 1, decimal.HalfEven)
	if err != nil || lot.Sign() <= 0 {
		return least
	}
	n, err := quote.Div(lot, decimal.Floor)
	if err != nil {
		return least
	}
	return max(market.Lots(n.Units()/decimal.Scale), least)
}

// reference is what the risk desk measures prices against: nothing while the book is not exact.
func (s *Session) reference() risk.Reference {
	ref := risk.Reference{Mark: s.mark.Mark, Now: s.t.loop.Now()}
	if s.Exact() {
		ref.Bid, ref.Ask = s.top.Bid, s.top.Ask
	}
	return ref
}

// value is the price at which a position is valued.
func (s *Session) value() (decimal.Decimal, bool) {
	if s.marked {
		return s.mark.Mark, true
	}
	if s.top.Bid <= 0 || s.top.Ask <= 0 {
		return decimal.Zero, false
	}
	sum, err := s.in.Price(s.top.Bid).Add(s.in.Price(s.top.Ask))
	if err != nil {
		return decimal.Zero, false
	}
	mid, err := sum.Div(decimal.FromUnits(2*decimal.Scale), decimal.HalfEven)
	return mid, err == nil
}
