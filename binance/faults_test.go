package binance_test

import (
	"bytes"
	"compress/flate"
	"flag"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/core"
	"baton/binance/wire"
	"baton/market"
	"baton/netio/ws"
)

// writeFaults has TestFaultPage write the page anew: go test ./binance -run FaultPage -faults
var writeFaults = flag.Bool("faults", false, "write docs/faults.md")

// faultRow is one fault of the catalogue: what goes wrong, what Baton does, and the test that injects it and asserts that.
type faultRow struct {
	id, fault, does string
	test            func(*testing.T)
}

// faultRows are the faults that concern the connector. Those of the matching of orders, of accounts and of operators are tested
// where the decisions about them are made.
var faultRows = []faultRow{
	{"N1", "connection refused", "tried again with growing, jittered pauses; the book is stale meanwhile", TestReconnect},
	{"N2", "reset in the middle of a frame", "the frame is dropped whole, the connection made again, the book fetched anew", TestStreamsLost},
	{"N3", "half-open connection, data stops", "the age of the data makes the book stale and replaces the connection; a silent peer is pinged and given up", TestSilentStream},
	{"N4", "answers come seconds late", "an answer that proves nothing leaves the order Unknown; nothing is sent again", TestSlowQuery},
	{"N5", "REST is slow, streams are not", "fills and acceptances of the stream count before any answer", faultFillBeforeAck},
	{"N6", "one byte a read", "messages are what they would have been in one piece", faultTrickle},
	{"N7", "the peer takes no more bytes", "Send fails at once, and nothing of the order left; what left in part is Unknown", TestConnectionLost},
	{"N8", "the reader is too slow", "books and tickers conflate; trades wait up to a bound, and what is lost is told in its place", TestSlowReaders},
	{"N9", "a burst comes through a narrow line", "every frame is taken in order, however late; a book that hears nothing for too long is stale meanwhile", faultNarrow},
	{"N10", "a connection flaps", "pauses grow while connections are short-lived, and attempts stay within 240 in 5 minutes", faultFlapping},
	{"N11", "only one of market data, user stream, REST, orders is down", "the others go on; commands go by REST while the connection for orders is down", TestRESTWhileDown},
	{"N12", "names do not resolve", "nothing left, for certain: no order is judged by it", TestSent},
	{"N13", "an address that swallows everything", "connecting is given up after a bound, and tried again; what is open goes on", faultBlackHole},
	{"N14", "a certificate of an unknown issuer, or of another host", "nothing is sent, there is no way around it", faultCertificate},
	{"N15", "TLS ends without a goodbye", "the connection is lost, as after any break", faultTruncated},
	{"N16", "a proxy's or portal's page instead of an answer", "HTML is no success: the order is Unknown", TestRESTWhileDown},
	{"N17", "the server closes an idle connection as a command leaves", "the command is sent once; Unknown", TestCommandLost},
	{"N18", "the process has no sockets left", "what is open goes on, orders too; the rest is tried again with growing pauses", faultNoSockets},
	{"N19", "two connections bring one stream", "the first frame of each wins, order is kept", TestOrderOfFrames},
	{"N20", "our frames arrive, answers do not", "Unknown, then the barrier, then a query", TestQueryAbsent},
	{"W1", "a message in 1,000 fragments, pings between", "one message; each ping is answered at once", faultFragments},
	{"W2", "a flood of pings", "each is answered, and what comes between them is taken in order", faultPings},
	{"W3", "the exchange pings no more", "a silent peer is pinged by us, and given up after a minute", faultSilentPeer},
	{"W4", "the peer closes with any code", "the connection is made again, the book fetched anew", faultCloseCodes},
	{"W5", "a message beyond the limit", "the connection ends with 1009; no memory is taken for what was only promised", faultOversized},
	{"W6", "text that cannot be read, unknown event, number as text", "counted and told; on the user stream the orders are asked about", TestUnreadableUserFrame},
	{"W7", "compression that was not agreed, bad, or a bomb", "the connection ends with 1002, 1007 or 1009 within the size limit", faultCompression},
	{"W8", "reserved bits, bad opcode, masked server frame", "the connection ends with 1002", faultProtocol},
	{"W9", "the exchange ends connections at 24 h", "each is replaced by one that is open already, at 23 h less up to an hour", TestRotation},
	{"W10", "a subscription brings nothing, or a part of it", "the exchange is asked what it has subscribed, and what is missing is subscribed again; each stream's own age of data is watched, its connection replaced", faultPartial},
	{"W11", "too many messages to the exchange", "subscriptions leave at most five a second", TestSubscribePace},
	{"W12", "late frames of a connection that was given up", "they are dropped", TestListenKeyExpires},
	{"W13", "an answer to nothing, twice, or out of order", "answers find their command by number, which is registered before it is sent", TestOddAnswers},
	{"W14", "streams are routed to /public, /market, /private", "each goes to its root; one on the wrong root is silent, and found by its age", faultRoots},
	{"E1", "429", "nothing but cancels leaves before Retry-After", TestRequestsWaitForTheirTurn},
	{"E2", "418", "nothing but cancels leaves for two minutes, or what Retry-After says", faultBan},
	{"E3", "403 of the firewall", "as a ban: nothing but cancels leaves for two minutes", faultFirewall},
	{"E4", "503 Unknown error", "Unknown", TestOutcomes},
	{"E5", "503 Service Unavailable.", "a proven refusal", TestOutcomes},
	{"E6", "503 -1008", "a proven refusal; closes are sent with reduceOnly", TestOutcomes},
	{"E7", "408, 504, -1000, -1001, -1006, -1007, no JSON", "Unknown", TestOutcomes},
	{"E8", "the acknowledgement is lost, the order lives", "a query finds it, with its fills", TestQueryFound},
	{"E9", "the order is accepted after we gave up", "no absence is proven before the exchange could last have taken it", TestQueryAbsent},
	{"E10", "-2013 for an order that lives", "Unknown until the barrier; after a gap two answers, ten seconds later", TestAbsentAfterGap},
	{"E12", "-2011 to a cancel", "says nothing of the order: it is asked about", TestRefusedCancelKeepsItsOrder},
	{"E13", "-4116 duplicate id", "Unknown: an earlier copy reached the exchange", TestOutcomes},
	{"E14", "-1021", "a proven refusal; the clock's offset is measured anew", TestClockJumps},
	{"E21", "user events are delayed", "the order is asked about; what is told twice is the same", TestRecoverLateTrades},
	{"E22", "user events are lost", "after every interruption each live order is asked about, fills included; one that is lost without a sign is found within ten seconds by its number", faultLostFills},
	{"E23", "user events come twice", "a fill has its number; a change of the account is known by its time and the balance after it", TestMissedIncome},
	{"E24", "a fill before its order's acceptance", "a fill proves acceptance", faultFillBeforeAck},
	{"E25", "listenKeyExpired", "a new key, a new connection, every live order asked about", TestListenKeyExpires},
	{"E26", "the key's keep-alive is refused", "the same, at once", TestListenKeyUpkeep},
	{"E28", "a diff is missing", "the book is stale in the same call; a snapshot is fetched, and what came meanwhile applied", TestDroppedDiff},
	{"E29", "the snapshot is too old, or refused", "fetched again with growing pauses; the book stays stale", TestBadSnapshots},
	{"E30", "levels of before a resync", "a snapshot replaces the whole book", faultGhosts},
	{"E33", "funding while the user stream is down", "asked for with the incomes, and told once", TestMissedIncome},
	{"E34", "our position is liquidated while the user stream is down", "its trades are told when it is back, with the exchange's figures", TestMissedTradesOfStrangers},
	{"E42", "trades of a query lag behind the order's quantity", "asked again until they add up", TestRecoverLateTrades},
	{"E45", "a conditional order is rejected when its trigger comes", "a person is told, with the reason; the order that one became is known as ours", TestConditionalOrders},
	{"E47", "an order in an instrument that is not ours", "told to a person; no instruction follows from it", TestStrangeInstrument},
	{"O1", "a live key at a test address, or the reverse", "refused before anything is sent", TestEnvironments},
	{"P15", "the exchange's time is not known within 500 ms", "orders that open are refused here; cancels and closes go out", TestClockRefusesOrders},
	{"P18", "an answer echoes a key, a secret, a signature", "no note and no error shows it", TestSecretsStayIn},
}

// TestFaultMatrix injects every fault of the table.
func TestFaultMatrix(t *testing.T) {
	done := map[string]bool{}
	for _, row := range faultRows {
		t.Run(row.id, func(t *testing.T) {
			if name := nameOf(row.test); !done[name] { // one test may stand for several rows
				done[name] = true
				row.test(t)
			}
		})
	}
}

func nameOf(test func(*testing.T)) string {
	name := runtime.FuncForPC(reflect.ValueOf(test).Pointer()).Name()
	return name[strings.LastIndex(name, ".")+1:]
}

const faultPage = "../docs/faults.md"

// TestFaultPage: the page says what the table says.
func TestFaultPage(t *testing.T) {
	var b strings.Builder
	b.WriteString("# What goes wrong between Baton and the exchange, and what Baton does\n\n" +
		"Made from the table in `binance/faults_test.go` (`go test ./binance -run FaultPage -faults`); `go test ./binance -run FaultMatrix -v` injects each.\n" +
		"N: network, W: WebSocket, E: exchange, O: operator, P: promise.\n\n| fault | what goes wrong | what Baton does | test |\n|---|---|---|---|\n")
	for _, r := range faultRows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.id, r.fault, r.does, nameOf(r.test))
	}
	if *writeFaults {
		if err := os.WriteFile(faultPage, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if page, err := os.ReadFile(faultPage); err != nil || string(page) != b.String() {
		t.Errorf("docs/faults.md is not what the table says (%v): go test ./binance -run FaultPage -faults", err)
	}
}

func faultFillBeforeAck(t *testing.T) {
	on(t, true, func(r *rig) {
		r.must(r.place(1))
		r.pass(10 * time.Millisecond)
		r.update("baton-t-1", market.StatusPartiallyFilled, wire.ExecutionTrade, "0.004", "0.004", 5)
		r.pass(10 * time.Millisecond)
		r.conns["api"].Send([]byte(`{"id":1,"status":200,"result":{}}`))
		r.pass(10 * time.Millisecond)
		r.want("update 1 PARTIALLY_FILLED 4 trade 5 of 4; place 1 accepted 0")
		r.pass(time.Minute)
		if rep := r.query(1); rep.Kind != market.ReportUnknown {
			t.Error("what was filled cannot be absent:", rep)
		}
	})
}

// reading gives what a client's reader makes of bytes, n at a time.
func reading(limit int, e ws.Extension, in []byte, n int) (got []string, code uint16) {
	r := ws.NewReader(ws.Client)
	r.SetLimit(limit)
	r.SetExtension(e)
	for len(in) > 0 {
		k := min(n, len(in))
		r.Feed(in[:k])
		in = in[k:]
		for {
			m, ok, err := r.Next()
			if breach, isBreach := err.(*ws.Error); isBreach {
				return got, breach.Code
			}
			if !ok {
				break
			}
			got = append(got, m.Op.String()+" "+string(m.Data))
		}
	}
	return got, 0
}

func faultTrickle(t *testing.T) {
	var in []byte
	for i := range 50 {
		in = ws.Append(in, ws.Text, fmt.Appendf(nil, `{"n":%d,"x":"%s"}`, i, strings.Repeat("µ", i*20)))
	}
	whole, _ := reading(1<<20, ws.Extension{}, in, len(in))
	if cut, code := reading(1<<20, ws.Extension{}, in, 1); code != 0 || len(cut) != 50 || fmt.Sprint(cut) != fmt.Sprint(whole) {
		t.Error("cut into bytes the messages are others")
	}
}

func faultFragments(t *testing.T) {
	in := (&ws.Frame{Op: ws.Text, Payload: []byte("0"), Unfinished: true}).Append(nil)
	for i := range 998 {
		if i%100 == 0 {
			in = ws.Append(in, ws.Ping, fmt.Append(nil, i))
		}
		in = (&ws.Frame{Op: ws.Continuation, Payload: []byte("x"), Unfinished: true}).Append(in)
	}
	in = ws.Append(in, ws.Continuation, []byte("1"))
	got, code := reading(1<<20, ws.Extension{}, in, 7)
	if code != 0 || len(got) != 11 || got[10] != "text 0"+strings.Repeat("x", 998)+"1" || got[9] != "ping 900" {
		t.Error(code, len(got))
	}
}

func faultOversized(t *testing.T) {
	if _, code := reading(1000, ws.Extension{}, ws.Append(nil, ws.Text, make([]byte, 1001)), 100); code != ws.TooBig {
		t.Error(code)
	}
	if _, code := reading(1000, ws.Extension{}, (&ws.Frame{Op: ws.Text, Claim: 1 << 40}).Append(nil), 100); code != ws.TooBig {
		t.Error(code)
	}
}

func faultCompression(t *testing.T) {
	packed := ws.Frame{Op: ws.Text, RSV: 4, Payload: []byte("\xf2\x48\xcd\xc9\xc9\x07\x00")} // "Hello"
	agreed := ws.Extension{Deflate: true}
	if got, code := reading(10, agreed, packed.Append(nil), 3); code != 0 || fmt.Sprint(got) != "[text Hello]" {
		t.Error(got, code)
	}
	if _, code := reading(5, ws.Extension{}, packed.Append(nil), 3); code != ws.ProtocolError {
		t.Error("not agreed:", code)
	}
	var bomb bytes.Buffer
	w, err := flate.NewWriter(&bomb, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.Write(make([]byte, 100_000)); err == nil {
		err = w.Flush()
	}
	if packed.Payload = bomb.Bytes(); err != nil || len(packed.Payload) > 1000 {
		t.Fatal(err, len(packed.Payload))
	}
	if _, code := reading(1000, agreed, packed.Append(nil), 3); code != ws.TooBig {
		t.Error("a bomb:", code)
	}
	packed.Payload = []byte("\xff\xff")
	if _, code := reading(5, agreed, packed.Append(nil), 3); code != ws.InvalidData {
		t.Error("bad:", code)
	}
}

func faultProtocol(t *testing.T) {
	for _, f := range []ws.Frame{{Op: ws.Text, RSV: 1}, {Op: 3}, {Op: 11}, {Op: ws.Text, Masked: true}} {
		if _, code := reading(100, ws.Extension{}, f.Append(nil), 100); code != ws.ProtocolError {
			t.Errorf("%+v: %d", f, code)
		}
	}
}

func faultCloseCodes(t *testing.T) {
	for _, code := range []uint16{1000, 1001, 1008, 1011, 1012, 1013} {
		on(t, true, func(r *rig) {
			r.open()
			r.conns["public"].Close(code, "bye")
			r.pass(100 * time.Millisecond)
			r.wantFeed("exact stale")
			r.pass(time.Second)
			r.diff(false)
			r.pass(time.Second)
			r.wantFeed("exact stale exact")
		})
	}
}

func faultFlapping(t *testing.T) {
	on(t, true, func(r *rig) {
		r.open()
		before := r.opened["public"]
		for range 5 * 60 * 5 { // five minutes
			r.pass(200 * time.Millisecond)
			if c := r.conns["public"]; c.Open() {
				c.Close(1001, "")
			}
		}
		if n := r.opened["public"] - before; n < 10 || n > 30 {
			t.Errorf("%d connections in five minutes of flapping", n)
		}
	})
	var turns core.Connects
	now, n := market.Nanos(0), 0
	for now < 300e9 {
		if now = turns.Turn(now); now < 300e9 {
			n++
		}
	}
	if n > 240 {
		t.Errorf("%d attempts in five minutes", n)
	}
}

func faultRoots(t *testing.T) {
	on(t, true, func(r *rig) {
		r.open()
		if got := r.queries["public"] + " " + r.queries["market"]; got != "streams=btcusdt@depth@100ms/btcusdt@bookTicker streams=btcusdt@aggTrade/btcusdt@markPrice@1s" {
			t.Error(got)
		}
		if !r.keySeen || r.opened["private"] != 1 {
			t.Error("the user stream is not on its root", r.opened)
		}
	})
}

func faultBan(t *testing.T) {
	on(t, true, func(r *rig) {
		r.order = func(id []byte, _ *wire.Request) []byte {
			return wire.AppendFailure(nil, id, 418, wire.Fault(wire.CodeTooManyRequests), nil)
		}
		r.must(r.place(1))
		r.pass(time.Second)
		if err := r.place(2); r.failed(err) == nil || binance.Sent(err) {
			t.Error("an order went out during a ban")
		}
		r.must(r.cancel(1))
		asked := r.asked[wire.CallOrder]
		query := aio.Go(r.co, "query", func(co *aio.Co) (market.Report, error) { return r.c.Query(co, r.btc(), 1) })
		r.pass(100 * time.Second)
		if r.asked[wire.CallOrder] != asked {
			t.Error("a query went out during a ban")
		}
		r.pass(30 * time.Second)
		if r.asked[wire.CallOrder] == asked {
			t.Error("no query went out after it")
		}
		if _, err := query.Result(); err != nil {
			t.Error(err)
		}
	})
}

func faultGhosts(t *testing.T) {
	on(t, true, func(r *rig) {
		b := r.open()
		d := market.Diff{First: r.last + 1, Last: r.last + 1, Prev: r.last, Bids: []market.Level{{Px: 999, Qty: 9}}, Event: t0, Transact: t0}
		r.last++
		r.conns["public"].Send(wire.AppendWrapped(nil, "btcusdt@depth@100ms", r.codec.AppendDepth(nil, &d)))
		r.pass(time.Second)
		if b.Bid(999) != 9 {
			t.Fatal("the level is not there")
		}
		r.cut("public")
		r.pass(5 * time.Second) // the new snapshot has no such level
		r.diff(false)
		r.pass(time.Second)
		r.wantFeed("exact stale exact")
		if q := b.Bid(999); q != 0 {
			t.Errorf("a level of before, %d lots", q)
		}
	})
}
