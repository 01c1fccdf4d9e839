package torture

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/journal"
	"baton/market"
	"baton/risk"
	"baton/secret"
	"baton/trade"
)

// life is one process: from its start to its death, or to the end of the run.
type life struct {
	w       *world
	n       int // which
	client  *binance.Client
	keeper  *keeper
	venue   trade.Venue
	trader  *trade.Trader
	started bool
	running bool
}

// again is how long it takes until a process that could not start is started again.
const again = 700 * time.Millisecond

// live is the process. It returns when the run is over; it is cancelled where it dies.
func (f *life) live(co *aio.Co) error {
	for {
		err := aio.Group(co, func(co *aio.Co) error { return f.try(co) })
		switch {
		case f.w.stopped:
			return err
		case co.Err() != nil:
			return co.Yield()
		case f.w.disk.dead:
			f.w.die("M2")
			_ = co.SleepUntil(aio.Never) // until it is cancelled
			return co.Yield()
		}
		f.w.say("start failed: %v", err)
		f.keeper, f.trader, f.started = nil, nil, false
		if err := co.Sleep(again); err != nil {
			return err
		}
	}
}

// try starts everything, trades until the run is over, and winds up.
func (f *life) try(co *aio.Co) error {
	f.w.obs.quiet = 0 // nobody has told this one yet
	feed, venue, err := f.w.connect(co, f)
	if err != nil {
		return err
	}
	defer f.w.disconnect(f)
	f.venue = venue
	st, err := f.open()
	if err != nil {
		return err
	}
	f.trader, err = trade.New(co, f.config(st), feed, venue, f.keeper)
	if err != nil {
		return err
	}
	for _, in := range f.w.known {
		if _, err := f.trader.Open(in); err != nil {
			return err
		}
	}
	if err := f.trader.Start(co); err != nil {
		return err
	}
	f.started = true
	if err := f.trade(co); err != nil {
		return err
	}
	f.w.stopped = true
	res, err := f.trader.Stop(co)
	f.w.result = res
	return err
}

// open opens the journal, and has the observer read it for itself.
func (f *life) open() (journal.State, error) {
	lookup := func(symbol string) *market.Instrument {
		for _, in := range f.w.known {
			if in.Symbol == symbol {
				return in
			}
		}
		return nil
	}
	d := f.w.disk
	j, err := journal.OpenAs(d, lookup, journal.Config{Build: "torture", Run: runName, Snapshot: snapshotEvery})
	if err != nil {
		if !diskError(err) {
			f.w.obs.fail("P13", "the journal does not open after a crash: %v", err)
		}
		return journal.State{}, err
	}
	f.keeper = newKeeper(f.w, j, d)
	f.w.obs.recovered(j.State(), d, lookup)
	return j.State(), nil
}

// diskError says that the disk itself refused: the next start tries again.
func diskError(err error) bool {
	return errors.Is(err, errPower) || errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EROFS)
}

// snapshotEvery is small, so that a run has several snapshots.
const snapshotEvery = 24 << 10

func (f *life) config(st journal.State) trade.Config {
	cfg := trade.Config{
		Limits: map[string]risk.Limits{}, Answer: 2 * time.Second, Guard: f.w.guard, Reconcile: 12 * time.Second, Prefix: "baton-",
		Line: f.w.line2, Note: func(text string) { f.w.say("trader: %s", text) },
	}
	if f.w.cfg.Mode == Direct {
		cfg.Prefix = ""
	}
	for _, s := range symbols {
		cfg.Limits[s.symbol] = limits()
	}
	if st.Records > 1 {
		cfg.Recovered = &trade.Recovered{Next: st.Next, Last: st.Last, Orders: st.Orders, Groups: st.Groups, Books: st.Books, Problems: st.Problems}
	}
	return cfg // a person has looked at the latch, and clears it
}

// trade runs the strategies until the run is over.
func (f *life) trade(co *aio.Co) error {
	f.running = true
	task := aio.Start(co, "strategies", func(co *aio.Co) error {
		st := trade.Strategy{Name: "storm", Run: func(co *aio.Co, s *trade.Session) error {
			i := f.w.index(s.Instrument())
			t := &trading{rng: rand.New(rand.NewPCG(f.w.cfg.Seed, uint64(1000+10*f.n+i))), o: f.w.obs}
			return t.run(co, s)
		}}
		err := f.trader.Run(co, st, f.trader.Sessions()...)
		if _, ok := errors.AsType[*trade.PanicError](err); ok && f.w.panicked != 0 && co.Err() != nil {
			return co.Yield() // the others were cancelled, as all are in the end
		}
		return err
	})
	_, err := f.w.stop.Await(co)
	if err != nil {
		return err
	}
	f.running = false
	task.Cancel(nil)
	if _, err = task.Await(co); errors.Is(err, aio.ErrCancelled) {
		return nil
	}
	if err == nil {
		err = errors.New("the strategies ended by themselves")
	}
	return fmt.Errorf("strategies: %w", err)
}

// connect makes the client of a process.
func (w *world) connect(co *aio.Co, f *life) (trade.Feed, trade.Venue, error) {
	if w.cfg.Mode == Direct {
		return w.connectDirect()
	}
	if w.drifted < -market.Nanos(driftMost) {
		w.setDrift(0) // who starts sets the clock: the exchange's own times do not drift with it
	}
	if w.going("E17") != nil {
		w.srv.EndScenario("filter-change") // a client that begins under a coarser tick cannot read prices that rest between its steps
	}
	names := make([]string, 0, len(symbols))
	for _, s := range symbols {
		names = append(names, s.symbol)
	}
	c, err := binance.Dial(co, w.net, binance.Config{
		REST: "http://" + address, Streams: "ws://" + address, API: "ws://" + address + pathAPI, Symbols: names, Key: apiKey,
		Secret: secret.New(canary), Run: runName, Seed: w.cfg.Seed + uint64(f.n), Note: func(text string) { w.say("client: %s", text) },
		Copies: w.copies, Rotate: w.rotate, DepthQuiet: quiet, MarkQuiet: quiet,
	})
	if err != nil {
		return nil, nil, err
	}
	f.client, w.known = c, c.Instruments()
	return c, c, nil
}

func (w *world) disconnect(f *life) {
	if f.client == nil {
		return
	}
	s := f.client.Stats()
	if n := s.Resyncs - len(symbols); n > 0 {
		w.reached["E30"] += n
	}
	if w.copies > 1 {
		w.reached["N19"] += s.Duplicates
	}
	f.client.Close()
	f.client = nil
}

// quiet is the age of market data at which its stream counts as dead.
const quiet = 3 * time.Second
