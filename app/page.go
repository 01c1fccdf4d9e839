package app

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/control"
	"baton/ledger"
	"baton/risk"
	"baton/trade"
	"baton/ui"
	"baton/ui/web"
	"baton/webasset"
)

// Page says that a run is to be shown, and where.
type Page struct {
	Addr string        // HOST:PORT on loopback; empty: 127.0.0.1:7373, or the next free port
	Open func(string)  // hears the address with its one-time token, before anything runs
	Warn func(string)  // hears what could not be done
	Hold bool          // go on serving when the run has ended, until the context is cancelled
	Done func(*Report) // hears the report before that
}

// page is the server of one run and what joins it to the run's loop. The server's goroutines belong to a loop of their own, so
// that the run's loop has nothing to wait for.
type page struct {
	srv painter
	run atomic.Pointer[shown] // nil: nothing runs yet, or any more
}

// painter shows what a run tells: the server of the page, or nobody, where the run is a replay.
type painter interface {
	Alarm(ui.Alarm)
	Fill(ui.Fill)
	Publish(*ui.View)
	End(*ui.View)
}

// withPage runs fn beside the server of a page. Its report is shown until ctx is cancelled, where p says so.
func withPage(ctx context.Context, p Page, fn func(context.Context, *page) (*Report, error)) (*Report, error) {
	g := &page{}
	srv, err := web.New(web.Config{Addr: p.Addr, Assets: webasset.Files(), Source: g})
	if err != nil {
		return nil, fmt.Errorf("%w; --headless runs without a page", err)
	}
	g.srv = srv
	if forget, err := publishRun(srv); err == nil {
		defer forget()
	} else if p.Warn != nil {
		p.Warn(fmt.Sprintf("`baton status` will not find this run: %v", err))
	}
	if p.Open != nil {
		p.Open(srv.URL())
	}
	return aio.Run(ctx, aio.Config{}, func(co *aio.Co) (*Report, error) {
		srv.Serve(co.Loop().Spawn)
		co.Loop().AtClose(srv.Close)
		r, err := aio.RunBlocking(co, func(ctx context.Context) (*Report, error) { return fn(ctx, g) })
		if p.Done != nil && r != nil {
			p.Done(r)
		}
		if p.Hold && r != nil {
			co.Loop().Hold(1)            // the requests that may come are no task of this loop: it is not deadlocked
			_ = co.SleepUntil(aio.Never) // until Ctrl-C
			co.Loop().Release(1)
		}
		return r, err
	})
}

// Poll asks the run for a view. It is called by goroutines of the server.
func (g *page) Poll(w web.Want) {
	if s := g.run.Load(); s != nil {
		s.poll(w)
	}
}

// Do has the run carry out a command.
func (g *page) Do(c control.Command, from string, answer func(control.Ack)) {
	s := g.run.Load()
	if s == nil || !s.order(c, from, answer) {
		answer(control.Refused("the run does not take commands now: it has not begun, or has ended"))
	}
}

// shown is one run as the page sees it. All but poll belongs to the run's loop.
type shown struct {
	g      *page
	loop   *aio.Loop
	fold   *ui.Fold
	tap    *tap
	trader *trade.Trader
	client *binance.Client // nil in a backtest
	say    func(string, ...any)
	done   func() *float64
	asset  string

	phase  string
	paced  bool
	clock  clock
	paused bool
	killed bool
	kill   func(from string) control.Ack // nil: there is no venue outside to clean up at
	sample *aio.Timer

	logged *loggedPage  // nil: what the page asks is not in an ingress log
	asking atomic.Bool  // a poll is on its way
	asked  atomic.Int64 // when, by the wall
	mem    atomic.Pointer[memory]
	want   web.Want // of the last poll
}

// show joins a run to its page; nil for no page.
func (g *page) show(loop *aio.Loop, cfg ui.Config, speed float64) *shown {
	if g == nil {
		return nil
	}
	cfg.Version, cfg.Wall = version(), time.Now().UnixNano()
	fold := ui.New(cfg)
	s := &shown{
		g: g, loop: loop, fold: fold, tap: newTap(loop, fold, cfg.Strategy), phase: ui.PhaseStarting, asset: cfg.Asset,
		paced: cfg.Clock == ui.ClockPaced, say: func(string, ...any) {}, done: func() *float64 { return nil },
	}
	s.clock = clock{loop: loop, speed: speed}
	if loop.Recording() || loop.Replaying() {
		s.logged = newLoggedPage(s)
	}
	g.run.Store(s)
	return s
}

// wrap is [tap.wrap]; without a page everything stays what it is.
func (s *shown) wrap(f trade.Feed, v trade.Venue, j trade.Journal) (trade.Feed, trade.Venue, trade.Journal) {
	if s == nil {
		return f, v, j
	}
	return s.tap.wrap(f, v, j)
}

// began tells that the trader is there; from now on its books are heard.
func (s *shown) began(t *trade.Trader, c *binance.Client) {
	if s == nil {
		return
	}
	s.trader, s.client = t, c
	t.Ledger().OnEvent(s.booked)
	s.sample = aio.NewTimer(s.loop, aio.ClassTimer, s.measure).Label("the equity curve")
}

// to begins a phase. The clock of one that ends may not stand still.
func (s *shown) to(phase string) {
	if s == nil {
		return
	}
	s.phase = phase
	switch phase {
	case ui.PhaseRunning:
		s.measure() // not before: the venue's account opens the books at the start
	case ui.PhaseEnding:
		s.clock.free()
		s.measure()
		s.sample.Stop()
	}
	if s.want.Tabs > 0 {
		s.publish(s.want)
	}
}

// end publishes the last view, and lets go of the run.
func (s *shown) end(r *Report) {
	if s == nil {
		return
	}
	s.g.run.Store(nil)
	s.tap.watch(false)
	s.phase = ui.PhaseEnded
	if r != nil {
		s.fold.End(ui.End{Reconciled: r.Reconciled, Differences: r.Differences, Digest: r.Digest, Notes: r.Notes})
	}
	s.remember()
	s.g.srv.End(s.view(web.Want{Full: true, Sections: ui.Everything, Tabs: s.want.Tabs, Dropped: s.want.Dropped}))
}

// note tells people at once.
func (s *shown) note(text string) {
	if s == nil {
		return
	}
	level := ui.LevelNote
	if strings.HasPrefix(text, "no-increase") {
		level = ui.LevelAlarm
	}
	s.g.srv.Alarm(s.fold.Alarm(s.loop.Now(), level, text))
}

// booked shows a fill at once.
func (s *shown) booked(e *ledger.Event) {
	if f, ok := s.fold.Event(e); ok {
		s.g.srv.Fill(f)
	}
}

// measure samples the equity each second of the run's clock.
func (s *shown) measure() {
	now := s.loop.Now()
	if e, err := s.trader.Equity(s.asset); err == nil {
		s.fold.Sample(now, e, s.fold.Exposed(s.trader.Ledger()))
	}
	s.sample.Arm(now - now%ui.CurveEvery + ui.CurveEvery)
}

// poll has the loop make a view. It runs on a goroutine of the server; one poll is on its way at a time.
func (s *shown) poll(w web.Want) {
	if !s.asking.CompareAndSwap(false, true) {
		return
	}
	if w.Full || w.Sections&ui.OnHealth != 0 {
		s.remember()
	}
	s.asked.Store(time.Now().UnixNano())
	if !s.ask(w) {
		s.asking.Store(false)
	}
}

// ask brings a poll to the loop.
func (s *shown) ask(w web.Want) bool {
	if s.logged != nil {
		return s.logged.ask(w)
	}
	return s.loop.Post(func() { s.polled(w) })
}

// polled answers a poll, on the loop.
func (s *shown) polled(w web.Want) {
	s.fold.Health.Lag.Add(time.Now().UnixNano() - s.asked.Load())
	s.asking.Store(false)
	s.publish(w)
}

// order brings a command to the loop; answer hears what came of it. false: the run takes none any more.
func (s *shown) order(c control.Command, from string, answer func(control.Ack)) bool {
	if s.logged != nil {
		return s.logged.order(c, from, answer)
	}
	return s.loop.Post(func() { answer(s.command(c, from)) })
}

// publish makes a view and gives it to the server.
func (s *shown) publish(w web.Want) {
	if s.phase == ui.PhaseEnded {
		return
	}
	s.want = w
	s.tap.watch(w.Tabs > 0 && w.Sections&(ui.OnCoroutines|ui.OnHealth) != 0)
	if w.Tabs > 0 || w.Full {
		s.g.srv.Publish(s.view(w))
	}
}

// view asks everybody how things stand.
func (s *shown) view(w web.Want) *ui.View {
	st := &ui.State{
		Now: s.loop.Now(), Wall: time.Now().UnixNano(), Full: w.Full, Sections: w.Sections, Phase: s.phase, Done: s.done(),
		ClockPaused: s.clock.held, Paused: s.paused, Killed: s.killed, Books: s.tap.books, Tabs: w.Tabs, Dropped: w.Dropped,
	}
	if s.paced {
		st.Speed = &s.clock.speed
	}
	if s.phase == ui.PhaseEnded {
		st.ReadOnly = "the run has ended"
	}
	if s.trader != nil {
		s.money(st)
	}
	s.machinery(st)
	if w.Full || w.Sections&ui.OnCoroutines != 0 {
		s.inside(st)
	}
	return s.fold.View(st)
}

// money is what the trader says.
func (s *shown) money(st *ui.State) {
	t := s.trader
	st.Ledger, st.Orders, st.Trading = t.Ledger(), t.Orders().All(), "normal"
	switch {
	case t.Gate.Closed():
		st.Trading = "stopped"
	case t.Mode() != risk.Normal:
		st.Trading = "no-increase"
	}
	if e, err := t.Equity(s.asset); err == nil {
		st.Equity = &e
	}
	n := t.Stats()
	st.Placed, st.Refused, st.StaleWakes, st.StaleReads, st.Unknown, st.Queries = n.Placed, n.Refused, n.StaleWakes, n.StaleReads, n.Unknown, n.Queries
}

// machinery is what the connection and the process say.
func (s *shown) machinery(st *ui.State) {
	if s.client != nil {
		n := s.client.Stats()
		st.Connects, st.Losses, st.Gaps, st.Resyncs, st.Bad = n.Connects, n.Losses, n.Gaps, n.Resyncs, n.Bad
		for _, l := range s.client.Levels() {
			st.Budgets = append(st.Budgets, ui.Budget{Name: l.Name, Used: l.Used, Limit: l.Limit})
		}
	}
	if m := s.mem.Load(); m != nil {
		st.Goroutines, st.Heap, st.GCPauseUs = m.goroutines, m.heap, m.pause
	}
}

// inside is what the loop says of itself.
func (s *shown) inside(st *ui.State) {
	n := s.loop.Stats()
	st.Loop = ui.LoopState{Passes: n.Passes, Handles: n.Handles, Switches: n.Switches}
	for t := range s.loop.Tasks() {
		v := ui.Task{
			ID: t.ID, Parent: t.Parent, Name: t.Name, State: t.State, Awaits: t.WaitsOn, Wakes: t.Wakes, RanUs: t.Ran.Microseconds(),
			Cancelled: t.Cancelled, Site: short(t.Site), AwaitSite: short(t.AwaitSite),
		}
		if t.State == aio.StateParked {
			v.SinceMs = float64(st.Now-t.Since) / 1e6
			if t.Until != 0 {
				v.Awaits = sleeps(t.Until, st.Now)
			}
		}
		st.Tasks = append(st.Tasks, v)
	}
}

// sleeps says what a task that sleeps waits for.
func sleeps(until, now aio.Nanos) string {
	if until == aio.Never {
		return "to be woken"
	}
	d, to := time.Duration(max(until-now, 0)), time.Millisecond
	switch {
	case d >= time.Minute:
		to = time.Second
	case d >= time.Second:
		to = 100 * time.Millisecond
	}
	return "a timer, due in " + d.Round(to).String()
}

// short is the last folder and the file of a source line.
func short(site string) string {
	if site == "" {
		return ""
	}
	return filepath.Base(filepath.Dir(site)) + "/" + filepath.Base(site)
}

// memory is what the process needs.
type memory struct {
	at         time.Time
	goroutines int
	heap       int64
	pause      *float64
}

// memoryEvery is how often it is asked for.
const memoryEvery = time.Second

// remember asks the process, not too often. Any goroutine may.
func (s *shown) remember() {
	if m := s.mem.Load(); m != nil && time.Since(m.at) < memoryEvery {
		return
	}
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	m := &memory{at: time.Now(), goroutines: runtime.NumGoroutine()}
	if heap[0].Value.Kind() == metrics.KindUint64 {
		m.heap = int64(heap[0].Value.Uint64())
	}
	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	if len(gc.Pause) > 0 {
		us := float64(gc.Pause[0]) / 1e3
		m.pause = &us
	}
	s.mem.Store(m)
}

// version is that of this build.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "(devel)"
}
