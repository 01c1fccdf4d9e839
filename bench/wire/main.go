// Command wire measures the connector's codec beside go-binance (its own types and functions) and encoding/json, on the same
// texts, in one interleaved run:
//
//	(cd bench && go run ./wire)          # 11 rounds
//	(cd bench && go run ./wire -short)   # 3 short rounds, to see that it works
//
// It prints a table with medians, allocations and ratios, and exits with 1 where a budget is missed: the lower bound of a ratio,
// by 95 % bootstrap over the rounds, lies beyond it. Decoding is compared with a plain loop over the bytes of the same text, signing
// with HMAC-SHA256 and hex of the same bytes.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"time"
)

// oneCase is one thing that is done, over and over. Group names what it is compared with: the case of the group that is its floor.
type oneCase struct {
	group, name string
	do          func()
	most        float64 // of the floor; 0: no budget
	least       float64 // times slower than ours a peer has to be; 0: no budget
}

func main() {
	short := flag.Bool("short", false, "3 rounds of 2 ms a case")
	flag.Parse()
	rounds, span := 11, 30*time.Millisecond
	if *short {
		rounds, span = 3, 2*time.Millisecond
	}
	cases, err := allCases()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	took := measure(cases, rounds, span)
	if !report(cases, took) {
		os.Exit(1)
	}
}

// measure times every case once a round, in an order that is shuffled each time; the best of three spans counts, as other programs
// on the same cores only ever add.
func measure(cases []oneCase, rounds int, span time.Duration) [][]float64 {
	took := make([][]float64, len(cases))
	r := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		for _, i := range r.Perm(len(cases)) {
			took[i] = append(took[i], min(timeOf(cases[i].do, span/3), timeOf(cases[i].do, span/3), timeOf(cases[i].do, span/3)))
		}
	}
	return took
}

// timeOf is the nanoseconds of one call, over about span.
func timeOf(do func(), span time.Duration) float64 {
	for n := 1; ; n *= 2 {
		began := time.Now()
		for range n {
			do()
		}
		if d := time.Since(began); d >= span/2 {
			return float64(d.Nanoseconds()) / float64(n)
		}
	}
}

// allocations of one call.
func allocations(do func()) float64 {
	const n = 200
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		do()
	}
	runtime.ReadMemStats(&after)
	return float64((after.Mallocs - before.Mallocs) / n)
}

// report prints the table and says whether every budget is kept.
func report(cases []oneCase, took [][]float64) bool {
	fmt.Printf("%-12s %-22s %10s %8s %10s %10s  %s\n", "what", "who", "ns", "allocs", "to floor", "to ours", "budget")
	kept := true
	for i, c := range cases {
		floor, ours := took[find(cases, c.group, "floor")], took[find(cases, c.group, "baton")]
		line, ok := verdict(c, ratios(took[i], floor), ratios(took[i], ours))
		kept = kept && ok
		fmt.Printf("%-12s %-22s %10.1f %8.0f %10.2f %10.2f  %s\n", c.group, c.name, median(took[i]), allocations(c.do),
			median(ratios(took[i], floor)), median(ratios(took[i], ours)), line)
	}
	return kept
}

func verdict(c oneCase, floor, ours []float64) (string, bool) {
	switch {
	case c.most > 0:
		lower, _ := bounds(floor)
		return fmt.Sprintf("<= %.1fx floor: %s", c.most, word(lower <= c.most)), lower <= c.most
	case c.least > 0:
		_, upper := bounds(ours)
		return fmt.Sprintf(">= %.0fx ours: %s", c.least, word(upper >= c.least)), upper >= c.least
	}
	return "", true
}

func word(ok bool) string {
	if ok {
		return "kept"
	}
	return "MISSED"
}

func find(cases []oneCase, group, name string) int {
	return slices.IndexFunc(cases, func(c oneCase) bool { return c.group == group && c.name == name })
}

func ratios(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] / b[i]
	}
	return out
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

// bounds are the 2.5 and 97.5 percentiles of the median, by bootstrap over the rounds.
func bounds(v []float64) (lower, upper float64) {
	r := rand.New(rand.NewPCG(3, 4))
	medians := make([]float64, 1000)
	draw := make([]float64, len(v))
	for i := range medians {
		for k := range draw {
			draw[k] = v[r.IntN(len(v))]
		}
		medians[i] = median(draw)
	}
	slices.Sort(medians)
	return medians[25], medians[975]
}
