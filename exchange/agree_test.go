package exchange_test

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"baton/decimal"
	"baton/exchange"
	"baton/ledger"
	"baton/market"
)

// books keeps a trader's ledger for every account, from nothing but the events that the exchange reports.
type books struct {
	t    *testing.T
	d    *desk
	of   map[int]*ledger.Ledger
	seen int // fills booked
}

// read books the events so far.
func (b *books) read() {
	b.t.Helper()
	for k := range b.d.ev.List {
		e := &b.d.ev.List[k]
		who := int(e.Account)
		l := b.of[who]
		if l == nil {
			l = ledger.New(nil)
			b.of[who] = l
		}
		switch e.Kind {
		case exchange.EventUpdate:
			u := b.d.ev.Update(e)
			if u.Exec != exchange.ExecTrade {
				continue
			}
			f := &u.Fill
			b.seen++
			if _, err := l.Fill(&market.Fill{Instrument: b.d.in, Order: 1, Trade: f.Trade, Side: f.Side, Px: f.Px, Qty: f.Qty,
				Commission: f.Commission, Asset: "USDT", Realised: f.Realised, Maker: f.Maker, Time: f.Time}); err != nil {
				b.t.Fatal(err)
			}
		case exchange.EventChange:
			c := b.d.ev.Change(e)
			m := market.Change{Reason: c.Reason, Asset: c.Asset, Amount: c.Amount, Wallet: c.Wallet, Time: c.Time}
			if c.Instrument >= 0 {
				m.Instrument = b.d.in
			}
			if _, err := l.Change(&m); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	b.d.ev.Reset()
}

// agree compares wallets, positions, profits and margins of all accounts with the ledgers', and with sums done here.
func (b *books) agree(mark decimal.Decimal, leverage map[int]int64) {
	b.t.Helper()
	d := b.d
	_, fund := d.x.Insurance()
	for a := 1; a < d.x.Accounts(); a++ {
		if a == fund {
			continue // what it gets and gives is told to those it deals with
		}
		l, state, p := b.of[a], d.acc(a), d.x.Position(a, 0)
		if l == nil {
			continue
		}
		if l.Wallet("USDT") != state.Wallet {
			b.t.Fatalf("account %d: wallet %s, the ledger has %s", a, state.Wallet, l.Wallet("USDT"))
		}
		mine := l.Position(d.in)
		if mine.Qty != p.Qty || mine.Cost != p.Cost || p.Qty != 0 && mine.Entry() != p.Entry(d.in) {
			b.t.Fatalf("account %d: position %d for %s, the ledger has %d for %s", a, p.Qty, p.Cost, mine.Qty, mine.Cost)
		}
		if stats := l.Stats(); stats.Disputed != 0 {
			b.t.Fatalf("account %d: the ledger disagrees with %d realised profits", a, stats.Disputed)
		}
		if mark.IsZero() || p.Qty == 0 {
			continue
		}
		profit, err := mine.Unrealised(mark)
		if err != nil || profit != p.Unrealised {
			b.t.Fatalf("account %d: unrealised %s, the ledger says %s, %v", a, p.Unrealised, profit, err)
		}
		if held, maintain := sums(d.in, p.Qty, mark, leverage[a]); held != p.Held || maintain != p.Maintain {
			b.t.Fatalf("account %d: margin %s and %s, by hand %s and %s", a, p.Held, p.Maintain, held, maintain)
		}
		if state.Margin().Cmp(state.Maintain) <= 0 {
			b.t.Fatalf("account %d: not liquidated: %+v", a, state)
		}
	}
}

// sums are initial and maintenance margin of a position in exact fractions: the first rounded up, the second half-even.
func sums(in *market.Instrument, qty market.Lots, mark decimal.Decimal, leverage int64) (initial, maintain decimal.Decimal) {
	unit := big.NewRat(1, decimal.Scale)
	value := func(d decimal.Decimal) *big.Rat { return new(big.Rat).Mul(big.NewRat(d.Units(), 1), unit) }
	notional := new(big.Rat).Mul(value(in.Quantity(qty)), value(mark))
	notional.Abs(notional)
	n := nearest(new(big.Rat).Quo(notional, unit))
	worth := new(big.Rat).SetInt(n)
	up := new(big.Int).Add(n, big.NewInt(leverage-1))
	initial = decimal.FromUnits(up.Quo(up, big.NewInt(leverage)).Int64())
	b := in.Brackets[0]
	for _, c := range in.Brackets {
		if decimal.FromUnits(n.Int64()).Cmp(c.Floor) > 0 {
			b = c
		}
	}
	rate := nearest(new(big.Rat).Mul(worth, value(b.Maintenance)))
	return initial, decimal.FromUnits(max(rate.Int64()-b.Cum.Units(), 0))
}

// nearest rounds to an integer, a tie to the even one.
func nearest(r *big.Rat) *big.Int {
	q, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	if c := rest.Lsh(rest, 1).CmpAbs(r.Denom()); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	return q
}

// Whatever happens, trading, funding, liquidation, takeover or deleveraging: a trader's ledger that hears only the events has the
// exchange's wallets, positions and profits to the last decimal, and margins are those of the formulas.
func TestLedgersAgree(t *testing.T) {
	liquidated := 0
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 11))
		kind := exchange.MarketKind(1 + seed%2)
		in := withLiquidationFee()
		in.MinNotional = decimal.Zero
		d := openWith(t, kind, 0, in, exchange.Config{Start: start, Insurance: decimal.FromUnits(int64(seed%3) * 2000 * decimal.Scale)})
		b, leverage := &books{t: t, d: d, of: map[int]*ledger.Ledger{}}, map[int]int64{}
		for a := 1; a <= 6; a++ {
			if err := d.x.Deposit(d.now, d.x.AddAccount("somebody"), dec([]string{"900", "3000", "1000000"}[a%3])); err != nil {
				t.Fatal(err)
			}
			leverage[a] = []int64{100, 50, 20}[rng.IntN(3)]
			_, refusal := d.x.SetLeverage(d.now, a, 0, int(leverage[a]))
			d.refused(refusal, 0)
		}
		mid := market.Ticks(618_000)
		for range 1500 {
			mid += market.Ticks(rng.IntN(801) - 400)
			d.now += rng.Int64N(20e9)
			for d.x.Next() <= d.now {
				d.x.Timer(d.x.Next())
			}
			d.disturb(rng, mid)
			r := limit(1+rng.IntN(6), market.Side(1-2*rng.IntN(2)), mid+market.Ticks(rng.IntN(41)-20), market.Lots(1+rng.IntN(400)))
			r.ReduceOnly = rng.IntN(6) == 0
			d.x.Place(d.now, &r)
			for a := 1; a <= 6; a++ {
				if state := d.acc(a); state.Wallet.Cmp(dec("300")) < 0 { // somebody new comes in his place
					if err := d.x.Deposit(d.now, a, dec("1500")); err != nil {
						t.Fatal(err)
					}
				}
			}
			price := decimal.Zero
			if rng.IntN(4) == 0 {
				price = in.Price(mid)
				d.x.Mark(d.now, 0, &market.Mark{Mark: price, Index: price, Rate: dec("0.0007"), Next: d.now + rng.Int64N(60e9)})
			}
			for k := range d.ev.List {
				if e := &d.ev.List[k]; e.Kind == exchange.EventUpdate && d.ev.Update(e).Exec == exchange.ExecCalculated {
					liquidated++
				}
			}
			b.read()
			b.agree(price, leverage)
			d.check()
		}
		price := in.Price(mid)
		d.x.Mark(d.now, 0, &market.Mark{Mark: price, Index: price, Next: d.now + 60e9})
		b.read()
		b.agree(price, leverage)
		if b.seen < 200 {
			t.Fatalf("seed %d: %d fills: this test tests nothing", seed, b.seen)
		}
	}
	if liquidated < 20 {
		t.Fatalf("%d liquidations: this test tests nothing", liquidated)
	}
}
