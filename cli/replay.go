package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"baton/app"
)

// replay is `baton replay RUN`.
func (e *env) replay() *cobra.Command {
	var cfg app.Replay
	var asJSON, talk bool
	c := &cobra.Command{
		Use:   "replay RUN",
		Short: "Do a recorded run again, bit for bit, and look at any moment of it",
		Long: "Plays the recording of a run: that of `baton demo --record FOLDER`, or of paper and live, which keep theirs in the account's\n" +
			"state folder and say where. The same trader is built again and gets what had come in from outside, and nothing else: no\n" +
			"network, no key, no file of the account. Every entry, every line of the ledger and the digest at the end are compared; where\n" +
			"they differ it exits with 1 and says at which entry. --until and --break-on stop on the way and show how things stood.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{fmt.Errorf("replay takes one recorded run: baton replay FOLDER")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			cfg.Path, cfg.Strategies = args[0], e.strategies
			if talk {
				cfg.Say = func(s string) { fmt.Fprintln(e.errs, s) }
			}
			out, err := app.RunReplay(c.Context(), cfg)
			if out == nil {
				return err
			}
			show := printReplayed
			if asJSON {
				show = func(w io.Writer, out *app.Replayed) error { return json.NewEncoder(w).Encode(out) }
			}
			if perr := show(e.out, out); perr != nil && err == nil {
				err = perr
			}
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.Until, "until", "", "stop behind this entry (a number), so long after the begin (90s), or at this time (2026-11-24T22:00:00Z)")
	f.StringVar(&cfg.BreakOn, "break-on", "", "stop at the first line of the ledger, or note, with this text: \"ledger fill\", \"note book\"")
	f.BoolVar(&talk, "verbose", false, "print what the run says, as it did then")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// printReplayed writes what came of a replay, for people.
func printReplayed(w io.Writer, out *app.Replayed) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	row("run", "%s %s of %s UTC, recorded by %s, replayed by %s", out.Verb, out.Strategy, out.Begun.UTC().Format(time.DateTime), out.BuiltBy, out.Build)
	row("played", "%d entries, %s s, %d lines of the ledger", out.Entries, out.Seconds, out.Lines)
	switch {
	case out.Diverged != nil:
		row("DIFFERS", "at entry %d: %s", out.Diverged.Seq, out.Diverged.What)
	case out.Stopped != nil:
		printMoment(row, out.Stopped)
	case !out.Whole:
		row("same", "up to where the recording breaks off: the run was cut short")
	case out.Digest != nil:
		row("same", "digest %s", *out.Digest)
	default:
		row("same", "the run failed before its end, as it did then")
	}
	return t.Flush()
}

// printMoment writes how things stood where a replay stopped.
func printMoment(row func(name, format string, args ...any), m *app.Moment) {
	row("stopped", "behind entry %d, at %s UTC, on %s", m.Seq, m.Time.Format("2006-01-02 15:04:05.000000"), m.Why)
	row("money", "wallet %s, equity %s", m.Wallet, na(m.Equity))
	for _, p := range m.Positions {
		row("position", "%s %s at %s", p.Symbol, p.Qty, p.Entry)
	}
	for _, o := range m.Orders {
		row("order", "%s", o)
	}
}
