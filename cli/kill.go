package cli

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"baton/app"
	"baton/binance"
)

// kill is `baton kill`.
func (e *env) kill() *cobra.Command {
	var cfg app.Kill
	var at place
	var asJSON, clear bool
	c := &cobra.Command{
		Use:   "kill",
		Short: "Stop an account's trading for certain: cancel everything, and see that it is gone",
		Long: "Sets the account's latch, signals the trader and tells it by its socket, needs an answer from none of them, and cancels all\n" +
			"orders and conditional orders with calls of its own until the exchange was seen, twice, to hold none. It asks nothing: what it\n" +
			"does can be done again. Positions are named and not closed. No trader of the account starts until --clear.\n" +
			"Exit code 0: nothing is left. 9: that is not proven, look at the exchange.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if cfg.State, err = at.folder(); err != nil {
				return err
			}
			if clear {
				if err := app.ClearLatch(cfg.State); err != nil {
					return err
				}
				_, err := fmt.Fprintf(e.out, "the latch of %s is cleared\n", cfg.State)
				return err
			}
			note := e.target(&cfg, &at)
			cfg.Step = func(s app.KillStep) {
				if !asJSON {
					fmt.Fprintf(e.out, "%-4s %-20s %s\n", map[bool]string{true: "ok", false: "FAIL"}[s.OK], s.Name, s.Text)
				}
			}
			if note != nil {
				fmt.Fprintf(e.errs, "baton: %v\n", note)
			}
			r, err := app.RunKill(c.Context(), cfg)
			if asJSON {
				if b, jerr := json.Marshal(r); jerr == nil {
					fmt.Fprintf(e.out, "%s\n", b)
				}
			}
			return err
		},
	}
	at.add(c)
	f := c.Flags()
	f.StringVar(&cfg.Reason, "reason", "", "why, for the latch")
	f.BoolVar(&cfg.KeepStops, "keep-stops", false, "leave conditional orders that can only close: protective stops")
	f.Var(duration{&cfg.Timeout}, "timeout", "how long it may take in all (default 1m)")
	f.BoolVar(&clear, "clear", false, "clear the latch, having looked: the next start may trade again")
	f.BoolVar(&asJSON, "json", false, "print one JSON object at the end")
	return c
}

// target finds the exchange and the key: by the flags, or by what the trader wrote down at its start. What cannot be found is no
// reason not to stop the trader.
func (e *env) target(cfg *app.Kill, at *place) error {
	if at.keyFile != "" || at.production || at.testnet || at.local != "" || at.at != (binance.Environment{}) {
		a, err := at.access()
		if err == nil {
			cfg.Access = &a
		}
		return err
	}
	a, err := app.LastAccess(cfg.State)
	if err == nil {
		cfg.Access = a
	}
	return err
}

// stop is `baton stop`.
func (e *env) stop() *cobra.Command {
	var at place
	c := &cobra.Command{
		Use:   "stop",
		Short: "Have an account's trader end in order: orders cancelled, books compared",
		Long:  "Asks the account's trader to end as with Ctrl-C. It answers at once and needs some seconds for it; `baton kill` waits for nobody.",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			dir, err := at.folder()
			if err != nil {
				return err
			}
			text, err := app.Stop(dir)
			if err == nil {
				_, err = fmt.Fprintln(e.out, text)
			}
			return err
		},
	}
	at.addState(c)
	return c
}
