package exchange_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"baton/exchange"
	"baton/market"
)

// commandLen is how many bytes make a command.
const commandLen = 8

// command does one thing that b says: anything that an account can ask for, near the market or far from it.
func (d *desk) command(b []byte) {
	op, who, flags, more := b[0], 1+int(b[1]%3), b[2], b[3]
	side := market.Side(1 - 2*int(flags&1))
	px := market.Ticks(618_000 + int(int8(b[4])))
	qty := market.Lots(binary.LittleEndian.Uint16(b[5:]) % 40)
	if flags&0x80 != 0 {
		px, qty = market.Ticks(int(b[4])*int(b[5])*137), market.Lots(int(b[5])*int(b[6])*37)
	}
	d.now += exchange.Nanos(b[7]) * 1e6
	key := exchange.Key{Account: who, Instrument: -1, ID: int64(more)}
	switch op % 16 {
	default:
		r := d.request(who, side, px, qty, flags, more)
		d.x.Place(d.now, &r)
	case 8:
		d.x.Amend(d.now, &exchange.Amend{Key: key, Side: side, Px: px, Qty: qty, PriceMatch: market.PriceMatch(flags >> 4 & 3)})
	case 9:
		d.x.Cancel(d.now, key)
	case 10, 11:
		r := d.stop(who, side, px, qty, flags, more)
		d.x.PlaceAlgo(d.now, &r)
	case 12:
		d.x.CancelAlgo(d.now, exchange.AlgoKey{Account: who, Instrument: -1, ID: int64(more)})
	case 13:
		batch := []exchange.Request{d.request(who, side, px, qty, flags, more), d.request(who, -side, px-3, qty, more, flags)}
		d.x.PlaceBatch(d.now, batch, nil)
		d.x.CancelBatch(d.now, []exchange.Key{key, {Account: who, Instrument: 0, ID: int64(more) + 1}}, nil)
	case 14:
		d.public(side, px, qty, more)
	case 15:
		d.now += exchange.Nanos(more) * exchange.Nanos(more) * 2e7
		d.pass()
	}
}

// public is what the market does, or the clock of an account's own.
func (d *desk) public(side market.Side, px market.Ticks, qty market.Lots, more byte) {
	switch more % 6 {
	case 0:
		d.trade(px, qty, side)
	case 1:
		d.quote(px-1, qty, px, 5)
	case 2:
		d.diff([]market.Level{{Px: px - 1, Qty: 30}}, []market.Level{{Px: px, Qty: qty}})
	case 3:
		d.x.Mark(d.now, 0, &market.Mark{Mark: d.in.Price(px), Index: d.in.Price(px), Rate: dec("0.0001"), Event: d.now})
	case 4:
		d.x.CancelAll(d.now, 1, -1)
		d.x.CancelAllAlgos(d.now, 2, -1)
	default:
		d.x.Countdown(d.now, 1, 0, exchange.Nanos(qty)*1e9)
	}
}

func (d *desk) pass() {
	for range 3 {
		if d.x.Next() <= d.now {
			d.x.Timer(d.now)
		}
	}
}

func (d *desk) request(who int, side market.Side, px market.Ticks, qty market.Lots, flags, more byte) exchange.Request {
	r := exchange.Request{Account: who, Side: side, Type: market.Limit, TIF: market.TIF(more % 6), Px: px, Qty: qty,
		ReduceOnly: flags&2 != 0, SelfTrade: market.SelfTrade(flags >> 2 & 7), GoodTill: d.now + exchange.Nanos(more)*10e9}
	if flags&0x20 != 0 {
		r.Type = market.Market
	}
	if flags&0x40 != 0 {
		r.PriceMatch, r.Px = market.PriceMatch(more%9), 0
	}
	if more%16 == 0 {
		r.ClientID = fmt.Sprintf("c-%d", more)
	}
	return r
}

func (d *desk) stop(who int, side market.Side, px market.Ticks, qty market.Lots, flags, more byte) exchange.AlgoRequest {
	r := exchange.AlgoRequest{Account: who, Side: side, Type: market.Stop + market.OrderType(more%5), TIF: market.TIF(more % 6), Trigger: px,
		Px: px, Qty: qty, Working: market.Working(flags >> 1 & 1), ReduceOnly: flags&4 != 0, PriceProtect: flags&8 != 0,
		ClosePosition: flags&0x10 != 0, Callback: dec("0.1"), GoodTill: d.now + exchange.Nanos(more)*10e9}
	if r.Type != market.Stop && r.Type != market.TakeProfit {
		r.Px = 0
	}
	if r.ClosePosition {
		r.Qty = 0
	}
	if r.Type == market.TrailingStopMarket && flags&0x20 != 0 {
		r.Activate = px
	}
	if flags&0x40 != 0 && r.Px > 0 {
		r.PriceMatch, r.Px = market.PriceMatch(more%9), 0
	}
	return r
}

// sane is what holds after every command.
func (d *desk) sane() {
	d.t.Helper()
	d.check()
	if d.x.Kind(0) == exchange.Matched && d.x.Book(0).Crossed() {
		bid, ask, _ := d.x.Book(0).Best()
		d.t.Fatal("crossed book", bid, ask)
	}
	for who := 1; who <= 3; who++ {
		open := d.x.AppendOpen(nil, who, -1)
		for i := range open {
			if o := &open[i]; o.Status.Final() || o.Left() <= 0 || o.Type != market.Limit {
				d.t.Fatalf("rests: %+v", o)
			} else if o.ReduceOnly && d.x.Position(who, 0).Qty*market.Lots(o.Side) >= 0 {
				d.t.Fatalf("waits to reduce nothing: %+v", o)
			}
		}
		if n := len(d.x.AppendOpenAlgos(nil, who, -1)); n > exchange.MaxAlgos {
			d.t.Fatal(n, "conditional orders")
		}
	}
}

// digest is every event as it is written, in order.
func (d *desk) digest(to []byte) []byte {
	for i := range d.ev.List {
		switch e := &d.ev.List[i]; e.Kind {
		case exchange.EventUpdate:
			to = fmt.Appendln(to, *d.ev.Update(e))
		case exchange.EventAlgo:
			to = fmt.Appendln(to, *d.ev.Algo(e))
		case exchange.EventChange:
			to = fmt.Appendln(to, *d.ev.Change(e))
		case exchange.EventDiff:
			to = fmt.Appendln(to, *d.ev.Diff(e))
		default:
			to = fmt.Appendln(to, e.Kind, e.Time)
		}
	}
	d.ev.Reset()
	return to
}

// FuzzCommands plays any bytes as commands of accounts: no command panics, no money is made, no book is crossed, nothing rests
// that may not.
func FuzzCommands(f *testing.F) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		in := make([]byte, 2+commandLen*(1+rng.IntN(80)))
		for k := range in {
			in[k] = byte(rng.Uint32())
		}
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) < 2 {
			return
		}
		d := openWith(t, exchange.MarketKind(1+in[0]&1), 3, unlimited(in[1]), exchange.Config{Start: start, KeepOrders: 4, KeepFills: 4})
		for in = in[2:]; len(in) >= commandLen; in = in[commandLen:] {
			d.command(in[:commandLen])
			d.sane()
			d.ev.Reset()
		}
	})
}
