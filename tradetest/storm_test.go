package tradetest_test

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange"
	"baton/exchange/local"
	"baton/exchange/server"
	"baton/journal"
	"baton/market"
	"baton/netio"
	"baton/order"
	"baton/risk"
	"baton/secret"
	"baton/trade"
)

// A storm: this long of random trading on a line on which everything goes wrong, then calm, and everything has to settle.
const (
	stormTime  = 3 * time.Minute
	stormSeeds = 30
	stormShort = 5
	stormLimit = time.Hour // of virtual time for a run that does not end
)

func TestStorm(t *testing.T) {
	n := stormSeeds
	if testing.Short() {
		n = stormShort
	}
	for seed := range uint64(n) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { newStorm(t, seed).run() })
	}
}

// The same seed is the same storm, to the last fill.
func TestStormRepeats(t *testing.T) {
	a, b := newStorm(t, 1), newStorm(t, 1)
	a.run()
	b.run()
	if a.result.Digest != b.result.Digest || a.result.Digest == "" || fmt.Sprint(a.notes) != fmt.Sprint(b.notes) {
		t.Errorf("two runs of one seed: digests %q and %q, %d and %d notes", a.result.Digest, b.result.Digest, len(a.notes), len(b.notes))
	}
}

// storm is one run.
type storm struct {
	*testing.T
	seed    uint64
	rng     *rand.Rand // of the strategy
	weather weather
	co      *aio.Co
	srv     *server.Server
	client  *binance.Client
	trader  *trade.Trader
	placed  map[string]int // arrivals at the server, by client order id
	notes   []string
	result  trade.Result
}

func newStorm(t *testing.T, seed uint64) *storm {
	s := &storm{T: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), placed: map[string]int{}}
	s.weather = weather{s: s, silent: seed%2 == 1, rng: rand.New(rand.NewPCG(seed, 2)), happened: map[string]int{}}
	s.weather.hash.SetSeed(maphash.MakeSeed())
	return s
}

func (s *storm) run() {
	cfg := aio.Config{Source: aio.Virtual(start), Seed: s.seed}
	_, err := aio.Run(context.Background(), cfg, func(co *aio.Co) (struct{}, error) {
		return struct{}{}, aio.Timeout(co, stormLimit, func(co *aio.Co, _ *aio.Scope) error { return s.trade(co) })
	})
	if err != nil {
		s.Errorf("seed %d: %v", s.seed, err)
	}
	if s.Failed() {
		s.Logf("seed %d: %v\ntrader %+v\nnotes:\n%s", s.seed, s.weather.happened, s.trader.Stats(), strings.Join(s.notes, "\n"))
	}
}

func (s *storm) note(text string) {
	s.notes = append(s.notes, fmt.Sprintf("%9.3f %s", float64(s.co.Now()-start)/1e9, text))
}

// open opens exchange, line, client and trader.
func (s *storm) open(co *aio.Co) (err error) {
	s.co = co
	s.srv, err = server.New(co.Loop(), server.Config{
		Instruments: []*market.Instrument{listing()}, Openings: []server.Opening{{Symbol: "BTCUSDT", Price: decimal.MustParse("50000")}},
		Seed: s.seed, Out: local.DefaultLatency, Back: local.DefaultLatency,
		Keys: []server.Key{{APIKey: "mine", Secret: "a", Account: "me", Deposit: decimal.MustParse("10000")}},
	})
	if err != nil {
		return err
	}
	network := netio.Memory(co.Loop(), netio.MemoryConfig{Delay: time.Millisecond, Fault: s.weather.judge, Breaker: &s.weather.breaker, Seed: s.seed})
	listener, err := network.Listen(co, "exchange:0", &counter{s.srv, s})
	if err != nil {
		return err
	}
	addr := listener.Addr()
	s.client, err = binance.Dial(co, network, binance.Config{
		REST: "http://" + addr, Streams: "ws://" + addr, API: "ws://" + addr + wire.PathAPI, Symbols: []string{"BTCUSDT"},
		Key: "mine", Secret: secret.New("a"), Run: "s", Seed: s.seed, Note: func(text string) { s.note("client: " + text) },
	})
	if err != nil {
		return err
	}
	limits := risk.Limits{
		MaxPosition: 200, MaxOrderQty: 40, MaxOpenOrders: 50, MaxNotional: decimal.MustParse("20000"), CollarBps: 100,
	}
	cfg := trade.Config{Limits: map[string]risk.Limits{"BTCUSDT": limits}, Answer: 2 * time.Second, Note: func(text string) { s.note("trader: " + text) }}
	s.trader, err = trade.New(co, cfg, s.client, s.client, journal.NewMemory(0))
	return err
}

func (s *storm) trade(co *aio.Co) error {
	if err := s.open(co); err != nil {
		return err
	}
	defer s.client.Close()
	in, _ := s.client.Instrument("BTCUSDT")
	session, err := s.trader.Open(in)
	if err != nil {
		return err
	}
	if err := s.trader.Start(co); err != nil {
		return err
	}
	s.weather.begin(co.Loop())
	err = s.trader.Run(co, trade.Strategy{Name: "storm", Run: s.strategy}, session)
	s.weather.end() // if the strategy did not come to its end
	if err != nil {
		return err
	}
	s.result, err = s.trader.Stop(co)
	s.check(in)
	return err
}

// strategy does one random thing after the other.
func (s *storm) strategy(co *aio.Co, ss *trade.Session) error {
	w := ss.Watch(trade.OnTop | trade.OnFill | trade.OnOrder)
	for end := co.Now() + market.Nanos(stormTime); co.Now() < end; {
		err := aio.Timeout(co, time.Duration(1+s.rng.IntN(400))*time.Millisecond, func(co *aio.Co, _ *aio.Scope) error {
			if s.rng.IntN(2) == 0 {
				return co.Sleep(time.Hour)
			}
			_, err := w.Next(co)
			return err
		})
		if err != nil && !errors.Is(err, aio.ErrTimeout) {
			return err
		}
		s.weather.look(ss)
		switch k := s.rng.IntN(10); {
		case k < 5:
			s.place(ss)
		case k < 8 && len(ss.Live()) > 0:
			ss.Cancel(ss.Live()[s.rng.IntN(len(ss.Live()))])
		case k == 8 && len(ss.Live()) > 0:
			o := ss.Live()[s.rng.IntN(len(ss.Live()))]
			err := aio.Timeout(co, time.Second, func(co *aio.Co, _ *aio.Scope) error { return o.Settle(co) })
			if err != nil && !errors.Is(err, aio.ErrTimeout) {
				return err
			}
		}
	}
	if s.weather.end(); s.weather.silent {
		return nil
	}
	return s.caughtUp(co, ss)
}

// place places an order near the top, of any kind. What the risk desk refuses is no error here.
func (s *storm) place(ss *trade.Session) {
	if !ss.Exact() {
		var e *risk.Error
		if _, err := ss.Place(trade.Request{Side: market.Buy, Px: 500_000, Qty: 2}); !errors.As(err, &e) {
			s.Errorf("seed %d: an order on a stale book: %v", s.seed, err)
		}
		return
	}
	r := trade.Request{Side: market.Buy, Px: ss.Top().Bid, Qty: 2 + market.Lots(s.rng.IntN(8)), TIF: market.TIF(1 + s.rng.IntN(3))}
	away := market.Ticks(s.rng.IntN(12) - 4)
	if s.rng.IntN(2) == 0 {
		r.Side, r.Px, away = market.Sell, ss.Top().Ask, -away
	}
	r.Px -= away
	if _, err := ss.Place(r); err != nil {
		if _, refused := errors.AsType[*risk.Error](err); !refused {
			s.Errorf("seed %d: %v", s.seed, err)
		}
	}
}

// calm is how long the client may take after a storm until it has connected again and asked for what it missed.
const calm = time.Minute

// caughtUp looks that what was missed while the user stream was interrupted comes by itself, before anything is wound up.
func (s *storm) caughtUp(co *aio.Co, ss *trade.Session) error {
	me, _ := s.srv.Account("me")
	for end := co.Now() + market.Nanos(calm); ss.Position() != s.srv.Exchange().Position(me, 0).Qty; {
		if co.Now() > end {
			s.Errorf("seed %d: position %d after the storm, the exchange has %d", s.seed, ss.Position(), s.srv.Exchange().Position(me, 0).Qty)
			return nil
		}
		if err := co.Sleep(100 * time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// check compares everything with the exchange, once all is quiet.
func (s *storm) check(in *market.Instrument) {
	bad := func(format string, args ...any) {
		s.Helper()
		s.Errorf("seed %d: "+format, append([]any{s.seed}, args...)...)
	}
	me, _ := s.srv.Account("me")
	left := 0
	for o := range s.trader.Orders().All() {
		if !o.Unsettled() {
			continue
		}
		left++
		// Of an order that the exchange never took, nothing can be proven once the user stream had a gap after its sending.
		x, taken := s.srv.Exchange().Order(exchange.Key{Account: me, ClientID: s.id(o.ID)})
		if o.State != order.Unknown || taken || !s.weather.deafSince(o.Created) {
			bad("order %d is not settled: %s, cancel %s, arrived %d times; at the exchange: %v %+v", o.ID, o.State, o.Cancel, s.placed[s.id(o.ID)], taken, x)
		}
	}
	for _, d := range s.result.Differences {
		if left == 0 || !strings.Contains(d, "not settled") {
			bad("not reconciled: %s", d)
		}
	}
	account, _ := s.srv.Exchange().Account(me)
	if ours := s.trader.Ledger().Wallet(account.Asset); ours != account.Wallet {
		bad("wallet %s, the exchange has %s", ours, account.Wallet)
	}
	if ours, theirs := s.trader.Ledger().Position(in).Qty, s.srv.Exchange().Position(me, 0).Qty; ours != theirs {
		bad("position %d, the exchange has %d", ours, theirs)
	}
	if open := s.srv.Exchange().AppendOpen(nil, me, -1); len(open) != 0 {
		bad("open at the exchange: %+v", open)
	}
	for id, n := range s.placed {
		if n != 1 {
			bad("%s was placed %d times", id, n)
		}
	}
	st := s.trader.Stats()
	if got := len(s.placed); got > st.Placed || st.Fills == 0 || st.Breaks == 0 || st.Unknown == 0 {
		bad("%d placements arrived of %d: %+v", got, st.Placed, st)
	}
	if st.StaleReads != 0 || s.trader.Mode() != risk.Normal {
		bad("%d stale reads, mode %v", st.StaleReads, s.trader.Mode())
	}
	if err := s.srv.Exchange().Check(); err != nil {
		bad("%v", err)
	}
	s.Logf("placed %d, arrived %d, fills %d, unknown %d, queries %d, books broken %d; %d without proof; %v",
		st.Placed, len(s.placed), st.Fills, st.Unknown, st.Queries, st.Breaks, left, s.weather.happened)
}

// id is an order's client order id.
func (s *storm) id(id market.OrderID) string { return "baton-s-" + base36(int64(id)) }

// counter is the server, and counts the placements that arrive.
type counter struct {
	*server.Server
	s *storm
}

func (c *counter) Accept(r *netio.Request, conn *netio.Conn) (netio.Handler, *netio.Response) {
	h, refusal := c.Server.Accept(r, conn)
	if strings.HasPrefix(r.Path, wire.RootPrivate) {
		c.s.weather.connected()
	}
	if refusal != nil || r.Path != wire.PathAPI {
		return h, refusal
	}
	return &tap{h, c.s}, nil
}

type tap struct {
	netio.Handler
	s *storm
}

func (h *tap) Message(c *netio.Conn, data []byte) {
	var r wire.Request
	if err := wire.DecodeRequest(data, &r); err != nil {
		h.s.Errorf("seed %d: %v in %s", h.s.seed, err, data)
	} else if string(r.Method) == "order.place" {
		h.s.placed[string(r.Params.Value("newClientOrderId"))]++
	}
	h.Handler.Message(c, data)
}
