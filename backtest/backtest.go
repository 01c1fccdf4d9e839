// Package backtest runs a strategy on a market in this process: a recorded one, with queue positions beside the recorded
// book, or a seeded synthetic one. The same trader, the same coroutine and the same exchange core as everywhere else, on a
// virtual clock, as fast as the machine can.
//
//	tape, err := backtest.Load(recordings...)
//	result, err := backtest.Run(ctx, backtest.Config{Strategy: strategy.Maker(), Tape: tape, Seed: 7})
//	fmt.Println(result.Fills, result.Equity, result.Digest)
//
// A run owns everything that it makes and shares nothing, so that runs may go on side by side on one tape, which they only
// read. Same tape, strategy, configuration and seed: same digest, on any machine. It opens no file, asks no clock, and never
// assumes that its books are right: it ends like a live run, with the account queried and compared.
package backtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"baton/aio"
	"baton/catalog"
	"baton/decimal"
	"baton/exchange"
	"baton/exchange/flow"
	"baton/exchange/local"
	"baton/journal"
	"baton/market"
	"baton/risk"
	"baton/trade"
)

// DepositDefault is what the account holds at first, in the instruments' margin asset.
const DepositDefault = "10000"

// Config of one run.
type Config struct {
	Strategy trade.Strategy

	// Tape is the recorded market; its instruments are traded. Without one the market is synthetic: it opens at Openings at
	// Start, and lasts For.
	Tape     *flow.Tape
	Openings []Opening
	Start    market.Nanos
	For      time.Duration

	Seed    uint64                 // of the latencies' jitter and of a synthetic market
	Latency *Latency               // nil: [DefaultLatency]
	Busy    time.Duration          // compute time of the strategy: market data that comes meanwhile is one wake-up
	Limits  map[string]risk.Limits // by symbol; an instrument without has trade.DefaultLimits
	Deposit decimal.Decimal        // zero: [DepositDefault]
	Line    func([]byte)           // hears every canonical ledger line: the digest is their SHA-256; borrowed
	Note    func(string)           // hears what a person should know

	// Watch, if set, watches the run from within, and must change nothing.
	Watch Watcher

	// Break, if set, is a task beside the strategies that breaks the line on purpose: see the driver's Cut, LoseAck and others.
	Break    func(co *aio.Co, venue *local.Driver) error
	LoseFill int // plants a bug for the reconciliation to find: see trade.Config
}

// Watcher hears of one run, on its loop.
type Watcher interface {
	// Begin comes first. What it gives is what the trader is made with: the feed, venue and journal, or what passes everything on.
	Begin(co *aio.Co, f trade.Feed, v trade.Venue, j trade.Journal) (trade.Feed, trade.Venue, trade.Journal)
	Trading(t *trade.Trader) // it is about to start
	Ending()                 // the strategies have ended
}

// Opening is an instrument of a synthetic market and its price at first.
type Opening struct {
	Instrument *market.Instrument
	Price      decimal.Decimal
}

// Latency is how long messages travel, each way: Min and up to Jitter on top.
type Latency struct{ Out, Back local.Latency }

// DefaultLatency is that of a trader some hundred kilometres from the venue.
func DefaultLatency() Latency { return Latency{Out: local.DefaultLatency, Back: local.DefaultLatency} }

// Load reads recordings, merged by receive time, into a tape that any number of runs may share. An error names the place;
// what was read before it is on the tape.
func Load(recordings ...*catalog.Recording) (*flow.Tape, error) {
	t := new(flow.Tape)
	for ev, err := range catalog.Merge(recordings...) {
		if err == nil {
			err = t.Append(ev)
		}
		if err != nil {
			return t, err
		}
	}
	t.Seal()
	return t, nil
}

// Run runs the strategy, one coroutine an instrument, until the market ends or ctx is cancelled. Both end in order: orders are
// cancelled, and the account is queried and compared. With an error of the strategy the result is there all the same.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	w, err := build(cfg)
	if err != nil {
		return nil, err
	}
	loop := aio.Config{Source: aio.Drive(w.start, w.venue), Seed: cfg.Seed}
	return aio.Run(ctx, loop, func(co *aio.Co) (*Result, error) { return w.run(co) })
}

// world is the exchange of one run, and the way to it.
type world struct {
	cfg    Config
	x      *exchange.Exchange
	events exchange.Events
	venue  *local.Driver
	start  market.Nanos
	ins    []*market.Instrument
}

// build opens the exchange with its market and our account.
func build(cfg Config) (*world, error) {
	w := &world{cfg: cfg}
	kind := exchange.Recorded
	switch {
	case cfg.Strategy.Run == nil:
		return nil, errors.New("backtest: no strategy: set Config.Strategy")
	case cfg.Tape != nil && cfg.Tape.Len() == 0:
		return nil, errors.New("backtest: the tape is empty: nothing was recorded of the instruments")
	case cfg.Tape != nil:
		w.ins, w.start = cfg.Tape.Instruments(), cfg.Tape.At(0)
	case len(cfg.Openings) == 0 || cfg.For <= 0:
		return nil, errors.New("backtest: no market: set Config.Tape, or Openings and For")
	default:
		kind, w.start = exchange.Matched, cfg.Start
		for _, o := range cfg.Openings {
			w.ins = append(w.ins, o.Instrument)
		}
	}
	w.x = exchange.New(exchange.Config{Start: w.start}, &w.events)
	for _, in := range w.ins {
		if _, err := w.x.List(in, kind); err != nil {
			return nil, fmt.Errorf("backtest: %w", err)
		}
	}
	me := w.x.AddAccount("trader")
	if err := w.x.Deposit(w.start, me, w.deposit()); err != nil {
		return nil, fmt.Errorf("backtest: deposit: %w", err)
	}
	return w, w.connect(me)
}

func (w *world) deposit() decimal.Decimal {
	if w.cfg.Deposit.IsZero() {
		return decimal.MustParse(DepositDefault)
	}
	return w.cfg.Deposit
}

// The components that draw chance, each from a generator of its own.
const (
	chanceLatency uint64 = iota + 1
	chanceMarket
)

// connect makes the driver, and the market that it moves.
func (w *world) connect(me int) error {
	lat := DefaultLatency()
	if w.cfg.Latency != nil {
		lat = *w.cfg.Latency
	}
	cfg := local.Config{Account: me, Out: lat.Out, Back: lat.Back, Busy: w.cfg.Busy}
	if w.cfg.Tape == nil {
		cfg.End = w.start + market.Nanos(w.cfg.For)
	}
	var err error
	if w.venue, err = local.New(w.x, &w.events, cfg, rand.NewPCG(w.cfg.Seed, chanceLatency)); err != nil {
		return err
	}
	if w.cfg.Tape != nil {
		return w.venue.Play(w.cfg.Tape)
	}
	var openings []flow.Opening
	for i, o := range w.cfg.Openings {
		openings = append(openings, flow.Opening{Instrument: i, Price: o.Price})
	}
	crowd, err := flow.NewSynthetic(w.x, rand.NewPCG(w.cfg.Seed, chanceMarket), w.start, openings...)
	if err != nil {
		return err
	}
	w.venue.Gather(crowd)
	return nil
}

// run is the main task: the same steps as in any other mode.
func (w *world) run(co *aio.Co) (*Result, error) {
	w.venue.Attach(co.Loop())
	defer w.venue.Close()
	cfg := trade.Config{Limits: w.limits(), Line: w.cfg.Line, Note: w.cfg.Note, LoseFill: w.cfg.LoseFill}
	var feed, venue, book = trade.Feed(w.venue), trade.Venue(w.venue), trade.Journal(journal.NewMemory(0))
	if w.cfg.Watch != nil {
		feed, venue, book = w.cfg.Watch.Begin(co, feed, venue, book)
	}
	t, err := trade.New(co, cfg, feed, venue, book)
	if err != nil {
		return nil, err
	}
	for _, in := range w.ins {
		if _, err := t.Open(in); err != nil {
			return nil, err
		}
	}
	if err := t.Start(co); err != nil {
		return nil, err
	}
	failed := w.watched(co, t)
	end, err := t.Stop(co)
	r := w.result(t, &end)
	if err := w.x.Check(); err != nil {
		r.Reconciled, r.Differences = false, append(r.Differences, err.Error())
	}
	return r, errors.Join(failed, err)
}

// watched is trade, with the watcher told of its beginning and its end.
func (w *world) watched(co *aio.Co, t *trade.Trader) error {
	if w.cfg.Watch == nil {
		return w.trade(co, t)
	}
	w.cfg.Watch.Trading(t)
	defer w.cfg.Watch.Ending()
	return w.trade(co, t)
}

// trade runs the strategies, and what breaks the line meanwhile.
func (w *world) trade(co *aio.Co, t *trade.Trader) error {
	if w.cfg.Break == nil {
		return t.Run(co, w.cfg.Strategy, t.Sessions()...)
	}
	return aio.Group(co, func(co *aio.Co) error {
		vandal := aio.Start(co, "break", func(co *aio.Co) error { return w.cfg.Break(co, w.venue) })
		err := t.Run(co, w.cfg.Strategy, t.Sessions()...)
		vandal.Cancel(nil)
		return err
	})
}

func (w *world) limits() map[string]risk.Limits {
	limits := make(map[string]risk.Limits, len(w.ins))
	for _, in := range w.ins {
		l, ok := w.cfg.Limits[in.Symbol]
		if !ok {
			l = trade.DefaultLimits()
		}
		limits[in.Symbol] = l
	}
	return limits
}
