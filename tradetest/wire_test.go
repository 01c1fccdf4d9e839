package tradetest_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange"
	"baton/exchange/flow"
	"baton/exchange/local"
	"baton/exchange/server"
	"baton/market"
	"baton/netio"
	"baton/secret"
	"baton/trade"
	"baton/tradetest"
)

func TestWireRecorded(t *testing.T) {
	tradetest.Run(t, func(*testing.T) tradetest.Rig { return &wireRig{kind: exchange.Recorded} })
}

func TestWireMatched(t *testing.T) {
	tradetest.Run(t, func(*testing.T) tradetest.Rig { return &wireRig{kind: exchange.Matched} })
}

func TestGroupsOnWire(t *testing.T) {
	for name, kind := range map[string]exchange.MarketKind{"recorded": exchange.Recorded, "matched": exchange.Matched} {
		t.Run(name, func(t *testing.T) {
			tradetest.Groups(t, func(*testing.T) tradetest.Rig { return &wireRig{kind: kind} })
		})
	}
}

// wireRig is the client of Binance against the exchange's server, over a network in memory, on a virtual clock. A second account
// comes over a network of its own, which nobody shakes.
type wireRig struct {
	kind    exchange.MarketKind
	hedge   bool // our account is in hedge mode
	co      *aio.Co
	srv     *server.Server
	client  *binance.Client
	in      *market.Instrument
	faults  lineFaults
	breaker netio.Breaker

	// The market of recorded events.
	update, trade int64
	levels        [2]market.Level
	// The market of another client's orders.
	other  *binance.Client
	placed market.OrderID
	quotes [2]market.OrderID
}

// runLimit ends a subtest that waits for what does not come, in virtual time.
const runLimit = 10 * time.Minute

func (r *wireRig) Run(t *testing.T, body func(co *aio.Co) error) {
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(start), Seed: 1}, func(co *aio.Co) (struct{}, error) {
		return struct{}{}, aio.Timeout(co, runLimit, func(co *aio.Co, _ *aio.Scope) error {
			if err := r.open(co); err != nil {
				return err
			}
			defer r.client.Close()
			if r.other != nil {
				defer r.other.Close()
			}
			return body(co)
		})
	})
	if err != nil {
		t.Error(err)
	}
	if r.srv == nil {
		return
	}
	if err := r.srv.Exchange().Check(); err != nil {
		t.Error(err)
	}
}

// open opens the exchange, and connects us and the others.
func (r *wireRig) open(co *aio.Co) error {
	r.co = co
	lat := local.Latency{Min: 2 * time.Millisecond, Jitter: time.Millisecond}
	cfg := server.Config{Instruments: []*market.Instrument{listing()}, Out: lat, Back: lat, Seed: 1, Keys: []server.Key{
		{APIKey: "mine", Secret: "a", Account: "me", Deposit: decimal.MustParse(tradetest.Wallet)},
		{APIKey: "theirs", Secret: "b", Account: "others", Deposit: decimal.MustParse("100000000")},
	}}
	if r.kind == exchange.Recorded {
		tape, err := r.tape(cfg.Instruments[0])
		if err != nil {
			return err
		}
		cfg.Tape = tape
	} else {
		cfg.Openings = []server.Opening{{Symbol: "BTCUSDT"}}
	}
	var err error
	if r.srv, err = server.New(co.Loop(), cfg); err != nil {
		return err
	}
	if r.hedge {
		if refusal := r.srv.Exchange().SetHedge(1, true); refusal.Refused() {
			return refusal
		}
	}
	mine := netio.MemoryConfig{Delay: time.Millisecond, Fault: r.faults.judge, Breaker: &r.breaker}
	if r.client, err = dial(co, r.srv, mine, binance.Config{Key: "mine", Secret: secret.New("a"), Run: "m", Replayed: r.kind == exchange.Recorded}); err != nil {
		return err
	}
	r.in, _ = r.client.Instrument("BTCUSDT")
	if r.kind == exchange.Matched {
		r.other, err = dial(co, r.srv, netio.MemoryConfig{}, binance.Config{Key: "theirs", Secret: secret.New("b"), Run: "o"})
	}
	return err
}

// dial opens a network to the server and a client on it.
func dial(co *aio.Co, srv *server.Server, mem netio.MemoryConfig, cfg binance.Config) (*binance.Client, error) {
	network := netio.Memory(co.Loop(), mem)
	listener, err := network.Listen(co, "exchange:0", srv)
	if err != nil {
		return nil, err
	}
	addr := listener.Addr()
	cfg.REST, cfg.Streams, cfg.API = "http://"+addr, "ws://"+addr, "ws://"+addr+wire.PathAPI
	cfg.Symbols = []string{"BTCUSDT"}
	return binance.Dial(co, network, cfg)
}

// tape is a recording that has begun, and goes on in a year: what happens meanwhile is played by hand.
func (r *wireRig) tape(in *market.Instrument) (*flow.Tape, error) {
	const year = market.Nanos(365 * 24 * time.Hour)
	r.update = 100
	r.levels = [2]market.Level{{Px: 490_000, Qty: 1}, {Px: 510_000, Qty: 1}}
	tape := &flow.Tape{}
	for _, ev := range []market.Event{
		{Kind: market.EventSnapshot, Received: start, Snapshot: market.Snapshot{Last: 100, Bids: r.levels[:1], Asks: r.levels[1:]}},
		{Kind: market.EventGap, Received: start},
		{Kind: market.EventGap, Received: start + year},
	} {
		ev.Instrument = in
		if err := tape.Append(&ev); err != nil {
			return nil, err
		}
	}
	tape.Seal()
	return tape, nil
}

func (r *wireRig) Instrument() *market.Instrument { return r.in }
func (r *wireRig) Feed() trade.Feed               { return r.client }
func (r *wireRig) Venue() trade.Venue             { return r.client }

func (r *wireRig) Lose(op market.Op)                    { r.faults.answer(op, netio.Action{Verdict: netio.Drop}) }
func (r *wireRig) Delay(op market.Op, by time.Duration) { r.faults.answer(op, netio.Action{Delay: by}) }

func (r *wireRig) LoseFill() bool {
	r.faults.fills++
	return true
}

func (r *wireRig) Cut()     { r.breaker.Cut() }
func (r *wireRig) Restore() { r.breaker.Restore() }

// Book is a diff, or two orders of the other client.
func (r *wireRig) Book(bid, ask market.Level) {
	old := r.levels
	r.levels = [2]market.Level{bid, ask}
	if r.kind == exchange.Matched {
		for i, l := range r.levels {
			if r.quotes[i] != 0 {
				r.send(&market.Command{Op: market.OpCancel, ID: r.quotes[i]})
			}
			r.quotes[i] = r.order([]market.Side{market.Buy, market.Sell}[i], l, market.GTC)
		}
		return
	}
	now := r.co.Now()
	diff := market.Diff{First: r.update + 1, Last: r.update + 1, Prev: r.update, Bids: []market.Level{bid}, Asks: []market.Level{ask}, Event: now, Transact: now}
	if old[0].Px != bid.Px {
		diff.Bids = append(diff.Bids, market.Level{Px: old[0].Px})
	}
	if old[1].Px != ask.Px {
		diff.Asks = append(diff.Asks, market.Level{Px: old[1].Px})
	}
	r.update++
	r.srv.Exchange().Diff(now, 0, &diff)
	q := market.Quote{Update: r.update, Bid: bid.Px, BidQty: bid.Qty, Ask: ask.Px, AskQty: ask.Qty, Event: now, Transact: now}
	r.srv.Exchange().Quote(now, 0, &q)
	r.publish()
}

// publish asks the server for anything, after which it tells its streams what happened.
func (r *wireRig) publish() {
	r.srv.Serve(&netio.Request{Method: "GET", Path: "/fapi/v1/ping"}, func(*netio.Response) {})
}

// order has the other client place an order.
func (r *wireRig) order(side market.Side, l market.Level, tif market.TIF) market.OrderID {
	r.placed++
	r.send(&market.Command{Op: market.OpPlace, ID: r.placed, Side: side, Type: market.Limit, TIF: tif, Px: l.Px, Qty: l.Qty, SelfTrade: market.SelfTradeNone})
	return r.placed
}

func (r *wireRig) send(c *market.Command) {
	c.Instrument = r.other.Instruments()[0]
	if err := r.other.Send(c); err != nil {
		panic(err) // nobody shakes that line
	}
}

// Print is a recorded trade, or an order of the other client that takes.
func (r *wireRig) Print(taker market.Side, px market.Ticks, qty market.Lots) {
	if r.kind == exchange.Matched {
		r.order(taker, market.Level{Px: px, Qty: qty}, market.IOC)
		return
	}
	r.trade++
	now := r.co.Now()
	r.srv.Exchange().Trade(now, 0, &market.Trade{ID: r.trade, Last: r.trade, Px: px, Qty: qty, Taker: taker, Event: now, Transact: now})
	r.publish()
}

// lineFaults are what is to go wrong on our line.
type lineFaults struct {
	next  map[string]netio.Action // of the answer to the next command, by its method
	late  map[string]netio.Action // of the answer to a command that has left, by its id
	fills int                     // to lose
}

func (f *lineFaults) answer(op market.Op, a netio.Action) {
	if f.next == nil {
		f.next, f.late = map[string]netio.Action{}, map[string]netio.Action{}
	}
	f.next[op.String()] = a
}

// opOf is what a method asks for.
func opOf(method []byte) string {
	switch string(method) {
	case "order.place", "algoOrder.place":
		return market.OpPlace.String()
	case "order.cancel", "algoOrder.cancel":
		return market.OpCancel.String()
	case "order.modify":
		return market.OpAmend.String()
	}
	return ""
}

func (f *lineFaults) judge(t *netio.Transit) netio.Action {
	switch {
	case t.Kind != netio.Frame:
	case t.Path == wire.PathAPI && t.ToServer:
		var r wire.Request
		if err := wire.DecodeRequest(t.Data, &r); err != nil {
			panic(fmt.Sprintf("%v in %s", err, t.Data))
		}
		if a, ok := f.next[opOf(r.Method)]; ok {
			delete(f.next, opOf(r.Method))
			f.late[string(r.ID)] = a
		}
	case t.Path == wire.PathAPI:
		var r wire.Response
		if err := wire.DecodeResponse(t.Data, &r); err == nil {
			a := f.late[string(r.ID)]
			delete(f.late, string(r.ID))
			return a
		}
	case f.fills > 0 && strings.HasPrefix(t.Path, wire.RootPrivate+"/") && isFill(t.Data):
		f.fills--
		return netio.Action{Verdict: netio.Drop}
	}
	return netio.Action{}
}

func isFill(frame []byte) bool {
	return bytes.Contains(frame, []byte(`"ORDER_TRADE_UPDATE"`)) && bytes.Contains(frame, []byte(`"x":"TRADE"`))
}

// An account in hedge mode, in a market of each kind.
func TestWireHedge(t *testing.T) {
	for name, kind := range map[string]exchange.MarketKind{"recorded": exchange.Recorded, "matched": exchange.Matched} {
		t.Run(name, func(t *testing.T) {
			tradetest.Hedge(t, func(*testing.T) tradetest.Rig { return &wireRig{kind: kind, hedge: true} })
		})
	}
}
