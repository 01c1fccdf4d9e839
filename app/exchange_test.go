package app_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baton/app"
	"baton/binance/wire"
	"baton/decimal"
)

// venue is an exchange that runs while a test asks it.
type venue struct {
	t      *testing.T
	info   *app.ExchangeInfo
	client *http.Client
	signer *wire.Signer
}

// withExchange runs an exchange, lets ask talk to it, and ends it in order.
func withExchange(t *testing.T, cfg app.Exchange, ask func(v *venue)) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ready, ended := make(chan *app.ExchangeInfo, 1), make(chan error, 1)
	cfg.Ready = func(info *app.ExchangeInfo) { ready <- info }
	cfg.Listen = "127.0.0.1:0"
	go func() { ended <- app.RunExchange(ctx, cfg) }()
	select {
	case info := <-ready:
		v := &venue{t: t, info: info, client: &http.Client{}, signer: wire.NewSigner(info.Key, []byte(info.Secret))}
		v.trust()
		ask(v)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	case err := <-ended:
		t.Fatal(err)
	}
}

// trust makes the client trust the exchange's certificate, where it has one.
func (v *venue) trust() {
	if v.info.CA == "" {
		return
	}
	b, err := os.ReadFile(v.info.CA)
	if err != nil {
		v.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(b)
	v.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
}

func (v *venue) do(method, url, body string, header ...string) (int, string) {
	v.t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// signed makes a signed call, dated by the exchange's own clock.
func (v *venue) signed(method, path, query string) (int, string) {
	_, b := v.do("GET", v.info.REST+"/fapi/v1/time", "")
	var at struct{ ServerTime int64 }
	if err := json.Unmarshal([]byte(b), &at); err != nil {
		v.t.Fatal(err)
	}
	q := strings.TrimPrefix(fmt.Sprintf("%s&timestamp=%d&recvWindow=60000", query, at.ServerTime), "&")
	q += "&signature=" + string(v.signer.AppendSignature(nil, []byte(q)))
	return v.do(method, v.info.REST+path+"?"+q, "", wire.HeaderKey, v.info.Key)
}

func (v *venue) control(method, path, body string) (int, string) {
	return v.do(method, v.info.Control+path, body, "Authorization", "Bearer "+v.info.Token)
}

func TestExchangeOverTLS(t *testing.T) {
	cfg := app.DefaultExchange()
	cfg.TLS, cfg.State = true, t.TempDir()
	withExchange(t, cfg, func(v *venue) {
		if status, page := v.do("GET", v.info.REST+"/", ""); status != 200 || !strings.Contains(page, v.info.Streams) || strings.Count(page, "<h2>") != 6 {
			t.Errorf("the start page: %d %s", status, page)
		}
		if status, body := v.signed("GET", "/fapi/v3/balance", ""); status != 200 || !strings.Contains(body, `"balance":"100000"`) {
			t.Errorf("the balance: %d %s", status, body)
		}
	})
}

// TestExchangeState: what an account holds, has set and has ordered is there again after a restart.
func TestExchangeState(t *testing.T) {
	cfg := app.DefaultExchange()
	cfg.State = t.TempDir()
	var position string
	withExchange(t, cfg, func(v *venue) {
		v.signed("POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=7")
		for range 200 { // the crowd's first orders
			if status, _ := v.signed("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.050&newOrderRespType=RESULT"); status == 200 {
				break
			}
		}
		if status, body := v.signed("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=60000&newClientOrderId=kept"); status != 200 {
			t.Errorf("place: %d %s", status, body)
		}
		_, position = v.signed("GET", "/fapi/v3/positionRisk", "symbol=BTCUSDT")
	})
	before, err := wire.DecodePositions([]byte(position))
	if err != nil || len(before) != 1 {
		t.Fatalf("%v: %s", err, position)
	}
	withExchange(t, cfg, func(v *venue) {
		_, body := v.signed("GET", "/fapi/v3/positionRisk", "symbol=BTCUSDT")
		after, err := wire.DecodePositions([]byte(body))
		if err != nil || len(after) != 1 || after[0].PositionAmt != before[0].PositionAmt || after[0].EntryPrice != before[0].EntryPrice {
			t.Errorf("before %s\nafter  %s", position, body)
		}
		if status, body := v.signed("GET", "/fapi/v1/order", "symbol=BTCUSDT&origClientOrderId=kept"); status != 200 || !strings.Contains(body, `"NEW"`) {
			t.Errorf("the open order: %d %s", status, body)
		}
		if _, body := v.signed("GET", "/fapi/v1/symbolConfig", "symbol=BTCUSDT"); !strings.Contains(body, `"leverage":7`) {
			t.Errorf("the leverage: %s", body)
		}
	})
	if err := os.WriteFile(filepath.Join(cfg.State, "exchange.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := app.RunExchange(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "--state") {
		t.Errorf("a spoilt state is read: %v", err)
	}
}

// TestExchangeControl: accounts, clock, faults and maintenance by the control port, which asks for its token.
func TestExchangeControl(t *testing.T) {
	cfg := app.DefaultExchange()
	cfg.Speed = 1
	withExchange(t, cfg, func(v *venue) {
		if status, _ := v.do("GET", v.info.Control+"/", ""); status != 401 {
			t.Error("the control port asks for no token:", status)
		}
		must := func(path, body string) {
			t.Helper()
			if status, answer := v.control("POST", path, body); status != 200 {
				t.Errorf("POST %s %s: %d %s", path, body, status, answer)
			}
		}
		must("/accounts", `{"name":"second","apiKey":"k2","secret":"s2","deposit":"777"}`)
		must("/deposit", `{"name":"second","amount":"1"}`)
		v.info.Key, v.signer = "k2", wire.NewSigner("k2", []byte("s2"))
		if _, body := v.signed("GET", "/fapi/v3/balance", ""); !strings.Contains(body, `"balance":"778"`) {
			t.Error(body)
		}
		place := func() (int, string) {
			return v.signed("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=60000")
		}
		for name, want := range map[string]string{"503-unavailable": wire.TextServiceUnavailable, "503-unknown": wire.TextUnknownError, "503-internal": "-1001", "busy": "-1008"} {
			must("/faults", fmt.Sprintf(`{"name":%q,"probability":1}`, name))
			if status, body := place(); status != 503 || !strings.Contains(body, want) {
				t.Errorf("%s: %d %s", name, status, body)
			}
			must("/faults", fmt.Sprintf(`{"name":%q,"probability":0}`, name))
		}
		if _, body := v.signed("GET", "/fapi/v1/openOrders", "symbol=BTCUSDT"); strings.Count(body, "orderId") != 1 {
			t.Error("of the four answers 503 one was of an order that lives:", body)
		}
		must("/maintenance", `{"on":true}`)
		if status, _ := v.do("GET", v.info.REST+"/fapi/v1/time", ""); status != 503 {
			t.Error("maintenance:", status)
		}
		must("/maintenance", `{"on":false}`)
		must("/clock", `{"pause":true}`)
		_, before := v.do("GET", v.info.REST+"/fapi/v1/time", "")
		must("/clock", `{"drift":"1h"}`)
		_, after := v.do("GET", v.info.REST+"/fapi/v1/time", "")
		var a, b struct{ ServerTime int64 }
		if json.Unmarshal([]byte(before), &a) != nil || json.Unmarshal([]byte(after), &b) != nil || b.ServerTime-a.ServerTime != 3_600_000 {
			t.Errorf("a clock that stands and drifts by an hour: %s, then %s", before, after)
		}
		if status, answer := v.control("POST", "/faults", `{"name":"none","probability":1}`); status != 400 || !strings.Contains(answer, "ack-lost") {
			t.Errorf("an unknown fault: %d %s", status, answer)
		}
		if status, answer := v.control("GET", "/", ""); status != 200 || !strings.Contains(answer, `"second"`) {
			t.Errorf("%d %s", status, answer)
		}
	})
}

func TestExchangeFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for name, cfg := range map[string]app.Exchange{
		"--accounts":           {Listen: "127.0.0.1:0", Accounts: write("a.json", "{")},
		"line 2":               {Listen: "127.0.0.1:0", Faults: write("f.txt", "busy 0.1\nbusy x\n")},
		"no fault is called":   {Listen: "127.0.0.1:0", Faults: write("g.txt", "nonsense 0.1\n")},
		"--listen":             {Listen: "nowhere"},
		"--speed":              {Listen: "127.0.0.1:0", Speed: -1},
		"no PEM text":          {Listen: "127.0.0.1:0", Accounts: write("k.json", `[{"name":"x","apiKey":"k","publicKey":"no"}]`)},
		"lacks its text":       {Listen: "127.0.0.1:0", Accounts: write("n.json", `[{"name":"x","apiKey":"k"}]`)},
		"no such file or dire": {Listen: "127.0.0.1:0", Faults: filepath.Join(dir, "none.txt")},
	} {
		if err := app.RunExchange(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	cfg := app.DefaultExchange()
	cfg.Accounts = write("good.json", `[{"name":"me","apiKey":"mine","secret":"shh","deposit":"123"}]`)
	cfg.Faults = write("good.txt", "# none happens\nbusy 0\nlose-ack:1000\n")
	withExchange(t, cfg, func(v *venue) {
		if _, body := v.signed("GET", "/fapi/v3/balance", ""); !strings.Contains(body, decimal.MustParse("123").String()) {
			t.Error(body)
		}
	})
}

// TestExchangeOfRecordedSymbols: the recorded symbol tables load whole, names that are not ASCII included.
func TestExchangeOfRecordedSymbols(t *testing.T) {
	files, err := filepath.Glob("../../shared/data/reference/*exchangeInfo*")
	if err != nil || len(files) == 0 {
		t.Skip("no recorded symbol tables here")
	}
	for _, file := range files {
		cfg := app.DefaultExchange()
		cfg.Symbols = file
		withExchange(t, cfg, func(v *venue) {
			status, body := v.do("GET", v.info.REST+"/fapi/v1/exchangeInfo", "")
			info, err := wire.DecodeInfo([]byte(body))
			if status != 200 || err != nil || len(info.Instruments) != len(v.info.Symbols) || len(v.info.Symbols) < 250 {
				t.Errorf("%s: %d, %d symbols of %d, %v", file, status, len(info.Instruments), len(v.info.Symbols), err)
			}
			for _, s := range v.info.Symbols {
				if strings.Contains(s, "币安") {
					if status, body := v.do("GET", v.info.REST+"/fapi/v1/ticker/price?symbol="+url.QueryEscape(s), ""); status != 200 || !strings.Contains(body, s) {
						t.Errorf("%s: %d %s", s, status, body)
					}
				}
			}
		})
	}
}

// TestExchangeBehaviour: participants, queue positions and latencies by flags, what is wrong with them, and both by the control port.
func TestExchangeBehaviour(t *testing.T) {
	rows := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(rows, []byte("request,exchange,response\n1000,21000000,42000000\n50000000,70000000,90000000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]app.Exchange{
		"--plan":              {Plan: "bursts,dance"},
		"--history":           {History: -1},
		"--life":              {Life: -1},
		"--plan is of":        {Plan: "bursts", Data: []string{"x"}},
		"--queue is of":       {Queue: "log"},
		"unknown queue model": {Queue: "power", Data: []string{"x"}},
		"--latency":           {Latency: "soon"},
		"no such file":        {Latency: "rows:nowhere.csv"},
	} {
		cfg.Listen = "127.0.0.1:0"
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, latency := range []string{"20ms", "rows:" + rows, "drawn:" + rows} {
		cfg := app.DefaultExchange()
		cfg.Plan, cfg.Latency, cfg.Speed = "bursts,momentum=2,crash=1h", latency, 1
		withExchange(t, cfg, func(v *venue) {
			if got := strings.Join(v.info.Behaves, "; "); !strings.Contains(got, cfg.Plan) || !strings.Contains(got, latency) {
				t.Error(got)
			}
			if _, page := v.do("GET", v.info.REST+"/", ""); !strings.Contains(page, "momentum=2") || !strings.Contains(page, "funding-interval") {
				t.Error("the start page does not tell of it")
			}
			place := func(id string) int64 {
				_, body := v.signed("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=60000&newClientOrderId="+id)
				var at struct{ UpdateTime int64 }
				if err := json.Unmarshal([]byte(body), &at); err != nil || at.UpdateTime == 0 {
					t.Fatal(body)
				}
				_, b := v.do("GET", v.info.REST+"/fapi/v1/time", "")
				var now struct{ ServerTime int64 }
				if err := json.Unmarshal([]byte(b), &now); err != nil {
					t.Fatal(err)
				}
				return now.ServerTime - at.UpdateTime
			}
			if back := place("slow"); back < 19 {
				t.Errorf("%s: the answer took %d ms", latency, back)
			}
			for path, body := range map[string]string{"/latency": `{"out":"0s","back":"60ms"}`, "/queue": `{"model":"power:2"}`,
				"/scenario": `{"name":"mark-stall","for":"1h","symbol":"ETHUSDT"}`} {
				if status, answer := v.control("POST", path, body); status != 200 {
					t.Errorf("%s: %d %s", path, status, answer)
				}
			}
			if back := place("slower"); back < 59 {
				t.Errorf("the answer took %d ms", back)
			}
			if _, body := v.control("GET", "/", ""); !strings.Contains(body, `"queue":"power:2"`) || !strings.Contains(body, "mark-stall of ETHUSDT") {
				t.Error(body)
			}
			for path, body := range map[string]string{"/latency": `{"out":"soon","back":"1ms"}`, "/queue": `{"model":"fifo"}`, "/scenario": `{"name":"mark-apart","end":true}`,
				"/hand": `{"name":"nobody","what":"order"}`, "/filters": `{"symbol":"BTCUSDT","tickSize":"0.07"}`, "/status": `{"symbol":"BTCUSDT","status":"ODD"}`, "/coin": `{"name":"x"}`} {
				if status, answer := v.control("POST", path, body); status != 400 {
					t.Errorf("%s: %d %s", path, status, answer)
				}
			}
		})
	}
}
