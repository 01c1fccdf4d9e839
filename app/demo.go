package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/decimal"
	"baton/exchange/local"
	"baton/exchange/server"
	"baton/journal"
	"baton/market"
	"baton/netio"
	"baton/risk"
	"baton/secret"
	"baton/trade"
	"baton/ui"
)

// What a demo's exchange knows its one client by. It is a simulation: the secret guards nothing.
const (
	demoKey     = "baton-demo-key"
	demoSecret  = "baton-demo-secret"
	demoAccount = "trader"
)

// A synthetic market opens here.
const (
	openingSymbol = "BTCUSDT"
	openingPrice  = "61800"
)

// memoryStart is where the clock of a demo in memory starts without a recording: a fixed time, as its digest is promised.
var memoryStart = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// lastWords is how long after the end of a recording the strategies go on, so that everything on its way arrives.
const lastWords = time.Second

// demo is one run of [RunDemo].
type demo struct {
	Demo
	rec    *recording // nil: a synthetic market
	table  []*market.Instrument
	faults []server.Fault
	lines  *lineFile
	start  market.Nanos

	server *server.Server
	client *binance.Client
	trader *trade.Trader
	listen string
	digest string // of the ledger, once the run has ended
	diary  *diary // nil: the run is neither recorded nor a replay

	page  *page
	shown *shown // nil: no page
}

// RunDemo runs a demo to its end: of the recording, of cfg.For, or of ctx, all of which end it in order. A nil report comes with
// an error only: nothing was traded.
func RunDemo(ctx context.Context, cfg Demo) (*Report, error) {
	d := &demo{Demo: cfg}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := d.prepare(); err != nil {
		return nil, err
	}
	if err := d.record(); err != nil {
		return nil, err
	}
	if d.Page != nil {
		return withPage(ctx, *d.Page, func(ctx context.Context, g *page) (*Report, error) {
			d.page = g
			return d.loop(ctx)
		})
	}
	return d.loop(ctx)
}

// loop runs the demo on a loop of its own.
func (d *demo) loop(ctx context.Context) (*Report, error) {
	loop := aio.Config{Source: aio.Paced(d.start, d.Speed), Seed: d.Seed}
	r, err := aio.Run(ctx, d.diary.config(loop), func(co *aio.Co) (*Report, error) {
		d.diary.begin(co.Loop())
		d.show(co)
		r, err := d.run(co)
		d.shown.end(r)
		return r, err
	})
	return r, errors.Join(err, d.lines.close(), d.diary.finish(r, d.digest, err))
}

// record begins the recording that was asked for.
func (d *demo) record() error {
	if d.Record == "" {
		return nil
	}
	data, err := absolute(d.Data)
	if err != nil {
		return err
	}
	symbols := d.Symbols
	if symbols != "" {
		if symbols, err = filepath.Abs(symbols); err != nil {
			return err
		}
	}
	head := begunWith(verbDemo, d.Strategy, d.Seed, time.Now(), d.start)
	head.Page, head.Watch, head.For = d.Page != nil, d.Watch != nil, d.For
	head.Demo = &recordedDemo{
		Data: data, Symbols: symbols, Strict: d.Strict, Deposit: d.Deposit, LoseFill: d.LoseFill, Speed: d.Speed, Net: d.Net, Listen: d.Listen,
		Faults: d.Faults,
	}
	rec, err := newScribe(d.Record, head, func(text string) { d.say("%s", text) })
	if err != nil {
		return fmt.Errorf("--record: %w", err)
	}
	d.diary = &diary{rec: rec}
	return nil
}

// show joins the run to its page, if it has one.
func (d *demo) show(co *aio.Co) {
	d.shown = d.page.show(co.Loop(), ui.Config{
		Mode: ui.ModeDemo, Strategy: d.Strategy.Name, Asset: d.table[0].Margin, Clock: ui.ClockPaced, Control: true, Start: d.start,
	}, d.Speed)
	if d.shown != nil {
		d.shown.say, d.shown.done = d.say, d.done
	}
}

// done is how much of a run that has an end is over.
func (d *demo) done() *float64 {
	if d.trader == nil || len(d.trader.Sessions()) == 0 || d.For == 0 && d.rec == nil {
		return nil
	}
	v := d.share(d.shown.loop.Now())
	return &v
}

// prepare reads everything that is read from files.
func (d *demo) prepare() (err error) {
	var lose int
	if d.faults, lose, err = parseFaults(d.Faults); err != nil {
		return err
	}
	if lose > 0 {
		d.LoseFill = lose
	}
	if d.table, err = loadInstruments(d.Symbols); err != nil {
		return err
	}
	begun := d.start // of a replay
	d.start = market.Nanos(memoryStart.UnixNano())
	if len(d.Data) > 0 {
		if d.rec, err = d.load(d.table); err != nil {
			return err
		}
		if d.rec.tape.Len() == 0 {
			return fmt.Errorf("%s: nothing in it can be played", strings.Join(d.Data, ","))
		}
		d.start = d.rec.tape.At(0)
	}
	switch {
	case d.diary.replays():
		d.start = begun
	case d.Net == NetSockets:
		d.start = market.Nanos(time.Now().UnixNano())
	}
	return nil
}

// run is the main task.
func (d *demo) run(co *aio.Co) (*Report, error) {
	network, err := d.open(co)
	if err != nil {
		return nil, err
	}
	listener, err := network.Listen(co, d.Listen, d.server)
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	if d.lines, err = openLines(d.Events); err != nil { // not before nothing else can be in the way: an older file is lost by it
		return nil, err
	}
	d.listen = listener.Addr()
	d.say("exchange on http://%s, market data on ws://%s (key %s, secret %s: any Binance USD-M client may come)", d.listen, d.listen, demoKey, demoSecret)
	if d.client, err = binance.Dial(co, network, d.clientConfig()); err != nil {
		return nil, err
	}
	defer d.client.Close()
	feed, venue, book := d.shown.wrap(d.client, d.client, journal.NewMemory(0))
	if d.trader, err = trade.New(co, d.traderConfig(), feed, venue, book); err != nil {
		return nil, err
	}
	d.shown.began(d.trader, d.client)
	d.diary.trades(d.trader, d.table[0].Margin, nil)
	for _, in := range d.client.Instruments() {
		if _, err := d.trader.Open(in); err != nil {
			return nil, err
		}
	}
	if err := d.trader.Start(co); err != nil {
		return nil, err
	}
	d.shown.to(ui.PhaseRunning)
	failed := d.trade(co)
	d.shown.to(ui.PhaseEnding)
	end, err := d.trader.Stop(co)
	d.digest = end.Digest
	return d.report(co, &end), errors.Join(failed, err)
}

// open opens the exchange and the network that it is reached by.
func (d *demo) open(co *aio.Co) (netio.Network, error) {
	cfg := server.Config{
		Instruments: d.table, Seed: d.Seed, Faults: d.faults, Out: local.DefaultLatency, Back: local.DefaultLatency,
		Keys: []server.Key{{APIKey: demoKey, Secret: demoSecret, Account: demoAccount, Deposit: d.Deposit}},
	}
	if d.rec != nil {
		cfg.Tape = d.rec.tape
	} else {
		cfg.Openings = []server.Opening{{Symbol: openingSymbol, Price: decimal.MustParse(openingPrice)}}
	}
	var err error
	if d.server, err = server.New(co.Loop(), cfg); err != nil {
		return nil, err
	}
	if d.Net == NetMemory {
		return netio.Memory(co.Loop(), netio.MemoryConfig{Seed: d.Seed}), nil
	}
	return netio.Sockets(co.Loop(), netio.SocketConfig{}), nil
}

func (d *demo) clientConfig() binance.Config {
	return binance.Config{
		REST: "http://" + d.listen, Streams: "ws://" + d.listen, API: "ws://" + d.listen + "/ws-fapi/v1",
		Key: demoKey, Secret: secret.New(demoSecret), Run: "d", Seed: d.Seed, Replayed: d.rec != nil,
		Note: func(text string) { d.say("%s", text) },
	}
}

func (d *demo) traderConfig() trade.Config {
	cfg := trade.Config{Limits: map[string]risk.Limits{}, LoseFill: d.LoseFill}
	cfg.Line = func(b []byte) {
		d.lines.write(b)
		d.diary.line(b)
	}
	cfg.Note = func(text string) {
		d.say("%s", text)
		d.diary.note(text)
		d.shown.note(text)
	}
	for _, in := range d.client.Instruments() {
		cfg.Limits[in.Symbol] = trade.DefaultLimits()
	}
	return cfg
}

// trade runs the strategies until the market or the time is over, or until co is cancelled, which is no error.
func (d *demo) trade(co *aio.Co) error {
	var failed error
	err := aio.Group(co, func(g *aio.Co) error {
		var clock *aio.Task[struct{}]
		strategies := aio.Start(g, "strategies", func(co *aio.Co) error {
			failed = d.trader.Run(co, d.Strategy, d.trader.Sessions()...)
			clock.Cancel(nil)
			return nil
		})
		clock = aio.Start(g, "clock", func(co *aio.Co) error {
			if err := d.wait(co); err != nil {
				return err
			}
			strategies.Cancel(nil)
			return nil
		})
		if d.Watch != nil {
			watch := aio.Start(g, "status", d.watch)
			aio.Start(g, "status.end", func(co *aio.Co) error {
				_, _ = strategies.Await(co)
				watch.Cancel(nil)
				return nil
			})
		}
		return nil
	})
	if errors.Is(failed, aio.ErrCancelled) {
		failed = nil
	}
	if errors.Is(err, aio.ErrCancelled) {
		err = nil
	}
	return errors.Join(failed, err)
}

// wait returns when the run has lasted as long as it should.
func (d *demo) wait(co *aio.Co) error {
	switch {
	case d.rec == nil && d.For == 0:
		return co.SleepUntil(aio.Never) // until Ctrl-C
	case d.rec == nil:
		return co.Sleep(d.For)
	case d.For == 0:
		if _, err := d.server.Done().Await(co); err != nil {
			return err
		}
		return co.Sleep(lastWords)
	}
	err := aio.Timeout(co, d.For, func(co *aio.Co, _ *aio.Scope) error {
		if _, err := d.server.Done().Await(co); err != nil {
			return err
		}
		return co.Sleep(lastWords)
	})
	if errors.Is(err, aio.ErrTimeout) {
		return nil
	}
	return err
}
