package torture

import (
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

// String is the report for people: the figures, the tables, and the failure.
func (rep *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d seeds from %d (%s) in %s: %.0f a minute; %d failed\n", rep.Seeds, rep.From, rep.Mode, rep.Wall.Round(time.Millisecond), rep.PerMin, rep.Failed)
	fmt.Fprintf(&b, "%d events, %d orders, %d fills; the smallest seed had %d events and %d orders\n\n", rep.Events, rep.Orders, rep.Fills, rep.LeastEvt, rep.LeastOrd)
	fmt.Fprintln(&b, "faults reached:")
	for _, f := range catalogue {
		if rep.Mode == Wire || f.Direct || f.Where == OnDisk {
			fmt.Fprintf(&b, "  %-4s %9d  %s\n", f.ID, rep.Reached[f.ID], f.What)
		}
	}
	fmt.Fprintln(&b, "\npromises checked:")
	for _, p := range Promises() {
		if n := rep.Checked[p.ID]; n > 0 {
			fmt.Fprintf(&b, "  %-4s %9d  %s\n", p.ID, n, p.What)
		} else {
			fmt.Fprintf(&b, "  %-4s %9s  %s: %s\n", p.ID, "-", p.What, p.Elsewhere)
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
		if rep.Reached[f.ID] == 0 && (rep.Mode == Wire || f.Direct || f.Where == OnDisk) {
			out = append(out, f.ID)
		}
	}
	return out
}
