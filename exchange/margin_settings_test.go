package exchange_test

import (
	"testing"

	"baton/exchange"
	"baton/market"
)

// refused expects a code; 0 expects that it was done.
func (d *desk) refused(r exchange.Refusal, code int) {
	d.t.Helper()
	if r.Code != code {
		d.t.Fatalf("%v, want %d", r, code)
	}
}

// try places an order that may be refused.
func (d *desk) try(r exchange.Request, code int) {
	d.t.Helper()
	d.now++
	_, refusal := d.x.Place(d.now, &r)
	d.refused(refusal, code)
}

// on is an order for a side of hedge mode.
func on(r exchange.Request, side market.PositionSide) exchange.Request {
	r.PositionSide = side
	return r
}

// meet lets two accounts trade at a price: one rests, the other takes.
func (d *desk) meet(maker, taker int, side market.Side, px market.Ticks, qty market.Lots) {
	d.t.Helper()
	d.place(limit(maker, -side, px, qty))
	d.place(limit(taker, side, px, qty))
}

// mark is a recorded mark price, without funding.
func (d *desk) mark(p string) {
	d.now++
	d.x.Mark(d.now, 0, &market.Mark{Mark: dec(p), Index: dec(p), Next: d.now + 8*3600*second})
}

// Modes change only where nothing is open and nothing is held.
func TestModes(t *testing.T) {
	d := open(t, exchange.Matched, 2)
	d.refused(d.x.SetHedge(1, false), -4059)
	d.refused(d.x.SetMultiAssets(1, true), -4084)
	d.refused(d.x.SetMultiAssets(1, false), -4171)
	d.refused(d.x.SetHedge(9, true), -1109)
	d.place(limit(2, market.Sell, 618_001, 5))
	d.refused(d.x.SetHedge(2, true), -4067)
	d.refused(d.x.SetIsolated(d.now, 2, 0, true), -4047)
	d.refused(d.x.SetIsolated(d.now, 2, 0, false), -4046)
	d.place(limit(1, market.Buy, 618_001, 5))
	d.refused(d.x.SetHedge(1, true), -4068)
	d.refused(d.x.SetIsolated(d.now, 1, 0, true), -4048)
	d.try(on(limit(1, market.Buy, 600_000, 1), market.Long), -4061)
	d.check()
}

// Hedge mode holds LONG and SHORT beside each other, each with its own profit, and neither is closed beyond nothing.
func TestHedge(t *testing.T) {
	d := open(t, exchange.Matched, 2)
	d.refused(d.x.SetHedge(1, true), 0)
	d.try(limit(1, market.Buy, 600_000, 1), -4061)
	reduce := on(limit(1, market.Sell, 620_000, 1), market.Long)
	d.try(reduce, -2022) // there is no LONG
	reduce.ReduceOnly = true
	d.try(reduce, -1106)
	d.place(limit(2, market.Sell, 618_000, 10))
	d.place(on(limit(1, market.Buy, 618_000, 10), market.Long))
	d.place(limit(2, market.Buy, 617_000, 4))
	d.place(on(limit(1, market.Sell, 617_000, 4), market.Short))
	p := d.x.AppendPositions(nil, 1, 0)
	if len(p) != 2 || p[0].Qty != 10 || p[0].Entry(d.in) != dec("61800") || p[1].Qty != -4 || p[1].Entry(d.in) != dec("61700") {
		t.Fatalf("%+v", p)
	}
	if f := d.x.AppendFills(nil, 1, 0); f[0].PositionSide != market.Long || f[1].PositionSide != market.Short {
		t.Fatalf("%+v", f)
	}
	d.mark("61750")
	// both sides need margin: 14 lots at 61,750, at 20 and at 0.4 %
	if a := d.acc(1); a.Maintain != dec("3.458") || a.Initial != dec("43.225") || a.Unrealised != dec("-0.7") {
		t.Fatalf("%+v", a)
	}
	d.place(limit(2, market.Buy, 619_000, 30))
	o := d.place(on(limit(1, market.Sell, 619_000, 30), market.Long))
	if o = d.order(o); o.Filled != 10 || o.Status != market.StatusExpired {
		t.Fatalf("%+v", o)
	}
	if p = d.x.AppendPositions(nil, 1, 0); p[0].Qty != 0 || p[1].Qty != -4 {
		t.Fatalf("%+v", p)
	}
	d.check()
}

// Leverage is an account's own in each instrument, bounded by the brackets; it says how large a position may become.
func TestLeverage(t *testing.T) {
	d := open(t, exchange.Matched, 2)
	for _, c := range []struct {
		leverage, code int
		most           string
	}{{0, -4028, "0"}, {126, -4028, "0"}, {125, 0, "300000"}, {20, 0, "70000000"}, {10, 0, "100000000"}} {
		most, refusal := d.x.SetLeverage(d.now, 1, 0, c.leverage)
		if d.refused(refusal, c.code); most != dec(c.most) {
			t.Errorf("leverage %d allows %s, want %s", c.leverage, most, c.most)
		}
	}
	if e := &d.ev.List[len(d.ev.List)-1]; e.Kind != exchange.EventConfig || e.Account != 1 || d.ev.Config(e) != 10 {
		t.Fatalf("%+v", e)
	}
	d.meet(2, 1, market.Buy, 618_000, 100)
	if a := d.acc(1); a.Initial != dec("618") { // 6,180 at 10
		t.Fatalf("%+v", a)
	}
	if n, most := d.x.LeverageOf(2, 0); n != 20 || most != dec("70000000") {
		t.Fatal(n, most)
	}
	d.place(limit(1, market.Buy, 617_000, 5000))
	_, refusal := d.x.SetLeverage(d.now, 1, 0, 125)
	d.refused(refusal, -2027)
	d.try(limit(2, market.Sell, 630_000, 1000), 0)
	_, refusal = d.x.SetLeverage(d.now, 2, 0, 1)
	d.refused(refusal, 0)
}

// Less leverage than the free margin carries is refused and changes nothing.
func TestLeverageWithoutMargin(t *testing.T) {
	d := open(t, exchange.Matched, 1)
	me := d.x.AddAccount("me")
	if err := d.x.Deposit(d.now, me, dec("400")); err != nil {
		t.Fatal(err)
	}
	d.meet(1, me, market.Buy, 618_000, 100)
	_, refusal := d.x.SetLeverage(d.now, me, 0, 10)
	d.refused(refusal, -2028)
	if n, _ := d.x.LeverageOf(me, 0); n != 20 {
		t.Fatal("leverage", n)
	}
	if err := d.x.Deposit(d.now, me, dec("-100")); err == nil {
		t.Fatal("withdrew margin that is needed")
	}
}

// An isolated position carries its own wallet: opening fills it, closing empties it by parts, its owner may add and take.
func TestIsolatedWallet(t *testing.T) {
	d := open(t, exchange.Matched, 2)
	d.refused(d.x.MoveMargin(d.now, 1, 0, market.Both, dec("1")), -4049)
	d.refused(d.x.SetIsolated(d.now, 1, 0, true), 0)
	if c := d.ev.Change(&d.ev.List[len(d.ev.List)-1]); c.Text != "MARGIN_TYPE_CHANGE" || !c.Position.Isolated {
		t.Fatalf("%+v", c)
	}
	d.refused(d.x.MoveMargin(d.now, 1, 0, market.Both, dec("1")), -4054)
	d.meet(2, 1, market.Buy, 618_000, 100) // 6,180 at 20
	p, a := d.x.Position(1, 0), d.acc(1)
	if p.Wallet != dec("309") || a.Cross != dec("999687.91") || a.Wallet != dec("999996.91") {
		t.Fatalf("%+v %+v", p, a)
	}
	d.refused(d.x.MoveMargin(d.now, 1, 0, market.Both, dec("0")), -4055)
	d.refused(d.x.MoveMargin(d.now, 1, 0, market.Long, dec("1")), -4061)
	d.refused(d.x.MoveMargin(d.now, 1, 0, market.Both, dec("999687.92")), -4050)
	d.refused(d.x.MoveMargin(d.now, 1, 0, market.Both, dec("100")), 0)
	d.refused(d.x.MoveMargin(d.now, 1, 0, market.Both, dec("-100.00000001")), -4051)
	d.refused(d.x.MoveMargin(d.now, 1, 0, market.Both, dec("-50")), 0)
	if p = d.x.Position(1, 0); p.Wallet != dec("359") {
		t.Fatalf("%+v", p)
	}
	if h := d.x.AppendTransfers(nil, 1, -1); len(h) != 2 || h[1].Amount != dec("-50") {
		t.Fatalf("%+v", h)
	}
	_, refusal := d.x.SetLeverage(d.now, 1, 0, 10)
	d.refused(refusal, -4161)
	d.meet(2, 1, market.Sell, 619_000, 25) // a quarter of the wallet and the profit come back
	if p, a = d.x.Position(1, 0), d.acc(1); p.Wallet != dec("269.25") || a.Wallet != dec("999998.63625") {
		t.Fatalf("%+v %+v", p, a)
	}
	d.meet(2, 1, market.Sell, 619_000, 75)
	if p, a = d.x.Position(1, 0), d.acc(1); !p.Wallet.IsZero() || a.Cross != a.Wallet {
		t.Fatalf("%+v %+v", p, a)
	}
	d.check()
}

// Fees of a tier replace the instrument's; fees in coin are a tenth cheaper and end where the coins do.
func TestFees(t *testing.T) {
	d := open(t, exchange.Matched, 2)
	d.refused(d.x.SetFees(1, &exchange.Fees{Maker: dec("-0.0006"), Taker: dec("0.0005")}), -4026)
	d.refused(d.x.SetFees(1, &exchange.Fees{Maker: dec("-0.0001"), Taker: dec("0.0003")}), 0)
	d.meet(1, 2, market.Buy, 618_000, 100)
	d.meet(2, 1, market.Buy, 618_000, 100)
	f := d.x.AppendFills(nil, 1, 0)
	if f[0].Commission != dec("-0.618") || f[1].Commission != dec("1.854") {
		t.Fatalf("%+v", f)
	}
	d.refused(d.x.SetFees(1, nil), 0)
	d.refused(d.x.SetFeeBurn(1, true), 0)
	d.x.SetCoinPrice(dec("600"))
	if err := d.x.DepositCoins(d.now, 1, dec("0.005")); err != nil {
		t.Fatal(err)
	}
	d.meet(2, 1, market.Buy, 618_000, 100) // 3.09 - 10 % = 2.781, at 600 each
	d.meet(2, 1, market.Sell, 618_000, 100)
	f = d.x.AppendFills(nil, 1, 0)
	if !f[2].InCoin || f[2].Commission != dec("0.004635") || f[3].InCoin || f[3].Commission != dec("3.09") {
		t.Fatalf("%+v", f[2:])
	}
	if a := d.acc(1); a.Coins != dec("0.000365") || d.x.FeesInCoin() != dec("0.004635") {
		t.Fatalf("%+v", a)
	}
	d.check()
}

// Every movement of money is an income, found by kind, time and instrument, and kept up to a limit.
func TestIncome(t *testing.T) {
	d := openWith(t, exchange.Matched, 2, btc(), exchange.Config{Start: start, KeepIncome: 5})
	d.meet(2, 1, market.Buy, 618_000, 100)
	at := d.now
	d.meet(2, 1, market.Sell, 619_000, 100)
	all := d.x.AppendIncome(nil, 1, exchange.IncomeFilter{Instrument: -1})
	want := []struct {
		kind   exchange.IncomeKind
		amount string
	}{{exchange.IncomeTransfer, "1000000"}, {exchange.IncomeCommission, "-3.09"}, {exchange.IncomeProfit, "10"}, {exchange.IncomeCommission, "-3.095"}}
	if len(all) != len(want) {
		t.Fatalf("%+v", all)
	}
	for k, w := range want {
		if all[k].Kind != w.kind || all[k].Amount != dec(w.amount) || k > 0 && all[k].ID <= all[k-1].ID {
			t.Errorf("%d: %+v, want %+v", k, all[k], w)
		}
	}
	if got := d.x.AppendIncome(nil, 1, exchange.IncomeFilter{Instrument: 0, Kind: exchange.IncomeCommission, To: at}); len(got) != 1 || got[0].Amount != dec("-3.09") {
		t.Fatalf("%+v", got)
	}
	d.meet(2, 1, market.Buy, 618_000, 100)
	d.meet(2, 1, market.Sell, 618_000, 100)
	if all = d.x.AppendIncome(nil, 1, exchange.IncomeFilter{Instrument: -1}); len(all) != 5 || all[0].Kind != exchange.IncomeCommission {
		t.Fatalf("%+v", all)
	}
	for k := exchange.IncomeTransfer; k <= exchange.IncomeInsurance; k++ {
		if back, ok := exchange.ParseIncome(k.String()); !ok || back != k {
			t.Error(k)
		}
	}
	if _, ok := exchange.ParseIncome("WELCOME_BONUS"); ok {
		t.Error("a kind that there is none of")
	}
}
