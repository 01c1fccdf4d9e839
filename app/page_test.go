package app_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"baton/app"
	"baton/strategy"
	"baton/ui"
)

// ownFolder keeps the files of running instances out of the user's folder.
func ownFolder(t *testing.T) {
	t.Helper()
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
}

// browser is what opens a run's page.
type browser struct {
	testing.TB
	base   string
	client *http.Client
	csrf   string
}

// open opens a link as a browser does.
func open(t testing.TB, link string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	base, _, _ := strings.Cut(link, "/?")
	b := &browser{TB: t, base: base, client: &http.Client{Jar: jar, Transport: &http.Transport{}}}
	t.Cleanup(b.client.CloseIdleConnections)
	res, err := b.client.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(res.Body)
	res.Body.Close()
	_, rest, _ := strings.Cut(string(page), `name="csrf" content="`)
	b.csrf, _, _ = strings.Cut(rest, `"`)
	if res.StatusCode != http.StatusOK || b.csrf == "" || strings.Contains(res.Request.URL.String(), "token") {
		t.Fatalf("%s: %s: %.300s", res.Request.URL, res.Status, page)
	}
	return b
}

// tab opens a WebSocket.
func (b *browser) tab(ctx context.Context) (*websocket.Conn, error) {
	c, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(b.base, "http")+"/ws", &websocket.DialOptions{
		HTTPClient: b.client, HTTPHeader: http.Header{"Origin": {b.base}},
	})
	if err == nil {
		c.SetReadLimit(16 << 20)
	}
	return c, err
}

// command sends one by POST.
func (b *browser) command(body string) (ack struct {
	Type, Text, Token string
	OK                bool
}) {
	b.Helper()
	q, err := http.NewRequestWithContext(b.Context(), http.MethodPost, b.base+"/api/command", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	q.Header.Set("Origin", b.base)
	q.Header.Set("X-Baton-Confirm", b.csrf)
	res, err := b.client.Do(q)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&ack); err != nil || res.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s, %v", body, res.Status, err)
	}
	return ack
}

// memoryDemo is a synthetic market in memory, as long as d of its clock.
func memoryDemo(d time.Duration, speed float64) app.Demo {
	cfg := app.DefaultDemo()
	cfg.Strategy, cfg.Net, cfg.For, cfg.Speed = strategy.Maker(), app.NetMemory, d, speed
	return cfg
}

// Nobody, one page or twenty tabs that show all there is to show: the run's digest, orders and fills are the same.
func TestPageChangesNothing(t *testing.T) {
	ownFolder(t)
	const span, speed = 60 * time.Second, 40
	plain, err := app.RunDemo(t.Context(), memoryDemo(span, speed))
	if err != nil {
		t.Fatal(err)
	}
	for _, tabs := range []int{0, 1, 20} {
		cfg := memoryDemo(span, speed)
		ctx, cancel := context.WithCancel(t.Context())
		seen := make(chan int, max(tabs, 1))
		cfg.Page = &app.Page{Addr: "127.0.0.1:0", Open: func(link string) {
			if tabs == 0 {
				return
			}
			go func() { // the page answers once this has returned
				b := open(t, link)
				for i := range tabs {
					go func() { seen <- watchTab(ctx, b, i) }()
				}
			}()
		}}
		r, err := app.RunDemo(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		for range tabs {
			if n := <-seen; n < 3 {
				t.Errorf("%d tabs: one of them saw %d views", tabs, n)
			}
		}
		cancel()
		if *r.Digest != *plain.Digest || r.Orders != plain.Orders || r.Fills != plain.Fills || !r.Reconciled {
			t.Errorf("%d tabs: digest %s, %d orders, %d fills; without a page %s, %d, %d", tabs, *r.Digest, r.Orders, r.Fills, *plain.Digest, plain.Orders, plain.Fills)
		}
	}
}

// watchTab reads a tab to its end, and says how many views it got.
func watchTab(ctx context.Context, b *browser, i int) (views int) {
	c, err := b.tab(ctx)
	if err != nil {
		b.Error(err)
		return 0
	}
	defer c.CloseNow()
	screen := []string{"live", "coroutines", "report", "health"}[i%4]
	if err := c.Write(ctx, websocket.MessageText, []byte(`{"type":"screen","screen":"`+screen+`"}`)); err != nil {
		b.Error(err)
	}
	for {
		_, text, err := c.Read(ctx)
		if err != nil {
			return views
		}
		if strings.HasPrefix(string(text), `{"type":"view"`) {
			views++
		}
	}
}

// start runs a demo with a page until the test's end, and gives its link.
func start(t *testing.T, cfg app.Demo) (link string, stop func() (*app.Report, error)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	links := make(chan string, 1)
	type end struct {
		r   *app.Report
		err error
	}
	ended := make(chan end, 1)
	cfg.Page = &app.Page{Addr: "127.0.0.1:0", Open: func(l string) { links <- l }}
	go func() {
		r, err := app.RunDemo(ctx, cfg)
		ended <- end{r, err}
	}()
	stopped := false
	stop = func() (*app.Report, error) {
		stopped = true
		cancel()
		e := <-ended
		return e.r, e.err
	}
	t.Cleanup(func() {
		if !stopped {
			_, _ = stop()
		}
	})
	select {
	case link = <-links:
	case e := <-ended:
		t.Fatal(e.err)
	}
	return link, stop
}

// until asks for views until one is as wanted.
func until(t *testing.T, r *app.Running, want func(*ui.View) bool) *ui.View {
	t.Helper()
	for {
		v, _, err := r.View(t.Context())
		if err == nil && want(v) {
			return v
		}
		if t.Context().Err() != nil {
			t.Fatalf("never seen; the last view: %+v, %v", v, err)
		}
	}
}

// A person pauses entries, turns the clock and pulls the kill switch; each is done, shown, and in the audit. The stopped clock does
// not keep the run from its end.
func TestPageCommands(t *testing.T) {
	ownFolder(t)
	cfg := memoryDemo(0, 20)
	var said []string
	cfg.Say = func(s string) { said = append(said, s) } // on the run's loop, and read after its end
	link, stop := start(t, cfg)
	addr := strings.TrimPrefix(strings.Split(link, "/?")[0], "http://")
	r, err := app.FindRunning(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	until(t, r, func(v *ui.View) bool { return v.Header.Phase == ui.PhaseRunning && v.Account.FillCount > 0 })
	b := open(t, link)

	if a := b.command(`{"name":"pause"}`); !a.OK {
		t.Errorf("pause: %+v", a)
	}
	if v := until(t, r, func(v *ui.View) bool { return v.Header.Paused }); v.Header.Trading != "no-increase" {
		t.Errorf("paused, and trading is %q", v.Header.Trading)
	}
	ask := b.command(`{"name":"resume"}`)
	if a := b.command(`{"name":"resume","token":"` + ask.Token + `"}`); !a.OK {
		t.Errorf("resume: %+v", a)
	}

	if a := b.command(`{"name":"clock.step","arg":"100"}`); a.OK {
		t.Errorf("a step of a clock that runs: %+v", a)
	}
	if a := b.command(`{"name":"clock.pause"}`); !a.OK {
		t.Errorf("clock.pause: %+v", a)
	}
	at := until(t, r, func(v *ui.View) bool { return v.Header.Clock.Paused }).Header.NowMs
	if now := until(t, r, func(*ui.View) bool { return true }).Header.NowMs; now != at {
		t.Errorf("the paused clock went from %d to %d", at, now)
	}
	if a := b.command(`{"name":"clock.step","arg":"500"}`); !a.OK {
		t.Errorf("clock.step: %+v", a)
	}
	v := until(t, r, func(v *ui.View) bool { return v.Header.Clock.Paused && v.Header.NowMs > at })
	if v.Header.NowMs != at+500 {
		t.Errorf("a step of 500 ms went from %d to %d", at, v.Header.NowMs)
	}

	ask = b.command(`{"name":"kill"}`)
	if a := b.command(`{"name":"kill","arg":"KILL","token":"` + ask.Token + `"}`); !a.OK {
		t.Errorf("kill: %+v", a)
	}
	v = until(t, r, func(v *ui.View) bool { return v.Header.Killed })
	if v.Header.Trading != "stopped" || len(v.Audit) != 6 || v.Audit[5].Name != "kill" || v.Audit[2].OK {
		t.Errorf("killed: trading %q, audit %+v", v.Header.Trading, v.Audit)
	}
	report, err := stop()
	if err != nil || !report.Reconciled {
		t.Errorf("the end: %v, %+v", err, report)
	}
	if all := strings.Join(said, "\n"); !strings.Contains(all, "command kill from 127.0.0.1") || strings.Contains(all, ask.Token) {
		t.Errorf("the log: %s", all)
	}
	if _, err := app.FindRunning(t.Context(), addr); err == nil {
		t.Error("the ended run is still found")
	}
}

// What the view says of a run is what the run itself says at its end.
func TestViewAgrees(t *testing.T) {
	ownFolder(t)
	cfg := memoryDemo(30*time.Second, 100)
	cfg.Page = &app.Page{Addr: "127.0.0.1:0", Hold: true, Warn: func(s string) { t.Error(s) }}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	links := make(chan string, 1)
	cfg.Page.Open = func(l string) { links <- l }
	ended := make(chan *app.Report, 1)
	cfg.Page.Done = func(r *app.Report) { ended <- r }
	finished := make(chan error, 1)
	go func() {
		_, err := app.RunDemo(ctx, cfg)
		finished <- err
	}()
	addr := strings.TrimPrefix(strings.Split(<-links, "/?")[0], "http://")
	r := <-ended
	run, err := app.FindRunning(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	v, _, err := run.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if v.Header.Phase != ui.PhaseEnded || v.Header.Read == "" || v.Report == nil || !v.Report.Final || v.Report.Result.Digest == nil || *v.Report.Result.Digest != *r.Digest {
		t.Errorf("the last view: %+v, %+v", v.Header, v.Report)
	}
	if *v.Header.Equity != r.Equity.String() || *v.Account.Fees != r.Fees.String() || v.Account.FillCount != r.Fills || v.Account.Placed != r.Orders {
		t.Errorf("the view: equity %s, fees %s, %d fills, %d orders; the run: %s, %s, %d, %d", *v.Header.Equity, *v.Account.Fees, v.Account.FillCount,
			v.Account.Placed, r.Equity, r.Fees, r.Fills, r.Orders)
	}
	m := v.Markets[0]
	volume := 0
	for _, c := range m.Spans[0].List {
		volume += c.Count
	}
	if volume == 0 || len(m.Marks) != r.Fills || len(v.Report.Curve) < 25 || v.Report.TripCount == 0 {
		t.Errorf("%d trades in candles, %d fills marked of %d, %d points, %d trips", volume, len(m.Marks), r.Fills, len(v.Report.Curve), v.Report.TripCount)
	}
	cancel()
	if err := <-finished; err != nil {
		t.Error(err)
	}
}
