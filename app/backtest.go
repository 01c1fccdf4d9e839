package app

import (
	"context"
	"errors"

	"baton/backtest"
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
	lines, err := openLines(cfg.Events)
	if err != nil {
		return nil, err
	}
	res, err := backtest.Run(ctx, backtest.Config{
		Strategy: cfg.Strategy, Tape: rec.tape, Seed: cfg.Seed, Deposit: cfg.Deposit, LoseFill: cfg.LoseFill,
		Line: lines.write, Note: func(text string) { cfg.say("%s", text) },
	})
	err = errors.Join(err, lines.close())
	if res == nil {
		return nil, err
	}
	return cfg.report(res, rec), err
}
