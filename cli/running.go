package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"baton/app"
	"baton/ui"
)

// redrawEvery is how often `baton status --watch` looks.
const redrawEvery = time.Second

// status is `baton status`: what the running instance shows on its page, in a terminal.
func (e *env) status() *cobra.Command {
	var addr string
	var watch, asJSON, link bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show how the running instance is doing",
		Long: "Asks this user's running instance for what its page shows: market, money, positions, orders, last fills. The instance\n" +
			"is found through a file that only its user can read, in $XDG_RUNTIME_DIR/baton or the temporary folder.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if link && (watch || asJSON) {
				return &usageError{errors.New("--link prints one line: leave out --watch and --json")}
			}
			r, err := app.FindRunning(c.Context(), addr)
			switch {
			case err != nil:
				return err
			case link:
				url, err := r.Link(c.Context())
				if err == nil {
					fmt.Fprintln(e.out, url)
				}
				return err
			}
			return e.watch(c, r, watch, asJSON)
		},
	}
	f := c.Flags()
	f.StringVar(&addr, "page", "", "which instance: the address of its page (default: the one started last)")
	f.BoolVar(&watch, "watch", false, "look again each second, until the run ends or Ctrl-C")
	f.BoolVar(&asJSON, "json", false, "print the view as JSON, in the same form as the page gets it; with --watch one a line")
	f.BoolVar(&link, "link", false, "print a fresh one-time link to the page")
	return c
}

// watch shows the instance once, or again and again.
func (e *env) watch(c *cobra.Command, r *app.Running, again, asJSON bool) error {
	for first := true; ; first = false {
		v, raw, err := r.View(c.Context())
		switch {
		case err != nil && !first && again:
			return nil // Ctrl-C, or the run has ended: either way there is nothing more to see
		case err != nil:
			return err
		case asJSON:
			_, err = e.out.Write(raw)
		default:
			err = printView(e.out, v, again && isTerminal(e.out))
		}
		if err != nil || !again || v.Header.Phase == ui.PhaseEnded {
			return err
		}
		select {
		case <-c.Context().Done():
			return nil
		case <-time.After(redrawEvery):
		}
	}
}

// fillsShown is how many fills `baton status` lists.
const fillsShown = 5

// printView writes a view for people. redraw: over the one before.
func printView(w io.Writer, v *ui.View, redraw bool) error {
	var b strings.Builder
	if redraw {
		b.WriteString("\x1b[H\x1b[2J")
	}
	h := &v.Header
	fmt.Fprintf(&b, "%s  %s  %s  %s UTC  equity %s %s  day %s  trading %s\n", h.Mode, h.Strategy, h.Phase,
		time.UnixMilli(h.NowMs).UTC().Format("2006-01-02 15:04:05"), na(h.Equity), h.Asset, na(h.DayProfit), h.Trading)
	for i := range v.Markets {
		m := &v.Markets[i]
		bid, ask := "n/a", "n/a"
		if len(m.Bids) > 0 && len(m.Asks) > 0 {
			bid, ask = m.Bids[0].Px, m.Asks[0].Px
		}
		state := m.Feed
		if m.Stale {
			state += " STALE"
		}
		fmt.Fprintf(&b, "  %-10s bid %s  ask %s  last %s  mark %s  feed %s\n", m.Symbol, bid, ask, na(m.Last), na(m.Mark), state)
	}
	a := &v.Account
	fmt.Fprintf(&b, "  money      wallet %s  realised %s  fees %s  funding %s\n", na(a.Wallet), na(a.Realised), na(a.Fees), na(a.Funding))
	for _, p := range a.Positions {
		fmt.Fprintf(&b, "  position   %s %s at %s  profit %s\n", p.Symbol, p.Qty, p.Entry, na(p.Profit))
	}
	for _, o := range a.Orders {
		fmt.Fprintf(&b, "  order      #%d %s %s %s at %s  filled %s  %s\n", o.ID, o.Symbol, o.Side, o.Qty, o.Px, o.Filled, o.State)
	}
	for _, f := range a.Fills[max(0, len(a.Fills)-fillsShown):] {
		fmt.Fprintf(&b, "  fill       #%d %s %s %s at %s  fee %s %s\n", f.N, f.Symbol, f.Side, f.Qty, f.Px, f.Fee, f.FeeAsset)
	}
	fmt.Fprintf(&b, "  counts     %d orders, %d fills, %d refused here\n", a.Placed, a.FillCount, a.Refused)
	for _, x := range v.Alarms[max(0, len(v.Alarms)-fillsShown):] {
		fmt.Fprintf(&b, "  %-10s %s\n", x.Level, x.Text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func na(s *string) string {
	if s == nil {
		return "n/a"
	}
	return *s
}
