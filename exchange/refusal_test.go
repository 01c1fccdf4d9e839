package exchange_test

import (
	"testing"

	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// Each refusal once, by its code, and nothing happens with it.
func TestRefusals(t *testing.T) {
	good := limit(1, market.Buy, 617_000, 10)
	with := func(change func(r *exchange.Request)) exchange.Request {
		r := good
		change(&r)
		return r
	}
	for name, c := range map[string]struct {
		code    int
		request exchange.Request
		before  func(d *desk)
	}{
		"symbol":        {-1121, with(func(r *exchange.Request) { r.Instrument = 1 }), nil},
		"account":       {-1109, with(func(r *exchange.Request) { r.Account = 9 }), nil},
		"market itself": {-1109, with(func(r *exchange.Request) { r.Account = 0 }), nil},
		"side":          {-1117, with(func(r *exchange.Request) { r.Side = 0 }), nil},
		"type":          {-1116, with(func(r *exchange.Request) { r.Type = 0 }), nil},
		"tif":           {-1115, with(func(r *exchange.Request) { r.TIF = 0 }), nil},
		"client id":     {-4015, with(func(r *exchange.Request) { r.ClientID = "1234567890123456789012345678901234567" }), nil},
		"qty zero":      {-4003, with(func(r *exchange.Request) { r.Qty = 0 }), nil},
		"qty min":       {-4004, with(func(r *exchange.Request) { r.Qty = 1 }), func(d *desk) { d.in.MinQty = 2 }},
		"qty max":       {-4005, with(func(r *exchange.Request) { r.Qty = 1_000_001 }), nil},
		"market max":    {-4005, with(func(r *exchange.Request) { r.Type, r.Qty = market.Market, 120_001 }), nil},
		"price max":     {-4002, with(func(r *exchange.Request) { r.Px = 45_297_641 }), nil},
		"price min":     {-4013, with(func(r *exchange.Request) { r.Px = 5567 }), nil},
		"notional":      {-4164, with(func(r *exchange.Request) { r.Px, r.Qty = 499_999, 1 }), func(d *desk) { d.in.PriceUp = decimal.Zero }},
		"above cap":     {-4016, with(func(r *exchange.Request) { r.Px = 648_901 }), nil},
		"below floor":   {-4024, with(func(r *exchange.Request) { r.Side, r.Px = market.Sell, 587_100 }), nil},
		"post only":     {-5022, with(func(r *exchange.Request) { r.TIF, r.Px = market.GTX, 618_001 }), nil},
		"reduce only":   {-2022, with(func(r *exchange.Request) { r.ReduceOnly = true }), nil},
		"margin":        {-2019, with(func(r *exchange.Request) { r.Account, r.Qty = 2, 400 }), nil},
		"leverage":      {-2027, with(func(r *exchange.Request) { r.Qty = 1_000_000 }), func(d *desk) { d.in.Brackets = d.in.Brackets[:1] }},
		"status": {-1122, good, func(d *desk) {
			if err := d.x.SetStatus(d.now, 0, "BREAK"); err != nil {
				d.t.Fatal(err)
			}
		}},
		"market bound": {-4131, with(func(r *exchange.Request) { r.Type, r.Px = market.Market, 0 }), func(d *desk) {
			d.quote(618_000, 5, 649_001, 4)
		}},
		"duplicate": {-4116, with(func(r *exchange.Request) { r.ClientID = "mine" }), func(d *desk) {
			d.place(with(func(r *exchange.Request) { r.ClientID = "mine" }))
		}},
		"max orders": {-2025, good, func(d *desk) {
			for range 3 {
				d.place(good)
			}
			d.x.SetMaxOrders(1, 3)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, exchange.Recorded, 1)
			poor := d.x.AddAccount("poor")
			if err := d.x.Deposit(d.now, poor, dec("1000")); err != nil {
				t.Fatal(err)
			}
			if c.before != nil {
				c.before(d)
			}
			d.ev.Reset()
			open := len(d.x.AppendOpen(nil, 1, -1))
			_, refusal := d.x.Place(d.now, &c.request)
			if refusal.Code != c.code || refusal.Text == "" {
				t.Fatalf("refusal %v, want %d", refusal, c.code)
			}
			if len(d.ev.List) != 0 || len(d.x.AppendOpen(nil, 1, -1)) != open {
				t.Fatal("something happened:", d.ev.List)
			}
		})
	}
}

func TestCancelUnknown(t *testing.T) {
	d := open(t, exchange.Recorded, 2)
	o := d.place(exchange.Request{Account: 1, ClientID: "a", Ref: 7, Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: 617_000, Qty: 10})
	for _, k := range []exchange.Key{{Account: 1}, {Account: 1, ID: 99}, {Account: 2, ID: o.ID}, {Account: 2, ClientID: "a"}, {Account: 1, Ref: 8}} {
		if _, refusal := d.x.Cancel(d.now, k); refusal.Code != -2011 {
			t.Fatalf("%+v: %v", k, refusal)
		}
	}
	if got, refusal := d.x.Cancel(d.now, exchange.Key{Account: 1, Ref: 7}); refusal.Refused() || got.Status != market.StatusCanceled || got.ID != o.ID {
		t.Fatal(got, refusal)
	}
	if _, refusal := d.x.Cancel(d.now, exchange.Key{Account: 1, ID: o.ID}); refusal.Code != -2011 {
		t.Fatal("cancelled twice", refusal)
	}
	d.place(exchange.Request{Account: 1, ClientID: "a", Ref: 7, Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: 617_000, Qty: 10}) // names are free again
}

func TestParse(t *testing.T) {
	in := btc()
	for text, code := range map[string]int{"61800.20": 0, "61800.25": -4014, "61800.255": -1111, "-61800.255": -1111} {
		if _, refusal := exchange.ParsePrice(in, dec(text)); refusal.Code != code {
			t.Errorf("price %s: %v, want %d", text, refusal, code)
		}
	}
	in.Lot, in.QtyPlaces = dec("0.01"), 3
	for text, code := range map[string]int{"1.25": 0, "1.255": -4023, "1.2555": -1111} {
		if _, refusal := exchange.ParseQuantity(in, dec(text)); refusal.Code != code {
			t.Errorf("quantity %s: %v, want %d", text, refusal, code)
		}
	}
	if px, _ := exchange.ParsePrice(in, dec("61800.20")); px != 618_002 {
		t.Error(px)
	}
}

func TestListRefuses(t *testing.T) {
	for name, change := range map[string]func(in *market.Instrument){
		"no tick":     func(in *market.Instrument) { in.Tick = decimal.Zero },
		"too fine":    func(in *market.Instrument) { in.Tick, in.Lot = dec("0.00001"), dec("0.0001") },
		"no brackets": func(in *market.Instrument) { in.Brackets = nil },
		"twice":       func(in *market.Instrument) { in.Symbol = "ETHUSDT" },
	} {
		x := exchange.New(exchange.Config{}, &exchange.Events{})
		eth := btc()
		eth.Symbol = "ETHUSDT"
		if _, err := x.List(eth, exchange.Matched); err != nil {
			t.Fatal(err)
		}
		in := btc()
		change(in)
		if _, err := x.List(in, exchange.Matched); err == nil {
			t.Error(name, "was listed")
		}
	}
}
