package trade

import (
	"errors"
	"fmt"
	"time"

	"baton/decimal"
	"baton/market"
	"baton/risk"
)

// What a [Config] may leave out.
const (
	AnswerDefault = 5 * time.Second  // Config.Answer
	EndDefault    = 30 * time.Second // Config.End
	OrdersDefault = 4096             // Config.Orders
	worthEvery    = time.Second      // the account's loss is looked at so often
	notesMax      = 256              // kept for the result; later ones are counted
	closedKept    = 64               // ended orders that stay in the table, so that late news finds them
)

// Config of a trader. Limits are required for every instrument that is opened; the rest may be left zero.
type Config struct {
	Limits map[string]risk.Limits // by symbol
	Totals *risk.Totals           // of the whole account; nil: it is not bounded as a whole
	Answer time.Duration          // silence after which a command's outcome is Unknown
	End    time.Duration          // how long Stop may take to settle, in the loop's time
	Guard  time.Duration          // dead man's switch at the venue, renewed four times as often; 0: none
	Orders int                    // orders in the table at once, the last ended ones included
	Bare   bool                   // Stop cancels also the conditional orders that protect a position; else they stay at the venue
	// Unprotected is how long a position may be without a stop that rests at the venue for all of it, whoever answers for it: then it is
	// closed at the market, and a person is told. 0: groups hold to their own bound (Protection.Bare), and strategies answer for the rest.
	Unprotected time.Duration
	First       market.OrderID // number of the first order; above every number in the journal; 0 is 1

	// Recovered is what the journal of an earlier run came to; nil: there was none. It brings its own First and Latch. Then Start
	// finds out at the venue what became of the orders in it.
	Recovered *Recovered
	// Reconcile is how often the account is compared with the books while strategies run; 0: only at the start and at the end. Each
	// comparison costs the venue's queries for an account.
	Reconcile time.Duration
	// Prefix is how the client order ids of every instance of this program begin, whatever its run: an order of that name which this
	// trader did not send proves that another instance trades the account. "": it cannot be told.
	Prefix string

	Latch string // why an earlier run stopped trading, until a person clears it: begin in no-increase mode

	Line func([]byte)      // hears every canonical ledger line, newline included; borrowed
	Note func(text string) // hears what a person should know

	// LoseFill plants a bug on purpose, to see reconciliation find it: the fill of this number (from 1) reaches its order but
	// not the ledger. 0: none.
	LoseFill int
}

// DefaultLimits suit a first try: 1000 lots of position, 200 and 20,000 of the quote asset an order, 20 open orders, and no
// price further than 1 % through the top of book.
func DefaultLimits() risk.Limits {
	return risk.Limits{MaxPosition: 1000, MaxOrderQty: 200, MaxOpenOrders: 20, MaxNotional: decimal.MustParse("20000"), CollarBps: 100}
}

// Validate reports everything that cannot be.
func (c *Config) Validate() error {
	var errs []error
	bad := func(cond bool, what string, v any) {
		if cond {
			errs = append(errs, fmt.Errorf("trade: config: %s is %v: it must not be negative", what, v))
		}
	}
	bad(c.Answer < 0, "Answer", c.Answer)
	bad(c.End < 0, "End", c.End)
	bad(c.Guard < 0, "Guard", c.Guard)
	bad(c.Orders < 0, "Orders", c.Orders)
	bad(c.Unprotected < 0, "Unprotected", c.Unprotected)
	bad(c.First < 0, "First", c.First)
	bad(c.Reconcile < 0, "Reconcile", c.Reconcile)
	bad(c.LoseFill < 0, "LoseFill", c.LoseFill)
	if c.Totals != nil {
		errs = append(errs, c.Totals.Validate())
	}
	return errors.Join(errs...)
}

func (c *Config) fill() {
	if c.Answer == 0 {
		c.Answer = AnswerDefault
	}
	if c.End == 0 {
		c.End = EndDefault
	}
	if c.Orders == 0 {
		c.Orders = OrdersDefault
	}
	c.First = max(c.First, 1)
	if r := c.Recovered; r != nil {
		c.First = max(c.First, r.Next)
		if r.Latch != "" && c.Latch == "" {
			c.Latch = r.Latch
		}
	}
}
