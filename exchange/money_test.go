package exchange_test

import (
	"math/rand/v2"
	"testing"

	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// A round trip by hand: bought 0.010 at 61,800.1 and 0.005 at 61,790.0, sold 0.012 and then 0.013 at 61,900.0.
func TestProfitByHand(t *testing.T) {
	d := open(t, exchange.Matched, 2)
	steps := []struct {
		side                     market.Side
		px                       market.Ticks
		qty                      market.Lots
		commission, realised     string
		position                 market.Lots
		cost, entry, otherWallet string
	}{
		{market.Buy, 618_001, 10, "0.3090005", "0", 10, "618.001", "61800.1", "999999.8763998"},
		{market.Buy, 617_900, 5, "0.154475", "0", 15, "926.951", "61796.73333333", "999999.8146098"},
		// 926.951 * 12 / 15 = 741.5608
		{market.Sell, 619_000, 12, "0.3714", "1.2392", 3, "185.3902", "61796.73333333", "999998.4268498"},
		// it closes 3 and opens 10 short
		{market.Sell, 619_000, 13, "0.40235", "0.3098", -10, "-619", "61900", "999997.9561098"},
	}
	for k, s := range steps {
		d.place(limit(2, -s.side, s.px, s.qty))
		d.place(limit(1, s.side, s.px, s.qty))
		fills := d.x.AppendFills(nil, 1, 0)
		f, p := fills[len(fills)-1], d.x.Position(1, 0)
		if f.Commission != dec(s.commission) || f.Realised != dec(s.realised) || f.Maker {
			t.Fatalf("step %d: commission %s, realised %s", k, f.Commission, f.Realised)
		}
		if p.Qty != s.position || p.Cost != dec(s.cost) || p.Entry(d.in) != dec(s.entry) {
			t.Fatalf("step %d: position %d, cost %s, entry %s", k, p.Qty, p.Cost, p.Entry(d.in))
		}
		if a, _ := d.x.Account(2); a.Wallet != dec(s.otherWallet) {
			t.Fatalf("step %d: the maker has %s", k, a.Wallet)
		}
		d.check()
	}
	if d.x.Fees() != dec("1.73211570") {
		t.Fatal("fees", d.x.Fees())
	}
}

// Margin by hand: 2 BTC at 61,800 with leverage 20, the mark at 61,800.05.
func TestMarginByHand(t *testing.T) {
	d := open(t, exchange.Recorded, 1)
	d.diff(nil, levels(618_000, 0, 618_001, 5000))
	d.place(limit(1, market.Buy, 618_001, 2000))
	d.place(limit(1, market.Buy, 617_000, 1000))
	d.place(limit(1, market.Sell, 619_000, 500))
	a, _ := d.x.Account(1)
	// exposure with all bids filled: 2*61800.05 + 61700 = 185300.1; maintenance 123600.1*0.004
	if p := d.x.Position(1, 0); p.Bids != dec("61700") || p.Asks != dec("30950") || p.Unrealised != dec("-0.1") {
		t.Fatalf("%+v", p)
	}
	if a.Initial != dec("9265.005") || a.Maintain != dec("494.4004") || a.Unrealised != dec("-0.1") {
		t.Fatalf("%+v", a)
	}
	if a.Wallet != dec("999938.1999") || a.Available != dec("990673.0949") || a.Margin() != dec("999938.0999") {
		t.Fatalf("%+v", a)
	}
	d.check()
}

// Offers count like bids: the larger side of the exposure needs margin.
func TestMarginOfOffers(t *testing.T) {
	d := open(t, exchange.Recorded, 1)
	d.place(limit(1, market.Sell, 619_000, 1000))
	d.place(limit(1, market.Buy, 617_000, 500))
	if a, _ := d.x.Account(1); a.Initial != dec("3095") {
		t.Fatalf("%+v", a)
	}
}

// An order far through the market costs what it would lose at once, on top of its margin.
func TestOpenLoss(t *testing.T) {
	for money, code := range map[string]int{"5300": -2019, "5400": 0} { // 3,200 of margin and 2,199.95 of loss
		d := open(t, exchange.Recorded, 0)
		me := d.x.AddAccount("me")
		if err := d.x.Deposit(d.now, me, dec(money)); err != nil {
			t.Fatal(err)
		}
		r := limit(me, market.Buy, 640_000, 1000)
		if _, refusal := d.x.Place(d.now, &r); refusal.Code != code {
			t.Errorf("with %s: %v, want %d", money, refusal, code)
		}
	}
}

// Maintenance counts even where leverage asks for less margin: at or below it positions are closed until it is met again.
func TestMaintenance(t *testing.T) {
	in := btc()
	in.Brackets = []market.Bracket{{Cap: dec("1000000"), Leverage: 125, Maintenance: dec("0.02")}}
	d := openWith(t, exchange.Recorded, 0, in, exchange.Config{Start: start, Leverage: 125})
	me := d.x.AddAccount("me")
	if err := d.x.Deposit(d.now, me, dec("1000")); err != nil {
		t.Fatal(err)
	}
	d.diff(nil, levels(618_001, 5000))
	d.place(limit(me, market.Buy, 618_001, 500))
	d.x.Mark(d.now, 0, &market.Mark{Mark: dec("61100"), Index: dec("61100")})
	d.place(limit(me, market.Buy, 600_000, 1))
	d.x.CancelAll(d.now, me, -1)
	d.x.Mark(d.now, 0, &market.Mark{Mark: dec("61040"), Index: dec("61040")})
	// 1000 - 15.450025 - 380.05 is less than the maintenance margin of 610.4 by 5.9: 0.010 BTC less bring it back
	if p, a := d.x.Position(me, 0), d.acc(me); p.Qty >= 500 || a.Margin().Cmp(a.Maintain) <= 0 {
		t.Fatalf("%+v %+v", p, a)
	}
}

// A tie goes to the even neighbour: 61.8001 at 2.5 basis points is 0.015450025, 61.8003 is 0.015450075.
func TestHalfEven(t *testing.T) {
	for px, want := range map[market.Ticks]string{618_001: "0.01545002", 618_003: "0.01545008"} {
		in := btc()
		in.TakerFee = dec("0.00025")
		d := openWith(t, exchange.Matched, 2, in, exchange.Config{Start: start})
		d.place(limit(2, market.Sell, px, 1))
		d.place(limit(1, market.Buy, px, 1))
		if f := d.x.AppendFills(nil, 1, 0); f[0].Commission != dec(want) {
			t.Errorf("at %d: %s, want %s", px, f[0].Commission, want)
		}
	}
}

// Random flows of every kind leave every satoshi where it can be found, in both kinds of market.
func TestMoneyIsConserved(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 7))
		kind := exchange.MarketKind(1 + seed%2)
		d := openWith(t, kind, 4, btc(), exchange.Config{Start: start, KeepOrders: 20, KeepFills: 10})
		d.in.MinNotional = decimal.Zero
		mid, trades := market.Ticks(618_000), 0
		for i := range 2000 {
			mid += market.Ticks(rng.IntN(21) - 10)
			d.now += rng.Int64N(60e9)
			for d.x.Next() <= d.now {
				d.x.Timer(d.x.Next())
			}
			d.disturb(rng, mid)
			r := limit(1+rng.IntN(4), market.Side(1-2*rng.IntN(2)), mid+market.Ticks(rng.IntN(41)-20), market.Lots(1+rng.IntN(300)))
			r.Type, r.TIF, r.ReduceOnly = market.OrderType(1+rng.IntN(2)), market.TIF(1+rng.IntN(3)), rng.IntN(4) == 0
			if o, refusal := d.x.Place(d.now, &r); !refusal.Refused() && o.Filled > 0 {
				trades++
			}
			if rng.IntN(10) == 0 {
				d.x.CancelAll(d.now, 1+rng.IntN(4), -1)
			}
			d.check()
			d.ev.Reset()
			if i%100 == 0 {
				d.open()
			}
		}
		if trades < 100 {
			t.Fatalf("seed %d: only %d orders traded: this test tests nothing", seed, trades)
		}
	}
}

// disturb moves the recorded market.
func (d *desk) disturb(rng *rand.Rand, mid market.Ticks) {
	if d.x.Kind(0) != exchange.Recorded {
		return
	}
	switch rng.IntN(3) {
	case 0:
		d.quote(mid-1, market.Lots(rng.IntN(50)+1), mid, market.Lots(rng.IntN(50)+1))
	case 1:
		d.trade(mid, market.Lots(rng.IntN(100)), market.Side(1-2*rng.IntN(2)))
	default:
		bid, ask, _ := d.x.Book(0).Best()
		d.diff([]market.Level{{Px: bid.Px}, {Px: mid - 1, Qty: 30}}, []market.Level{{Px: ask.Px}, {Px: mid, Qty: 30}})
	}
}

// open checks that what is counted as open orders is what is open.
func (d *desk) open() {
	d.t.Helper()
	for a := 1; a < d.x.Accounts(); a++ {
		var bids, asks decimal.Decimal
		for _, o := range d.x.AppendOpen(nil, a, 0) {
			if o.ReduceOnly {
				continue
			}
			n, err := d.in.Notional(o.Px, o.Left(), decimal.HalfEven)
			if err != nil {
				d.t.Fatal(err)
			}
			if o.Side == market.Buy {
				bids, err = bids.Add(n)
			} else {
				asks, err = asks.Add(n)
			}
			if err != nil {
				d.t.Fatal(err)
			}
		}
		if p := d.x.Position(a, 0); p.Bids != bids || p.Asks != asks {
			d.t.Fatalf("account %d: %s bid, %s asked are counted, but %s and %s are open", a, p.Bids, p.Asks, bids, asks)
		}
	}
}

func TestDepositBounds(t *testing.T) {
	d := open(t, exchange.Matched, 1)
	for _, c := range []struct {
		account int
		amount  string
	}{{0, "1"}, {9, "1"}, {-1, "1"}, {1, "-1000000.00000001"}, {1, "40000000000"}} {
		if err := d.x.Deposit(d.now, c.account, dec(c.amount)); err == nil {
			t.Error("deposited", c)
		}
	}
	if err := d.x.Deposit(d.now, 1, dec("-1000000")); err != nil {
		t.Fatal(err)
	}
	c := d.ev.Change(&d.ev.List[0])
	if c.Reason != market.ReasonWithdraw || !c.Wallet.IsZero() || c.Amount != dec("-1000000") || c.Asset != "USDT" {
		t.Fatalf("%+v", c)
	}
	d.check()
}
