//go:build unix

package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/decimal"
	"baton/journal"
	"baton/market"
	"baton/risk"
	"baton/trade"
)

// The proof of the kill switch: processes of a live trader whose strategy spins, with no await and calling Place, on a journal that is
// durable at once, so that orders leave from inside the spinning. Each is stopped by the latch file, the signal or the socket, in turn.
const (
	killsDefault = 6  // BATON_KILLS sets how many; .ci/nightly a thousand
	killBatch    = 20 // of them on one exchange, each on an account of its own
	killFrames   = 100
	killAfter    = 200 // attempts to send after the gate has closed
	killSpin     = 100 * time.Microsecond
	killChildEnv = "BATON_APP_TEST_KILL"
	killTarget   = 5 * time.Millisecond // p99.9 on a machine that is not overloaded: reported, and no condition of the test
)

// killChild is what a process is told.
type killChild struct {
	At      binance.Environment
	KeyFile string
	State   string
	Report  string // a file
}

// killSaid is what it says at its end.
type killSaid struct {
	Closed  int64 // Unix nanoseconds at which the gate's close returned
	Cut     bool  // a write was under way for so long that its connection was cut
	AtClose int64 // bytes that were written to WebSockets, then: see [netio.Halt.Written]
	AtEnd   int64 // and after killAfter more attempts
	Sent    int   // orders for which Send said that they left
	Placed  int   // calls of Place that succeeded
	After   int   // of them after the close
}

// TestKillProofChild is one such process, not a test.
func TestKillProofChild(t *testing.T) {
	text := os.Getenv(killChildEnv)
	if text == "" {
		t.Skip("the child of TestKillProof")
	}
	var c killChild
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	keys, err := LoadKeys(c.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	p := &proof{report: c.Report}
	_, err = RunLive(t.Context(), Live{
		Access: Access{Environment: c.At, Keys: keys, KeyFile: c.KeyFile}, Strategy: trade.Strategy{Name: "spinner", Run: p.spin},
		Symbols: []string{"BTCUSDT"}, State: c.State, MaxLoss: decimal.MustParse("100000"), MaxNotional: decimal.MustParse("50000000"),
		Confirm: func(*Card) error { return nil }, trial: p.begin,
	})
	t.Fatal("the run ended by itself:", err)
}

// proof is the run of one child.
type proof struct {
	l      *live
	report string
	said   killSaid
	closed chan struct{}
}

// begin takes the place of the journal and the limits, and listens at the gate.
func (p *proof) begin(l *live, cfg *trade.Config) trade.Journal {
	p.l, p.closed = l, make(chan struct{})
	halt, first := l.gate.halt, true
	l.gate.halt = func(busy bool) {
		halt(busy)
		if first { // the socket's and the latch's may both come: trip is for one after the other
			first = false
			p.said.AtClose, p.said.Cut, p.said.Closed = l.halt.Written(), busy, time.Now().UnixNano()
			close(p.closed)
		}
	}
	cfg.Totals = nil
	for symbol := range cfg.Limits {
		cfg.Limits[symbol] = risk.Limits{MaxPosition: 1 << 40, MaxOrderQty: 1 << 30, MaxOpenOrders: 1 << 15, MaxNotional: decimal.MustParse("50000000"), CollarBps: CollarDefault}
	}
	return journal.NewMemory(0)
}

// spin trades without ever giving the loop back.
func (p *proof) spin(co *aio.Co, s *trade.Session) error {
	w := s.Watch(trade.OnTop)
	place := func() error {
		_, err := s.Place(trade.Request{Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: s.Top().Bid - 100, Qty: 2})
		return err
	}
	for {
		if _, err := w.Next(co); err != nil {
			return err
		}
		if s.Exact() && place() == nil { // the mark price is known
			break
		}
	}
	p.said.Placed = 1
	for after := 0; after < killAfter; {
		for began := time.Now(); time.Since(began) < killSpin; {
		}
		over := false
		select {
		case <-p.closed:
			over = true
			after++
		default:
		}
		switch err := place(); {
		case err == nil && over:
			p.said.After++
			fallthrough
		case err == nil:
			p.said.Placed++
		}
	}
	p.said.AtEnd, p.said.Sent = p.l.halt.Written(), p.l.trader.Stats().Sent
	b, err := json.Marshal(p.said)
	if err == nil {
		err = os.WriteFile(p.report, b, 0o600)
	}
	if err != nil {
		return err
	}
	os.Exit(0) // with the loop still held: nothing else ever ran
	return nil
}

// killExchange is an exchange in a process of its own, and a relay before its REST that lifts the limits of orders: else the trader
// would refuse to send by itself, and nothing would be under way when it is stopped.
type killExchange struct {
	info  ExchangeInfo
	relay string
}

func startKillExchange(t *testing.T, accounts int) *killExchange {
	t.Helper()
	var rows []accountEntry
	for i := range accounts {
		rows = append(rows, accountEntry{Name: fmt.Sprint("a", i), APIKey: fmt.Sprint("key", i), Secret: "a-secret", Deposit: decimal.MustParse("10000000")})
	}
	file := filepath.Join(t.TempDir(), "accounts")
	b, err := json.Marshal(rows)
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, os.Args[0], "exchange", "--listen", "127.0.0.1:0", "--accounts", file, "--json")
	cmd.Env = append(os.Environ(), "BATON_APP_TEST_CHILD=1")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	x := &killExchange{}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &x.info)
	}
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	to, _ := url.Parse(x.info.REST)
	relay := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Header.Set("Accept-Encoding", "identity")
		},
		ModifyResponse: lift,
	})
	x.relay = relay.URL
	t.Cleanup(func() {
		relay.Close()
		cancel()
		_ = cmd.Wait()
	})
	return x
}

// lift writes high limits of orders into exchangeInfo.
func lift(r *http.Response) error {
	if r.Request.URL.Path != "/fapi/v1/exchangeInfo" {
		return nil
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	b = bytes.ReplaceAll(b, []byte(`"limit":300}`), []byte(`"limit":1000000}`))
	b = bytes.ReplaceAll(b, []byte(`"limit":1200}`), []byte(`"limit":1000000}`))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	r.Header.Set("Content-Length", strconv.Itoa(len(b)))
	return nil
}

// placements is how many order frames the exchange has answered.
func (x *killExchange) placements(t *testing.T) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", x.info.Control+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+x.info.Token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var said struct{ Stats struct{ Placements int } }
	if err := json.NewDecoder(res.Body).Decode(&said); err != nil {
		t.Fatal(err)
	}
	return said.Stats.Placements
}

// kill runs one process on account i and stops it by a trigger.
func (x *killExchange) kill(t *testing.T, i int, trigger string) (took time.Duration, s killSaid, arrived int) {
	t.Helper()
	base, dir := x.placements(t), shortDir(t)
	d, err := openStateDir(filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, fmt.Appendf(nil, "key: key%d\nrealm: local\nsecret: a-secret\n", i), 0o600); err != nil {
		t.Fatal(err)
	}
	child := killChild{binance.Environment{REST: x.relay, Streams: x.info.Streams, API: x.info.API}, key, string(d), filepath.Join(dir, "said")}
	b, err := json.Marshal(child)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run", "^TestKillProofChild$")
	cmd.Env = append(os.Environ(), killChildEnv+"="+string(b))
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for x.placements(t) < base+killFrames {
		select {
		case err := <-ended:
			t.Fatalf("it ended before the trigger: %v, %s", err, &out)
		case <-look.C:
		}
	}
	at := time.Now()
	if err := triggerOf(trigger, d, cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatalf("%s: %v, %s", trigger, err, &out)
	}
	if b, err = os.ReadFile(child.Report); err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err != nil || !d.latched() {
		t.Fatalf("%s: %v, latched: %v, %s", trigger, err, d.latched(), &out)
	}
	arrived = x.settled(t, base, s.Sent)
	return time.Unix(0, s.Closed).Sub(time.Unix(0, at.UnixNano())), s, arrived
}

// settled waits until the exchange has taken what was sent, or takes nothing more.
func (x *killExchange) settled(t *testing.T, base, sent int) int {
	last, same := -1, 0
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		n := x.placements(t) - base
		if same++; n != last {
			last, same = n, 0
		}
		if n >= sent || same > 50 {
			return n
		}
		<-look.C
	}
}

func triggerOf(name string, d stateDir, pid int) error {
	switch name {
	case "latch":
		return d.latch(Latch{Time: time.Now(), Reason: "a test"})
	case "signal":
		return signalRun(&runFile{PID: pid})
	}
	_, err := d.say("kill", time.Minute)
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return nil // it has ended before it could answer
	}
	return err
}

// After the gate's close has returned no byte is written, counted where the system takes them, and no order arrives that had not been
// written before, counted at the exchange.
func TestKillProof(t *testing.T) {
	if testing.Short() {
		t.Skip("half a second a process")
	}
	kills, err := strconv.Atoi(os.Getenv("BATON_KILLS"))
	if err != nil {
		kills = killsDefault
	}
	names := []string{"latch", "signal", "socket"}
	took := map[string][]time.Duration{}
	var x *killExchange
	cuts, frames := 0, 0
	for i := range kills {
		if i%killBatch == 0 {
			x = startKillExchange(t, killBatch)
		}
		name := names[i%len(names)]
		d, s, arrived := x.kill(t, i%killBatch, name)
		took[name], took["all"] = append(took[name], d), append(took["all"], d)
		frames += arrived
		if s.Cut {
			cuts++
		}
		switch {
		case s.AtEnd > s.AtClose: // less: what a writer held in its hands when its connection was cut
			t.Errorf("kill %d (%s): %d bytes were written after the close", i, name, s.AtEnd-s.AtClose)
		case s.After != 0:
			t.Errorf("kill %d (%s): %d orders were taken after the close", i, name, s.After)
		case arrived > s.Sent || arrived < killFrames:
			t.Errorf("kill %d (%s): %d orders arrived, %d had left", i, name, arrived, s.Sent)
		case s.Closed == 0:
			t.Errorf("kill %d (%s): %v", i, name, errors.New("the gate never closed"))
		}
	}
	for _, name := range append(names, "all") {
		all := took[name]
		if len(all) == 0 {
			continue
		}
		slices.Sort(all)
		t.Logf("trigger to close, %-6s n=%d p50 %.3f ms, p99 %.3f ms, p99.9 %.3f ms, max %.3f ms (target of p99.9: %s)", name, len(all), ms(all[len(all)/2]),
			ms(all[len(all)*99/100]), ms(all[len(all)*999/1000]), ms(all[len(all)-1]), killTarget)
	}
	t.Logf("%d kills, %d order frames at the exchange, %d connections cut under a writer's hands, 0 order bytes after the close", kills, frames, cuts)
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }
