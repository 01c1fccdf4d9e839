package binance_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange"
	"baton/exchange/local"
	simulated "baton/exchange/server"
	"baton/market"
	"baton/netio"
	"baton/secret"
)

// A soak: this long of a market that moves, and every so often each kind of connection breaks. BATON_SOAK sets another length.
const (
	soakTime  = 2 * time.Minute
	soakEvery = 20 * time.Second
	soakCalm  = 45 * time.Second // until everything has been asked for after the last break
	soakRows  = 200              // of each side of a book that are compared
)

// soakKinds are the kinds of connections that break, each at its own moment of the twenty seconds.
var soakKinds = [...]string{"public", "market", "private", "api", "ask", "answer"}

// soak is one run: what the exchange sent and did, and what the client told.
type soak struct {
	*testing.T
	co     *aio.Co
	srv    *simulated.Server
	client *binance.Client
	codec  *wire.Codec
	me     int

	due    [len(soakKinds)]market.Nanos // of the next break; 0: none any more
	breaks [len(soakKinds)]int
	both   bool // the other copy of the public connection breaks too

	frames [64]market.Snapshot // the exchange's book behind its last depth frames
	sent   []int64             // aggregated trades, in the order in which the exchange sent them
	heard  []int64             // as they were told
	fills  map[int64]market.Fill
	venue  map[int64]exchange.Fill
	twice  int // fills that were told again, as they may be
	wallet decimal.Decimal
	stale  int
	checks int
	notes  []string
}

func TestSoak(t *testing.T) {
	long := soakTime
	if text := os.Getenv("BATON_SOAK"); text != "" {
		var err error
		if long, err = time.ParseDuration(text); err != nil {
			t.Fatalf("BATON_SOAK: %v", err)
		}
	}
	s := &soak{T: t, fills: map[int64]market.Fill{}, venue: map[int64]exchange.Fill{}, wallet: dec("10000")}
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0)}, func(co *aio.Co) (none, error) { return none{}, s.run(co, long) })
	if err != nil {
		t.Error(err)
	}
	if t.Failed() {
		t.Log(strings.Join(s.notes[max(0, len(s.notes)-40):], "\n"))
	}
}

func (s *soak) open(co *aio.Co) error {
	in := btc()
	in.Brackets = []market.Bracket{{Cap: dec("90000000"), Leverage: 125, Maintenance: dec("0.004")}}
	s.co, s.codec = co, wire.NewCodec(in)
	var err error
	s.srv, err = simulated.New(co.Loop(), simulated.Config{
		Instruments: []*market.Instrument{in}, Openings: []simulated.Opening{{Symbol: "BTCUSDT", Price: dec("50000")}}, Seed: 7,
		Out: local.DefaultLatency, Back: local.DefaultLatency, Keys: []simulated.Key{{APIKey: key, Secret: password, Account: "me", Deposit: s.wallet}},
	})
	if err != nil {
		return err
	}
	network := netio.Memory(co.Loop(), netio.MemoryConfig{Delay: time.Millisecond, Fault: s.judge})
	listener, err := network.Listen(co, "exchange:0", s.srv)
	if err != nil {
		return err
	}
	addr := listener.Addr()
	s.client, err = binance.Dial(co, network, binance.Config{
		REST: "http://" + addr, Streams: "ws://" + addr, API: "ws://" + addr + wire.PathAPI, Symbols: []string{"BTCUSDT"}, Copies: 2,
		Key: key, Secret: secret.New(password), Run: "s", Note: func(text string) { s.notes = append(s.notes, text) },
	})
	if err != nil {
		return err
	}
	s.me, _ = s.srv.Account("me")
	s.client.Bind(s)
	traded, _ := s.client.Instrument("BTCUSDT")
	_, err = s.client.Open(traded, s)
	return err
}

func (s *soak) run(co *aio.Co, long time.Duration) error {
	if err := s.open(co); err != nil {
		return err
	}
	defer s.client.Close()
	if err := co.Sleep(5 * time.Second); err != nil {
		return err
	}
	for i := range s.due {
		s.due[i] = co.Now() + market.Nanos(soakEvery)*market.Nanos(i+1)/market.Nanos(len(s.due))
	}
	var early, late usage
	end, quarter := co.Now()+market.Nanos(long), co.Now()+market.Nanos(long)/4
	for id := market.OrderID(1); co.Now() < end; id++ {
		s.trade(id)
		if err := co.Sleep(time.Second); err != nil {
			return err
		}
		s.look()
		if early.goroutines == 0 && co.Now() > quarter {
			early = used()
		}
	}
	s.due = [len(soakKinds)]market.Nanos{}
	if err := co.Sleep(soakCalm); err != nil {
		return err
	}
	late = used()
	s.settle(early, late)
	return nil
}

// trade sends one order that fills at once and cancels an older one that rests; what cannot be sent is not.
func (s *soak) trade(id market.OrderID) {
	in, _ := s.client.Instrument("BTCUSDT")
	book := s.client.Book("BTCUSDT")
	if !book.Exact() {
		s.stale++
		return
	}
	bid, ask, ok := book.Best()
	if !ok {
		return
	}
	c := market.Command{Op: market.OpPlace, ID: id, Instrument: in, Side: market.Buy, Type: market.Limit, TIF: market.IOC, Px: ask.Px + 50, Qty: 2}
	switch id % 4 {
	case 1:
		c.Side, c.Px = market.Sell, bid.Px-50
	case 2: // rests at the top, and is filled when somebody comes, or cancelled
		c.TIF, c.Px = market.GTC, bid.Px
	case 3:
		c.TIF, c.Side, c.Px = market.GTC, market.Sell, ask.Px
	}
	_ = s.client.Send(&c)
	if id > 8 {
		_ = s.client.Send(&market.Command{Op: market.OpCancel, ID: id - 8, Instrument: in})
	}
}

// judge breaks each kind of connection when it is due, and keeps what the exchange sends.
func (s *soak) judge(t *netio.Transit) netio.Action {
	kind := ""
	switch {
	case t.Kind == netio.Ask:
		kind = "ask"
	case t.Kind == netio.Answer:
		kind = "answer"
	case t.Path == wire.PathAPI:
		kind = "api"
	case !t.ToServer:
		kind, _, _ = strings.Cut(t.Path[1:], "/")
		s.keep(kind, t.Data)
	}
	i, now := slices.Index(soakKinds[:], kind), s.co.Loop().Now()
	if kind == "public" && s.both {
		s.both = false
		return netio.Action{Verdict: netio.Cut}
	}
	if i < 0 || s.due[i] == 0 || now < s.due[i] {
		return netio.Action{}
	}
	s.due[i] += market.Nanos(soakEvery)
	s.breaks[i]++
	s.both = kind == "public" && s.breaks[i]%2 == 0 // every other time the book loses its stream altogether
	return netio.Action{Verdict: netio.Cut}
}

// keep remembers the book behind a depth frame, and the numbers of the trades.
func (s *soak) keep(kind string, data []byte) {
	f, err := wire.Peek(data)
	if err != nil {
		return
	}
	switch f.Kind {
	case wire.KindDepth:
		s.srv.Book("BTCUSDT").Snapshot(&s.frames[s.checks%len(s.frames)], soakRows)
		s.checks++
	case wire.KindAggTrade:
		var t market.Trade
		if _, err := s.codec.DecodeAggTrade(data, &t); err != nil {
			s.Error(err)
		} else if len(s.sent) == 0 || t.ID > s.sent[len(s.sent)-1] {
			s.sent = append(s.sent, t.ID)
		}
	}
}

// look compares an exact book with what the exchange's was, to the last row, and takes the fills that the exchange has.
func (s *soak) look() {
	for _, f := range s.srv.Exchange().AppendFills(nil, s.me, -1) {
		s.venue[f.Trade] = f
	}
	book := s.client.Book("BTCUSDT")
	if !book.Exact() {
		s.stale++
		return
	}
	var sn market.Snapshot
	book.Snapshot(&sn, soakRows)
	i := slices.IndexFunc(s.frames[:], func(x market.Snapshot) bool { return x.Last == sn.Last })
	if i < 0 {
		s.Errorf("an exact book at %d is not among the last that the exchange sent", sn.Last)
	} else if !slices.Equal(sn.Bids, s.frames[i].Bids) || !slices.Equal(sn.Asks, s.frames[i].Asks) {
		s.Errorf("an exact book at %d has other rows than the exchange's", sn.Last)
	}
}

// usage is what the process holds.
type usage struct {
	goroutines int
	heap       uint64
}

func used() usage {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return usage{runtime.NumGoroutine(), m.HeapAlloc}
}

// settle compares everything once all is quiet.
func (s *soak) settle(early, late usage) {
	s.look()
	if n := len(s.heard); n == 0 || !slices.Equal(s.heard, s.sent[len(s.sent)-n-s.under():len(s.sent)-s.under()]) {
		s.Errorf("%d trades were told, %d sent: they are not the same", n, len(s.sent))
	}
	for id, f := range s.venue {
		ours, ok := s.fills[id]
		if !ok || ours.Px != f.Px || ours.Qty != f.Qty || ours.Side != f.Side || ours.Commission != f.Commission || ours.Realised != f.Realised {
			s.Errorf("trade %d: told %v %+v, the exchange has %+v", id, ok, ours, f)
		}
	}
	if len(s.fills) != len(s.venue) || len(s.fills) == 0 {
		s.Errorf("%d fills were told, the exchange has %d", len(s.fills), len(s.venue))
	}
	if acc, _ := s.srv.Exchange().Account(s.me); acc.Wallet != s.wallet {
		s.Errorf("the wallet is %s by what was told, %s at the exchange", s.wallet, acc.Wallet)
	}
	for i, n := range s.breaks {
		if n == 0 {
			s.Errorf("nothing of the kind %s broke", soakKinds[i])
		}
	}
	if late.goroutines > early.goroutines+2 {
		s.Errorf("goroutines grew from %d to %d", early.goroutines, late.goroutines)
	}
	if late.heap > early.heap*3/2+16<<20 {
		s.Errorf("the heap grew from %d to %d kB", early.heap>>10, late.heap>>10)
	}
	st := s.client.Stats()
	s.Logf("breaks %v of %v; %d fills (%d told again), %d trades, book stale at %d of the looks; goroutines %d to %d, heap %d to %d kB; %+v",
		s.breaks, soakKinds, len(s.fills), s.twice, len(s.heard), s.stale, early.goroutines, late.goroutines, early.heap>>10, late.heap>>10, st)
}

// under is how many of the last trades are still under way.
func (s *soak) under() (n int) {
	for n < len(s.sent) && len(s.heard) > 0 && s.sent[len(s.sent)-1-n] > s.heard[len(s.heard)-1] {
		n++
	}
	return min(n, 2)
}

func (s *soak) Reply(market.OrderID, market.Op, market.Outcome) {}

func (s *soak) Update(u *market.Update) {
	if u.Fill == nil {
		return
	}
	f := *u.Fill
	if was, ok := s.fills[f.Trade]; ok {
		if s.twice++; was.Qty != f.Qty || was.Px != f.Px || was.Commission != f.Commission {
			s.Errorf("trade %d was told as %+v and as %+v", f.Trade, was, f)
		}
		return // as a ledger does
	}
	s.fills[f.Trade] = f
	s.book(f.Realised)
	s.book(f.Commission.Neg())
}

func (s *soak) Account(c *market.Change) {
	if c.Reason != market.ReasonOrder {
		s.book(c.Amount)
	}
}

func (s *soak) book(d decimal.Decimal) {
	sum, err := s.wallet.Add(d)
	if err != nil {
		s.Error(err)
	}
	s.wallet = sum
}

func (s *soak) Quote(*market.Quote)              {}
func (s *soak) Trade(t *market.Trade)            { s.heard = append(s.heard, t.ID) }
func (s *soak) Depth(*market.Book, *market.Diff) {}
func (s *soak) Mark(*market.Mark)                {}
func (s *soak) Status(st market.Status)          { s.notes = append(s.notes, fmt.Sprint("book ", st)) }
