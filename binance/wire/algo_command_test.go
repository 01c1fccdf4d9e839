package wire_test

import (
	"testing"

	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

func stop() wire.PlaceAlgo {
	return wire.PlaceAlgo{Symbol: "币安USDT", Side: market.Sell, Type: market.Stop, TIF: market.GTD, Qty: decimal.MustParse("0.01"), Price: decimal.MustParse("59000.1"),
		Trigger: decimal.MustParse("59100"), PriceProtect: true, ReduceOnly: true, Working: market.MarkPrice, SelfTrade: market.ExpireBoth,
		GoodTill: 1_800_000_000_000_000_000, ClientID: []byte("baton-t-9")}
}

// What is signed is what the exchange reads, in the order of the names, by ws-api and by REST.
func TestConditionalCommandsAreSigned(t *testing.T) {
	s := wire.NewSigner("key", []byte("secret"))
	at := wire.Stamp{Time: 1_700_000_000_000_000_000, Window: 1_000_000_000}
	o, trail := stop(), stop()
	trail.Type, trail.TIF, trail.Price, trail.Trigger, trail.GoodTill = market.TrailingStopMarket, 0, decimal.Zero, decimal.Zero, 0
	trail.Callback, trail.Activate = decimal.MustParse("0.5"), decimal.MustParse("59200.5")
	for name, text := range map[string][]byte{
		"algoOrder.place":  s.AppendPlaceAlgo(nil, 7, &o, at),
		"algoOrder.place ": s.AppendPlaceAlgo(nil, 7, &trail, at),
		"algoOrder.cancel": s.AppendCancelAlgo(nil, 7, []byte("baton-t-9"), at),
		"order.modify":     s.AppendAmend(nil, 7, &wire.Amend{Symbol: "币安USDT", Side: market.Buy, Qty: o.Qty, Price: o.Price, ClientID: o.ClientID, ModifyID: 3}, at),
	} {
		var r wire.Request
		if err := wire.DecodeRequest(text, &r); err != nil {
			t.Errorf("%s: %v in %s", name, err, text)
			continue
		}
		if fault := s.VerifyParams(r.Params); fault != nil {
			t.Errorf("%s: %+v: %s", name, fault, text)
		}
	}
	for name, query := range map[string][]byte{
		"POST": s.AppendSignedAlgo(nil, &o, at), "DELETE": s.AppendSignedCancelAlgo(nil, []byte("baton-t-9"), at),
		"PUT": s.AppendSignedAmend(nil, &wire.Amend{Symbol: "币安USDT", Side: market.Buy, Qty: o.Qty, Price: o.Price, ClientID: o.ClientID, ModifyID: 3}, at),
	} {
		if fault := s.VerifyQuery(query, nil); fault != nil {
			t.Errorf("%s: %+v: %s", name, fault, query)
		}
	}
}

// A new order with all that only few have.
func TestPlaceWithEverything(t *testing.T) {
	s := wire.NewSigner("key", []byte("secret"))
	at := wire.Stamp{Time: 1_700_000_000_000_000_000, Window: 1_000_000_000}
	for _, o := range []wire.Place{
		{Symbol: "BTCUSDT", Side: market.Buy, Type: market.Limit, TIF: market.GTD, Qty: decimal.MustParse("1"), PriceMatch: market.Queue5, PositionSide: market.Long,
			SelfTrade: market.ExpireTaker, GoodTill: 1_800_000_000_000_000_000, ClientID: []byte("a"), Result: true},
		{Symbol: "BTCUSDT", Side: market.Buy, Type: market.Limit, TIF: market.FOK, Qty: decimal.MustParse("1"), Price: decimal.MustParse("5"), ReduceOnly: true, ClientID: []byte("a")},
	} {
		var r wire.Request
		if err := wire.DecodeRequest(s.AppendPlace(nil, 7, &o, at), &r); err != nil {
			t.Fatal(err)
		}
		if fault := s.VerifyParams(r.Params); fault != nil {
			t.Errorf("%+v: %+v", fault, o)
		}
		got, fault := r.Params.Place()
		if fault != nil || got.TIF != o.TIF || got.PriceMatch != o.PriceMatch || got.PositionSide != o.PositionSide || got.SelfTrade != o.SelfTrade || got.GoodTill != o.GoodTill {
			t.Errorf("read as %+v (%+v), want %+v", got, fault, o)
		}
		if fault := s.VerifyQuery(s.AppendSignedPlace(nil, &o, at), nil); fault != nil {
			t.Errorf("%+v", fault)
		}
	}
}

// An amendment costs no memory.
func TestAmendAllocates(t *testing.T) {
	s := wire.NewSigner("key", []byte("secret"))
	o := wire.Amend{Symbol: "BTCUSDT", Side: market.Buy, Qty: decimal.MustParse("0.01"), Price: decimal.MustParse("59000.1"), ClientID: []byte("baton-t-9"), ModifyID: 3}
	at, b := wire.Stamp{Time: 1_700_000_000_000_000_000, Window: 1_000_000_000}, make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { b = s.AppendAmend(b[:0], 7, &o, at) }); n != 0 {
		t.Error(n, "allocations an amendment")
	}
}

func BenchmarkAppendAmend(b *testing.B) {
	s := wire.NewSigner("key", []byte("secret"))
	o := wire.Amend{Symbol: "BTCUSDT", Side: market.Buy, Qty: decimal.MustParse("0.01"), Price: decimal.MustParse("59000.1"), ClientID: []byte("baton-t-9"), ModifyID: 3}
	at, buf := wire.Stamp{Time: 1_700_000_000_000_000_000, Window: 1_000_000_000}, make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buf = s.AppendAmend(buf[:0], 7, &o, at)
	}
}

func BenchmarkAppendPlaceAlgo(b *testing.B) {
	s, o := wire.NewSigner("key", []byte("secret")), stop()
	at, buf := wire.Stamp{Time: 1_700_000_000_000_000_000, Window: 1_000_000_000}, make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buf = s.AppendPlaceAlgo(buf[:0], 7, &o, at)
	}
}
