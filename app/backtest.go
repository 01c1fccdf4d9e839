package app

import (
	"context"
	"errors"

	"baton/aio"
	"baton/backtest"
	"baton/exchange/flow"
	"baton/trade"
	"baton/ui"
)

// RunBacktest replays the recordings through the exchange core in this process, with the strategy on the virtual clock.
func RunBacktest(ctx context.Context, cfg Backtest) (*Report, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	table, err := loadInstruments(cfg.Symbols)
	if err != nil {
		return nil, err
	}
	rec, err := cfg.load(table)
	if err != nil {
		return nil, err
	}
	if cfg.Page != nil {
		return withPage(ctx, *cfg.Page, func(ctx context.Context, g *page) (*Report, error) { return cfg.replay(ctx, rec, g) })
	}
	return cfg.replay(ctx, rec, nil)
}

// replay runs the strategy on a recording, before the eyes of a page where there is one.
func (b *Backtest) replay(ctx context.Context, rec *recording, g *page) (*Report, error) {
	lines, err := openLines(b.Events)
	if err != nil {
		return nil, err
	}
	w := &watcher{page: g, strategy: b.Strategy.Name, tape: rec.tape}
	cfg := backtest.Config{
		Strategy: b.Strategy, Tape: rec.tape, Seed: b.Seed, Deposit: b.Deposit, LoseFill: b.LoseFill, Line: lines.write,
		Note: func(text string) {
			b.say("%s", text)
			w.shown.note(text)
		},
	}
	if g != nil {
		cfg.Watch = w
	}
	res, err := backtest.Run(ctx, cfg)
	err = errors.Join(err, lines.close())
	if res == nil {
		return nil, err
	}
	r := b.report(res, rec)
	w.shown.end(r)
	return r, err
}

// watcher shows a backtest to its page.
type watcher struct {
	page     *page
	shown    *shown
	strategy string
	tape     *flow.Tape
}

// Begin joins the page to the run.
func (w *watcher) Begin(co *aio.Co, f trade.Feed, v trade.Venue, j trade.Journal) (trade.Feed, trade.Venue, trade.Journal) {
	w.shown = w.page.show(co.Loop(), ui.Config{
		Mode: ui.ModeBacktest, Strategy: w.strategy, Asset: w.tape.Instruments()[0].Margin, Clock: ui.ClockVirtual, Start: w.tape.At(0),
	}, 0)
	return w.shown.wrap(f, v, j)
}

// Trading and Ending tell the phases.
func (w *watcher) Trading(t *trade.Trader) {
	w.shown.began(t, nil)
	w.shown.to(ui.PhaseRunning)
}

// Ending tells that the strategies have ended.
func (w *watcher) Ending() { w.shown.to(ui.PhaseEnding) }
