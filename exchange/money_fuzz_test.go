package exchange_test

import (
	"math/rand/v2"
	"testing"

	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// FuzzMoney does whatever the bytes say with settings, margins, marks, funding and orders. Nothing may panic, every transaction
// balances (else the exchange itself panics), and so does the whole after each step.
func FuzzMoney(f *testing.F) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 24 {
		seed := make([]byte, 400)
		for k := range seed {
			seed[k] = byte(rng.Uint32())
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c := withLiquidationFee()
		c.MinNotional = decimal.Zero
		next := func() int {
			if len(in) == 0 {
				return 0
			}
			b := in[0]
			in = in[1:]
			return int(b)
		}
		kind := exchange.MarketKind(1 + next()%2)
		d := openWith(t, kind, 1, c, exchange.Config{Start: start, KeepOrders: 20, KeepFills: 10, KeepIncome: 10})
		for range 4 {
			if err := d.x.Deposit(d.now, d.x.AddAccount("somebody"), decimal.FromUnits(int64(next()+1)*40*decimal.Scale)); err != nil {
				t.Fatal(err)
			}
		}
		mid := market.Ticks(618_000)
		for len(in) > 0 {
			d.now += int64(next()) * 1e7
			for d.x.Next() <= d.now {
				d.x.Timer(d.x.Next())
			}
			d.whatever(next, &mid)
			d.check()
			d.queries()
			d.ev.Reset()
		}
	})
}

// whatever is one step.
func (d *desk) whatever(next func() int, mid *market.Ticks) {
	who, x := 1+next()%5, d.x
	side := market.PositionSide(next() % 3)
	switch next() % 12 {
	case 0:
		x.SetLeverage(d.now, who, 0, next())
	case 1:
		x.SetIsolated(d.now, who, 0, next()%2 == 0)
	case 2:
		x.SetHedge(who, next()%2 == 0)
	case 3:
		x.MoveMargin(d.now, who, 0, side, decimal.FromUnits(int64(next()-100)*decimal.Scale))
	case 4:
		*mid += market.Ticks((next() - 128) * 40)
		price := d.in.Price(*mid)
		x.Mark(d.now, 0, &market.Mark{Mark: price, Index: price, Rate: decimal.FromUnits(int64(next()-128) * 10_000), Next: d.now + int64(next())*1e8})
	case 5:
		x.SetIndex(0, d.in.Price(*mid))
		_ = x.SetFunding(0, exchange.FundingTerms{Hours: next() % 9})
	case 6:
		_ = x.DepositCoins(d.now, who, decimal.FromUnits(int64(next())*1e6))
		x.SetCoinPrice(dec("600"))
		x.SetFeeBurn(who, next()%2 == 0)
	case 7:
		_ = x.Deposit(d.now, who, decimal.FromUnits(int64(next()-128)*decimal.Scale))
	case 8:
		x.CancelAll(d.now, who, -1)
	case 9:
		if x.Kind(0) == exchange.Recorded {
			d.quote(*mid, market.Lots(next()+1)*10, *mid+1, market.Lots(next()+1)*10)
		}
	default:
		r := limit(who, market.Side(1-2*(next()%2)), *mid+market.Ticks(next()-128), market.Lots(next()+1)*4)
		r.ReduceOnly, r.TIF = next()%5 == 0, market.TIF(1+next()%3)
		if a, _ := x.Account(who); a.Hedge {
			r.PositionSide = side
		}
		x.Place(d.now, &r)
	}
}

// queries asks all that may be asked of accounts.
func (d *desk) queries() {
	for a := range d.x.Accounts() {
		if _, ok := d.x.Account(a); !ok {
			d.t.Fatal("no account", a)
		}
		for _, p := range d.x.AppendPositions(nil, a, -1) {
			p.Entry(d.in)
			p.BreakEven(d.in)
			p.Notional()
			if price := d.x.LiquidationPrice(a, 0, p.Side); price.Sign() < 0 {
				d.t.Fatal("a negative price to be liquidated at")
			}
			if q := d.x.ADL(a, 0, p.Side); q < 0 || q > 4 {
				d.t.Fatal("quantile", q)
			}
		}
	}
}
