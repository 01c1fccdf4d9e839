// Package ledger keeps the account: double-entry, in exact decimals, one posting set an event, each summing to zero.
//
// A [Ledger] belongs to one loop. It is told what happened (fills, funding, transfers, differences nobody can explain) and
// books the venue's own figures; it never estimates, never rounds a balance, never drops a fill. Each event becomes one line
// of text, the same on every run, and the SHA-256 of those lines is the run's digest.
//
//	l := ledger.New(nil)
//	err := l.Deposit(now, "USDT", decimal.MustParse("10000"))
//	applied, err := l.Fill(&fill) // false: this trade was booked before
//	fmt.Println(l.Wallet("USDT"), l.Position(btc).Qty, l.Fees("USDT"))
//	fmt.Println(l.Finish()) // the digest
//
// Six accounts an asset: [Wallet] is what the venue says we have; [Fees], [Realised], [Funding], [Transfers] and [Suspense] say
// why. Their sum is zero after every event, which is asserted when it is written and by [Ledger.Check] whenever asked.
package ledger

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"

	"baton/decimal"
	"baton/market"
)

// Limits of one ledger: assets, and instruments with a position or a past.
const (
	MaxAssets      = 64
	MaxInstruments = 1024
)

// ErrConflict: a trade id came again with other figures. ErrForgotten: a trade id so old that nobody knows whether it was
// booked. ErrFull: more assets or instruments than the ledger takes. ErrUnbalanced: the books do not sum to zero, which is a
// bug. ErrFinished: an event after Finish. After any of them nothing was booked: stop increasing risk and reconcile.
var (
	ErrConflict   = errors.New("ledger: trade was booked before with other figures")
	ErrForgotten  = errors.New("ledger: trade is older than the ledger remembers")
	ErrFull       = errors.New("ledger: too many assets or instruments")
	ErrUnbalanced = errors.New("ledger: accounts do not sum to zero")
	ErrFinished   = errors.New("ledger: finished, no more events")
)

// Account is one of the six accounts that every asset has.
type Account uint8

// The accounts. All but Wallet are its counterparts and carry the opposite sign: a profit is negative in Realised. The methods
// of the same names on [Ledger] turn the sign so that they read as people say it.
const (
	Wallet Account = iota
	Fees
	Realised
	Funding
	Transfers // deposits, withdrawals, transfers, the opening balance
	Suspense  // what cannot be explained
	accounts
)

// String is the account's name in lines.
func (a Account) String() string {
	return [...]string{"wallet", "fees", "realised", "funding", "transfers", "suspense"}[a]
}

// Posting adds Amount to one account of one asset.
type Posting struct {
	Account Account
	Asset   string
	Amount  decimal.Decimal
}

type balances struct {
	asset string
	of    [accounts]decimal.Decimal
}

// leg names one position of an instrument in hedge mode.
type leg struct {
	in   *market.Instrument
	side market.PositionSide
}

// holding is an instrument's position and the trades it came from.
type holding struct {
	pos    Position
	trades trades
}

// Ledger is one account's books.
type Ledger struct {
	assets   []balances                      // by name
	holdings []*holding                      // by symbol
	index    map[*market.Instrument]*holding // of one-way mode
	hedged   map[leg]*holding                // of hedge mode; nil before there is one

	hash     hash.Hash
	line     func([]byte)
	event    func(*Event)
	buf      []byte
	now      Event // the event in hand, reused
	finished bool
	stats    Stats
}

// Stats counts what a ledger saw.
type Stats struct {
	Events     int64
	Fills      int64           // booked
	Duplicates int64           // fills that had been booked before
	Disputed   int64           // fills whose realised profit differs from our own computation from exact cost
	Dispute    decimal.Decimal // the sum of those differences, theirs minus ours; never booked
}

// New makes an empty ledger. line, if not nil, hears every line as it is written, with its newline; it must not keep the slice.
func New(line func([]byte)) *Ledger {
	return &Ledger{index: make(map[*market.Instrument]*holding), hash: sha256.New(), line: line, buf: make([]byte, 0, 512)}
}

// OnEvent has fn hear every event after it is booked. The event is borrowed for the call.
func (l *Ledger) OnEvent(fn func(*Event)) { l.event = fn }

// Deposit books the opening balance, or any amount that came from outside. Negative: it left.
func (l *Ledger) Deposit(t market.Nanos, asset string, amount decimal.Decimal) error {
	e := l.begin(KindDeposit, t)
	e.post(Transfers, asset, amount)
	return l.commit(e, nil)
}

// Transfer books a deposit, withdrawal or transfer that the venue reported. Amount is the change of the wallet.
func (l *Ledger) Transfer(t market.Nanos, asset string, amount decimal.Decimal, why market.Reason) error {
	e := l.begin(KindTransfer, t)
	e.Reason = why
	e.post(Transfers, asset, amount)
	return l.commit(e, nil)
}

// Funding books a funding payment. Amount is the change of the wallet: negative is paid. in may be nil where the venue did not
// say of which position.
func (l *Ledger) Funding(t market.Nanos, in *market.Instrument, asset string, amount decimal.Decimal) error {
	e := l.begin(KindFunding, t)
	e.Instrument = in
	e.post(Funding, asset, amount)
	h := l.index[in] // nil where nothing is held: then nothing carries it
	if h == nil || h.pos.Qty == 0 || asset != in.Margin {
		return l.commit(e, nil)
	}
	carried, err := h.pos.Carried.Add(amount)
	if err != nil {
		return fmt.Errorf("ledger: funding: %w", err)
	}
	return l.commit(e, func() { h.pos.Carried = carried })
}

// Adjust books a difference that nobody can explain to the suspense account. Whoever calls it owes an alarm.
func (l *Ledger) Adjust(t market.Nanos, asset string, amount decimal.Decimal, why string) error {
	e := l.begin(KindAdjust, t)
	e.Text = why
	e.post(Suspense, asset, amount)
	return l.commit(e, nil)
}

// Change books what the venue pushed about a balance: funding, deposits, withdrawals, transfers to their accounts, anything
// else to suspense (booked is then false: alarm). Changes by orders are not booked here, their fills are.
func (l *Ledger) Change(c *market.Change) (explained bool, err error) {
	if c.Reason == market.ReasonOrder || c.Amount.IsZero() {
		return true, nil
	}
	switch c.Reason {
	case market.ReasonFunding:
		return true, l.Funding(c.Time, c.Instrument, c.Asset, c.Amount)
	case market.ReasonDeposit, market.ReasonWithdraw, market.ReasonTransfer, market.ReasonInsurance:
		return true, l.Transfer(c.Time, c.Asset, c.Amount, c.Reason)
	}
	return false, l.Adjust(c.Time, c.Asset, c.Amount, "the venue gave no reason")
}

// Adopt makes an instrument's position what the venue says it is, at the venue's entry price, without a word about how it came
// to be: for the start on an account that holds positions, and for differences that reconciliation cannot explain. Money is
// not touched.
func (l *Ledger) Adopt(t market.Nanos, p market.Position, why string) error {
	h, err := l.holding(p.Instrument, p.Side)
	if err != nil {
		return err
	}
	cost, err := p.Entry.Mul(p.Instrument.Quantity(p.Qty), decimal.HalfEven)
	if err != nil {
		return fmt.Errorf("ledger: adopt %s: %w", p.Instrument.Symbol, err)
	}
	e := l.begin(KindAdopt, t)
	e.Instrument, e.Text, e.Position.Side = p.Instrument, why, p.Side
	return l.commit(e, func() { h.pos.Qty, h.pos.Cost, h.pos.Carried = p.Qty, cost, decimal.Zero })
}

// Fill books a trade with the venue's own commission and realised profit, once by (instrument, trade id, side): applied is
// false where it had been booked before. ErrConflict and ErrForgotten mean that it was not booked and must be looked into.
// The realised profit is also computed from our exact cost; a difference is counted in [Stats], never booked.
func (l *Ledger) Fill(f *market.Fill) (applied bool, err error) {
	h, err := l.holding(f.Instrument, f.For)
	if err != nil {
		return false, err
	}
	at, seen, err := h.trades.find(f)
	if err != nil {
		return false, fmt.Errorf("%w: %s trade %d order %d", err, f.Instrument.Symbol, f.Trade, f.Order)
	}
	if seen {
		l.stats.Duplicates++
		return false, nil
	}
	if err := l.bookFill(h, f); err != nil {
		return false, fmt.Errorf("%s trade %d: %w", f.Instrument.Symbol, f.Trade, err)
	}
	h.trades.insert(at, f)
	l.stats.Fills++
	return true, nil
}

// bookFill moves position and accounts by a trade that is new, or nothing at all.
func (l *Ledger) bookFill(h *holding, f *market.Fill) error {
	pos, own, err := h.pos.after(f)
	if err != nil {
		return err
	}
	dispute, err := f.Realised.Sub(own)
	if err != nil {
		return err
	}
	total, err := l.stats.Dispute.Add(dispute)
	if err != nil {
		return err
	}
	e := l.begin(KindFill, f.Time)
	e.Instrument, e.Fill, e.Own, e.Position.Side = f.Instrument, *f, own, f.For
	e.post(Realised, f.Instrument.Margin, f.Realised)
	e.post(Fees, f.Asset, f.Commission.Neg())
	if err := l.commit(e, func() { h.pos = pos }); err != nil {
		return err
	}
	if !dispute.IsZero() {
		l.stats.Disputed++
		l.stats.Dispute = total
	}
	return nil
}

// begin starts an event in the reused slot.
func (l *Ledger) begin(k Kind, t market.Nanos) *Event {
	l.now = Event{Kind: k, Time: t}
	return &l.now
}

// commit books the event's postings or none of them, then writes its line. then, if given, runs once nothing can fail any
// more and before the line is made.
func (l *Ledger) commit(e *Event, then func()) error {
	if l.finished {
		return ErrFinished
	}
	if err := e.balanced(); err != nil {
		return err
	}
	ps := e.Postings()
	for i := range ps {
		if err := l.add(&ps[i]); err != nil {
			l.undo(ps[:i])
			return fmt.Errorf("ledger: %s: %w", e.Kind, err)
		}
	}
	if then != nil {
		then()
	}
	if e.Instrument != nil {
		e.Position = l.PositionOf(e.Instrument, e.Position.Side)
	}
	if len(ps) > 0 {
		e.Wallet = l.Wallet(ps[0].Asset)
	}
	l.stats.Events++
	l.write(e.Append(l.buf[:0]))
	if l.event != nil {
		l.event(e)
	}
	return nil
}

func (l *Ledger) add(p *Posting) error {
	b, err := l.asset(p.Asset)
	if err != nil {
		return err
	}
	sum, err := b.of[p.Account].Add(p.Amount)
	if err != nil {
		return err
	}
	b.of[p.Account] = sum
	return nil
}

// undo takes postings back; they were just added, so that subtracting them cannot overflow.
func (l *Ledger) undo(ps []Posting) {
	for i := range ps {
		if b := l.find(ps[i].Asset); b != nil {
			b.of[ps[i].Account], _ = b.of[ps[i].Account].Sub(ps[i].Amount)
		}
	}
}

func (l *Ledger) write(line []byte) {
	l.buf = line
	_, _ = l.hash.Write(line) // never fails: hash.Hash
	if l.line != nil {
		l.line(line)
	}
}

func (l *Ledger) find(asset string) *balances {
	for i := range l.assets {
		if l.assets[i].asset == asset {
			return &l.assets[i]
		}
	}
	return nil
}

func (l *Ledger) asset(name string) (*balances, error) {
	if b := l.find(name); b != nil {
		return b, nil
	}
	if len(l.assets) == MaxAssets {
		return nil, fmt.Errorf("%w: asset %s is number %d", ErrFull, name, MaxAssets+1)
	}
	i, _ := slices.BinarySearchFunc(l.assets, name, func(b balances, n string) int { return cmp.Compare(b.asset, n) })
	l.assets = slices.Insert(l.assets, i, balances{asset: name})
	return &l.assets[i], nil
}

func (l *Ledger) holding(in *market.Instrument, side market.PositionSide) (*holding, error) {
	if h := l.held(in, side); h != nil {
		return h, nil
	}
	if len(l.holdings) == MaxInstruments {
		return nil, fmt.Errorf("%w: instrument %s is number %d", ErrFull, in.Symbol, MaxInstruments+1)
	}
	h := &holding{pos: Position{Instrument: in, Side: side}}
	i, _ := slices.BinarySearchFunc(l.holdings, &h.pos, func(h *holding, p *Position) int {
		return cmp.Or(cmp.Compare(h.pos.Instrument.Symbol, p.Instrument.Symbol), cmp.Compare(h.pos.Side, p.Side))
	})
	l.holdings = slices.Insert(l.holdings, i, h)
	if side == market.Both {
		l.index[in] = h
		return h, nil
	}
	if l.hedged == nil {
		l.hedged = make(map[leg]*holding)
	}
	l.hedged[leg{in, side}] = h
	return h, nil
}

// held is an instrument's position of a side, or nil.
func (l *Ledger) held(in *market.Instrument, side market.PositionSide) *holding {
	if side == market.Both {
		return l.index[in]
	}
	return l.hedged[leg{in, side}]
}

// Finish writes the final balances and positions, once, and returns the digest. Events after it are refused.
func (l *Ledger) Finish() string {
	if !l.finished {
		l.finished = true
		for i := range l.assets {
			l.write(l.assets[i].append(l.buf[:0]))
		}
		for _, h := range l.holdings {
			l.write(h.pos.append(l.buf[:0]))
		}
	}
	return l.Digest()
}

// Digest is the SHA-256, in hex, of all lines so far: what sha256sum says of a file of them.
func (l *Ledger) Digest() string { return hex.EncodeToString(l.hash.Sum(nil)) }
