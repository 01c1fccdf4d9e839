package exchange_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// FuzzExchange plays any bytes as requests and market data, wild numbers and an instrument without limits included: it must
// neither panic nor lose or invent money, and the positions of all sum to zero.
func FuzzExchange(f *testing.F) {
	f.Add([]byte("\x01buy and sell and cancel what was bought and sold, again and again and again, until the end"))
	f.Add([]byte("\x00\x01\xff\xff\xff\xff\xff\xff\x7f\x01\x02\xff\xff\xff\xff\xff\xff\x7f\x01\x03\x10\x00\x00\x00\x00\x00\x00\x00"))
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		f.Add(scribble(rng))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) < 2 {
			return
		}
		d := openWith(t, exchange.MarketKind(1+in[0]&1), 3, unlimited(in[1]), exchange.Config{Start: start, KeepOrders: 4, KeepFills: 4})
		for in = in[2:]; len(in) >= 10; in = in[10:] {
			d.wild(in[0], in[1], int64(binary.LittleEndian.Uint64(in[2:])))
			d.check()
			d.ev.Reset()
		}
		d.open()
	})
}

// scribble is random bytes, with more zeros and ones than chance gives.
func scribble(rng *rand.Rand) []byte {
	in := make([]byte, 2+10*(1+rng.IntN(30)))
	for k := range in {
		switch rng.IntN(8) {
		case 0, 1:
		case 2:
			in[k] = 0xff
		default:
			in[k] = byte(rng.Uint32())
		}
	}
	return in
}

// unlimited is an ordinary contract, or one that no filter protects.
func unlimited(choice byte) *market.Instrument {
	if choice&1 == 0 {
		return btc()
	}
	return &market.Instrument{Symbol: "WILD", Margin: "USDT", Tick: dec("0.0000001"), Lot: dec("1"), MakerFee: dec("-0.0001"),
		TakerFee: dec("0.0005"), Brackets: []market.Bracket{{Cap: decimal.Max, Leverage: 125, Maintenance: dec("0.01")}}}
}

// wild does one thing that op and n say.
func (d *desk) wild(op, who byte, n int64) {
	side := market.Side(1 - 2*int(who>>7))
	px, qty := market.Ticks(618_000+n%50), market.Lots(n>>32&0xffff)
	if op&0x80 != 0 {
		px, qty = market.Ticks(n), market.Lots(n>>8)
	}
	switch op & 7 {
	case 0, 1, 2:
		r := exchange.Request{Account: 1 + int(who&3), Side: side, Type: market.OrderType(1 + op>>3&1), TIF: market.TIF(op >> 4 & 3), Px: px, Qty: qty,
			ReduceOnly: who&0x40 != 0, Ref: int64(who>>2&7) * int64(op&1)}
		d.x.Place(d.now, &r)
	case 3:
		d.x.CancelAll(d.now, 1+int(who&3), -1)
	case 4:
		d.trade(px, qty, side)
	case 5:
		d.quote(px-1, max(qty, 0), px, 5)
	case 6:
		d.diff([]market.Level{{Px: px - 1, Qty: 30}}, []market.Level{{Px: px, Qty: qty}})
	default:
		d.now += 1 + n&0xffffffffff
		for range 3 {
			if d.x.Next() <= d.now {
				d.x.Timer(d.now)
			}
		}
	}
}
