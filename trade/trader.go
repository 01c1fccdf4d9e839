package trade

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"baton/aio"
	"baton/decimal"
	"baton/ledger"
	"baton/market"
	"baton/order"
	"baton/reconcile"
	"baton/risk"
)

// The conditions a call of this room can end with.
var (
	// ErrEnded: the feed has ended, no more market data will come.
	ErrEnded = errors.New("trade: the feed has ended")
	// ErrStopped: the gate is closed, so no new order is sent.
	ErrStopped = errors.New("trade: order not sent: trading was stopped")
	// ErrOpen: the instrument has a session already.
	ErrOpen = errors.New("trade: the instrument has a session already")
	// ErrRunning: strategies are running already.
	ErrRunning = errors.New("trade: strategies are running already")
)

// Stats counts what a trader did.
type Stats struct {
	Placed     int // orders that were checked, reserved and journaled
	Amended    int // amendments that were checked, reserved and journaled
	Refused    int // requests that were refused here and never sent
	Sent       int // commands that left
	Fills      int // each counted once
	Early      int // times that a fill or an update came before the answer to its order
	Unknown    int // commands that were not answered in time, or with nothing proven
	Queries    int // asked to settle them
	Inherited  int // orders taken over from an earlier run
	Recovered  int // fills that a query brought: nobody had heard of them
	Audits     int // comparisons of the running account that the venue answered
	Findings   int // differences of them that lasted
	Foreign    int // updates of orders that are not ours
	Wakes      int // awaits of watches that returned
	StaleWakes int // of them, because a book had become stale
	StaleReads int // reads of a stale book: each was given an empty one
	Breaks     int // times that a book went from exact to stale
	Diffs      int // applied to the books
	Messages   int // of market data: quotes, trades, diffs, marks
}

// Trader is one account at one venue, and everything that decides about its money.
type Trader struct {
	Gate Gate // closing it is the kill switch

	cfg     Config
	loop    *aio.Loop
	feed    Feed
	venue   Venue
	journal Journal
	books   *ledger.Ledger
	desk    *risk.Desk
	table   *order.Table

	sessions []*Session
	absent   []*Session                // of instruments that are not open, but have orders of an earlier run
	handles  map[market.OrderID]*Order // of every order in the table
	next     market.OrderID
	ended    []market.OrderID // orders that ended, oldest first

	asked     []asked // commands that wait for their answer, oldest first
	silence   *aio.Timer
	outbox    []*Order // intents that are not durable yet, in order
	sync      bell     // rings when there is one
	settle    bell     // rings when an order's fate is open
	gap       bell     // rings when a book is exact again
	refusals  []refusal
	running   bool
	groups    []*Group     // that have not ended, oldest first
	driving   bool         // they may place and cancel
	poked     bool         // they are to look at how things stand
	guarded   bool         // there were groups, or orders that protect a position: orphans are looked for
	guardedAt market.Nanos // when the venue's dead man's switch was last renewed
	sweeper   *aio.Timer
	latched   bool  // the kernel itself went to no-increase: no person's resume lifts that
	failed    error // of the journal
	low       bool  // the journal lives on its reserve
	heard     int   // messages about orders and the account, to see whether any came during a query
	audit     reconcile.Audit
	matched   market.Nanos // when the account was last known to be what the books say

	record  market.Record // reused
	stats   Stats
	notes   []string
	unsaid  int // notes beyond notesMax
	counted int // fills, for Config.LoseFill
}

// New makes a trader on co's loop. Nothing is sent or asked before [Trader.Start].
func New(co *aio.Co, cfg Config, feed Feed, venue Venue, journal Journal) (*Trader, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.fill()
	t := &Trader{
		cfg: cfg, loop: co.Loop(), feed: feed, venue: venue, journal: journal,
		books: ledger.New(cfg.Line), desk: risk.NewDesk(), table: order.NewTable(cfg.Orders),
		handles: make(map[market.OrderID]*Order, 64), next: cfg.First,
	}
	if cfg.Totals != nil {
		if err := t.desk.Bound(*cfg.Totals); err != nil {
			return nil, err
		}
	}
	t.silence = aio.NewTimer(t.loop, aio.ClassTimer, t.overdue).Label("a feed's silence")
	t.sweeper = aio.NewTimer(t.loop, aio.ClassTimer, t.poke).Label("orphans")
	t.sync.Label(t.loop, "a command to send")
	t.settle.Label(t.loop, "an order of unknown fate")
	venue.Bind((*orderEar)(t))
	if r := cfg.Recovered; r != nil {
		if err := t.books.Restore(&r.Books); err != nil {
			return nil, fmt.Errorf("trade: the books of the earlier run: %w", err)
		}
		for _, p := range r.Problems {
			t.noIncrease("the journal of the earlier run could not be booked: %s", p)
		}
	}
	if cfg.Latch != "" { // it stands in the journal until a person clears it there; it is not latched once more
		t.hold()
		t.note("no-increase: latched before: %s", cfg.Latch)
	}
	return t, nil
}

// Open opens an instrument's market data and makes its session. The instrument must have limits.
func (t *Trader) Open(in *market.Instrument) (*Session, error) {
	if slices.ContainsFunc(t.sessions, func(s *Session) bool { return s.in == in }) {
		return nil, fmt.Errorf("%w: %s", ErrOpen, in.Symbol)
	}
	limits, ok := t.cfg.Limits[in.Symbol]
	if !ok {
		return nil, fmt.Errorf("trade: %s has no limits: set Config.Limits[%q]", in.Symbol, in.Symbol)
	}
	if err := t.desk.Allow(in, limits); err != nil {
		return nil, err
	}
	s := &Session{t: t, in: in}
	book, err := t.feed.Open(in, (*marketEar)(s))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", in.Symbol, err)
	}
	s.book = book
	t.sessions = append(t.sessions, s)
	return s, nil
}

// Ledger is the account's books. Read only.
func (t *Trader) Ledger() *ledger.Ledger { return t.books }

// Orders is the table of the live orders and the last ended ones. Read only.
func (t *Trader) Orders() *order.Table { return t.table }

// Sessions are the open sessions, in the order of opening.
func (t *Trader) Sessions() []*Session { return t.sessions }

// Stats are the counts so far.
func (t *Trader) Stats() Stats { return t.stats }

// Mode is what may be sent now.
func (t *Trader) Mode() risk.Mode { return t.desk.Mode() }

// Notes are what a person should know, oldest first.
func (t *Trader) Notes() []string { return slices.Clone(t.notes) }

// Equity is the wallet of asset plus the open profit of its positions, each valued at the mark price, or at the middle of the
// last top of book where no mark price came yet.
func (t *Trader) Equity(asset string) (decimal.Decimal, error) { return t.books.Equity(asset, t.value) }

// Margin estimates how near the account is to its liquidation in asset, with positions valued as in [Trader.Equity].
func (t *Trader) Margin(asset string) (ledger.Margin, error) { return t.books.Margin(asset, t.value) }

func (t *Trader) value(in *market.Instrument) (decimal.Decimal, bool) {
	for _, s := range t.sessions {
		if s.in == in {
			return s.value()
		}
	}
	return decimal.Zero, false
}

// note tells a person, and the journal.
func (t *Trader) note(format string, args ...any) {
	t.say(market.RecordNote, fmt.Sprintf(format, args...))
}

func (t *Trader) say(k market.RecordKind, text string) {
	if len(t.notes) < notesMax {
		t.notes = append(t.notes, text)
	} else {
		t.unsaid++
	}
	r := t.entry(k)
	r.Text = text
	t.journal.Append(r)
	if t.cfg.Note != nil {
		t.cfg.Note(text)
	}
}

// noIncrease lets only what reduces a position pass from now on, and says why. The journal latches it: a later run on the same
// journal is told so.
func (t *Trader) noIncrease(format string, args ...any) {
	t.hold()
	t.say(market.RecordLatch, "no-increase: "+fmt.Sprintf(format, args...))
}

// hold is the no-increase mode of the kernel itself.
func (t *Trader) hold() {
	t.latched = true
	if t.desk.Mode() == risk.Normal {
		t.desk.SetMode(risk.NoIncrease)
	}
}

// entry starts a journal record in the reused slot.
func (t *Trader) entry(k market.RecordKind) *market.Record {
	t.record = market.Record{Kind: k, Time: t.loop.Now()}
	return &t.record
}

// bell wakes the one task that listens to it. A ring without a listener is remembered.
type bell struct{ aio.Waiter }

func (b *bell) ring() { b.Wake() }

// waitFor waits for a ring, no longer than d. That the time was up is no error; that a scope around was, is.
func (b *bell) waitFor(co *aio.Co, d time.Duration) error {
	err := aio.Timeout(co, d, func(co *aio.Co, _ *aio.Scope) error { return b.Wait(co) })
	if co.Err() != nil {
		return co.Yield() // the cancellation itself, not what Timeout made of it
	}
	return beside(err)
}
