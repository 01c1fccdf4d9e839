package market

import (
	"errors"
	"iter"
)

// ErrGap: a diff does not follow the book's last one, so the book is stale.
var ErrGap = errors.New("market: book: a diff is missing")

// Book is one instrument's order book. (Contract stub: the real structure follows.)
type Book struct {
	// HoldsOwn says whether our own resting orders are in the quantities: true for Binance's book and the synthetic
	// market's, false for a replayed one.
	HoldsOwn bool
}

// NewBook makes an empty, stale book.
func NewBook(in *Instrument) *Book { panic("stub") }

// Instrument is whose book it is.
func (b *Book) Instrument() *Instrument { panic("stub") }

// Exact says whether the book is proven equal to the venue's within the trusted range. False: do not read it.
func (b *Book) Exact() bool { panic("stub") }

// Last is the update id of the last snapshot or diff applied.
func (b *Book) Last() int64 { panic("stub") }

// Load replaces the book by a snapshot; it is exact once a diff bridges it, or at once for bridged=true.
func (b *Book) Load(s *Snapshot, bridged bool) { panic("stub") }

// Apply applies one diff. applied=false without error: the diff is older than the book and was skipped. ErrGap: the chain is
// broken and the book now stale. The first diff after Load bridges it: First <= Last() <= d.Last, or d.Prev == Last().
func (b *Book) Apply(d *Diff) (applied bool, err error) { panic("stub") }

// Invalidate makes the book stale.
func (b *Book) Invalidate() { panic("stub") }

// Best is the top of book; ok is false where a side is empty.
func (b *Book) Best() (bid, ask Level, ok bool) { panic("stub") }

// Bid and Ask are the quantity at one price.
func (b *Book) Bid(px Ticks) Lots { panic("stub") }

// Ask is the quantity offered at px.
func (b *Book) Ask(px Ticks) Lots { panic("stub") }

// Bids and Asks go through the levels, best first.
func (b *Book) Bids() iter.Seq[Level] { panic("stub") }

// Asks goes through the offers, best first.
func (b *Book) Asks() iter.Seq[Level] { panic("stub") }

// Len is the number of levels of each side.
func (b *Book) Len() (bids, asks int) { panic("stub") }

// Trusted says whether the quantity at px is known: inside the last snapshot's range, or named by a later diff.
func (b *Book) Trusted(side Side, px Ticks) bool { panic("stub") }
