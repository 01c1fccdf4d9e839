package wire_test

import (
	"fmt"

	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

// A frame is looked at, then decoded by the codec of its instrument.
func ExampleCodec() {
	btc := &market.Instrument{Symbol: "BTCUSDT", Tick: decimal.MustParse("0.10"), Lot: decimal.MustParse("0.001"), PricePlaces: 2, QtyPlaces: 3}
	c := wire.NewCodec(btc)
	frame := []byte(`{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","T":1,"E":2}}`)

	f, err := wire.Peek(frame)
	if err != nil || f.Kind != wire.KindBookTicker {
		fmt.Println("not a quote:", err)
		return
	}
	var q market.Quote
	if err := c.DecodeBookTicker(frame, &q); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(f.Symbol), btc.Price(q.Bid), btc.Price(q.Ask), q.BidQty)
	// Output: BTCUSDT 61800.2 61800.3 2507
}

// The server checks what the client signed.
func ExampleSigner() {
	s := wire.NewSigner("key", []byte("secret"))
	query := s.AppendSigned(nil, &wire.Args{Symbol: "BTCUSDT"}, wire.Stamp{Time: 1_700_000_000_000e6, Window: 2e9})

	fmt.Println(s.VerifyQuery(query, nil) == nil, s.VerifyQuery(append(query, "&limit=5"...), nil))
	// Output: true binance -1022: Signature for this request is not valid.
}
