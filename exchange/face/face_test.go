package face_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange"
	"baton/exchange/face"
	"baton/market"
)

var update = flag.Bool("update", false, "write what the face answers into testdata")

const opened = market.Nanos(1_780_000_000_000_000_000)

// world is a face with two markets: BTCUSDT, recorded and moved by the test, and ETHUSDT, matched; and with three accounts,
// whose keys are "a", "b" and "c".
type world struct {
	now      market.Nanos
	events   exchange.Events
	x        *exchange.Exchange
	f        *face.Face
	signers  map[string]*wire.Signer
	sessions map[string]*session
	out      []string
	update   int64
	trades   int64
	diff     market.Diff // scratch, and its rows
	rows     [3]market.Level
}

type session struct {
	*face.Session
	name string
	w    *world
}

// Frame writes a frame down.
func (s *session) Frame(k face.Kind, frame []byte) {
	s.w.out = append(s.w.out, fmt.Sprintf("%s %s %s", s.name, k, frame))
}

func instruments() []*market.Instrument {
	d := decimal.MustParse
	btc := &market.Instrument{
		Symbol: "BTCUSDT", Pair: "BTCUSDT", Base: "BTC", Quote: "USDT", Margin: "USDT", Status: "TRADING",
		Tick: d("0.10"), Lot: d("0.001"), PricePlaces: 2, QtyPlaces: 3, MinPrice: 5_568, MaxPrice: 45_297_640,
		MinQty: 1, MaxQty: 1_000_000, MaxMarketQty: 120_000, MinNotional: d("50"), MaxOrders: 200,
	}
	eth := &market.Instrument{
		Symbol: "ETHUSDT", Pair: "ETHUSDT", Base: "ETH", Quote: "USDT", Margin: "USDT", Status: "TRADING",
		Tick: d("0.01"), Lot: d("0.001"), PricePlaces: 2, QtyPlaces: 3, MinPrice: 3_986, MaxPrice: 30_617_700,
		MinQty: 1, MaxQty: 10_000_000, MaxMarketQty: 2_000_000, MinNotional: d("20"), MaxOrders: 200,
	}
	for _, in := range []*market.Instrument{btc, eth} {
		in.PriceUp, in.PriceDown, in.TakeBound, in.LiquidationFee = d("1.05"), d("0.95"), d("0.05"), d("0.0125")
		in.MakerFee, in.TakerFee = d("0.0002"), d("0.0005")
		in.Brackets = []market.Bracket{
			{Cap: d("300000"), Leverage: 125, Maintenance: d("0.004")},
			{Floor: d("300000"), Cap: d("50000000"), Leverage: 100, Maintenance: d("0.005"), Cum: d("300")},
		}
	}
	return []*market.Instrument{btc, eth}
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{now: opened, signers: map[string]*wire.Signer{}, sessions: map[string]*session{}, update: 100, trades: 1000}
	w.x = exchange.New(exchange.Config{Start: w.now, Echo: true}, &w.events)
	ins := instruments()
	btc, err := w.x.List(ins[0], exchange.Recorded)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.x.List(ins[1], exchange.Matched); err != nil {
		t.Fatal(err)
	}
	var keys []face.Key
	for _, name := range []string{"a", "b", "c"} {
		account := w.x.AddAccount(name)
		if err := w.x.Deposit(w.now, account, decimal.MustParse("10000")); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, face.Key{APIKey: name, Secret: "secret of " + name, Account: account})
		w.signers[name] = wire.NewSigner(name, []byte("secret of "+name))
	}
	w.f = face.New(face.Config{Exchange: w.x, Keys: keys, Seed: 7})
	w.x.Snapshot(w.now, btc, &market.Snapshot{Last: w.update,
		Bids: []market.Level{{Px: 600_000, Qty: 1000}, {Px: 599_999, Qty: 2000}, {Px: 599_990, Qty: 3000}},
		Asks: []market.Level{{Px: 600_001, Qty: 1100}, {Px: 600_002, Qty: 2100}, {Px: 600_010, Qty: 3100}}})
	w.events.Reset()
	return w
}

// command carries out one line of a scenario; what comes of it is in w.out.
func (w *world) command(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	word, tail, _ := strings.Cut(rest, " ")
	switch verb {
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			return err
		}
		w.wait(market.Nanos(d))
	case "call", "times": // call KEY|- METHOD PATH?QUERY [BODY] ; times N KEY ...
		n := 1
		if verb == "times" {
			n, _ = strconv.Atoi(word)
			word, tail, _ = strings.Cut(tail, " ")
		}
		for i := range n {
			w.out = w.out[:0]
			w.call(word, strings.ReplaceAll(tail, "%n", strconv.Itoa(i)))
		}
	case "open": // open NAME PATH?QUERY
		w.open(word, tail)
	case "send": // send NAME TEXT
		w.sessions[word].Message(w.now, []byte(tail))
	case "close":
		w.sessions[word].Close()
	case "place", "cancel", "status": // by the WebSocket API: place SESSION KEY name=value&...
		w.api(verb, word, tail)
	case "user": // user NAME KEY: opens the user stream of a key
		w.user(word, tail)
	case "market":
		if err := w.market(word, tail); err != nil {
			return err
		}
	default:
		return fmt.Errorf("no command %q", verb)
	}
	w.publish()
	return nil
}

func (w *world) publish() {
	w.f.Publish(w.now, &w.events)
	w.events.Reset()
}

// wait lets time pass, with everything that it brings.
func (w *world) wait(d market.Nanos) {
	for end := w.now + d; ; {
		next := min(w.x.Next(), w.f.Next())
		if next > end {
			w.now = end
			return
		}
		w.now = next
		if w.x.Next() <= next {
			w.x.Timer(next)
		}
		w.f.Timer(next)
		w.publish()
	}
}

// call makes a REST request; a query that ends in "&sign" gets timestamp and signature.
func (w *world) call(key, rest string) {
	method, rest, _ := strings.Cut(rest, " ")
	target, body, _ := strings.Cut(rest, " ")
	path, query, _ := strings.Cut(target, "?")
	r := &face.Request{Method: method, Path: path, Query: query, Body: []byte(body), Remote: "127.0.0.1:4000"}
	if key != "-" {
		r.Header = [][2]string{{"X-Mbx-Apikey", key}}
	}
	if q, sign := strings.CutSuffix(query, "sign"); sign {
		r.Query = fmt.Sprintf("%stimestamp=%d", q, w.now/1e6)
		r.Query += "&signature=" + string(w.signers[key].AppendSignature(nil, []byte(r.Query+body)))
	}
	resp := w.f.Serve(w.now, r)
	var head strings.Builder
	head.WriteString(strconv.Itoa(resp.Status))
	for _, h := range resp.Header[1:] {
		head.WriteString(" " + h[0] + "=" + h[1])
	}
	w.out = append(w.out, head.String(), string(resp.Body))
}

func (w *world) open(name, target string) {
	path, query, _ := strings.Cut(target, "?")
	s := &session{name: name, w: w}
	opened, refusal := w.f.Open(w.now, &face.Request{Path: path, Query: query, Remote: "127.0.0.1:4001"}, s)
	if refusal != nil {
		w.out = append(w.out, fmt.Sprintf("%d %s", refusal.Status, refusal.Body))
		return
	}
	s.Session = opened
	w.sessions[name] = s
}

func (w *world) user(name, key string) {
	resp := w.f.Serve(w.now, &face.Request{Method: "POST", Path: "/fapi/v1/listenKey", Header: [][2]string{{wire.HeaderKey, key}}})
	text, err := wire.DecodeListenKey(resp.Body)
	if err != nil {
		w.out = append(w.out, err.Error())
		return
	}
	w.open(name, "/private/ws/"+text)
}

// api sends an order request on a session of the WebSocket API.
func (w *world) api(verb, name, rest string) {
	key, query, _ := strings.Cut(rest, " ")
	p, _ := wire.ParseQuery([]byte(query), nil, nil)
	stamp := wire.Stamp{Time: w.now}
	var text []byte
	switch verb {
	case "place":
		o, fault := p.Place()
		if fault != nil {
			w.out = append(w.out, fault.Error())
			return
		}
		text = w.signers[key].AppendPlace(nil, 1, &o, stamp)
	case "cancel":
		text = w.signers[key].AppendCancel(nil, 2, ref(p), stamp)
	case "status":
		text = w.signers[key].AppendStatus(nil, 3, ref(p), stamp)
	}
	w.sessions[name].Message(w.now, text)
}

func ref(p wire.Params) *wire.Ref {
	a, _ := p.Args()
	return &wire.Ref{Symbol: a.Symbol, OrderID: a.OrderID, ClientID: []byte(a.ClientID)}
}

// market moves the recorded market: quote BID QTY ASK QTY, trade SIDE PX QTY, diff b|a PX QTY.
func (w *world) market(what, rest string) error {
	var n []int64
	fields := strings.Fields(rest)
	for _, s := range fields {
		v, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			v = 0
		}
		n = append(n, v)
	}
	event := w.now
	switch what {
	case "quote":
		w.update++
		w.x.Quote(w.now, 0, &market.Quote{Update: w.update, Bid: market.Ticks(n[0]), BidQty: market.Lots(n[1]),
			Ask: market.Ticks(n[2]), AskQty: market.Lots(n[3]), Event: event, Transact: event})
	case "trade":
		w.trades++
		side := market.Buy
		if fields[0] == "SELL" {
			side = market.Sell
		}
		w.x.Trade(w.now, 0, &market.Trade{ID: w.trades, Last: w.trades, Px: market.Ticks(n[1]), Qty: market.Lots(n[2]), Taker: side,
			Event: event, Transact: event})
	case "diff":
		d := market.Diff{First: w.x.Book(0).Last() + 3, Last: w.x.Book(0).Last() + 10, Prev: w.x.Book(0).Last(), Event: event, Transact: event}
		w.update = max(w.update, d.Last)
		row := []market.Level{{Px: market.Ticks(n[1]), Qty: market.Lots(n[2])}}
		if fields[0] == "b" {
			d.Bids = row
		} else {
			d.Asks = row
		}
		w.x.Diff(w.now, 0, &d)
	default:
		return fmt.Errorf("no market command %q", what)
	}
	return nil
}

// TestScenarios plays testdata/*.txt: commands at the margin, what comes of each indented below it.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			compare(t, string(want), got)
		})
	}
}

func play(t *testing.T, text string) string {
	w := newWorld(t)
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "    ") {
			continue
		}
		b.WriteString(line)
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		w.out = w.out[:0]
		if err := w.command(line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for _, o := range w.out {
			b.WriteString("    " + o + "\n")
		}
	}
	if err := w.x.Check(); err != nil {
		t.Error(err)
	}
	return b.String()
}

func compare(t *testing.T, want, got string) {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		a, b := "(nothing)", "(nothing)"
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			t.Fatalf("line %d:\nwant %s\ngot  %s\n(-update writes what it is now)", i+1, a, b)
		}
	}
}
