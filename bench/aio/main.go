// Command aio measures package aio beside a raw iter.Pull round trip, channels, sync.Cond and, where python3 is present, CPython's
// asyncio: in one process, in interleaved rounds, so that a slow moment of the machine touches every row alike. It prints ratios
// against their budgets and exits with 1 where one is missed:
//
//	(cd bench && go run ./aio)
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"text/tabwriter"
)

func main() {
	rounds := flag.Int("rounds", 11, "interleaved rounds, 3 to 1001")
	short := flag.Bool("short", false, "a tenth of the operations")
	asJSON := flag.Bool("json", false, "print JSON")
	flag.Parse()
	if *rounds < 3 || *rounds > 1001 {
		fmt.Fprintln(os.Stderr, "aio bench: --rounds must be 3 to 1001")
		os.Exit(2)
	}
	rows, note, err := measure(*rounds, *short)
	if err != nil {
		fmt.Fprintln(os.Stderr, "aio bench:", err)
		os.Exit(2)
	}
	if *asJSON {
		err = json.NewEncoder(os.Stdout).Encode(map[string]any{"rounds": *rounds, "note": note, "rows": rows})
	} else {
		err = table(rows, note)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "aio bench: print:", err)
		os.Exit(2)
	}
	for _, r := range rows {
		if r.Verdict == "MISS" {
			os.Exit(1)
		}
	}
}

func table(rows []row, note string) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "operation\tmedian\tratio\tlower 95%\tbudget\tverdict")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%.1f %s\t%.4g\t%.4g\t%s\t%s\n", r.Name, r.Median, r.Unit, r.Ratio, r.Lower, r.Budget, r.Verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Println(note)
	return err
}
