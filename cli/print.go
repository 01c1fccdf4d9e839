package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"baton/app"
)

// printJSON writes r as the one object on standard output.
func printJSON(w io.Writer, r *app.Report) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s\n", b)
	return err
}

// printSummary writes r for people.
func printSummary(w io.Writer, r *app.Report) error {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-11s %s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(&b, "\n%s on %s, %s s\n", r.Strategy, strings.Join(r.Symbols, " "), r.Seconds)
	for i, name := range slices.Sorted(maps.Keys(r.Params)) {
		label := ""
		if i == 0 {
			label = "parameters"
		}
		row(label, "%s = %s", name, r.Params[name])
	}
	row("market", "%d messages, %d depth diffs, %d gaps, %d resyncs", r.Messages, r.DepthDiffs, r.Gaps, r.Resyncs)
	if r.RecordingGaps > 0 || r.BadLines > 0 {
		row("recording", "%d holes, %d bad lines skipped", r.RecordingGaps, r.BadLines)
	}
	for _, m := range r.Markets {
		row(m.Symbol, "bid %s  ask %s", m.BestBid, m.BestAsk)
	}
	row("trading", "%d orders, %d fills", r.Orders, r.Fills)
	for _, p := range r.Positions {
		row("position", "%s %s at %s", p.Symbol, p.Qty, p.Entry.Fixed(2))
	}
	row("money", "wallet %s  equity %s  fees %s", r.Wallet, r.Equity, r.Fees)
	if r.Reconciled {
		row("reconciled", "yes: ledger, the venue's answers and the exchange agree")
	} else {
		row("reconciled", "NO: %d differences", len(r.Differences))
		for _, d := range r.Differences {
			row("", "%s", d)
		}
	}
	if r.Digest != nil {
		row("digest", "%s", *r.Digest)
	}
	for _, n := range r.Notes {
		row("note", "%s", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
