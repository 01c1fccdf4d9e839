package core

import (
	"slices"

	"baton/decimal"
	"baton/market"
)

// The bounds of what is remembered of trades and of changes of the account, and how far apart the times may be that the user stream
// and the list of incomes give to one change.
const (
	recentTrades  = 1024
	recentChanges = 256
	changeApart   = 60e9
)

// Recent remembers the last trades that were told. The zero value remembers nothing.
type Recent struct {
	ids  [recentTrades]int64
	next int
}

// Add remembers an id.
func (r *Recent) Add(id int64) {
	r.ids[r.next] = id
	r.next = (r.next + 1) % len(r.ids)
}

// Has says whether an id is among those that are remembered.
func (r *Recent) Has(id int64) bool { return id != 0 && slices.Contains(r.ids[:], id) }

// Changes tells which changes of the account are new, as one and the same may come twice over the user stream, and a second time
// in the list of incomes that is asked for after an interruption. Changes by orders are not its business: fills have numbers. The
// zero value remembers nothing.
type Changes struct {
	told [recentChanges]told
	next int
}

// told is a change that was told.
type told struct {
	kind   market.Reason
	asset  string
	in     *market.Instrument
	amount decimal.Decimal
	wallet decimal.Decimal
	time   market.Nanos
	id     int64 // of the list; 0: not seen there yet
	stream bool  // seen on the stream
}

// kindOf puts together what the stream tells apart and the list does not: it calls every deposit and withdrawal a transfer.
func kindOf(r market.Reason) market.Reason {
	if r == market.ReasonDeposit || r == market.ReasonWithdraw {
		return market.ReasonTransfer
	}
	return r
}

// Streamed says whether a change that the user stream brings is new, and remembers it. It is not where the stream brought the same
// change before, down to its time and to the balance after it, or where the list has told it already.
func (c *Changes) Streamed(ch *market.Change) bool {
	for i := range c.told {
		t := &c.told[i]
		if !t.same(ch) {
			continue
		}
		if t.stream {
			if t.time == ch.Time && t.wallet == ch.Wallet {
				return false
			}
			continue
		}
		if near(t.time, ch.Time) {
			t.stream, t.wallet, t.time = true, ch.Wallet, ch.Time
			return false
		}
	}
	c.add(ch, 0, true)
	return true
}

// Listed says whether a change that the list of incomes names is new, and remembers it. It is not where the list named its id
// before, or where the stream has told it: each change of the stream accounts for one of the list.
func (c *Changes) Listed(ch *market.Change, id int64) bool {
	for i := range c.told {
		if t := &c.told[i]; t.id == id && t.same(ch) {
			return false
		}
	}
	for i := range c.told {
		if t := &c.told[i]; t.stream && t.id == 0 && t.same(ch) && near(t.time, ch.Time) {
			t.id = id
			return false
		}
	}
	c.add(ch, id, false)
	return true
}

func (c *Changes) add(ch *market.Change, id int64, stream bool) {
	c.told[c.next] = told{kindOf(ch.Reason), ch.Asset, ch.Instrument, ch.Amount, ch.Wallet, ch.Time, id, stream}
	c.next = (c.next + 1) % len(c.told)
}

func (t *told) same(ch *market.Change) bool {
	return t.asset != "" && t.kind == kindOf(ch.Reason) && t.asset == ch.Asset && t.amount == ch.Amount && t.in == ch.Instrument
}

func near(a, b market.Nanos) bool { return max(a, b)-min(a, b) <= changeApart }
