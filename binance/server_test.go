package binance_test

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
	"baton/netio"
	"baton/secret"
)

type none = struct{}

// Canaries: none of these may ever show in a note or an error. They are as long as Binance's.
const (
	key       = "canaryKEYcanaryKEYcanaryKEYcanaryKEYcanaryKEYcanaryKEYcanaryKEY1"
	password  = "canarySECRETcanarySECRETcanarySECRETcanarySECRETcanarySECRET1234"
	listenKey = "canaryLISTENcanaryLISTENcanaryLISTENcanaryLISTENcanaryLISTEN1234"
)

const t0 = market.Nanos(1_700_000_000_000_000_000)

func dec(s string) decimal.Decimal { return decimal.MustParse(s) }

func btc() *market.Instrument {
	return &market.Instrument{
		Symbol: "BTCUSDT", Pair: "BTCUSDT", Base: "BTC", Quote: "USDT", Margin: "USDT",
		Tick: dec("0.10"), Lot: dec("0.001"), PricePlaces: 2, QtyPlaces: 3, Status: "TRADING",
		MinPrice: 5568, MaxPrice: 45297640, MinQty: 1, MaxQty: 1000000, MaxMarketQty: 120000, MaxOrders: 200,
		MinNotional: dec("50"), PriceUp: dec("1.05"), PriceDown: dec("0.95"), TakeBound: dec("0.05"), LiquidationFee: dec("0.0125"),
	}
}

// verifier checks what a key has signed.
type verifier interface {
	VerifyQuery(query, body []byte) *wire.APIError
	VerifyParams(p wire.Params) *wire.APIError
}

// server is a scripted exchange: it answers what it is told to, and checks that what it is asked is signed.
type server struct {
	t        testing.TB
	loop     *aio.Loop
	in       *market.Instrument
	codec    *wire.Codec
	signer   verifier
	rest     map[wire.Call]func(*netio.Request) *netio.Response // nil: the answer of a quiet account
	asked    map[wire.Call]int
	conns    map[string]*netio.Conn // by root: public, market, private, api
	opened   map[string]int
	all      map[string][]*netio.Conn                // every connection of a root, also those that are gone
	gone     map[*netio.Conn]market.Nanos            // when each ended
	came     map[*netio.Conn]market.Nanos            // when each was made
	other    func(*netio.Request) *netio.Response    // answers everything; nil answers are lost
	queries  map[string]string                       // the query of a root's newest connection
	controls []string                                // what was said on stream connections, but for questions
	has      map[*netio.Conn]*[]string               // what each stream connection is subscribed to
	withheld map[string]int                          // streams that are not subscribed, so many times
	lists    int                                     // questions what is subscribed
	refuse   bool                                    // new connections
	refusing string                                  // a root
	order    func(id []byte, r *wire.Request) []byte // the answer to a ws-api request; nil: no answer
	orders   []string                                // what came: "order.place <client id>"
	last     int64                                   // update id of the book
	lost     func(*netio.Transit) bool               // requests and frames that are lost
	dropped  bool                                    // frames to the server are dropped
	late     time.Duration                           // how much later answers to REST calls come
	slow     time.Duration                           // how much later frames to the client come
	skew     market.Nanos                            // the server's clock is ahead by so much
	keySeen  bool
}

func newServer(t testing.TB, l *aio.Loop) *server {
	in := btc()
	return &server{
		t: t, loop: l, in: in, codec: wire.NewCodec(in), signer: wire.NewSigner(key, []byte(password)), last: 1001,
		rest: map[wire.Call]func(*netio.Request) *netio.Response{}, asked: map[wire.Call]int{},
		conns: map[string]*netio.Conn{}, opened: map[string]int{}, all: map[string][]*netio.Conn{}, queries: map[string]string{},
		has: map[*netio.Conn]*[]string{}, withheld: map[string]int{}, gone: map[*netio.Conn]market.Nanos{}, came: map[*netio.Conn]market.Nanos{},
	}
}

func ok(body []byte) *netio.Response { return &netio.Response{Status: 200, Body: body} }

func fault(status, code int) *netio.Response {
	return &netio.Response{Status: status, Body: wire.AppendError(nil, wire.Fault(code))}
}

// Serve answers a REST call.
func (s *server) Serve(r *netio.Request, answer func(*netio.Response)) {
	call, _ := wire.FindHTTP(r.Method, r.Path)
	if s.other != nil {
		if res := s.other(r); res != nil {
			answer(res)
		}
		return
	}
	s.asked[call]++
	if call.Security() == wire.Signed {
		if err := s.signer.VerifyQuery([]byte(r.Query), nil); err != nil || r.Header[0][1] != key {
			s.t.Errorf("%s %s: %v", r.Method, r.Path, err)
		}
	}
	if f := s.rest[call]; f != nil {
		if res := f(r); res != nil {
			answer(res)
		}
		return
	}
	answer(s.quiet(call))
}

// quiet are the answers of an account without orders.
func (s *server) quiet(call wire.Call) *netio.Response {
	switch call {
	case wire.CallTime:
		return ok(wire.AppendServerTime(nil, wire.Millis(s.loop.Now()+s.skew)))
	case wire.CallExchangeInfo:
		return ok(wire.AppendInfo(nil, &wire.Info{Limits: wire.DefaultLimits(), Instruments: []*market.Instrument{s.in}}))
	case wire.CallBrackets:
		return ok(wire.AppendBrackets(nil, []wire.SymbolBrackets{{Symbol: s.in.Symbol, Brackets: []market.Bracket{
			{Cap: dec("50000"), Leverage: 125, Maintenance: dec("0.004")}}}}))
	case wire.CallCommission:
		return ok(wire.AppendCommission(nil, &wire.Commission{Symbol: s.in.Symbol, Maker: dec("0.0002"), Taker: dec("0.0005")}))
	case wire.CallStartListenKey, wire.CallKeepListenKey:
		return ok(wire.AppendListenKey(nil, listenKey))
	case wire.CallDepth:
		return ok(s.snapshot())
	case wire.CallOrder, wire.CallAlgo:
		return fault(400, wire.CodeNoSuchOrder)
	case wire.CallAccount:
		return ok(wire.AppendAccount(nil, &wire.Account{Assets: []wire.AccountAsset{{Asset: "USDT", WalletBalance: dec("1000")}}}))
	case wire.CallPositions:
		return ok(wire.AppendPositions(nil, []wire.PositionRisk{{Symbol: "BTCUSDT", PositionSide: "BOTH", PositionAmt: dec("-0.002"), EntryPrice: dec("100.5")}}))
	case wire.CallOpenOrders, wire.CallUserTrades, wire.CallAllOrders, wire.CallOpenAlgos, wire.CallAllAlgos:
		return ok([]byte("[]"))
	}
	return ok(wire.AppendEmpty(nil))
}

func (s *server) snapshot() []byte {
	return s.codec.AppendSnapshot(nil, &market.Snapshot{
		Last: s.last, Bids: []market.Level{{Px: 1000, Qty: 5}}, Asks: []market.Level{{Px: 1001, Qty: 7}},
		Event: s.loop.Now(), Transact: s.loop.Now(),
	})
}

// Accept takes a WebSocket.
func (s *server) Accept(r *netio.Request, c *netio.Conn) (netio.Handler, *netio.Response) {
	root := "api"
	if r.Path != wire.PathAPI {
		root, _, _ = strings.Cut(r.Path[1:], "/")
	}
	if s.refuse || root == s.refusing {
		return nil, &netio.Response{Status: 503, Body: []byte("no such stream: " + r.Path + "?" + r.Query)}
	}
	s.keySeen = s.keySeen || strings.Contains(r.Query, listenKey)
	s.conns[root] = c
	s.opened[root]++
	s.came[c] = s.loop.Now()
	s.all[root] = append(s.all[root], c)
	s.queries[root] = r.Query
	s.has[c] = &[]string{}
	if v, err := url.ParseQuery(r.Query); err == nil {
		for name := range strings.SplitSeq(v.Get(wire.QueryStreams), "/") {
			s.give(s.has[c], name)
		}
	}
	return serverEnd{s, root}, nil
}

type serverEnd struct {
	s    *server
	root string
}

func (e serverEnd) Closed(c *netio.Conn, _ error) { e.s.gone[c] = e.s.loop.Now() }

func (e serverEnd) Message(c *netio.Conn, data []byte) {
	s := e.s
	if e.root != "api" {
		s.subscribed(c, e.root, data)
		return
	}
	var r wire.Request
	if err := wire.DecodeRequest(data, &r); err != nil {
		s.t.Error(err)
		return
	}
	if err := s.signer.VerifyParams(r.Params); err != nil {
		s.t.Error(err)
	}
	id := r.Params.Value("newClientOrderId")
	if id == nil {
		id = r.Params.Value("origClientOrderId")
	}
	s.orders = append(s.orders, string(r.Method)+" "+string(id))
	if s.order == nil {
		return
	}
	if answer := s.order(r.ID, &r); answer != nil {
		c.Send(answer)
	}
}

// subscribed takes a message about subscriptions. The list is answered: what the address and the messages named, less what is withheld.
func (s *server) subscribed(c *netio.Conn, root string, data []byte) {
	var q wire.Control
	if err := wire.DecodeControl(data, &q); err != nil {
		s.t.Error(err)
		return
	}
	has := s.has[c]
	switch q.Method {
	case wire.ListSubscriptions:
		s.lists++
		c.Send(wire.AppendControlList(nil, q.ID, *has))
		return
	case wire.Subscribe:
		for _, name := range q.Streams {
			s.give(has, name)
		}
	case wire.Unsubscribe:
		*has = slices.DeleteFunc(*has, func(name string) bool { return slices.Contains(q.Streams, name) })
	}
	s.controls = append(s.controls, root+" "+string(data))
}

// give subscribes a stream, unless it is withheld this time.
func (s *server) give(has *[]string, name string) {
	if s.withheld[name] > 0 {
		s.withheld[name]--
		return
	}
	*has = append(*has, name)
}

// accept answers every command with success.
func accept(id []byte, _ *wire.Request) []byte {
	return wire.AppendResponse(nil, id, []byte(`{}`), nil)
}

// refuse answers every command with a code.
func refuse(status, code int) func([]byte, *wire.Request) []byte {
	return func(id []byte, _ *wire.Request) []byte {
		return wire.AppendFailure(nil, id, status, wire.Fault(code), nil)
	}
}

// cut breaks a connection, as a network does.
func (s *server) cut(root string) {
	s.lost = func(t *netio.Transit) bool { return t.Kind == netio.Frame && !t.ToServer }
	s.conns[root].Send([]byte("{}"))
	s.lost = nil
}

// fault is the network's: what is lost is cut off.
func (s *server) fault(t *netio.Transit) netio.Action {
	if s.dropped && t.Kind == netio.Frame && t.ToServer {
		return netio.Action{Verdict: netio.Drop}
	}
	if t.Kind == netio.Frame && !t.ToServer && s.slow > 0 {
		return netio.Action{Delay: s.slow}
	}
	if t.Kind == netio.Answer {
		return netio.Action{Delay: s.late}
	}
	if s.lost != nil && s.lost(t) {
		return netio.Action{Verdict: netio.Cut}
	}
	return netio.Action{}
}

// diff sends the next diff of the book; skip leaves one out before it.
func (s *server) diff(skip bool) {
	if skip {
		s.last++
	}
	d := market.Diff{First: s.last + 1, Last: s.last + 1, Prev: s.last, Bids: []market.Level{{Px: 1000, Qty: market.Lots(s.last % 50)}}, Event: s.loop.Now(), Transact: s.loop.Now()}
	s.last++
	s.conns["public"].Send(wire.AppendWrapped(nil, "btcusdt@depth@100ms", s.codec.AppendDepth(nil, &d)))
}

func (s *server) user(event []byte) { s.conns["private"].Send(event) }

// update sends an ORDER_TRADE_UPDATE.
func (s *server) update(clientID string, st market.OrderStatus, x wire.Execution, qty, filled string, trade int64) {
	s.user(wire.AppendOrderUpdate(nil, &wire.OrderUpdate{
		Event: s.loop.Now(), Transact: s.loop.Now(), Symbol: []byte("BTCUSDT"), ClientID: []byte(clientID), OrderID: 77,
		Side: market.Buy, Type: market.Limit, TIF: market.GTC, Qty: dec("0.010"), Price: dec("100"), Execution: x, Status: st,
		LastQty: dec(qty), LastPrice: dec("100"), Filled: dec(filled), Commission: dec("0.01"), Asset: []byte("USDT"),
		TradeTime: s.loop.Now(), Trade: trade, Maker: true, Realised: dec("0.5"),
	}))
}

// ears hear what the client tells.
type ears struct {
	lines []string // of orders and account
	feed  []string // of the book's status
	depth int
	quote market.Quote
	trade market.Trade
	mark  market.Mark
	fills []market.Fill
	texts []string // of refusals
}

func (e *ears) say(format string, args ...any) {
	e.lines = append(e.lines, fmt.Sprintf(format, args...))
}

func (e *ears) Reply(id market.OrderID, op market.Op, o market.Outcome) {
	e.texts = append(e.texts, o.Text)
	e.say("%s %d %s %d", op, id, o.Kind(), o.Code)
}

func (e *ears) Update(u *market.Update) {
	who, what := fmt.Sprint(u.Order), ""
	if u.Order == 0 {
		who = u.ClientID
	}
	if u.Fill != nil {
		what = fmt.Sprintf(" trade %d of %d", u.Fill.Trade, u.Fill.Qty)
		e.fills = append(e.fills, *u.Fill)
	}
	e.say("update %s %s %d%s", who, u.Status, u.Filled, what)
}

func (e *ears) Account(c *market.Change) {
	name := "-"
	if c.Instrument != nil {
		name = c.Instrument.Symbol
	}
	e.say("change %d %s %s %s", c.Reason, c.Amount, c.Asset, name)
}

func (e *ears) Quote(q *market.Quote)            { e.quote = *q }
func (e *ears) Trade(t *market.Trade)            { e.trade = *t }
func (e *ears) Depth(*market.Book, *market.Diff) { e.depth++ }
func (e *ears) Mark(m *market.Mark)              { e.mark = *m }
func (e *ears) Status(s market.Status)           { e.feed = append(e.feed, s.String()) }
func (e *ears) heard() string                    { return strings.Join(e.lines, "; ") }
func (e *ears) statuses() string                 { return strings.Join(e.feed, " ") }

// rig is a client at a scripted exchange, with what it told.
type rig struct {
	*server
	*ears
	t     testing.TB
	co    *aio.Co
	c     *binance.Client
	net   netio.Network
	cfg   binance.Config
	notes []string
	errs  []error // every error that was returned
}

// newRig has a server, and no client yet.
func newRig(t testing.TB, co *aio.Co) *rig {
	r := &rig{server: newServer(t, co.Loop()), ears: &ears{}, t: t, co: co}
	r.net = netio.Memory(co.Loop(), netio.MemoryConfig{Delay: time.Millisecond, Fault: r.server.fault})
	l, err := r.net.Listen(co, "exchange:0", r.server)
	r.must(err)
	r.cfg = binance.Config{
		REST: "http://" + l.Addr(), Streams: "ws://" + l.Addr(), API: "ws://" + l.Addr() + wire.PathAPI,
		Symbols: []string{"BTCUSDT"}, Key: key, Secret: secret.New(password), Run: "t", Window: time.Second,
		Note: func(text string) { r.notes = append(r.notes, text) },
	}
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// failed keeps an error that was wanted.
func (r *rig) failed(err error) error {
	r.t.Helper()
	if err == nil {
		r.t.Error("an error is wanted")
		return nil
	}
	r.errs = append(r.errs, err)
	return err
}

func (r *rig) dial() {
	r.t.Helper()
	c, err := binance.Dial(r.co, r.net, r.cfg)
	r.must(err)
	r.c = c
	c.Bind(r.ears)
}

// pass lets time pass.
func (r *rig) pass(d time.Duration) {
	r.t.Helper()
	r.must(r.co.Sleep(d))
}

func (r *rig) btc() *market.Instrument {
	in, ok := r.c.Instrument("BTCUSDT")
	if !ok {
		r.t.Fatal("no instrument")
	}
	return in
}

func (r *rig) place(id market.OrderID) error {
	return r.c.Send(&market.Command{Op: market.OpPlace, ID: id, Instrument: r.btc(), Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: 1000, Qty: 10})
}

func (r *rig) cancel(id market.OrderID) error {
	return r.c.Send(&market.Command{Op: market.OpCancel, ID: id, Instrument: r.btc()})
}

// want compares what was told so far, and forgets it.
func (r *rig) want(text string) {
	r.t.Helper()
	if got := r.heard(); got != text {
		r.t.Errorf("told: %s\nwant: %s", got, text)
	}
	r.lines = nil
}

func (r *rig) wantFeed(text string) {
	r.t.Helper()
	if got := r.statuses(); got != text {
		r.t.Errorf("the book was %q, want %q", got, text)
	}
}

// silent checks that nothing that was said holds a secret: not the key, the secret, the listen key, or a signature.
func (r *rig) silent() {
	r.t.Helper()
	said := append(r.notes, r.texts...)
	for _, err := range r.errs {
		for ; err != nil; err = unwrap(err) {
			said = append(said, fmt.Sprintf("%v %+v %#v", err, err, err))
		}
	}
	for _, text := range said {
		for _, s := range []string{key, password, listenKey} {
			if strings.Contains(text, s) {
				r.t.Errorf("%q stands in: %s", s, text)
			}
		}
		if signature.MatchString(text) {
			r.t.Error("a signature stands in:", text)
		}
	}
}

var signature = regexp.MustCompile("[0-9a-fA-F]{64}")

func unwrap(err error) error {
	u, ok := err.(interface{ Unwrap() error })
	if !ok {
		return nil
	}
	return u.Unwrap()
}

// on runs a test with a rig on a virtual clock; up: the client is connected.
func on(t testing.TB, up bool, test func(r *rig)) {
	t.Helper()
	_, err := aio.Run(context.Background(), aio.Config{Source: aio.Virtual(t0)}, func(co *aio.Co) (none, error) {
		r := newRig(t, co)
		if up {
			r.dial()
		}
		test(r)
		r.silent()
		return none{}, nil
	})
	if err != nil {
		t.Error(err)
	}
}
