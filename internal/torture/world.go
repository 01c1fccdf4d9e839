package torture

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"baton/aio"
	"baton/decimal"
	"baton/exchange"
	"baton/exchange/local"
	"baton/exchange/server"
	"baton/market"
	"baton/netio"
	"baton/risk"
	"baton/trade"
)

// Mode is how much of the way between trader and exchange there is.
type Mode string

// The modes. Wire: client, network and server, as in live. Direct: the exchange in the process, as in a backtest.
const (
	Wire   Mode = "wire"
	Direct Mode = "direct"
)

// Config of one run.
type Config struct {
	Seed      uint64
	Mode      Mode       // "": Wire
	Faults    []string   // ids that incidents are drawn from; nil: all
	Incidents []Incident // in place of those that are drawn, if Given
	Given     bool
	Wall      time.Duration // of real time, after which the run counts as hung; 0: [WallDefault]
}

// WallDefault is how much real time a run may take.
const WallDefault = 2 * time.Minute

// Violation is a promise that was broken.
type Violation struct {
	Promise string        `json:"promise"`
	At      time.Duration `json:"at"` // after the start
	Text    string        `json:"text"`
}

// String is one line about it.
func (v Violation) String() string {
	return fmt.Sprintf("%s at %.3fs: %s", v.Promise, v.At.Seconds(), v.Text)
}

// Result is what became of one run.
type Result struct {
	Seed       uint64         `json:"seed"`
	Incidents  []Incident     `json:"incidents"`
	Violations []Violation    `json:"violations,omitempty"`
	Events     int            `json:"events"` // of the market and of the line
	Orders     int            `json:"orders"` // sent
	Fills      int            `json:"fills"`
	Lives      int            `json:"lives"`
	Took       time.Duration  `json:"took"`    // of virtual time
	Reached    map[string]int `json:"reached"` // how often each fault happened
	Checked    map[string]int `json:"checked"` // how often each promise was checked
	Digest     string         `json:"digest"`
	Trace      []string       `json:"trace,omitempty"`
}

// Failed says whether a promise was broken.
func (r *Result) Failed() bool { return len(r.Violations) > 0 }

// world is everything of one run.
type world struct {
	cfg   Config
	co    *aio.Co
	l     *aio.Loop
	start market.Nanos
	rng   *rand.Rand

	// The exchange.
	x        *exchange.Exchange
	me       int
	srv      *server.Server
	net      netio.Network
	breaker  netio.Breaker
	listener *netio.Listener
	taken    []*seat                 // connections, at the server's end
	last     map[string][]byte       // of streams of market data: the last frame
	spoke    map[string]market.Nanos // of user streams: when the last frame came
	twice    map[string]*seat        // requests whose first copy is said to have come before
	direct   *directWorld

	// The trader's side.
	known   []*market.Instrument
	disk    *disk
	keep    int           // unsynced bytes that survive the next death
	down    time.Duration // how long the process stays away after it
	life    *life
	dying   *aio.Future[struct{}]
	stop    *aio.Future[struct{}]
	stopped bool
	result  trade.Result
	copies  int
	rotate  time.Duration
	guard   time.Duration

	active    []*effect
	reached   map[string]int
	groups    bool // positions of one instrument are protected, and orders amended
	amends    int
	withdrawn decimal.Decimal // from the account, to be put back
	drifted   market.Nanos    // how far the exchange's clock is ahead of ours
	woke      market.Nanos    // when the machine went on, after it had stood still
	panics    int             // in which instrument a strategy is to panic, from 1; 0: in none
	panicked  int             // in which one did, in this life
	messages  int
	lives     int
	obs       *observer
	digest    hash.Hash
	trace     []string
	skipped   int
}

// address is where the exchange listens.
const address = "exchange:443"

// epochs are when runs begin: half of them twenty seconds before a funding settlement.
var epochs = [...]time.Time{
	time.Date(2026, time.January, 1, 15, 59, 40, 0, time.UTC), time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC),
}

// Run runs one seed.
func Run(cfg Config) (r Result) {
	if cfg.Mode == "" {
		cfg.Mode = Wire
	}
	if cfg.Wall == 0 {
		cfg.Wall = WallDefault
	}
	if !cfg.Given {
		cfg.Incidents = Draw(cfg.Seed, cfg.Mode, cfg.Faults)
	}
	w := newWorld(cfg)
	defer func() {
		if v := recover(); v != nil {
			w.obs.fail("run", "panic: %v\n%s", v, debug.Stack())
		}
		r = w.report()
	}()
	ctx, cancel := context.WithTimeout(context.Background(), cfg.Wall)
	defer cancel()
	source := aio.Virtual(w.start)
	if cfg.Mode == Direct {
		source = w.openDirect()
	}
	_, err := aio.Run(ctx, aio.Config{Source: source, Seed: cfg.Seed}, func(co *aio.Co) (struct{}, error) {
		return struct{}{}, aio.Timeout(co, hangs, func(co *aio.Co, _ *aio.Scope) error { return w.main(co) })
	})
	if err != nil {
		w.obs.fail("run", "it ended with: %v", err)
	}
	return r
}

// hangs is the virtual time after which a run is ended.
const hangs = 10 * time.Minute

func newWorld(cfg Config) *world {
	rng := rand.New(rand.NewPCG(cfg.Seed, 0x776f726c64))
	w := &world{cfg: cfg, rng: rng, reached: map[string]int{}, last: map[string][]byte{}, spoke: map[string]market.Nanos{}, twice: map[string]*seat{},
		digest: sha256.New(), disk: newDisk()}
	w.start = market.Nanos(epochs[rng.IntN(len(epochs))].UnixNano())
	w.copies = 1 + rng.IntN(2)
	w.rotate = []time.Duration{0, 9 * time.Second, 25 * time.Second}[rng.IntN(3)]
	w.guard = []time.Duration{0, 12 * time.Second}[rng.IntN(2)]
	w.groups = rng.IntN(2) == 0
	w.obs = newObserver(w)
	return w
}

// main is the supervisor: it keeps a process alive through the storm, waits until all is settled, and has it wind up.
func (w *world) main(co *aio.Co) error {
	return aio.Group(co, func(co *aio.Co) error {
		w.co, w.l = co, co.Loop()
		if err := w.open(co); err != nil {
			return err
		}
		w.dying, w.stop = aio.NewFuture[struct{}](w.l), aio.NewFuture[struct{}](w.l)
		w.plan(w.cfg.Incidents)
		aio.Start(co, "calm", w.calm)
		for !w.stopped {
			if err := w.lead(co); err != nil {
				return err
			}
		}
		w.obs.finish()
		return nil
	})
}

// lead leads one process through its life.
func (w *world) lead(co *aio.Co) error {
	w.lives++
	w.panicked = 0
	w.life = &life{w: w, n: w.lives}
	task := aio.Start(co, "process", w.life.live)
	aio.Start(co, "undertaker", func(co *aio.Co) error {
		_, err := task.Await(co)
		if !w.dying.Done() {
			_ = w.dying.Set(struct{}{})
		}
		return err
	})
	if _, err := w.dying.Await(co); err != nil {
		return err
	}
	if w.stopped {
		_, err := task.Await(co)
		return err
	}
	w.obs.died()
	dead := w.life
	w.life = nil
	task.Cancel(nil)
	_, _ = task.Await(co)
	w.disconnect(dead)
	w.disk = w.disk.reborn(w.keep)
	w.dying = aio.NewFuture[struct{}](w.l)
	down := w.down
	w.down, w.keep = time.Second, 0
	if err := co.Sleep(down); err != nil {
		return err
	}
	w.obs.away(down)
	return nil
}

// open opens the exchange and its network.
func (w *world) open(co *aio.Co) (err error) {
	if w.cfg.Mode == Direct {
		w.attachDirect()
		return nil
	}
	lat := local.Latency{Min: 2 * time.Millisecond, Jitter: 3 * time.Millisecond}
	w.srv, err = server.New(w.l, server.Config{
		Instruments: listing(), Openings: openings(), Seed: w.cfg.Seed, Out: lat, Back: lat,
		Life:     time.Duration(w.life9()),
		Keys:     []server.Key{{APIKey: apiKey, Secret: canary, Account: account, Deposit: decimal.MustParse(deposit)}},
		Exchange: exchange.Config{KeepOrders: keepOrders},
	})
	if err != nil {
		return err
	}
	w.x = w.srv.Exchange()
	w.me, _ = w.srv.Account(account)
	if w.has("E41") {
		w.x.SetCoinPrice(coinPrice)
		if err := w.x.DepositCoins(w.start, w.me, coins); err != nil {
			return err
		}
	}
	w.net = &outside{netio.Memory(w.l, netio.MemoryConfig{Delay: time.Millisecond, Fault: w.judge, Breaker: &w.breaker, Seed: w.cfg.Seed}), w}
	w.listener, err = w.net.Listen(co, address, gate{w})
	return err
}

// punished is how long a 429 may keep a client from asking (Binance USD-M, Limits: the minute of the limit); a 403 twice as long, as
// the shortest ban there is.
const punished = time.Minute

// keepOrders is more than all participants close in a run, so that the exchange forgets none of ours.
const keepOrders = 1 << 15

// calm waits for the end of the storm, and then until everything is settled.
func (w *world) calm(co *aio.Co) error {
	if err := co.SleepUntil(w.start + market.Nanos(stormTo) + 1e6); err != nil {
		return err
	}
	w.disk.dies = 0
	w.say("calm")
	var open []Violation
	most := calmMost // and a client that was told to be quiet is quiet
	switch {
	case w.happened("E3") > 0 || w.happened("E2") > 0:
		most += 2 * punished
	case w.happened("E1") > 0 || w.happened("E29") > 0:
		most += punished
	}
	for end := co.Now() + market.Nanos(most); ; {
		if open = w.obs.unsettled(); len(open) == 0 || co.Now() > end {
			break
		}
		if err := co.Sleep(50 * time.Millisecond); err != nil {
			return err
		}
	}
	for _, v := range open {
		w.obs.fail(v.Promise, "%s after the storm: %s", most, v.Text)
	}
	w.say("settled: %v", len(open) == 0)
	if err := co.SleepUntil(max(co.Now(), w.start+market.Nanos(runLeast+most-calmMost))); err != nil {
		return err
	}
	if err := w.fill(co); err != nil {
		return err
	}
	if err := w.kill(co); err != nil {
		return err
	}
	_ = w.stop.Set(struct{}{})
	if w.life == nil || !w.life.running {
		return fmt.Errorf("no process trades at the end of the run")
	}
	return nil
}

// A run that has seen little trading, because its process was away or was held to what reduces, goes on until there were so many
// orders, or for so long; a person clears the mode.
const (
	leastOrders = 55
	fillMost    = 60 * time.Second
)

// fill fills a run up.
func (w *world) fill(co *aio.Co) error {
	for end := co.Now() + market.Nanos(fillMost); len(w.obs.frames) < leastOrders && co.Now() < end; {
		if t := w.obs.trader(); t != nil && t.Mode() != risk.Normal && w.obs.excused() {
			w.down, w.keep = 300*time.Millisecond, 1<<30
			w.die("restart")
		}
		if err := co.Sleep(5 * time.Second); err != nil {
			return err
		}
	}
	return nil
}

// How the kill switch is tried at the end of a run: the disk is slow, so that orders wait for it, when the gate closes while
// strategies go on.
const (
	killStall = 300 * time.Millisecond
	killFor   = time.Second
)

// kill closes the gate of a trader that trades.
func (w *world) kill(co *aio.Co) error {
	k, t := w.keeper(), w.obs.trader()
	if k == nil || t == nil {
		return nil
	}
	k.stall = killStall
	for n := 0; n < 20 && !k.busy; n++ { // a moment when an order waits
		if err := co.Sleep(50 * time.Millisecond); err != nil {
			return err
		}
	}
	w.say("the gate closes")
	t.Gate.Close()
	w.obs.killed = true
	return co.Sleep(killFor)
}

// index is the number of an instrument.
func (w *world) index(in *market.Instrument) int {
	return slices.IndexFunc(symbols[:], func(s struct{ symbol, price, tick, lot, least string }) bool { return s.symbol == in.Symbol })
}

// traceKept is how many lines of the trace are kept.
const traceKept = 400

// say adds a line to the trace, and to the digest.
func (w *world) say(format string, args ...any) {
	at := 0.0
	if w.l != nil {
		at = float64(w.l.Now()-w.start) / 1e9
	}
	text := fmt.Sprintf("%9.4f %s", at, fmt.Sprintf(format, args...))
	text, _, _ = strings.Cut(text, "\ngoroutine ") // addresses differ from process to process
	w.digest.Write([]byte(text))
	w.obs.secret([]byte(text), "a note")
	if len(w.trace) == traceKept {
		w.trace = slices.Delete(w.trace, 0, traceKept/2)
		w.skipped += traceKept / 2
	}
	w.trace = append(w.trace, text)
}

// line2 hears the ledger's lines.
func (w *world) line2(b []byte) { w.digest.Write(b) }

// hash takes a message into the digest.
func (w *world) hash(t *netio.Transit) {
	var head [18]byte
	binary.LittleEndian.PutUint64(head[:], uint64(w.l.Now()))
	head[8] = byte(t.Kind)
	if t.ToServer {
		head[9] = 1
	}
	binary.LittleEndian.PutUint64(head[10:], uint64(len(t.Data)))
	w.digest.Write(head[:])
	w.digest.Write([]byte(t.Path))
	w.digest.Write([]byte(t.Query))
	w.digest.Write(t.Data)
}

// report sums the run up.
func (w *world) report() Result {
	r := Result{
		Seed: w.cfg.Seed, Incidents: w.cfg.Incidents, Violations: w.obs.violations, Orders: len(w.obs.frames), Fills: len(w.obs.truth),
		Lives: w.lives, Reached: map[string]int{}, Checked: w.obs.checked, Trace: w.trace, Events: w.messages,
	}
	if w.srv != nil {
		r.Events += w.srv.Stats().Events
	}
	for i := range catalogue {
		if id := catalogue[i].ID; w.happened(id) > 0 {
			r.Reached[id] = w.happened(id)
		}
	}
	if w.l != nil {
		r.Took = time.Duration(w.l.Now() - w.start)
	}
	if w.skipped > 0 {
		r.Trace = append([]string{fmt.Sprintf("(%d lines before)", w.skipped)}, r.Trace...)
	}
	fmt.Fprintf(w.digest, "%d %d %v", r.Events, r.Orders, r.Violations)
	r.Digest = hex.EncodeToString(w.digest.Sum(nil))
	return r
}
