// Package app is the composition root: it reads what was asked for, wires the rooms into a mode, runs it, and reports. Nothing is
// decided about markets or money here.
//
//	cfg := app.DefaultDemo()
//	cfg.Strategy, cfg.For = strategy.Maker(), 20*time.Second
//	report, err := app.RunDemo(ctx, cfg)
//
// [RunDemo] has the exchange and the client that trades on it on one loop, joined by real sockets or by memory; [RunBacktest]
// has the same strategy on the virtual clock against the same exchange in process. Both end with a [Report], whose
// Reconciled is computed from the ledger, from what the venue answered, and from the exchange's own state.
package app
