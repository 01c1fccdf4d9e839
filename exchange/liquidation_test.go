package exchange_test

import (
	"strings"
	"testing"

	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// withLiquidationFee is btc with a liquidation fee of 1.25 %.
func withLiquidationFee() *market.Instrument {
	in := btc()
	in.LiquidationFee = dec("0.0125")
	return in
}

// leveraged is a matched market in which account 1, the poor one, has 6 BTC long at 61,800, bought from account 2 with 22,000 of
// its own; account 3 bids at a price for a quantity.
func leveraged(t *testing.T, bid market.Ticks, qty market.Lots, cfg exchange.Config) *desk {
	t.Helper()
	cfg.Start = start
	d := openWith(t, exchange.Matched, 0, withLiquidationFee(), cfg)
	for k, money := range []string{"22000", "1000000", "10000000"} {
		if err := d.x.Deposit(d.now, d.x.AddAccount("somebody"), dec(money)); err != nil {
			t.Fatal(k, err)
		}
	}
	d.meet(2, 1, market.Buy, 618_000, 6000)
	if qty > 0 {
		d.place(limit(3, market.Buy, bid, qty))
	}
	d.ev.Reset()
	return d
}

// kinds lists what happened as words.
func (d *desk) story(account int) string {
	var out []string
	for k := range d.ev.List {
		e := &d.ev.List[k]
		switch {
		case e.Kind == exchange.EventForce:
			out = append(out, "force "+d.in.Quantity(d.ev.Force(e).Filled).String())
		case int(e.Account) != account:
		case e.Kind == exchange.EventMarginCall:
			out = append(out, "call")
		case e.Kind == exchange.EventUpdate:
			u := d.ev.Update(e)
			text := u.Exec.String() + " " + u.Order.Status.String()
			if name, _, ok := strings.Cut(u.Order.ClientID, "close"); ok {
				text = name + "close " + text
			}
			out = append(out, text)
		case e.Kind == exchange.EventChange && d.ev.Change(e).Text != "":
			out = append(out, d.ev.Change(e).Text+" "+d.ev.Change(e).Amount.String())
		}
	}
	return strings.Join(out, ", ")
}

// An account is warned, then liquidated at the mark price at which its margin balance is its maintenance margin: its orders
// are ended, its position is closed at the market, it pays the fee on what was closed, and keeps the rest.
func TestLiquidation(t *testing.T) {
	d := leveraged(t, 590_000, 9000, exchange.Config{})
	price := d.x.LiquidationPrice(1, 0, market.Both)
	// wallet 21,814.6 - 6*(61,800 - P) = 6*P*0.01 - 1,800: P = (370,800 - 21,814.6 - 1,800) / 5.94
	if price != dec("58448.72053872") {
		t.Fatal("liquidation price", price)
	}
	mine := d.place(limit(1, market.Buy, 580_000, 10))
	d.ev.Reset()
	d.mark("58500")
	if got := d.story(1); got != "call" {
		t.Fatal(got)
	}
	d.mark("58480")
	d.mark("58448.8")
	if got := d.story(1); got != "call" {
		t.Fatal("called twice, or liquidated too early:", got)
	}
	d.ev.Reset()
	d.mark("58448.7")
	if got := d.story(1); got != "EXPIRED EXPIRED, autoclose CALCULATED NEW, autoclose TRADE FILLED, force 6, INSURANCE_CLEAR -4425" {
		t.Fatal(got)
	}
	if o := d.order(mine); o.Status != market.StatusExpired {
		t.Fatalf("%+v", o)
	}
	// sold at 59,000: 21,814.6 - 16,800 = 5,014.6; the fee is 1.25 % of 354,000
	if a := d.acc(1); a.Wallet != dec("589.6") {
		t.Fatalf("%+v", a)
	}
	if wallet, fund := d.x.Insurance(); wallet != dec("4425") || fund == 0 {
		t.Fatal(wallet, fund)
	}
	d.check()
}

// Where a part is enough, only a part is closed.
func TestPartialLiquidation(t *testing.T) {
	in := withLiquidationFee()
	in.LiquidationFee = dec("0.0001")
	d := openWith(t, exchange.Matched, 3, in, exchange.Config{Start: start})
	if err := d.x.Deposit(d.now, 1, dec("-978000")); err != nil {
		t.Fatal(err)
	}
	d.meet(2, 1, market.Buy, 618_000, 6000)
	d.place(limit(3, market.Buy, 584_480, 9000))
	d.mark("58448.7")
	p, a := d.x.Position(1, 0), d.acc(1)
	if p.Qty <= 0 || p.Qty >= 6000 || a.Margin().Cmp(a.Maintain) <= 0 {
		t.Fatalf("%+v %+v", p, a)
	}
	d.check()
}

// What the market does not take at the bankruptcy price or better goes to the insurance fund, with all of the margin. The fund
// sells it on as the market lets it.
func TestTakeover(t *testing.T) {
	d := leveraged(t, 590_000, 1000, exchange.Config{})
	d.mark("58300")
	if p, a := d.x.Position(1, 0), d.acc(1); p.Qty != 0 || !a.Wallet.IsZero() {
		t.Fatalf("%+v %+v", p, a)
	}
	_, fund := d.x.Insurance()
	if p := d.x.Position(fund, 0); p.Qty != 5000 {
		t.Fatalf("%+v", p)
	}
	d.check()
	d.place(limit(3, market.Buy, 583_000, 4000))
	d.place(limit(3, market.Sell, 584_000, 1))
	d.now = d.x.Next()
	d.x.Timer(d.now)
	if p := d.x.Position(fund, 0); p.Qty != 1000 {
		t.Fatalf("%+v", p)
	}
	d.check()
}

// A fall beyond the bankruptcy price, and a fund with nothing: those on the other side are closed out at the bankruptcy price,
// the one with the most profit and leverage first.
func TestDeleveraging(t *testing.T) {
	d := openWith(t, exchange.Matched, 0, withLiquidationFee(), exchange.Config{Start: start})
	for _, money := range []string{"22000", "1000000", "30000", "1000000"} {
		if err := d.x.Deposit(d.now, d.x.AddAccount("somebody"), dec(money)); err != nil {
			t.Fatal(err)
		}
	}
	d.meet(2, 1, market.Buy, 618_000, 3000)
	d.meet(3, 1, market.Buy, 618_000, 3000)
	d.mark("61000")
	if d.x.ADL(3, 0, market.Both) <= d.x.ADL(2, 0, market.Both) {
		t.Fatal("ranks", d.x.ADL(3, 0, market.Both), d.x.ADL(2, 0, market.Both))
	}
	d.ev.Reset()
	d.mark("57000") // the bankruptcy price is 58,164.2: nobody pays it
	if got := d.story(3); got != "adl_autoclose CALCULATED NEW, adl_autoclose TRADE FILLED" {
		t.Fatal(got)
	}
	for a := 1; a <= 3; a++ {
		if p := d.x.Position(a, 0); p.Qty != 0 {
			t.Fatalf("account %d: %+v", a, p)
		}
	}
	if f := d.x.AppendFills(nil, 3, 0); f[1].Px != 581_643 || !f[1].Commission.IsZero() {
		t.Fatalf("%+v", f)
	}
	if a := d.acc(1); !a.Wallet.IsZero() {
		t.Fatalf("%+v", a)
	}
	d.check()
}

// A fund that can pay takes over what is worth less than nothing, instead of deleveraging.
func TestInsurancePays(t *testing.T) {
	d := leveraged(t, 0, 0, exchange.Config{Insurance: dec("100000")})
	d.mark("57000")
	wallet, fund := d.x.Insurance()
	if p := d.x.Position(fund, 0); p.Qty != 6000 || d.x.Position(2, 0).Qty != -6000 {
		t.Fatalf("%+v", p)
	}
	if a := d.acc(fund); a.Wallet != wallet || a.Margin().Cmp(dec("93014.6")) != 0 {
		t.Fatalf("%+v", a) // 100,000 - 6*(61,800-57,000) + 21,814.6
	}
	d.check()
}

// An isolated position is liquidated by its own margin and costs no more than that; the cross wallet is untouched.
func TestIsolatedLiquidation(t *testing.T) {
	d := openWith(t, exchange.Matched, 3, withLiquidationFee(), exchange.Config{Start: start})
	d.refused(d.x.SetIsolated(d.now, 1, 0, true), 0)
	d.meet(2, 1, market.Buy, 618_000, 100)
	cross := d.acc(1).Cross
	// own wallet 309: (6,180 - 309) / (0.1 * 0.996)
	if price := d.x.LiquidationPrice(1, 0, market.Both); price != dec("58945.78313253") {
		t.Fatal("liquidation price", price)
	}
	d.mark("58945.8")
	if d.x.Position(1, 0).Qty != 100 {
		t.Fatal("too early")
	}
	d.mark("58945.7")
	if p, a := d.x.Position(1, 0), d.acc(1); p.Qty != 0 || a.Cross != cross || a.Wallet != cross {
		t.Fatalf("%+v %+v", p, a)
	}
	d.check()
}

// In a recorded market the rest of the market is on the other side, of liquidations and of deleveraging too.
func TestLiquidationOfARecording(t *testing.T) {
	d := openWith(t, exchange.Recorded, 0, withLiquidationFee(), exchange.Config{Start: start})
	me := d.x.AddAccount("me")
	if err := d.x.Deposit(d.now, me, dec("3200")); err != nil {
		t.Fatal(err)
	}
	d.diff(nil, levels(618_001, 5000))
	d.place(limit(me, market.Buy, 618_001, 1000))
	d.quote(586_000, 400, 586_001, 5000)
	d.mark("58600")
	if p, a := d.x.Position(me, 0), d.acc(me); p.Qty != 0 || a.Wallet.Sign() != 0 {
		t.Fatalf("%+v %+v", p, a)
	}
	request := limit(me, market.Buy, 586_000, 1)
	if _, refusal := d.x.Place(d.now, &request); refusal.Code != -2019 {
		t.Fatal("it may trade with nothing:", refusal)
	}
	d.check()
}

// Cross positions are closed in the order of their weight until margin suffices again.
func TestCrossOfTwo(t *testing.T) {
	d := openWith(t, exchange.Matched, 3, withLiquidationFee(), exchange.Config{Start: start})
	eth := btc()
	eth.Symbol, eth.Base = "ETHUSDT", "ETH"
	if _, err := d.x.List(eth, exchange.Matched); err != nil {
		t.Fatal(err)
	}
	poor := d.x.AddAccount("poor")
	if err := d.x.Deposit(d.now, poor, dec("22000")); err != nil {
		t.Fatal(err)
	}
	d.meet(2, poor, market.Buy, 618_000, 4000)
	for _, r := range []exchange.Request{limit(2, market.Sell, 30_000, 20_000), limit(poor, market.Buy, 30_000, 20_000)} {
		r.Instrument = 1
		d.place(r)
	}
	d.x.Mark(d.now, 1, &market.Mark{Mark: dec("3000"), Index: dec("3000")})
	d.place(limit(3, market.Buy, 573_000, 9000))
	d.mark("56600")
	if b, e, a := d.x.Position(poor, 0), d.x.Position(poor, 1), d.acc(poor); b.Qty != 0 || e.Qty != 20_000 || a.Margin().Cmp(a.Maintain) <= 0 {
		t.Fatalf("%+v %+v %+v", b, e, a)
	}
	d.check()
}

// A hedge of equal sides loses nothing when the price moves; unequal ones are liquidated at a price that counts both.
func TestHedgeLiquidationPrice(t *testing.T) {
	d := openWith(t, exchange.Matched, 2, withLiquidationFee(), exchange.Config{Start: start})
	me := d.x.AddAccount("me")
	if err := d.x.Deposit(d.now, me, dec("6000")); err != nil {
		t.Fatal(err)
	}
	d.refused(d.x.SetHedge(me, true), 0)
	d.place(limit(2, market.Sell, 618_000, 1000))
	d.place(on(limit(me, market.Buy, 618_000, 1000), market.Long))
	d.place(limit(2, market.Buy, 618_000, 400))
	d.place(on(limit(me, market.Sell, 618_000, 400), market.Short))
	d.mark("61800")
	price := d.x.LiquidationPrice(me, 0, market.Long)
	if price != d.x.LiquidationPrice(me, 0, market.Short) || price.Cmp(dec("61800")) >= 0 {
		t.Fatal("liquidation price", price)
	}
	d.mark(decimal.FromUnits(price.Units() + decimal.Scale).String())
	if d.x.PositionOf(me, 0, market.Long).Qty != 1000 {
		t.Fatal("too early")
	}
	d.mark(decimal.FromUnits(price.Units() - decimal.Scale).String())
	if d.x.PositionOf(me, 0, market.Long).Qty == 1000 {
		t.Fatal("not liquidated at", price)
	}
	d.check()
}
