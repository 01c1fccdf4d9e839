package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"baton/app"
)

// errNotReconciled is the run that ended, printed its differences, and must not exit with 0.
var errNotReconciled = errors.New("not reconciled: the ledger, the venue's answers and the exchange do not agree (see the differences)")

// demo is `baton demo`: a whole exchange on loopback, the real client, a strategy, one status line.
func (e *env) demo() *cobra.Command {
	cfg := app.DefaultDemo()
	var strategy string
	var asJSON bool
	var show pageFlags
	var from settings
	c := &cobra.Command{
		Use:   "demo",
		Short: "See it work: an exchange on loopback, a strategy, real (simulated) orders",
		Long: "Starts the simulated exchange on loopback sockets, connects the real client to it by HTTP and WebSocket, runs a strategy\n" +
			"coroutine and keeps the ledger. No key, no config, no network beyond loopback. Ctrl-C ends in order: orders cancelled,\n" +
			"reconciled, summary printed.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			all, err := e.settle(c, &from)
			if err != nil {
				return err
			}
			if cfg.Strategy, err = e.tuned(strategy, all, &from); err != nil {
				return err
			}
			if err := cfg.Validate(); err != nil {
				return &usageError{err}
			}
			if cfg.Page, err = show.page(c, e.errs); err != nil {
				return err
			}
			line := newStatusLine(e.errs)
			cfg.Watch, cfg.Say = line.show, func(s string) { fmt.Fprintln(e.errs, s) }
			r, err := app.RunDemo(c.Context(), cfg)
			line.end()
			return e.finish(r, err, asJSON)
		},
	}
	f := c.Flags()
	f.StringVar(&strategy, "strategy", "maker", "which strategy runs: its name")
	f.StringSliceVar(&cfg.Data, "data", nil, "play these recorded raw feeds instead of a synthetic market: FILE[,FILE]")
	f.Float64Var(&cfg.Speed, "speed", cfg.Speed, "how many times faster than the wall the clock may run: 1 to 1000")
	f.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "seed of the synthetic market and of the latencies")
	f.Var(duration{&cfg.For}, "for", "how long to run, by the run's clock: 30s, 5m (default: a recording to its end, a synthetic market until Ctrl-C)")
	f.StringVar(&cfg.Net, "net", cfg.Net, "sockets: through the loopback device; memory: inside the process, with a digest")
	f.StringVar(&cfg.Listen, "listen", cfg.Listen, "where the exchange listens: HOST:PORT, port 0 for any free one")
	f.StringArrayVar(&cfg.Faults, "fault", nil, "break something on purpose: NAME:ARGS, for example drop-frame:depth:3000")
	f.StringVar(&cfg.Symbols, "symbols", "", "an exchangeInfo file with the instruments (default: BTCUSDT and ETHUSDT)")
	f.StringVar(&cfg.Events, "events", "", "write the canonical ledger lines to this file: its sha256sum is the digest")
	f.StringVar(&cfg.Record, "record", "", "record the run into this folder, a new one: `baton replay` does the same again from it")
	f.BoolVar(&cfg.Strict, "strict", false, "refuse a recording with a bad line instead of skipping it")
	show.add(c)
	from.add(c)
	f.BoolVar(&asJSON, "json", false, "print one JSON object at the end")
	return c
}

// finish prints r and turns what it says into the command's error.
func (e *env) finish(r *app.Report, err error, asJSON bool) error {
	if r == nil {
		return err
	}
	show := printSummary
	if asJSON {
		show = printJSON
	}
	if perr := show(e.out, r); perr != nil {
		return errors.Join(err, perr)
	}
	if err == nil && !r.Reconciled {
		return errNotReconciled
	}
	return err
}
