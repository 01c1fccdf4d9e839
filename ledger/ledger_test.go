package ledger_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"baton/decimal"
	"baton/ledger"
	"baton/market"
)

var dec = decimal.MustParse

func btc() *market.Instrument {
	return &market.Instrument{Symbol: "BTCUSDT", Margin: "USDT", Tick: dec("0.1"), Lot: dec("0.001"), PricePlaces: 2, QtyPlaces: 3}
}

func fill(in *market.Instrument, trade int64, side market.Side, px, qty int, realised, fee string) *market.Fill {
	return &market.Fill{
		Instrument: in, Order: market.OrderID(trade / 10), Trade: trade, Side: side, Px: market.Ticks(px), Qty: market.Lots(qty),
		Commission: dec(fee), Asset: "USDT", Realised: dec(realised), Time: 1000 + trade,
	}
}

func Example() {
	in := btc()
	l := ledger.New(func(line []byte) { fmt.Print(string(line)) })
	_ = l.Deposit(1, "USDT", dec("10000"))
	f := fill(in, 345, market.Buy, 618001, 5, "0", "0.0618001")
	applied, err := l.Fill(f)
	fmt.Println("applied", applied, err)
	applied, err = l.Fill(f)
	fmt.Println("applied", applied, err)
	p := l.Position(in)
	fmt.Println("entry", p.Entry())
	l.Finish()
	// Output:
	// deposit t=1 asset=USDT amount=10000 wallet=10000
	// fill t=1345 sym=BTCUSDT order=34 trade=345 side=BUY px=61800.10 qty=0.005 fee=0.0618001 asset=USDT realised=0 maker=0 pos=0.005 wallet=9999.9381999
	// applied true <nil>
	// applied false <nil>
	// entry 61800.1
	// balance asset=USDT wallet=9999.9381999 fees=0.0618001 realised=0 funding=0 transfers=10000 suspense=0
	// position sym=BTCUSDT pos=0.005 cost=309.0005 realised=0
}

// books is the plainest recomputation of what a ledger must say: sums by name, never posting by posting.
type books struct {
	wallet, realised, fees, funding, in, suspense int64
	qty, cash                                     int64 // lots; ticks times lots paid out
}

// Random lives of an account: the wallet is deposits + realised - fees + funding + suspense, postings sum to zero at every
// step and when folded from the events, the position is the sum of fills, a flat account's own realised profit is its cash flow.
func TestRandomLives(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 2))
		in := btc()
		var text strings.Builder
		l := ledger.New(func(b []byte) { text.Write(b) })
		folded := map[ledger.Account]decimal.Decimal{}
		var own decimal.Decimal
		l.OnEvent(func(e *ledger.Event) {
			for _, p := range e.Postings() {
				folded[p.Account] = add(t, folded[p.Account], p.Amount)
			}
			own = add(t, own, e.Own)
		})
		var want books
		for i := range int64(400) {
			n := rng.Int64N(2_000_000_000) - 1_000_000_000
			amount := decimal.FromUnits(n)
			switch rng.IntN(12) {
			case 0:
				check(t, l.Deposit(i, "USDT", amount))
				want.wallet, want.in = want.wallet+n, want.in+n
			case 1:
				check(t, l.Funding(i, in, "USDT", amount))
				want.wallet, want.funding = want.wallet+n, want.funding+n
			case 2:
				check(t, l.Adjust(i, "USDT", amount, "test"))
				want.wallet, want.suspense = want.wallet+n, want.suspense+n
			case 3:
				check(t, l.Transfer(i, "USDT", amount, market.ReasonWithdraw))
				want.wallet, want.in = want.wallet+n, want.in+n
			default:
				fee := rng.Int64N(1000) - 200
				side := market.Side(rng.IntN(2)*2 - 1)
				f := fill(in, i, side, 600_000+rng.IntN(1000), 1+rng.IntN(50), "0", "0")
				f.Realised, f.Commission = amount, decimal.FromUnits(fee)
				want.fill(t, l, f)
			}
			verify(t, seed, l, in, want, folded)
		}
		p := l.Position(in)
		if p.Qty != 0 {
			side := market.Sell
			if p.Qty < 0 {
				side = market.Buy
			}
			want.fill(t, l, fill(in, 1000, side, 600_500, int(max(p.Qty, -p.Qty)), "0", "0"))
		}
		cash, err := decimal.FromUnits(-want.cash).MulInt(10_000) // a tick times a lot is 0.0001
		check(t, err)
		if own != cash {
			t.Fatalf("seed %d: own realised of a flat account %s, cash flow %s", seed, own, cash)
		}
		if p = l.Position(in); p.Cost.Sign() != 0 {
			t.Fatal("a flat position costs", p.Cost)
		}
		digest := l.Finish()
		if sum := sha256.Sum256([]byte(text.String())); digest != hex.EncodeToString(sum[:]) {
			t.Fatal("the digest is not the SHA-256 of the lines")
		}
		if err := l.Deposit(1, "USDT", decimal.One); !errors.Is(err, ledger.ErrFinished) {
			t.Fatal("an event after Finish:", err)
		}
	}
}

func (b *books) fill(t *testing.T, l *ledger.Ledger, f *market.Fill) {
	t.Helper()
	for _, want := range []bool{true, false} {
		if applied, err := l.Fill(f); applied != want || err != nil {
			t.Fatal(applied, err)
		}
	}
	b.wallet += f.Realised.Units() - f.Commission.Units()
	b.realised += f.Realised.Units()
	b.fees += f.Commission.Units()
	b.qty += int64(f.Side) * int64(f.Qty)
	b.cash += int64(f.Side) * int64(f.Qty) * int64(f.Px)
}

func verify(t *testing.T, seed uint64, l *ledger.Ledger, in *market.Instrument, w books, folded map[ledger.Account]decimal.Decimal) {
	t.Helper()
	got := books{
		l.Wallet("USDT").Units(), l.Realised("USDT").Units(), l.Fees("USDT").Units(), l.FundingOf("USDT").Units(),
		l.Transferred("USDT").Units(), l.Suspended("USDT").Units(), int64(l.Position(in).Qty), w.cash,
	}
	if got != w {
		t.Fatalf("seed %d: %+v, want %+v", seed, got, w)
	}
	if got.wallet != got.in+got.realised-got.fees+got.funding+got.suspense {
		t.Fatalf("seed %d: the wallet is not the sum of its reasons: %+v", seed, got)
	}
	check(t, l.Check())
	var sum decimal.Decimal
	for _, a := range []ledger.Account{ledger.Wallet, ledger.Fees, ledger.Realised, ledger.Funding, ledger.Transfers, ledger.Suspense} {
		sum = add(t, sum, folded[a])
	}
	if !sum.IsZero() || folded[ledger.Wallet] != l.Wallet("USDT") {
		t.Fatalf("seed %d: folded events sum to %s, wallet %s of %s", seed, sum, folded[ledger.Wallet], l.Wallet("USDT"))
	}
}

// A position with known figures, through opening, adding, a partial close, a flip and a close. The venue's realised profit is
// right here, so that nothing is disputed.
func TestPositionByHand(t *testing.T) {
	in := btc()
	l := ledger.New(nil)
	steps := []struct {
		side        market.Side
		px, qty     int
		realised    string
		pos         market.Lots
		cost, entry string
	}{
		{market.Buy, 600_000, 10, "0", 10, "600", "60000"},
		{market.Buy, 600_003, 20, "0", 30, "1800.006", "60000.2"},
		{market.Sell, 600_102, 10, "0.1", 20, "1200.004", "60000.2"},
		{market.Sell, 600_102, 50, "0.2", -30, "-1800.306", "60010.2"},
		{market.Buy, 600_002, 30, "0.3", 0, "0", "0"},
	}
	for i, s := range steps {
		if ok, err := l.Fill(fill(in, int64(i+1), s.side, s.px, s.qty, s.realised, "0")); !ok || err != nil {
			t.Fatal(i, ok, err)
		}
		p := l.Position(in)
		if p.Qty != s.pos || p.Cost != dec(s.cost) || p.Entry() != dec(s.entry) {
			t.Fatalf("step %d: %d lots cost %s entry %s", i, p.Qty, p.Cost, p.Entry())
		}
	}
	if s := l.Stats(); s.Disputed != 0 || s.Fills != 5 {
		t.Fatalf("%+v", s)
	}
	if _, err := l.Fill(fill(in, 9, market.Sell, 600_000, 3, "0.5", "0")); err != nil {
		t.Fatal(err)
	}
	if s := l.Stats(); s.Disputed != 1 || s.Dispute != dec("0.5") || l.Wallet("USDT") != dec("1.1") {
		t.Fatalf("a wrong realised profit must be booked as said, and counted: %+v, wallet %s", s, l.Wallet("USDT"))
	}
}

func TestEquity(t *testing.T) {
	in, eth := btc(), btc()
	eth.Symbol = "ETHUSDT"
	l := ledger.New(nil)
	check(t, l.Deposit(1, "USDT", dec("100")))
	_, err := l.Fill(fill(in, 1, market.Sell, 600_000, 10, "0", "0"))
	check(t, err)
	mark := func(m *market.Instrument) (decimal.Decimal, bool) { return dec("59000.5"), m == in }
	if e, err := l.Equity("USDT", mark); err != nil || e != dec("109.995") {
		t.Fatal(e, err)
	}
	_, err = l.Fill(fill(eth, 1, market.Buy, 1000, 1, "0", "0"))
	check(t, err)
	if _, err := l.Equity("USDT", mark); err == nil || !strings.Contains(err.Error(), "ETHUSDT") {
		t.Fatal("equity without a mark price:", err)
	}
}

// The same trade with other figures is a conflict; both sides of a trade with ourselves are two fills; an old trade that was
// forgotten is refused, one that was not may come late.
func TestTradeMemory(t *testing.T) {
	in := btc()
	l := ledger.New(nil)
	book := func(f *market.Fill, want bool, wantErr error) {
		t.Helper()
		before := l.Wallet("USDT")
		applied, err := l.Fill(f)
		if applied != want || !errors.Is(err, wantErr) {
			t.Fatalf("trade %d: applied %v, %v", f.Trade, applied, err)
		}
		if !want && l.Wallet("USDT") != before {
			t.Fatal("a refused fill moved the wallet")
		}
	}
	const step = 10
	for i := range int64(2*ledger.MaxTrades + 1) {
		book(fill(in, (i+1)*step, market.Buy, 600_000, 1, "0", "0.01"), true, nil)
	}
	last := int64(2*ledger.MaxTrades+1) * step
	book(fill(in, last, market.Buy, 600_000, 1, "0", "0.01"), false, nil)
	book(fill(in, last, market.Buy, 600_000, 2, "0", "0.01"), false, ledger.ErrConflict)
	book(fill(in, last, market.Sell, 600_000, 1, "0", "0.01"), true, nil)
	book(fill(in, last, market.Sell, 600_000, 1, "0", "0.01"), false, nil)
	book(fill(in, last-5, market.Sell, 600_000, 1, "0", "0.01"), true, nil)
	book(fill(in, last-5, market.Sell, 600_000, 1, "0", "0.01"), false, nil)
	forgotten := int64(ledger.MaxTrades * step)
	book(fill(in, forgotten, market.Buy, 600_000, 1, "0", "0.01"), false, ledger.ErrForgotten)
	book(fill(in, forgotten+step, market.Buy, 600_000, 1, "0", "0.01"), false, nil)
	book(fill(in, forgotten+1, market.Buy, 600_000, 1, "0", "0.01"), true, nil)
}

// What cannot be booked changes nothing: no wallet, no position, no line.
func TestOverflowBooksNothing(t *testing.T) {
	in := btc()
	lines := 0
	l := ledger.New(func([]byte) { lines++ })
	check(t, l.Deposit(1, "USDT", dec("92000000000")))
	if err := l.Deposit(2, "USDT", dec("1000000000")); !errors.Is(err, decimal.ErrOverflow) {
		t.Fatal(err)
	}
	f := fill(in, 1, market.Buy, 600_000, 1, "0", "1")
	f.Realised = dec("1000000000")
	if ok, err := l.Fill(f); ok || !errors.Is(err, decimal.ErrOverflow) {
		t.Fatal(ok, err)
	}
	if l.Wallet("USDT") != dec("92000000000") || l.Position(in).Qty != 0 || l.Fees("USDT").Sign() != 0 || lines != 1 {
		t.Fatal(l.Wallet("USDT"), l.Position(in).Qty, lines)
	}
	check(t, l.Check())
	f.Realised = decimal.Zero
	if ok, err := l.Fill(f); !ok || err != nil {
		t.Fatal("the trade that failed must be bookable:", ok, err)
	}
}

// An event whose last posting fails takes its first ones back: here the profits no longer fit, while the wallet has room.
func TestOverflowTakesBack(t *testing.T) {
	in := btc()
	l := ledger.New(nil)
	f := fill(in, 1, market.Buy, 600_000, 1, "50000000000", "1")
	_, err := l.Fill(f)
	check(t, err)
	check(t, l.Transfer(2, "USDT", dec("-50000000000"), market.ReasonWithdraw))
	f.Trade, f.Instrument = 2, btc()
	if ok, err := l.Fill(f); ok || !errors.Is(err, decimal.ErrOverflow) {
		t.Fatal(ok, err)
	}
	if l.Wallet("USDT") != dec("-1") || l.Fees("USDT") != decimal.One || l.Position(f.Instrument).Qty != 0 {
		t.Fatal(l.Wallet("USDT"), l.Fees("USDT"), l.Position(f.Instrument).Qty)
	}
	check(t, l.Check())
}

func TestLimits(t *testing.T) {
	l := ledger.New(nil)
	for i := range ledger.MaxAssets {
		check(t, l.Deposit(1, fmt.Sprintf("A%02d", (i*7)%ledger.MaxAssets), decimal.One))
	}
	if err := l.Deposit(1, "ONE MORE", decimal.One); !errors.Is(err, ledger.ErrFull) {
		t.Fatal(err)
	}
	prior := ""
	for a := range l.Assets() {
		if a <= prior {
			t.Fatal("assets out of order:", prior, a)
		}
		prior = a
	}
	l = ledger.New(nil)
	for i := range ledger.MaxInstruments {
		in := btc()
		in.Symbol = fmt.Sprintf("S%04d", (i*7)%ledger.MaxInstruments)
		_, err := l.Fill(fill(in, 1, market.Buy, 1, 1, "0", "0"))
		check(t, err)
	}
	if _, err := l.Fill(fill(btc(), 1, market.Buy, 1, 1, "0", "0")); !errors.Is(err, ledger.ErrFull) {
		t.Fatal(err)
	}
}

func TestChangeAndAdopt(t *testing.T) {
	in := btc()
	var text strings.Builder
	l := ledger.New(func(b []byte) { text.Write(b) })
	for _, c := range []struct {
		why       market.Reason
		amount    string
		explained bool
	}{
		{market.ReasonOrder, "5", true}, {market.ReasonFunding, "-0.25", true}, {market.ReasonDeposit, "10", true},
		{market.ReasonOther, "1", false}, {market.ReasonOther, "0", true},
	} {
		ok, err := l.Change(&market.Change{Reason: c.why, Asset: "USDT", Amount: dec(c.amount), Instrument: in, Time: 7})
		if ok != c.explained || err != nil {
			t.Fatal(c, ok, err)
		}
	}
	check(t, l.Adopt(8, market.Position{Instrument: in, Qty: -20, Entry: dec("60000.25")}, "found"))
	if p := l.Position(in); p.Qty != -20 || p.Cost != dec("-1200.005") || p.Entry() != dec("60000.25") {
		t.Fatalf("%+v", p)
	}
	want := `funding t=7 sym=BTCUSDT asset=USDT amount=-0.25 wallet=-0.25
transfer t=7 asset=USDT amount=10 reason=DEPOSIT wallet=9.75
adjust t=7 asset=USDT amount=1 why="the venue gave no reason" wallet=10.75
adopt t=8 sym=BTCUSDT pos=-0.020 cost=-1200.005 why="found"
`
	if text.String() != want {
		t.Fatal(text.String())
	}
}

func TestFillAllocates(t *testing.T) {
	in := btc()
	l := ledger.New(func([]byte) {})
	f := fill(in, 1, market.Buy, 600_000, 1, "0", "0.01")
	next := func() {
		f.Trade++
		f.Side = -f.Side
		if ok, err := l.Fill(f); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	for range 2*ledger.MaxTrades + 2 {
		next()
	}
	if n := testing.AllocsPerRun(1000, next); n != 0 {
		t.Fatal(n, "allocations a fill")
	}
}

func BenchmarkFill(b *testing.B) {
	in := btc()
	l := ledger.New(nil)
	f := fill(in, 1, market.Buy, 600_000, 1, "0.12345678", "0.01")
	b.ReportAllocs()
	for b.Loop() {
		f.Trade++
		f.Side = -f.Side
		if ok, err := l.Fill(f); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func add(t *testing.T, a, b decimal.Decimal) decimal.Decimal {
	t.Helper()
	s, err := a.Add(b)
	check(t, err)
	return s
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
