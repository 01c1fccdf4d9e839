// Command aio measures package aio beside a raw iter.Pull round trip, channels, sync.Cond and, where python3 is present, CPython's
// asyncio and uvloop: in one process, in interleaved rounds of short slices, so that a slow moment of the machine touches every row
// alike. It prints ratios against their budgets and exits with 1 where the lower end of the 95 % bootstrap interval misses one, with 2
// where it could not measure:
//
//	(cd bench && go run ./aio)
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// The exit codes.
const (
	exitOK   = 0
	exitMiss = 1 // a budget
	exitFail = 2 // wrong flags, or nothing measured
)

// result is what --json prints.
type result struct {
	Rounds int    `json:"rounds"`
	Note   string `json:"note"` // of the peers
	Rows   []row  `json:"rows"`
}

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("aio bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	rounds := flags.Int("rounds", 11, "interleaved rounds, 3 to 1001")
	short := flags.Bool("short", false, "a tenth of the operations")
	asJSON := flags.Bool("json", false, "print JSON")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitFail
	case *rounds < 3 || *rounds > 1001:
		fmt.Fprintf(stderr, "aio bench: -rounds is %d: it must be 3 to 1001\n", *rounds)
		return exitFail
	}
	rows, note, err := measure(*rounds, *short)
	if err == nil {
		err = show(stdout, result{Rounds: *rounds, Note: note, Rows: rows}, *asJSON)
	}
	if err != nil {
		fmt.Fprintln(stderr, "aio bench:", err)
		return exitFail
	}
	return exitCode(rows)
}

// exitCode tells whether a budget was missed.
func exitCode(rows []row) int {
	for _, r := range rows {
		if r.Verdict == verdictMiss {
			return exitMiss
		}
	}
	return exitOK
}

func show(to io.Writer, res result, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(to)
		enc.SetIndent("", "  ")
		return enc.Encode(res)
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "operation\tmedian\tmean\tratio\tlower 95%\tbudget\tverdict")
	for _, r := range res.Rows {
		fmt.Fprintf(w, "%s\t%.1f %s\t%s\t%.4g\t%.4g\t%s\t%s\n", r.Name, r.Median, r.Unit, share(r.Mean), r.Ratio, r.Lower, r.Budget, r.Verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(to, res.Note)
	return err
}

// share is how far the mean of the slices is above their median.
func share(mean float64) string {
	if mean == 0 {
		return "-"
	}
	return fmt.Sprintf("%+.0f%%", (mean-1)*100)
}
