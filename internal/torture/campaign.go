package torture

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Campaign is many runs, one seed after the other.
type Campaign struct {
	Mode   Mode
	From   uint64
	Seeds  int
	Faults []string                  // nil: all
	Ran    func(done int, r *Result) // hears of each run; nil: nobody
	Stop   func() bool               // asked before each; nil: never
}

// Report is what a campaign found.
type Report struct {
	Mode     Mode           `json:"mode"`
	From     uint64         `json:"from"`
	Seeds    int            `json:"seeds"` // that ran
	Wall     time.Duration  `json:"wall"`
	PerMin   float64        `json:"seedsPerMinute"`
	Events   int            `json:"events"`
	Orders   int            `json:"orders"`
	Fills    int            `json:"fills"`
	LeastEvt int            `json:"leastEvents"` // of one seed
	LeastOrd int            `json:"leastOrders"`
	Reached  map[string]int `json:"reached"`
	Checked  map[string]int `json:"checked"`
	Failed   int            `json:"failed"`
	First    *Result        `json:"first,omitempty"`   // the first that failed
	Minimal  *Result        `json:"minimal,omitempty"` // the same, with few faults

	// The tables in words, for who does not know the ids: what this mode can reach and did, what covers the rest, what was checked.
	Faults    []Counted `json:"faults"`
	Elsewhere []Covered `json:"elsewhere"`
	Promises  []Counted `json:"promises"`
}

// Counted is a fault or a promise, with how often it was reached or checked.
type Counted struct {
	ID    string `json:"id"`
	What  string `json:"what"`
	Count int    `json:"count"`
	Tests string `json:"tests,omitempty"` // of a promise: what else checks it
}

// Run runs the campaign. It goes on behind a failure; the first is shrunk at the end.
func (c Campaign) Run() Report {
	rep := Report{Mode: c.Mode, From: c.From, Reached: map[string]int{}, Checked: map[string]int{}, LeastEvt: -1, LeastOrd: -1}
	began := time.Now()
	for n := 0; n < c.Seeds && (c.Stop == nil || !c.Stop()); n++ {
		r := Run(Config{Seed: c.From + uint64(n), Mode: c.Mode, Faults: c.Faults})
		rep.add(&r)
		if c.Ran != nil {
			c.Ran(n+1, &r)
		}
	}
	rep.Wall = time.Since(began)
	rep.PerMin = float64(rep.Seeds) / rep.Wall.Minutes()
	rep.tell()
	if rep.First != nil {
		m := Shrink(Config{Seed: rep.First.Seed, Mode: c.Mode}, *rep.First)
		rep.Minimal = &m
	}
	return rep
}

func (rep *Report) add(r *Result) {
	rep.Seeds++
	rep.Events += r.Events
	rep.Orders += r.Orders
	rep.Fills += r.Fills
	if rep.LeastEvt < 0 || r.Events < rep.LeastEvt {
		rep.LeastEvt = r.Events
	}
	if rep.LeastOrd < 0 || r.Orders < rep.LeastOrd {
		rep.LeastOrd = r.Orders
	}
	for id, n := range r.Reached { // order: sums
		rep.Reached[id] += n
	}
	for id, n := range r.Checked { // order: sums
		rep.Checked[id] += n
	}
	if r.Failed() {
		rep.Failed++
		if rep.First == nil {
			rep.First = r
		}
	}
}

// tell fills the tables.
func (rep *Report) tell() {
	for _, f := range catalogue {
		if f.reachable(rep.Mode) {
			rep.Faults = append(rep.Faults, Counted{ID: f.ID, What: f.What, Count: rep.Reached[f.ID]})
		}
	}
	rep.Elsewhere = Elsewhere()
	for _, p := range Promises() {
		rep.Promises = append(rep.Promises, Counted{p.ID, p.What, rep.Checked[p.ID], p.Elsewhere})
	}
}

// String is the report for people: the figures, the tables, and the failure.
func (rep *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d seeds from %d (%s) in %s: %.0f a minute; %d failed\n", rep.Seeds, rep.From, rep.Mode, rep.Wall.Round(time.Millisecond), rep.PerMin, rep.Failed)
	fmt.Fprintf(&b, "%d events, %d orders, %d fills; the smallest seed had %d events and %d orders\n\n", rep.Events, rep.Orders, rep.Fills, rep.LeastEvt, rep.LeastOrd)
	fmt.Fprintf(&b, "faults reached: %d of %d\n", len(rep.Faults)-len(rep.Missing()), len(rep.Faults))
	for _, f := range rep.Faults {
		fmt.Fprintf(&b, "  %-4s %9d  %s\n", f.ID, f.Count, f.What)
	}
	fmt.Fprintln(&b, "\nfaults that are not made here:")
	for _, c := range rep.Elsewhere {
		fmt.Fprintf(&b, "  %-4s %9s  %s: %s\n", c.ID, "-", c.What, cmp.Or(c.Tests, "no test: "+c.Why))
	}
	fmt.Fprintln(&b, "\npromises checked:")
	for _, p := range rep.Promises {
		if p.Count > 0 {
			fmt.Fprintf(&b, "  %-4s %9d  %s\n", p.ID, p.Count, p.What)
		} else {
			fmt.Fprintf(&b, "  %-4s %9s  %s: %s\n", p.ID, "-", p.What, p.Tests)
		}
	}
	if rep.Minimal != nil {
		rep.failure(&b)
	}
	return b.String()
}

func (rep *Report) failure(b *strings.Builder) {
	fmt.Fprintf(b, "\nseed %d failed:\n", rep.First.Seed)
	for _, v := range rep.First.Violations {
		fmt.Fprintln(b, "  ", v)
	}
	fmt.Fprintf(b, "with %d of its %d incidents it still does:\n", len(rep.Minimal.Incidents), len(rep.First.Incidents))
	for _, i := range rep.Minimal.Incidents {
		fmt.Fprintln(b, "  ", i)
	}
	for _, v := range rep.Minimal.Violations {
		fmt.Fprintln(b, "  ", v)
	}
	fmt.Fprintln(b, "its trace:")
	for _, l := range rep.Minimal.Trace {
		fmt.Fprintln(b, "  ", l)
	}
}

// Missing are the faults that should have been reached and were not.
func (rep *Report) Missing() []string {
	var out []string
	for _, f := range catalogue {
		if rep.Reached[f.ID] == 0 && f.reachable(rep.Mode) {
			out = append(out, f.ID)
		}
	}
	return out
}
