package wire_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

// TestPublishedSignature is Binance's own example (USD-M, General Info, SIGNED endpoint examples).
func TestPublishedSignature(t *testing.T) {
	const payload = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943"
	const want = "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"
	s := wire.NewSigner(testKey, []byte(testSecret))
	if got := string(s.AppendSignature(nil, []byte(payload))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for name, x := range map[string][2]string{
		"all in the query":        {payload + "&signature=" + want, ""},
		"all in the body":         {"", payload + "&signature=" + want},
		"upper case":              {payload + "&signature=" + strings.ToUpper(want), ""},
		"signature first":         {"signature=" + want + "&" + payload, ""},
		"signature in the middle": {"symbol=BTCUSDT&signature=" + want + "&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943", ""},
	} {
		if err := s.VerifyQuery([]byte(x[0]), []byte(x[1])); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.VerifyQuery([]byte(payload+"0&signature="+want), nil); err == nil || err.Code != wire.CodeBadSignature {
		t.Errorf("a changed payload: %v", err)
	}
	if err := s.VerifyQuery([]byte(payload), nil); err == nil || err.Code != wire.CodeMandatoryParam {
		t.Errorf("no signature: %v", err)
	}
}

func sign(payload string) string {
	m := hmac.New(sha256.New, []byte(testSecret))
	m.Write([]byte(payload))
	return hex.EncodeToString(m.Sum(nil))
}

// TestSplitRequests signs as other clients do: part in the query, part in the body, joined without a separator (Binance USD-M,
// mixed query string and request body), and one encoding signed while another is sent.
func TestSplitRequests(t *testing.T) {
	s := wire.NewSigner(testKey, []byte(testSecret))
	query, body := "timestamp=1", "symbol=BTCUSDT&quantity=1"
	if err := s.VerifyQuery([]byte(query+"&signature="+sign(query+body)), []byte(body)); err != nil {
		t.Error(err)
	}
	sent := "name=a+b%21&timestamp=1"
	if err := s.VerifyQuery([]byte(sent+"&signature="+sign("name=a%20b!&timestamp=1")), nil); err != nil {
		t.Error(err)
	}
}

func TestSecretsLongAndShort(t *testing.T) {
	for _, secret := range []string{"", "k", strings.Repeat("k", 64), strings.Repeat("k", 65), strings.Repeat("k", 200)} {
		m := hmac.New(sha256.New, []byte(secret))
		m.Write([]byte("apiKey=" + testKey + "&timestamp=1"))
		text := wire.NewSigner(testKey, []byte(secret)).AppendCall(nil, 1, wire.CallAccount, wire.Stamp{Time: 1e6})
		if !strings.Contains(string(text), hex.EncodeToString(m.Sum(nil))) {
			t.Errorf("secret of %d bytes: %s", len(secret), text)
		}
	}
}

func TestSignerHidesItsKey(t *testing.T) {
	s := wire.NewSigner(testKey, []byte(testSecret))
	holder := struct{ s *wire.Signer }{s}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		for _, x := range []any{s, *s, holder} {
			if out := fmt.Sprintf(verb, x); strings.Contains(out, testKey) || strings.Contains(out, testSecret[:8]) {
				t.Errorf("%s of %T shows the key", verb, x)
			}
		}
	}
}

// TestCommandsAsTheServerReadsThem sends every signed command and reads, checks and verifies it.
func TestCommandsAsTheServerReadsThem(t *testing.T) {
	s := wire.NewSigner(testKey, []byte(testSecret))
	reduce := *order()
	reduce.ReduceOnly, reduce.Result, reduce.Side, reduce.TIF = true, true, market.Sell, market.IOC
	mkt := wire.Place{Symbol: "BTCUSDT", Side: market.Sell, Type: market.Market, Qty: decimal.MustParse("1.25")}
	ref := wire.Ref{Symbol: "BTCUSDT", ClientID: []byte("btn-7k2-1zz")}
	for name, x := range map[string]struct {
		text []byte
		call wire.Call
	}{
		"limit":      {s.AppendPlace(nil, 1, order(), stamp), wire.CallPlace},
		"all fields": {s.AppendPlace(nil, 1, &reduce, stamp), wire.CallPlace},
		"market":     {s.AppendPlace(nil, 1, &mkt, wire.Stamp{Time: 5e6}), wire.CallPlace},
		"cancel":     {s.AppendCancel(nil, 2, &ref, stamp), wire.CallCancel},
		"by id":      {s.AppendCancel(nil, 2, &wire.Ref{Symbol: "BTCUSDT", OrderID: 99}, stamp), wire.CallCancel},
		"status":     {s.AppendStatus(nil, 3, &ref, stamp), wire.CallOrder},
		"account":    {s.AppendCall(nil, 4, wire.CallAccount, stamp), wire.CallAccount},
	} {
		if !json.Valid(x.text) {
			t.Fatalf("%s: %s", name, x.text)
		}
		var r wire.Request
		if err := wire.DecodeRequest(x.text, &r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if wire.FindMethod(r.Method) != x.call || string(r.Params.Value("apiKey")) != testKey {
			t.Errorf("%s: %s", name, x.text)
		}
		if err := s.VerifyParams(r.Params); err != nil {
			t.Errorf("%s: %v: %s", name, err, x.text)
		}
		r.Params[1].Value = append([]byte("9"), r.Params[1].Value...)
		if err := s.VerifyParams(r.Params); err == nil {
			t.Errorf("%s: a changed parameter passes", name)
		}
	}
	var r wire.Request
	must(wire.DecodeRequest(s.AppendPlace(nil, 1, &reduce, stamp), &r))
	got, fault := r.Params.Place()
	if fault != nil || !reflect.DeepEqual(got, reduce) {
		t.Errorf("%+v %v\nwant %+v", got, fault, reduce)
	}
	query := s.AppendSignedPlace(nil, &reduce, stamp)
	if err := s.VerifyQuery(query, nil); err != nil {
		t.Error(err)
	}
	p, _ := wire.ParseQuery(query, nil, nil)
	if got, fault = p.Place(); fault != nil || !reflect.DeepEqual(got, reduce) {
		t.Errorf("%+v %v", got, fault)
	}
}

func TestSigningAllocatesNothing(t *testing.T) {
	s, o, buf := wire.NewSigner(testKey, []byte(testSecret)), order(), make([]byte, 0, 1024)
	ref := wire.Ref{Symbol: "BTCUSDT", ClientID: o.ClientID}
	if n := testing.AllocsPerRun(100, func() {
		buf = s.AppendPlace(buf[:0], 17, o, stamp)
		buf = s.AppendCancel(buf[:0], 18, &ref, stamp)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestArgsBothWays(t *testing.T) {
	s := wire.NewSigner(testKey, []byte(testSecret))
	want := wire.Args{
		Symbol: "币USDT", OrderID: 851545109401, ClientID: "a.b:c/d_e-1", Limit: 1000, FromID: 8515451094010, Start: 1e6, End: 2e6,
		Countdown: new(market.Nanos(120_000e6)), ListenKey: "k", Time: 1723161256322e6, Window: 2e9,
	}
	text := s.AppendSigned(nil, &want, wire.Stamp{Time: want.Time, Window: want.Window})
	if err := s.VerifyQuery(text, nil); err != nil {
		t.Error(err)
	}
	p, fault := wire.ParseQuery(text, nil, nil)
	if fault != nil {
		t.Fatal(fault)
	}
	if got, fault := p.Args(); fault != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %+v %v", text, got, fault)
	}
	if got := string(wire.AppendArgs(nil, &wire.Args{})); got != "" {
		t.Errorf("nothing is written %q", got)
	}
}

func TestParseQuery(t *testing.T) {
	p, fault := wire.ParseQuery([]byte("a=1&empty=&b=x%20y+z"), []byte("a=2&c=%E5%B8%81"), nil)
	if fault != nil || string(p.Value("a")) != "1" || p.Value("empty") != nil || string(p.Value("b")) != "x y z" || string(p.Value("c")) != "币" {
		t.Errorf("%s %v", p, fault)
	}
	for _, bad := range []string{"a=%", "a=%2", "a=%zz", strings.Repeat("a=1&", wire.MaxParams+1)} {
		if _, fault := wire.ParseQuery([]byte(bad), nil, nil); fault == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestPlaceFaults(t *testing.T) {
	const good = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=9000"
	for _, x := range []struct {
		from, to string
		code     int
	}{
		{"", "", 0}, {"symbol=BTCUSDT&", "", -1102}, {"BUY", "buy", -1117}, {"=LIMIT", "=ICEBERG", -1116}, {"=LIMIT", "=STOP_MARKET", -4120},
		{"=GTC", "=GTZ", -1115}, {"&timeInForce=GTC", "", -1102}, {"&price=9000", "", -1102}, {"=LIMIT", "=MARKET", -1114}, {"=LIMIT&timeInForce=GTC", "=MARKET", -1106},
		{"quantity=1", "quantity=x", -1102}, {"quantity=1", "quantity=", -1102}, {"price=9000", "price=9e3", -1102},
		{"price=9000", "price=9000&newClientOrderId=" + strings.Repeat("x", 37), -4015}, {"price=9000", "price=9000&newClientOrderId=a%20b", -4015},
		{"price=9000", "price=9000&positionSide=UP", -4060}, {"price=9000", "price=9000&positionSide=LONG", 0}, {"price=9000", "price=9000&reduceOnly=yes", -1102}, {"price=9000", "price=9000&newOrderRespType=FULL", -1136},
		{"price=9000", "price=9000&newOrderRespType=&positionSide=BOTH&reduceOnly=false", 0},
	} {
		p, fault := wire.ParseQuery([]byte(strings.Replace(good, x.from, x.to, 1)), nil, nil)
		if fault != nil {
			t.Fatal(fault)
		}
		code := 0
		if _, fault = p.Place(); fault != nil {
			code = fault.Code
		}
		if code != x.code {
			t.Errorf("%q for %q: %v, want %d", x.to, x.from, fault, x.code)
		}
	}
}

func TestTimestampRule(t *testing.T) {
	now := market.Nanos(1_700_000_000_000e6)
	for _, x := range []struct {
		ahead, window market.Nanos
		code          int
	}{
		{0, 0, 0}, {999e6, 0, 0}, {1000e6, 0, -1021}, {-5000e6, 0, 0}, {-5001e6, 0, -1021}, {-1500e6, 1500e6, 0}, {-1501e6, 1500e6, -1021},
		{-60_000e6, 90_000e6, 0}, {-60_001e6, 90_000e6, -1021},
	} {
		code := 0
		if e := wire.CheckTime(&wire.Args{Time: now + x.ahead, Window: x.window}, now+500_000); e != nil {
			code = e.Code
		}
		if code != x.code {
			t.Errorf("%d ns ahead, window %d: %d, want %d", x.ahead, x.window, code, x.code)
		}
	}
	if e := wire.CheckTime(&wire.Args{}, now); e == nil || e.Code != wire.CodeMandatoryParam {
		t.Error(e)
	}
}

func TestRequestsOfOtherClients(t *testing.T) {
	var r wire.Request
	text := `{"id":"a3f0","method":"order.place","params":{"quantity":1.5,"price":"9000","returnRateLimits":false,"timestamp":"1591702613943","recvWindow":5000,"x":null}}`
	if err := wire.DecodeRequest([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	if string(r.ID) != `"a3f0"` || string(r.Params.Value("quantity")) != "1.5" || string(r.Params.Value("timestamp")) != "1591702613943" || string(r.Params.Value("returnRateLimits")) != "false" || r.Params.Value("x") != nil {
		t.Errorf("%s %s", r.ID, r.Params)
	}
	for _, bad := range []string{``, `{}`, `{"id":1}`, `{"id":{},"method":"x"}`, `{"method":"x","params":{"a":[]}}`, `{"method":"x"`, `{"method":1}`, `{"id":"` + strings.Repeat("x", 200) + `","method":"x"}`} {
		if wire.DecodeRequest([]byte(bad), &r) == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestRecordedResponses(t *testing.T) {
	var r wire.Response
	must(wire.DecodeResponse(raw(t, roq, "json_wsapi_order_place/fapi_success"), &r))
	var o wire.Order
	if err := wire.DecodeOrder(r.Result, &o); err != nil || o.OrderID != 851545009715 || o.Status != market.StatusNew || o.Price.String() != "32000" || o.Updated != 1765337013071e6 {
		t.Errorf("%+v %v", o, err)
	}
	if r.Status != 200 || r.Code != 0 || len(r.Limits) != 3 || r.Limits[1] != (wire.RateLimit{Kind: wire.LimitOrders, Interval: 10e9, Limit: 300, Count: 1}) || r.Limits[0].Count != -1 {
		t.Errorf("%+v", r)
	}
	must(wire.DecodeResponse(raw(t, roq, "json_wsapi_order_cancel/fapi_failure"), &r))
	if r.Status != 400 || r.Code != -2011 || string(r.Msg) != "Unknown order sent." || r.Result != nil {
		t.Errorf("%+v", r)
	}
	must(wire.DecodeResponse(raw(t, roq, "json_wsapi_error/simple"), &r))
	if string(r.ID) != "null" || r.Code != -1000 {
		t.Errorf("%+v", r)
	}
	n := 0
	for _, file := range []string{roq, "official_connector_usdsfutures.jsonl"} {
		for _, s := range samples(t, file) {
			if s.Kind == "wsapi" {
				n++
				if err := wire.DecodeResponse([]byte(s.Raw), &r); err != nil {
					t.Errorf("%s: %v", s.Name, err)
				}
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d answers", n)
	}
}

func TestResponsesBothWays(t *testing.T) {
	limits := wire.DefaultLimits()
	limits[0].Count = -1
	var r wire.Response
	must(wire.DecodeResponse(wire.AppendResponse(nil, []byte("17"), []byte(`{"a":[1]}`), limits), &r))
	id, ok := r.Number()
	if id != 17 || !ok || r.Status != 200 || string(r.Result) != `{"a":[1]}` || !reflect.DeepEqual(r.Limits, limits) {
		t.Errorf("%+v", r)
	}
	must(wire.DecodeResponse(wire.AppendFailure(nil, nil, 400, wire.Fault(wire.CodeBadSymbol), nil), &r))
	if string(r.ID) != "null" || r.Status != 400 || r.Code != -1121 || string(r.Msg) != "Invalid symbol." || len(r.Limits) != 0 {
		t.Errorf("%+v", r)
	}
	ack := wire.AppendResponse(nil, []byte("17"), wire.AppendAck(nil, &wire.Order{Symbol: "BTCUSDT", ClientID: "x"}), limits)
	if n := testing.AllocsPerRun(100, func() { must(wire.DecodeResponse(ack, &r)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestControls(t *testing.T) {
	var c wire.Control
	must(wire.DecodeControl(wire.AppendControl(nil, 7, wire.Subscribe, []string{"btcusdt@trade", "币usdt@depth"}), &c))
	if c.Method != wire.Subscribe || string(c.ID) != "7" || !reflect.DeepEqual(c.Streams, []string{"btcusdt@trade", "币usdt@depth"}) {
		t.Errorf("%+v", c)
	}
	must(wire.DecodeControl([]byte(`{"method":"SET_PROPERTY","params":["combined",true],"id":"0a1b"}`), &c))
	if c.Method != wire.ControlOther || string(c.ID) != `"0a1b"` {
		t.Errorf("%+v", c)
	}
	must(wire.DecodeControl(wire.AppendControl(nil, 8, wire.ListSubscriptions, nil), &c))
	if c.Method != wire.ListSubscriptions || len(c.Streams) != 0 {
		t.Errorf("%+v", c)
	}
	var r wire.ControlReply
	must(wire.DecodeControlReply(wire.AppendControlDone(nil, []byte(`7`)), &r))
	if id, ok := r.Number(); id != 7 || !ok || r.Code != 0 {
		t.Errorf("%+v", r)
	}
	must(wire.DecodeControlReply(wire.AppendControlList(nil, []byte(`"x"`), []string{"a", `b"`}), &r))
	if _, ok := r.Number(); ok || !reflect.DeepEqual(r.Streams, []string{"a", `b"`}) {
		t.Errorf("%+v", r)
	}
	must(wire.DecodeControlReply([]byte(`{"error":{"code":4,"msg":"Too many subscriptions"},"id":1}`), &r))
	if r.Code != 4 || string(r.Msg) != "Too many subscriptions" {
		t.Errorf("%+v", r)
	}
	if got := string(wire.AppendControlError(nil, nil, 2, "Invalid request: x")); got != `{"error":{"code":2,"msg":"Invalid request: x"},"id":null}` {
		t.Error(got)
	}
}

// TestEscapes writes texts that need escapes, and reads good and bad ones.
func TestEscapes(t *testing.T) {
	for _, text := range []string{"", "plain", `quote " and \\`, "tab\t, nul \x00, unit \x1f", "币"} {
		b := wire.AppendError(nil, &wire.APIError{Code: -1, Msg: text})
		var std struct{ Msg string }
		if err := json.Unmarshal(b, &std); err != nil || std.Msg != text {
			t.Errorf("%q is written %s: %v", text, b, err)
		}
		if e, ok := wire.DecodeError(b); !ok || e.Msg != text {
			t.Errorf("%s is read %q", b, e.Msg)
		}
	}
	for _, bad := range []string{`\u12g4`, `\u12`, `\x`, `\`, "\x01", `\ud`} {
		if e, ok := wire.DecodeError([]byte(`{"code":-1,"msg":"` + bad + `"}`)); ok {
			t.Errorf("%q is read as %q", bad, e.Msg)
		}
	}
}

func TestCalls(t *testing.T) {
	for _, x := range []struct {
		method, path string
		call         wire.Call
		known        bool
	}{
		{"POST", "/fapi/v1/order", wire.CallPlace, true}, {"PATCH", "/fapi/v1/order", wire.CallNone, true}, {"GET", "/nowhere", wire.CallNone, false}, {"", "", wire.CallNone, false},
	} {
		if c, known := wire.FindHTTP(x.method, x.path); c != x.call || known != x.known {
			t.Errorf("%s %s: %d %v", x.method, x.path, c, known)
		}
	}
	if wire.FindMethod([]byte("account.status")) != wire.CallAccountV2 || wire.FindMethod(nil) != wire.CallNone {
		t.Error("methods")
	}
	for limit, want := range map[int]int{5: 2, 50: 2, 100: 5, 500: 10, 0: 10, 1000: 20} {
		if got := wire.CallDepth.Weight(&wire.Args{Limit: limit}); got != want {
			t.Errorf("depth of %d weighs %d, want %d", limit, got, want)
		}
	}
	if wire.CallOpenOrders.Weight(&wire.Args{}) != 40 || wire.CallOpenOrders.Weight(&wire.Args{Symbol: "X"}) != 1 || wire.CallPlace.Weight(nil) != 0 || wire.CallPlace.Orders() != 1 || wire.CallCancel.Orders() != 0 {
		t.Error("weights")
	}
}

func FuzzRequests(f *testing.F) {
	s := wire.NewSigner(testKey, []byte(testSecret))
	f.Add(s.AppendPlace(nil, 1, order(), stamp))
	f.Add(wire.AppendResponse(nil, []byte("17"), []byte(`{"a":[1]}`), wire.DefaultLimits()))
	f.Add(wire.AppendFailure(nil, nil, 400, wire.Fault(wire.CodeBadSymbol), nil))
	f.Add(wire.AppendControl(nil, 7, wire.Subscribe, []string{"btcusdt@trade"}))
	f.Add(wire.AppendControlList(nil, []byte(`"x"`), []string{"a"}))
	f.Fuzz(func(t *testing.T, text []byte) {
		var r wire.Request
		if wire.DecodeRequest(text, &r) == nil {
			_ = s.VerifyParams(r.Params)
			_, _ = r.Params.Place()
			_, _ = r.Params.Args()
		}
		var a, a2 wire.Response
		if wire.DecodeResponse(text, &a) == nil && a.Code == 0 && len(a.Limits) > 0 && a.Status == 200 && a.Result != nil {
			ok := true
			for _, l := range a.Limits {
				ok = ok && l.Interval > 0
			}
			if err := wire.DecodeResponse(wire.AppendResponse(nil, a.ID, a.Result, a.Limits), &a2); ok && (err != nil || !reflect.DeepEqual(a, a2)) {
				t.Errorf("%q: %+v, then %+v, %v", text, a, a2, err)
			}
		}
		var c wire.Control
		_ = wire.DecodeControl(text, &c)
		var cr wire.ControlReply
		_ = wire.DecodeControlReply(text, &cr)
		_, _ = wire.DecodeError(text)
	})
}

func FuzzParseQuery(f *testing.F) {
	s := wire.NewSigner(testKey, []byte(testSecret))
	f.Add([]byte("a=1&empty=&b=x%20y+z"), []byte("a=2&signature=0"))
	f.Add(s.AppendSignedPlace(nil, order(), stamp), []byte(nil))
	f.Fuzz(func(t *testing.T, query, body []byte) {
		_ = s.VerifyQuery(query, body)
		p, fault := wire.ParseQuery(query, body, nil)
		if fault != nil {
			return
		}
		_, _ = p.Args()
		o, fault := p.Place()
		if fault != nil || o.Type == market.Limit && o.Price.Sign() < 0 || len(o.ClientID) == 0 {
			return
		}
		q, fault := wire.ParseQuery(s.AppendSignedPlace(nil, &o, stamp), nil, nil)
		if fault != nil {
			t.Fatal(fault)
		}
		if again, fault := q.Place(); fault != nil || !reflect.DeepEqual(o, again) {
			t.Errorf("%q %q: %+v, then %+v, %v", query, body, o, again, fault)
		}
	})
}
