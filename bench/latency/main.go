// Command latency measures the way from a quote's bytes on a socket, through the decoder, the session, two coroutines, the risk desk,
// the journal and the signature, to the order's bytes at the peer, beside a raw Go echo of as many bytes there and back over
// loopback, turn and turn about; and how long the frames of the busiest tenth of a second of a recording take to a strategy, of which
// none may be dropped or out of order. It prints a table and exits with 1 where the lower end of the 95 % bootstrap interval over
// the rounds misses a budget, with 2 where it could not measure:
//
//	(cd bench && go run ./latency)           # 11 rounds
//	(cd bench && go run ./latency -short)    # 3 small ones, to see that it works
//
// The budgets are of an intent that is written and not synced; the durable intent, which is live trading's, is shown beside it.
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

// result is what -json prints.
type result struct {
	Rounds int    `json:"rounds"`
	Burst  string `json:"burst"` // where it is from
	Rows   []row  `json:"rows"`
}

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("latency bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	rounds := flags.Int("rounds", 11, "interleaved rounds, 3 to 1001")
	short := flags.Bool("short", false, "a fiftieth of the orders, one burst a round, 3 rounds")
	asJSON := flags.Bool("json", false, "print JSON")
	data := flags.String("recording", recordingFile, "raw frames of BTCUSDT, each behind its receive time")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitFail
	case *rounds < 3 || *rounds > 1001:
		fmt.Fprintf(stderr, "latency bench: -rounds is %d: it must be 3 to 1001\n", *rounds)
		return exitFail
	}
	res, err := measure(*rounds, *short, *data)
	if err == nil {
		err = show(stdout, res, *asJSON)
	}
	if err != nil {
		fmt.Fprintln(stderr, "latency bench:", err)
		return exitFail
	}
	return exitCode(res.Rows)
}

// measure does everything.
func measure(rounds int, short bool, data string) (result, error) {
	perRound, perDurable, warm, bursts := ordersRound, durableRound, ordersWarm, burstsRound
	if short {
		rounds, perRound, perDurable, warm, bursts = 3, ordersRound/50, durableRound/50, 10, 1
	}
	b, err := loadBurst(data)
	if err != nil {
		return result{}, err
	}
	rows, err := measureOrders(rounds, perRound, perDurable, warm)
	if err != nil {
		return result{}, err
	}
	more, err := measureBurst(b, rounds, bursts)
	return result{Rounds: rounds, Burst: b.source, Rows: append(rows, more...)}, err
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
	fmt.Fprintln(w, "what\tmedian us\tratio\tlower 95%\tbudget\tverdict")
	for _, r := range res.Rows {
		ratio, low := noBudget, noBudget
		if r.Ratio > 0 {
			ratio, low = fmt.Sprintf("%.3f", r.Ratio), fmt.Sprintf("%.3f", r.Lower)
		}
		fmt.Fprintf(w, "%s\t%.1f\t%s\t%s\t%s\t%s\n", r.Name, r.Median, ratio, low, r.Budget, r.Verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(to, "burst: %s\n", res.Burst)
	return err
}
