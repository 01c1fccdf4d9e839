package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"baton/app"
)

// backtest is `baton backtest STRATEGY`: the same coroutine on the virtual clock, against the same exchange core in process.
func (e *env) backtest() *cobra.Command {
	cfg := app.DefaultBacktest()
	var asJSON, open bool
	var addr string
	var from settings
	c := &cobra.Command{
		Use:   "backtest STRATEGY --data FILE[,FILE]",
		Short: "Run a strategy on a recorded market, as fast as the machine can",
		Long: "Replays recorded raw feeds through the exchange core, with queue positions, latency, fees and margin, and runs the same\n" +
			"strategy coroutine that trades live. Same files and seed, same digest, on any machine.",
		Args: oneStrategy("backtest", "baton backtest maker --data FILE"),
		RunE: func(c *cobra.Command, args []string) (err error) {
			all, err := e.settle(c, &from)
			if err != nil {
				return err
			}
			if cfg.Strategy, err = e.tuned(args[0], all, &from); err != nil {
				return err
			}
			if err := cfg.Validate(); err != nil {
				return &usageError{err}
			}
			cfg.Say = func(s string) { fmt.Fprintln(e.errs, s) }
			if !open {
				r, err := app.RunBacktest(c.Context(), cfg)
				return e.finish(r, err, asJSON)
			}
			return e.openBacktest(c.Context(), cfg, addr, asJSON)
		},
	}
	f := c.Flags()
	f.StringSliceVar(&cfg.Data, "data", nil, "the recorded raw feeds to replay: FILE[,FILE]")
	f.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "seed of the latencies")
	f.StringVar(&cfg.Symbols, "symbols", "", "an exchangeInfo file with the instruments (default: BTCUSDT and ETHUSDT)")
	f.StringVar(&cfg.Events, "events", "", "write the canonical ledger lines to this file: its sha256sum is the digest")
	f.BoolVar(&cfg.Strict, "strict", false, "refuse a recording with a bad line instead of skipping it")
	from.add(c)
	f.BoolVar(&open, "open", false, "serve the report as a page, while it is made and until Ctrl-C")
	f.StringVar(&addr, "page", "", "with --open: where to serve it, HOST:PORT (default 127.0.0.1:7373, or the next free port)")
	f.BoolVar(&asJSON, "json", false, "print one JSON object at the end")
	return c
}

// openBacktest runs a backtest with its page. The result is printed when it is there, and the page stays until Ctrl-C.
func (e *env) openBacktest(ctx context.Context, cfg app.Backtest, addr string, asJSON bool) error {
	var printed error
	cfg.Page = newPage(addr, e.errs)
	cfg.Page.Hold = true
	cfg.Page.Done = func(r *app.Report) {
		printed = e.finish(r, nil, asJSON)
		fmt.Fprintln(e.errs, "the page shows the report until Ctrl-C")
	}
	_, err := app.RunBacktest(ctx, cfg)
	return errors.Join(err, printed)
}
