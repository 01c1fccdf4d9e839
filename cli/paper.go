package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"baton/app"
)

// paper is `baton paper STRATEGY`.
func (e *env) paper() *cobra.Command {
	cfg := app.DefaultPaper()
	var at place
	var asJSON bool
	var show pageFlags
	var from settings
	var noRecord bool
	c := &cobra.Command{
		Use:   "paper STRATEGY",
		Short: "Trade the live market on paper: real books and trades, orders that leave nowhere",
		Long: "Follows the live market of an exchange and gives the strategy's orders to an exchange in this process: they rest behind what\n" +
			"rested before them, with latency, and are filled by the trades that really happen. The key is only read with: one that may\n" +
			"not trade is enough.",
		Args: oneStrategy("paper", "baton paper maker --testnet --key-file FILE"),
		RunE: func(c *cobra.Command, args []string) (err error) {
			all, err := e.settle(c, &from)
			if err != nil {
				return err
			}
			if cfg.Strategy, err = e.tuned(args[0], all, &from); err != nil {
				return err
			}
			if cfg.Access, err = at.access(); err != nil {
				return err
			}
			if !noRecord {
				if cfg.State, err = at.folder(); err != nil {
					return err
				}
			}
			cfg.Say = func(s string) { fmt.Fprintln(e.errs, s) }
			if err := cfg.Validate(); err != nil {
				return &usageError{err}
			}
			if cfg.Page, err = show.page(c, e.errs); err != nil {
				return err
			}
			r, err := app.RunPaper(c.Context(), cfg)
			return e.finish(r, err, asJSON)
		},
	}
	at.add(c)
	f := c.Flags()
	f.StringSliceVar(&cfg.Symbols, "symbol", nil, "what to trade: BTCUSDT[,ETHUSDT]")
	f.Var(money{&cfg.Deposit}, "deposit", "the play money to begin with")
	f.BoolVar(&noRecord, "no-record", false, "keep no recording in the state folder for `baton replay`")
	f.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "seed of the latencies")
	f.Var(duration{&cfg.For}, "for", "end in order after so long (default: Ctrl-C)")
	show.add(c)
	from.add(c)
	f.BoolVar(&asJSON, "json", false, "print one JSON object at the end")
	return c
}
