package tradetest_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"baton/aio"
	"baton/decimal"
	"baton/exchange"
	"baton/exchange/local"
	"baton/market"
	"baton/trade"
	"baton/tradetest"
)

const start = market.Nanos(1_700_000_000_000_000_000)

func TestLocalRecorded(t *testing.T) {
	tradetest.Run(t, func(t *testing.T) tradetest.Rig { return newRig(t, exchange.Recorded) })
}

func TestLocalMatched(t *testing.T) {
	tradetest.Run(t, func(t *testing.T) tradetest.Rig { return newRig(t, exchange.Matched) })
}

func TestGroupsOnLocal(t *testing.T) {
	for name, kind := range map[string]exchange.MarketKind{"recorded": exchange.Recorded, "matched": exchange.Matched} {
		t.Run(name, func(t *testing.T) {
			tradetest.Groups(t, func(t *testing.T) tradetest.Rig { return newRig(t, kind) })
		})
	}
}

// rig is exchange/local with a market that the kit moves by hand: of recorded events, or of the orders of another account.
type rig struct {
	*local.Driver
	in     *market.Instrument
	x      *exchange.Exchange
	events exchange.Events
	loop   *aio.Loop
	kind   exchange.MarketKind
	other  int
	update int64
	trade  int64
	levels [2]market.Level
	orders [2]int64
}

// listing is an instrument as the exchange lists it.
func listing() *market.Instrument {
	d := decimal.MustParse
	return &market.Instrument{
		Symbol: "BTCUSDT", Pair: "BTCUSDT", Base: "BTC", Quote: "USDT", Margin: "USDT", Status: "TRADING",
		Tick: d("0.10"), Lot: d("0.001"), PricePlaces: 2, QtyPlaces: 3, MinPrice: 4000, MaxPrice: 45_297_640,
		MinQty: 1, MaxQty: 1_000_000, MaxMarketQty: 120_000, MinNotional: d("50"), MaxOrders: 200,
		PriceUp: d("1.05"), PriceDown: d("0.95"), MakerFee: d("0.0002"), TakerFee: d("0.0005"),
		Brackets: []market.Bracket{{Cap: d("90000000"), Leverage: 125, Maintenance: d("0.004")}},
	}
}

func newRig(t *testing.T, kind exchange.MarketKind) *rig {
	r := &rig{kind: kind, in: listing()}
	r.x = exchange.New(exchange.Config{Start: start}, &r.events)
	if _, err := r.x.List(r.in, kind); err != nil {
		t.Fatal(err)
	}
	me := r.x.AddAccount("me")
	r.other = r.x.AddAccount("others")
	for account, amount := range map[int]string{me: tradetest.Wallet, r.other: "100000000"} {
		if err := r.x.Deposit(start, account, decimal.MustParse(amount)); err != nil {
			t.Fatal(err)
		}
	}
	r.events.Reset()
	lat := local.Latency{Min: 2 * time.Millisecond, Jitter: time.Millisecond}
	var err error
	r.Driver, err = local.New(r.x, &r.events, local.Config{Account: me, Out: lat, Back: lat}, rand.NewPCG(1, 2))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) Run(t *testing.T, body func(co *aio.Co) error) {
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Drive(start, r.Driver)}, func(co *aio.Co) (struct{}, error) {
		r.loop = co.Loop()
		r.Attach(r.loop)
		defer r.Close()
		return struct{}{}, body(co)
	})
	if err != nil {
		t.Error(err)
	}
	if err := r.x.Check(); err != nil {
		t.Error(err)
	}
}

func (r *rig) Instrument() *market.Instrument { return r.in }
func (r *rig) Feed() trade.Feed               { return r.Driver }
func (r *rig) Venue() trade.Venue             { return r.Driver }

func (r *rig) Lose(market.Op)                      { r.LoseAck(1) }
func (r *rig) Delay(_ market.Op, by time.Duration) { r.DelayAck(by) }

func (r *rig) LoseFill() bool {
	r.Driver.LoseFill(1)
	return true
}

// Book is a snapshot and the diff that bridges it, then diffs; or two orders of the others.
func (r *rig) Book(bid, ask market.Level) {
	old := r.levels
	r.levels = [2]market.Level{bid, ask}
	if r.kind == exchange.Matched {
		for i, l := range r.levels {
			r.requote(i, l)
		}
		r.flush()
		return
	}
	if r.update == 0 {
		r.update = 100
		r.event(market.Event{Kind: market.EventSnapshot, Snapshot: market.Snapshot{Last: 100, Bids: []market.Level{bid}, Asks: []market.Level{ask}}})
	}
	diff := market.Diff{First: r.update, Last: r.update + 1, Prev: r.update, Bids: []market.Level{bid}, Asks: []market.Level{ask}}
	if old[0].Px != bid.Px && old[0].Px != 0 {
		diff.Bids = append(diff.Bids, market.Level{Px: old[0].Px})
	}
	if old[1].Px != ask.Px && old[1].Px != 0 {
		diff.Asks = append(diff.Asks, market.Level{Px: old[1].Px})
	}
	r.update++
	r.event(market.Event{Kind: market.EventDiff, Diff: diff})
	q := market.Quote{Update: r.update, Bid: bid.Px, BidQty: bid.Qty, Ask: ask.Px, AskQty: ask.Qty}
	r.event(market.Event{Kind: market.EventQuote, Quote: q})
}

func (r *rig) event(ev market.Event) {
	ev.Instrument, ev.Received = r.in, r.loop.Now()
	r.Driver.Feed(&ev)
}

// flush has the driver deliver what the others' orders caused.
func (r *rig) flush() { r.event(market.Event{}) }

func (r *rig) requote(i int, l market.Level) {
	now := r.loop.Now()
	if r.orders[i] != 0 {
		r.x.Cancel(now, exchange.Key{Account: r.other, Instrument: 0, ID: r.orders[i]})
	}
	r.orders[i] = r.others([]market.Side{market.Buy, market.Sell}[i], l, market.GTC)
}

func (r *rig) others(side market.Side, l market.Level, tif market.TIF) int64 {
	o, _ := r.x.Place(r.loop.Now(), &exchange.Request{Account: r.other, Side: side, Type: market.Limit, TIF: tif, Px: l.Px, Qty: l.Qty, SelfTrade: market.SelfTradeNone})
	return o.ID
}

// Print is a recorded trade, or an order of the others that takes.
func (r *rig) Print(taker market.Side, px market.Ticks, qty market.Lots) {
	if r.kind == exchange.Matched {
		r.others(taker, market.Level{Px: px, Qty: qty}, market.IOC)
		r.flush()
		return
	}
	r.trade++
	now := r.loop.Now()
	r.Driver.Print(r.in, market.Trade{ID: r.trade, Last: r.trade, Px: px, Qty: qty, Taker: taker, Event: now, Transact: now})
}

// An account in hedge mode, in a market of each kind.
func TestLocalHedge(t *testing.T) {
	for name, kind := range map[string]exchange.MarketKind{"recorded": exchange.Recorded, "matched": exchange.Matched} {
		t.Run(name, func(t *testing.T) {
			tradetest.Hedge(t, func(t *testing.T) tradetest.Rig {
				r := newRig(t, kind)
				if refusal := r.x.SetHedge(r.other-1, true); refusal.Refused() {
					t.Fatal(refusal)
				}
				return r
			})
		})
	}
}
