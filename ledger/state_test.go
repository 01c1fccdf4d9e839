package ledger_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"baton/decimal"
	"baton/ledger"
	"baton/market"
)

// life is a ledger after some fills, funding and a difference.
func life(t *testing.T, in *market.Instrument) *ledger.Ledger {
	l := ledger.New(nil)
	check(t, l.Deposit(1, "USDT", dec("10000")))
	check(t, l.Deposit(1, "BNB", dec("2")))
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range int64(40) {
		side := market.Buy
		if rng.IntN(2) == 0 {
			side = market.Sell
		}
		f := fill(in, 100+i, side, 600000+rng.IntN(100), 1+rng.IntN(9), "0", "0.01")
		if i%5 == 0 {
			f.Asset, f.Commission = "BNB", dec("0.00001")
		}
		_, err := l.Fill(f)
		check(t, err)
	}
	check(t, l.Funding(9, in, "USDT", dec("-0.5")))
	check(t, l.Adjust(9, "USDT", dec("0.25"), "test"))
	return l
}

// What was restored is what was there: balances, positions, and the trades that are known again.
func TestRestore(t *testing.T) {
	in := btc()
	l := life(t, in)
	state := l.State()
	var lines []string
	again := ledger.New(func(b []byte) { lines = append(lines, string(b)) })
	check(t, again.Restore(&state))
	if got := again.State(); !reflect.DeepEqual(got, state) {
		t.Errorf("restored\n%+v, was\n%+v", got, state)
	}
	if all := strings.Join(lines, ""); !strings.Contains(all, "carried balance asset=USDT wallet="+l.Wallet("USDT").String()) ||
		!strings.Contains(all, "carried position sym=BTCUSDT") {
		t.Errorf("the restored books say %q", lines)
	}
	last := state.Holdings[0].Trades[39]
	if applied, err := again.Fill(fill(in, last.Trade, last.Side, 1, 1, "0", "0.01")); applied || !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("a known trade with other figures: %v, %v", applied, err)
	}
	for _, x := range []*ledger.Ledger{l, again} {
		if applied, err := x.Fill(fill(in, 500, market.Buy, 600000, 1, "0", "0.01")); !applied || err != nil {
			t.Errorf("a new trade: %v, %v", applied, err)
		}
	}
	if !reflect.DeepEqual(again.State(), l.State()) {
		t.Error("the restored ledger went another way")
	}
	check(t, again.Check())
}

func TestRestoreKeepsWhatWasForgotten(t *testing.T) {
	in := btc()
	s := life(t, in).State()
	s.Holdings[0].Forgotten = 50
	l := ledger.New(nil)
	check(t, l.Restore(&s))
	if applied, err := l.Fill(fill(in, 40, market.Buy, 600000, 1, "0", "0")); applied || !errors.Is(err, ledger.ErrForgotten) {
		t.Errorf("a trade that may have been booked: %v, %v", applied, err)
	}
	if got := l.State(); got.Holdings[0].Forgotten != 50 {
		t.Errorf("forgotten up to %d", got.Holdings[0].Forgotten)
	}
}

func TestRestoreRefusesWhatCannotBe(t *testing.T) {
	in := btc()
	whole := func() ledger.State { return life(t, in).State() }
	for name, damage := range map[string]func(*ledger.State){
		"unbalanced":          func(s *ledger.State) { s.Assets[0].Balances[0] = dec("1") },
		"an asset twice":      func(s *ledger.State) { s.Assets = append(s.Assets, s.Assets[0]) },
		"an instrument twice": func(s *ledger.State) { s.Holdings = append(s.Holdings, s.Holdings[0]) },
		"no instrument":       func(s *ledger.State) { s.Holdings[0].Position.Instrument = nil },
		"trades out of order": func(s *ledger.State) { s.Holdings[0].Trades[3].Trade = 1 },
	} {
		s, l := whole(), ledger.New(nil)
		damage(&s)
		if err := l.Restore(&s); !errors.Is(err, ledger.ErrState) || l.Stats().Events != 0 || l.Wallet("USDT") != decimal.Zero {
			t.Errorf("%s: %v, %d events", name, err, l.Stats().Events)
		}
	}
	l, s := life(t, in), whole()
	if err := l.Restore(&s); !errors.Is(err, ledger.ErrState) {
		t.Errorf("into a full ledger: %v", err)
	}
}

// tiered is an instrument with two margin tiers: 0.4 % up to 50,000, then 1 %, cum 300.
func tiered() *market.Instrument {
	in := btc()
	in.Brackets = []market.Bracket{
		{Cap: dec("50000"), Leverage: 100, Maintenance: dec("0.004")},
		{Floor: dec("50000"), Cap: dec("1000000"), Leverage: 50, Maintenance: dec("0.01"), Cum: dec("300")},
	}
	return in
}

func near(t *testing.T, what string, got decimal.Decimal, want string) {
	t.Helper()
	if d, err := got.Sub(dec(want)); err != nil || d.Abs().Cmp(dec("0.000001")) > 0 {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// By hand: 0.5 BTC at 60,000 with 1,000 in the wallet. Long: (30000-1000)/(0.5-0.5*0.004) = 58232.931727; short:
// (-30000-1000)/(-0.5-0.002) = 61752.988048. 2 BTC at 60,000 with 10,000, second tier: (120000-300-10000)/(2-0.02) =
// 55404.040404. Hedge, 2 long at 60,000 and 1 short at 61,000, 10,000: the long in the second tier, the short in the first or
// second: (120000-61000-10000-600)/(2-1-0.02-0.01) = 49896.907216, where the short's notional is 49,896.9: not the second tier;
// (120000-61000-10000-300)/(2-1-0.02-0.004) = 49897.540984.
func TestLiquidation(t *testing.T) {
	in := tiered()
	for _, c := range []struct {
		rest string
		legs []ledger.Leg
		want string
	}{
		{"1000", []ledger.Leg{{Qty: 500, Cost: dec("30000")}}, "58232.93172691"},
		{"1000", []ledger.Leg{{Qty: -500, Cost: dec("-30000")}}, "61752.98804781"},
		{"10000", []ledger.Leg{{Qty: 2000, Cost: dec("120000")}}, "55404.04040404"},
		{"10000", []ledger.Leg{{Qty: 2000, Cost: dec("120000")}, {Qty: -1000, Cost: dec("-61000")}}, "49897.54098361"},
	} {
		px, ok, err := ledger.LiquidationPrice(in, dec(c.rest), c.legs...)
		if err != nil || !ok {
			t.Errorf("%+v: %v %v", c.legs, ok, err)
		}
		near(t, "liquidation", px, c.want)
	}
	if px, ok, err := ledger.LiquidationPrice(in, dec("40000"), ledger.Leg{Qty: 500, Cost: dec("30000")}); ok || err != nil {
		t.Errorf("a long that is paid for is liquidated at %s, %v", px, err)
	}
	if _, _, err := ledger.LiquidationPrice(btc(), dec("1"), ledger.Leg{Qty: 1}); !errors.Is(err, ledger.ErrNoBrackets) {
		t.Errorf("without tiers: %v", err)
	}
}

// The ledger's own estimate: at the price it names, equity is the maintenance margin, with another position beside it.
func TestMarginAndLiquidationOfAnAccount(t *testing.T) {
	in, eth := tiered(), tiered()
	eth.Symbol = "ETHUSDT"
	l := ledger.New(nil)
	check(t, l.Deposit(1, "USDT", dec("2000")))
	for i, f := range []*market.Fill{fill(in, 1, market.Buy, 600000, 500, "0", "1.5"), fill(eth, 2, market.Sell, 30000, 2000, "0", "1")} {
		if _, err := l.Fill(f); err != nil {
			t.Fatal(i, err)
		}
	}
	prices := map[*market.Instrument]decimal.Decimal{in: dec("60100"), eth: dec("3010")}
	mark := func(in *market.Instrument) (decimal.Decimal, bool) { p, ok := prices[in]; return p, ok }
	m, err := l.Margin("USDT", mark)
	check(t, err)
	near(t, "equity", m.Equity, "2027.5")           // 2000 - 2.5 + 0.5*100 - 2*10
	near(t, "maintenance", m.Maintenance, "144.28") // 0.004 * (30050 + 6020)
	if r := m.Ratio(); r < 0.0711 || r > 0.0712 {
		t.Error(r)
	}
	px, ok, err := l.Liquidation(in, mark)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	prices[in] = px
	m, err = l.Margin("USDT", mark)
	check(t, err)
	near(t, "equity at the liquidation price", m.Equity, m.Maintenance.String())
	if _, ok, err := l.Liquidation(btc(), mark); ok || err != nil {
		t.Errorf("no position: %v, %v", ok, err)
	}
	if r := (ledger.Margin{Maintenance: dec("1")}).Ratio(); r < 1e9 {
		t.Errorf("ratio without equity: %v", r)
	}
}

// Closing at the break-even price leaves nothing: partial profits, commissions and funding counted.
func TestBreakEven(t *testing.T) {
	in := btc()
	l := ledger.New(nil)
	check(t, l.Deposit(1, "USDT", dec("1000")))
	// An earlier position leaves nothing behind.
	for _, f := range []*market.Fill{
		fill(in, 1, market.Buy, 600000, 10, "0", "0.3"), fill(in, 2, market.Sell, 610000, 10, "10", "0.3"),
		fill(in, 3, market.Buy, 600000, 10, "0", "0.3"), fill(in, 4, market.Sell, 600500, 4, "0.2", "0.1"),
	} {
		_, err := l.Fill(f)
		check(t, err)
	}
	check(t, l.Funding(5, in, "USDT", dec("-0.05")))
	p := l.Position(in)
	// 6 lots: cost 360; carried 0.2 - 0.3 - 0.1 - 0.05 = -0.25; (360 + 0.25) / (0.006 - 0.006*0.0005).
	px, ok := p.BreakEven(dec("0.0005"))
	if !ok {
		t.Fatal("no break-even")
	}
	near(t, "break-even", px, "60071.70251793") // 360.25 / 0.005997 = 60071.702518
	// Turned over by one fill: only the share of its commission that opened the short counts.
	_, err := l.Fill(fill(in, 6, market.Sell, 600000, 8, "0", "0.4"))
	check(t, err)
	if p := l.Position(in); p.Carried != dec("-0.1") {
		t.Errorf("carried %s after a turn, want -0.1", p.Carried)
	}
	if _, ok := (&ledger.Position{Instrument: in}).BreakEven(decimal.Zero); ok {
		t.Error("break-even without a position")
	}
}

func TestWorthCountsEveryAsset(t *testing.T) {
	l := ledger.New(nil)
	check(t, l.Deposit(1, "USDT", dec("100")))
	check(t, l.Deposit(1, "BNB", dec("2")))
	none := func(*market.Instrument) (decimal.Decimal, bool) { return decimal.Zero, false }
	w, err := l.Worth("USDT", none, func(a string) (decimal.Decimal, bool) { return dec("600"), a == "BNB" })
	if err != nil || w != dec("1300") {
		t.Error(w, err)
	}
	if _, err := l.Worth("USDT", none, func(string) (decimal.Decimal, bool) { return decimal.Zero, false }); err == nil {
		t.Error("worth without a rate")
	}
}
