package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"baton/app"
)

// doctorFlags are the flags of `baton doctor`.
type doctorFlags struct {
	testnet, demo           bool
	local, rest, ws, api    string
	keyFile, accept, symbol string
	dir, ca, out, table     string
	json, offline, probe    bool
	wait, patience          time.Duration
}

// doctor is `baton doctor`: is everything there that trading needs?
func (e *env) doctor() *cobra.Command {
	var f doctorFlags
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check clock, network, exchange, key, disk and limits",
		Long: "Looks at everything that trading needs, one line each: ok, warn, fail or unknown, and what to do. Nothing is changed, and no\n" +
			"order is sent. The exit code is 0 only if nothing fails. Without a flag it looks at Binance in production.\n\n" +
			"A key file has mode 0600 and the lines `key: ID`, `realm: production|testnet|local` and `secret: SECRET`, or a private key in PEM\n" +
			"in place of the last; credential:NAME reads it from systemd's LoadCredential.\n\n" +
			"--probe does place and cancel orders, on the testnet or a local exchange alone: it tries the rules of docs/unverified.tsv\n" +
			"that Baton could not settle from documents, and writes what was said; see docs/first-contact.md.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return e.runDoctor(c, &f) },
	}
	s := c.Flags()
	s.BoolVar(&f.testnet, "testnet", false, "look at Binance's test exchange")
	s.BoolVar(&f.demo, "demo-trading", false, "the same: Binance calls its test exchange demo trading now")
	s.StringVar(&f.local, "local", "", "look at an exchange of one's own at HOST:PORT")
	s.StringVar(&f.rest, "rest", "", "base URL of REST")
	s.StringVar(&f.ws, "ws", "", "base URL of the streams")
	s.StringVar(&f.api, "ws-api", "", "URL of the WebSocket API")
	s.StringVar(&f.keyFile, "key-file", "", "a file of mode 0600 with the API key, or credential:NAME")
	s.StringVar(&f.accept, "accept", "", fmt.Sprintf("accept a key that is too strong: write %q", app.AcceptPhrase))
	s.StringVar(&f.symbol, "symbol", "BTCUSDT", "the instrument to look at")
	s.StringVar(&f.dir, "dir", "data", "the folder of the data")
	s.StringVar(&f.ca, "ca", "", "trust the certificates of this file too (what `baton exchange --tls` prints)")
	s.BoolVar(&f.offline, "offline", false, "ask nobody: addresses, key file and disk alone")
	s.Var(duration{&f.wait}, "wait", "wait for the exchange to answer, up to this long (default: not at all)")
	s.Var(duration{&f.patience}, "patience", "how long a stream may take to bring a frame (default: 10s)")
	s.BoolVar(&f.probe, "probe", false, "try the unverified rules (testnet or local)")
	s.StringVar(&f.table, "table", "", "another table of unverified rules than the one that is built in, of --probe")
	s.StringVar(&f.out, "out", "probe", "the folder for transcripts and the settled table, of --probe")
	s.BoolVar(&f.json, "json", false, "print one JSON object at the end")
	return c
}

// runDoctor is one call of it.
func (e *env) runDoctor(c *cobra.Command, f *doctorFlags) error {
	d := app.Doctor{Accept: f.accept, Symbol: f.symbol, Dir: f.dir, CA: f.ca, Offline: f.offline, Wait: f.wait, Patience: f.patience}
	var err error
	if d.At, err = app.Addresses(f.testnet || f.demo, f.local, f.rest, f.ws, f.api); err != nil {
		return &usageError{err}
	}
	if f.keyFile != "" {
		if d.Keys, err = app.LoadKeys(f.keyFile); err != nil {
			return err
		}
	}
	if f.probe {
		if f.offline {
			return &usageError{errors.New("--probe and --offline exclude each other")}
		}
		return e.runProbe(c, app.Probe{At: d.At, Keys: d.Keys, Symbol: f.symbol, Table: f.table, Out: f.out, CA: f.ca}, f.json)
	}
	if !f.json {
		d.Say = e.printCheck
	}
	r, err := app.RunDoctor(c.Context(), d)
	if err != nil {
		return err
	}
	if f.json {
		err = e.printObject(r)
	}
	if err == nil && !r.OK {
		err = errors.New("not everything is there that trading needs: see the lines that say fail")
	}
	return err
}

// printCheck is one check for people.
func (e *env) printCheck(c app.Check) {
	fmt.Fprintf(e.out, "%-8s %-15s %s\n", c.Status, c.Name, c.Found)
	if c.Do != "" && c.Status != app.CheckOK {
		fmt.Fprintf(e.out, "%-8s %-15s -> %s\n", "", "", c.Do)
	}
}

// runProbe tries the unverified rules.
func (e *env) runProbe(c *cobra.Command, p app.Probe, asJSON bool) error {
	if !asJSON {
		p.Say = func(r app.ProbedRule) { fmt.Fprintf(e.out, "%-8s %-24s %s\n", r.Outcome, r.ID, r.Found) }
	}
	r, err := app.RunProbe(c.Context(), p)
	if err != nil {
		return err
	}
	if asJSON {
		err = e.printObject(r)
	} else {
		fmt.Fprintf(e.out, "%d rules settled at %s, %d refuted, %d open: %s\n", r.Settled, r.Venue, r.Refuted, r.Open, r.Table)
	}
	if err == nil && !r.OK {
		err = fmt.Errorf("%d rules are not as Baton takes them: read %s and the transcripts beside it before you trade", r.Refuted, r.Table)
	}
	return err
}
