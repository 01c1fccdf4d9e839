package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"baton/app"
	"baton/binance"
	"baton/decimal"
)

// errNotSettled is a live run that ended with something open, unknown or unexplained.
var errNotSettled = errors.New("the run did not end clean (see the differences): look at the account at the exchange, `baton kill` cancels what rests there")

// place are the flags that say which exchange and account.
type place struct {
	testnet, production bool
	at                  binance.Environment
	local               string
	keyFile             string
	account, state      string
}

func (p *place) add(c *cobra.Command) {
	p.addExchange(c)
	p.addState(c)
}

func (p *place) addExchange(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&p.production, "production", false, "Binance itself: real money")
	f.BoolVar(&p.testnet, "testnet", false, "Binance's test exchange")
	f.StringVar(&p.local, "local", "", "an exchange on this machine, like `baton exchange`: HOST:PORT")
	f.StringVar(&p.at.REST, "rest", "", "an exchange by its addresses: of REST, with --ws and --ws-api")
	f.StringVar(&p.at.Streams, "ws", "", "of the streams")
	f.StringVar(&p.at.API, "ws-api", "", "of the WebSocket API")
	f.StringVar(&p.keyFile, "key-file", "", "a file of mode 0600 with the API key, or credential:NAME of systemd; see docs/live.md")
}

func (p *place) addState(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&p.account, "account", "default", "the account's name here: its folder below $XDG_STATE_HOME/baton")
	f.StringVar(&p.state, "state", "", "the account's state folder itself, in place of --account")
}

// folder is the state folder.
func (p *place) folder() (string, error) {
	if p.state != "" {
		return p.state, nil
	}
	dir, err := app.StateDir(p.account)
	if err != nil {
		return "", &usageError{err}
	}
	return dir, nil
}

// environment is the one exchange that the flags name.
func (p *place) environment() (binance.Environment, error) {
	n := 0
	for _, named := range []bool{p.production, p.testnet, p.local != "", p.at != binance.Environment{}} {
		if named {
			n++
		}
	}
	if n != 1 {
		return p.at, &usageError{errors.New("which exchange? Name exactly one: --testnet, --production, --local HOST:PORT, or --rest with --ws and --ws-api")}
	}
	var err error
	switch {
	case p.production:
		p.at, err = binance.EnvironmentOf(binance.Production, "")
	case p.testnet:
		p.at, err = binance.EnvironmentOf(binance.Testnet, "")
	case p.local != "":
		p.at, err = binance.EnvironmentOf(binance.Local, p.local)
	case p.at.REST == "" || p.at.Streams == "" || p.at.API == "":
		err = errors.New("--rest, --ws and --ws-api belong together: name all three")
	}
	if err != nil {
		return p.at, &usageError{err}
	}
	return p.at, nil
}

// access reads the key and checks that it is for the exchange.
func (p *place) access() (app.Access, error) {
	at, err := p.environment()
	if err != nil {
		return app.Access{}, err
	}
	if p.keyFile == "" {
		return app.Access{}, &usageError{errors.New("no API key: name the file that holds it with --key-file")}
	}
	keys, err := app.LoadKeys(p.keyFile)
	if err != nil {
		return app.Access{}, &usageError{err}
	}
	a := app.Access{Environment: at, Keys: keys, KeyFile: p.keyFile}
	if !strings.HasPrefix(p.keyFile, "credential:") {
		if a.KeyFile, err = filepath.Abs(p.keyFile); err != nil {
			return a, err
		}
	}
	if err := a.Validate(); err != nil {
		return a, &usageError{err}
	}
	return a, nil
}

// money is a flag of an exact amount.
type money struct{ d *decimal.Decimal }

func (m money) String() string {
	if m.d == nil || m.d.IsZero() {
		return ""
	}
	return m.d.String()
}
func (m money) Type() string { return "amount" }
func (m money) Set(s string) error {
	d, err := decimal.Parse(s)
	if err != nil || d.Sign() <= 0 {
		return fmt.Errorf("%q is no amount of money: write a number above zero, like 250 or 99.50", s)
	}
	*m.d = d
	return nil
}

// live is `baton live STRATEGY`.
func (e *env) live() *cobra.Command {
	var cfg app.Live
	var at place
	var confirm string
	var dryRun, asJSON bool
	var show pageFlags
	var from settings
	c := &cobra.Command{
		Use:   "live STRATEGY",
		Short: "Trade an account at an exchange, after a typed confirmation",
		Long: "Trades with real orders. Shows what it is about to do and asks for the account's name; without a terminal it needs\n" +
			"--confirm-account. What may be lost and held at most has no default. The journal in the account's state folder survives a\n" +
			"crash: the next start takes over what was open. Ctrl-C and `baton stop` end in order, `baton kill` for certain.\n" +
			"--dry-run prints the requests that a run would make and sends nothing; it is not paper trading.",
		Args: oneStrategy("live", "baton live maker --testnet --key-file FILE --max-loss 50 --max-notional 500"),
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
			if cfg.State, err = at.folder(); err != nil {
				return err
			}
			cfg.Say = func(s string) { fmt.Fprintln(e.errs, s) }
			cfg.Confirm = func(card *app.Card) error { return e.confirm(card, confirm) }
			if err := cfg.Validate(); err != nil {
				return &usageError{err}
			}
			if dryRun {
				return e.printPlan(cfg.Plan(), asJSON)
			}
			if cfg.Page, err = show.page(c, e.errs); err != nil {
				return err
			}
			r, err := app.RunLive(c.Context(), cfg)
			return e.finishLive(r, err, asJSON)
		},
	}
	at.add(c)
	f := c.Flags()
	f.StringSliceVar(&cfg.Symbols, "symbol", nil, "what to trade: BTCUSDT[,ETHUSDT]")
	f.Var(money{&cfg.MaxLoss}, "max-loss", "how much may be lost in a day, and from the highest equity on: then only closing orders pass (required)")
	f.Var(money{&cfg.MaxNotional}, "max-notional", "how much all positions and open orders together may be worth (required)")
	f.IntVar(&cfg.MaxOrders, "max-orders", app.MaxOrdersDefault, "how many new orders may be sent in ten seconds, at most half of them on one side of a symbol")
	f.Var(money{&cfg.Bounds.MaxPosition}, "max-position", "how much one symbol's position may be worth, open orders counted (default: --max-notional)")
	f.Var(money{&cfg.Bounds.MaxOrder}, "max-order", "how much one order may be worth (default: --max-position)")
	f.IntVar(&cfg.Bounds.MaxOpenOrders, "max-open-orders", app.OpenOrdersDefault, "how many orders of one symbol may be open")
	f.IntVar(&cfg.Bounds.CollarBps, "collar-bps", app.CollarDefault, "how far through the top of book a price may reach, in basis points")
	f.StringVar(&confirm, "confirm-account", "", "the account's name, in place of the typed confirmation")
	f.BoolVar(&dryRun, "dry-run", false, "print the requests of a run, secrets masked, and send nothing")
	f.BoolVar(&cfg.AcceptUnverified, "accept-unverified", false, "begin although rules about money are not verified at the real exchange")
	f.StringVar(&cfg.Accept, "accept", "", "accept a key that can do more than trade: `"+app.AcceptPhrase+"`")
	f.BoolVar(&cfg.ClearLatch, "clear-latch", false, "what stopped entries in the earlier run has been looked at: allow them again")
	f.BoolVar(&cfg.NoRecord, "no-record", false, "keep no recording in the state folder for `baton replay`")
	f.Var(duration{&cfg.Guard}, "dead-man", "the exchange cancels all orders when the trader was not heard of for so long (default 2m)")
	f.Var(duration{&cfg.For}, "for", "end in order after so long (default: when stopped)")
	show.add(c)
	from.add(c)
	f.BoolVar(&asJSON, "json", false, "print one JSON object at the end")
	return c
}

// finishLive prints the report; a run that ended with something open is 9 and not 1.
func (e *env) finishLive(r *app.Report, err error, asJSON bool) error {
	err = e.finish(r, err, asJSON)
	if errors.Is(err, errNotReconciled) || r != nil && !r.Reconciled {
		return errors.Join(errNotSettled, err)
	}
	return err
}

// confirm shows the card and asks for the account's name.
func (e *env) confirm(card *app.Card, typed string) error {
	printCard(e.errs, card)
	if typed == "" {
		if !isTerminal(os.Stdin) {
			return fmt.Errorf("%w: there is no terminal to ask at: pass --confirm-account %s", app.ErrDeclined, card.Account)
		}
		fmt.Fprintf(e.errs, "type the last %d characters of the account (%s) to begin: ", len(card.Suffix()), card.Account)
		line, err := bufio.NewReader(io.LimitReader(os.Stdin, 256)).ReadString('\n')
		if err != nil {
			return app.ErrDeclined
		}
		typed = strings.TrimSpace(line)
		if card.Confirmed(typed) {
			return nil
		}
		return app.ErrDeclined
	}
	if typed != card.Account {
		return fmt.Errorf("%w: --confirm-account names %q, and the key is of account %q", app.ErrDeclined, typed, card.Account)
	}
	return nil
}

// printCard writes the pre-flight card.
func printCard(w io.Writer, c *app.Card) {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(t, "  %s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(t, "\nLIVE on %s (%s)\n", c.Host, strings.ToUpper(string(c.Realm)))
	row("account", "%s, %s, %s key", c.Account, c.Mode, c.Key)
	row("strategy", "%s", c.Strategy)
	for _, name := range slices.Sorted(maps.Keys(c.Params)) {
		row("", "%s = %s", name, c.Params[name])
	}
	for _, s := range c.Symbols {
		row(s.Symbol, "mark %s, %s margin, leverage %d, fees %s / %s", s.Mark, s.Margin, s.Leverage, s.Maker, s.Taker)
	}
	for _, b := range c.Balances {
		row(b.Asset, "wallet %s, free %s", b.Wallet, b.Free)
	}
	row("caps", "max loss %s, max notional %s, dead man's switch %s", c.Caps["max_loss"], c.Caps["max_notional"], c.Caps["dead_man"])
	row("", "of each symbol: position %s, order %s, %s open orders, collar %s basis points", c.Caps["max_position"], c.Caps["max_order"], c.Caps["max_open_orders"], c.Caps["collar_bps"])
	row("open now", "%d orders, %d conditional orders, %d positions", c.Orders, c.Algos, len(c.Positions))
	for _, p := range c.Positions {
		row("position", "%s %s at %s", p.Symbol, p.Qty, p.Entry)
	}
	if len(c.Rights) > 0 {
		row("KEY", "accepted although %s", strings.Join(c.Rights, ", "))
	}
	if c.Journal {
		row("journal", "of an earlier run: what it left open is taken over")
	}
	row("clock", "the exchange is %s ahead of us", time.Duration(c.SkewMs)*time.Millisecond)
	_ = t.Flush() // standard error
}

// printPlan writes the requests of a run.
func (e *env) printPlan(plan []app.Planned, asJSON bool) error {
	if asJSON {
		b, err := json.Marshal(plan)
		if err == nil {
			_, err = fmt.Fprintf(e.out, "%s\n", b)
		}
		return err
	}
	for _, p := range plan {
		q := p.Query
		if q != "" {
			q = "?" + q
		}
		if _, err := fmt.Fprintf(e.out, "%-6s %s%s\n       %s\n", p.Method, p.Target, q, p.Why); err != nil {
			return err
		}
	}
	return nil
}
