package exchange_test

import (
	"testing"

	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

const start = 1_723_161_255_000_000_000

func dec(s string) decimal.Decimal { return decimal.MustParse(s) }

// btc is a contract whose tick times lot is worth 0.0001 USDT, with the live filters of BTCUSDT.
func btc() *market.Instrument {
	return &market.Instrument{
		Symbol: "BTCUSDT", Base: "BTC", Quote: "USDT", Margin: "USDT",
		Tick: dec("0.1"), Lot: dec("0.001"), PricePlaces: 2, QtyPlaces: 3,
		MinPrice: 5568, MaxPrice: 45_297_640, MinQty: 1, MaxQty: 1_000_000, MaxMarketQty: 120_000, MaxOrders: 200,
		MinNotional: dec("50"), PriceUp: dec("1.05"), PriceDown: dec("0.95"), TakeBound: dec("0.05"),
		MakerFee: dec("0.0002"), TakerFee: dec("0.0005"),
		Brackets: []market.Bracket{
			{Floor: dec("0"), Cap: dec("300000"), Leverage: 125, Maintenance: dec("0.004")},
			{Floor: dec("300000"), Cap: dec("70000000"), Leverage: 20, Maintenance: dec("0.01"), Cum: dec("1800")},
			{Floor: dec("70000000"), Cap: dec("100000000"), Leverage: 10, Maintenance: dec("0.05"), Cum: dec("2801800")},
		},
		Status: "TRADING",
	}
}

// desk is an exchange with one instrument and some funded accounts, numbered from 1.
type desk struct {
	t   testing.TB
	x   *exchange.Exchange
	ev  exchange.Events
	in  *market.Instrument
	now exchange.Nanos
	u   int64 // last update id fed
}

func open(t testing.TB, kind exchange.MarketKind, accounts int) *desk {
	t.Helper()
	return openWith(t, kind, accounts, btc(), exchange.Config{Start: start})
}

func openWith(t testing.TB, kind exchange.MarketKind, accounts int, in *market.Instrument, cfg exchange.Config) *desk {
	t.Helper()
	d := &desk{t: t, in: in, now: start, u: 100}
	d.x = exchange.New(cfg, &d.ev)
	if _, err := d.x.List(d.in, kind); err != nil {
		t.Fatal(err)
	}
	for range accounts {
		a := d.x.AddAccount("somebody")
		if err := d.x.Deposit(d.now, a, dec("1000000")); err != nil {
			t.Fatal(err)
		}
	}
	if kind == exchange.Recorded {
		d.x.Snapshot(d.now, 0, &market.Snapshot{Last: 100, Bids: levels(618_000, 5, 617_999, 7, 617_990, 9), Asks: levels(618_001, 4, 618_002, 6, 618_010, 8)})
	}
	d.ev.Reset()
	return d
}

func levels(pairs ...int) []market.Level {
	var out []market.Level
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, market.Level{Px: market.Ticks(pairs[i]), Qty: market.Lots(pairs[i+1])})
	}
	return out
}

func limit(account int, side market.Side, px market.Ticks, qty market.Lots) exchange.Request {
	return exchange.Request{Account: account, Side: side, Type: market.Limit, TIF: market.GTC, Px: px, Qty: qty}
}

// place expects the order to be taken.
func (d *desk) place(r exchange.Request) exchange.Order {
	d.t.Helper()
	d.now++
	o, refusal := d.x.Place(d.now, &r)
	if refusal.Refused() {
		d.t.Fatalf("%+v refused: %v", r, refusal)
	}
	return o
}

// order is its state now.
func (d *desk) order(o exchange.Order) exchange.Order {
	d.t.Helper()
	now, ok := d.x.Order(exchange.Key{Account: o.Account, ID: o.ID})
	if !ok {
		d.t.Fatalf("order %d is gone", o.ID)
	}
	return now
}

func (d *desk) trade(px market.Ticks, qty market.Lots, taker market.Side) {
	d.now++
	d.x.Trade(d.now, 0, &market.Trade{ID: d.now, Px: px, Qty: qty, Taker: taker})
}

func (d *desk) quote(bid market.Ticks, bidQty market.Lots, ask market.Ticks, askQty market.Lots) {
	d.now++
	d.u++
	d.x.Quote(d.now, 0, &market.Quote{Update: d.u, Bid: bid, BidQty: bidQty, Ask: ask, AskQty: askQty})
}

func (d *desk) diff(bids, asks []market.Level) *market.Diff {
	d.now++
	last := d.x.Book(0).Last()
	d.u = max(d.u, last) + 1
	return d.x.Diff(d.now, 0, &market.Diff{First: last + 1, Last: d.u, Prev: last, Bids: bids, Asks: asks})
}

func (d *desk) acc(account int) exchange.Account {
	d.t.Helper()
	a, ok := d.x.Account(account)
	if !ok {
		d.t.Fatalf("no account %d", account)
	}
	return a
}

func (d *desk) check() {
	d.t.Helper()
	if err := d.x.Check(); err != nil {
		d.t.Fatal(err)
	}
}
