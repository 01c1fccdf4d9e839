package cli

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"baton/app"
	"baton/journal"
)

// history are the verbs that show what an account's journal comes to.
func (e *env) history() []*cobra.Command {
	return []*cobra.Command{
		rows(e, "orders", "Show an account's orders, as its journal proves them", func(h *journal.History) []journal.OrderRow { return h.Orders }),
		rows(e, "fills", "Show an account's fills, each once, as they were booked", func(h *journal.History) []journal.FillRow { return h.Fills }),
		rows(e, "positions", "Show an account's positions, folded from its journal", func(h *journal.History) []journal.PositionRow { return h.Positions }),
		rows(e, "balances", "Show an account's balances, folded from its journal", func(h *journal.History) []journal.BalanceRow { return h.Balances }),
		rows(e, "notes", "Show what an account's trader said: notes, latches, starts, adjustments", func(h *journal.History) []journal.NoteRow { return h.Notes }),
	}
}

// The forms of a table.
const (
	formTable = "table"
	formJSON  = "json"
	formCSV   = "csv"
)

// instant is a flag of a time.
type instant struct{ ns *int64 }

func (v instant) String() string {
	if v.ns == nil || *v.ns == 0 {
		return ""
	}
	return time.Unix(0, *v.ns).UTC().Format(time.RFC3339)
}
func (v instant) Type() string { return "time" }
func (v instant) Set(s string) error {
	for _, form := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			*v.ns = t.UnixNano()
			return nil
		}
	}
	return fmt.Errorf("%q is no time: write 2026-11-24, \"2026-11-24 21:00:00\" (UTC) or 2026-11-24T21:00:00Z", s)
}

// rows is a verb that shows one kind of rows.
func rows[T any](e *env, name, short string, of func(*journal.History) []T) *cobra.Command {
	var at place
	var q journal.Query
	form, asJSON := formTable, false
	c := &cobra.Command{
		Use: name, Short: short, Args: noArgs,
		Long: short + ".\nReads the journal in the account's state folder, also while a trader writes it, and asks no exchange.",
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				form = formJSON
			}
			if form != formTable && form != formJSON && form != formCSV {
				return &usageError{fmt.Errorf("--output %q: must be %s, %s or %s", form, formTable, formJSON, formCSV)}
			}
			if q.Most < 0 {
				return &usageError{errors.New("--most must not be negative")}
			}
			dir, err := at.folder()
			if err != nil {
				return err
			}
			h, err := app.ReadJournal(dir, q)
			if err != nil {
				return err
			}
			if h.Left > 0 {
				fmt.Fprintf(e.errs, "%d older rows are left out: see --most\n", h.Left)
			}
			return printRows(e, name, form, of(h))
		},
	}
	at.addState(c)
	f := c.Flags()
	f.StringVar(&q.Symbol, "symbol", "", "of one instrument alone")
	f.Var(instant{&q.Since}, "since", "from this time on (UTC)")
	f.Var(instant{&q.Until}, "until", "before this time (UTC); positions and balances are as of it")
	f.IntVar(&q.Most, "most", 0, "no more than so many rows, the latest")
	f.StringVarP(&form, "output", "o", formTable, "table, json or csv")
	f.BoolVar(&asJSON, "json", false, "the same as --output json")
	return c
}

// printRows writes rows: decimals and times as text in every form.
func printRows[T any](e *env, name, form string, all []T) error {
	switch form {
	case formJSON:
		if all == nil {
			all = []T{}
		}
		b, err := json.Marshal(struct {
			Schema string `json:"schema"`
			Rows   []T    `json:"rows"`
		}{"baton." + name + "/1", all})
		if err == nil {
			_, err = fmt.Fprintf(e.out, "%s\n", b)
		}
		return err
	case formCSV:
		w := csv.NewWriter(e.out)
		_ = w.Write(journal.Columns[T]()) // csv keeps the first error for Error
		for _, r := range all {
			_ = w.Write(journal.Values(r))
		}
		w.Flush()
		return w.Error()
	}
	w := tabwriter.NewWriter(e.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, strings.ToUpper(strings.Join(journal.Columns[T](), "\t")))
	for _, r := range all {
		fmt.Fprintln(w, strings.Join(journal.Values(r), "\t"))
	}
	return w.Flush()
}
