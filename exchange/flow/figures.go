package flow

import (
	"fmt"
	"slices"
	"strings"

	"baton/market"
)

// merged is how long the changes of a book are gathered into one diff, as the venue's fastest depth stream does: the median gap
// between recorded diffs since 2024.
const merged market.Nanos = 52e6

// maxMessages is how many messages a meter counts; later ones are ignored.
const maxMessages = 20_000_000

// Meter measures the shape of a market's message flow: of a recording, or of a synthetic market whose single changes it
// gathers into diffs of the recorded kind.
type Meter struct {
	Gather  bool // diffs come one a change: gather them
	at      []market.Nanos
	kinds   [3]int // quotes, trades, diffs
	rows    []int
	spreads []int
	opened  market.Nanos // of the diff being gathered
	prices  map[market.Ticks]bool
}

// Quote notes a change of the top of book.
func (m *Meter) Quote(at market.Nanos, q *market.Quote) {
	m.note(at, 0)
	if len(m.spreads) < maxMessages && q.Bid > 0 && q.Ask > q.Bid {
		m.spreads = append(m.spreads, int(q.Ask-q.Bid))
	}
}

// Trade notes a print.
func (m *Meter) Trade(at market.Nanos) { m.note(at, 1) }

// Diff notes changes of the book.
func (m *Meter) Diff(at market.Nanos, d *market.Diff) {
	if !m.Gather {
		m.diff(at, len(d.Bids)+len(d.Asks))
		return
	}
	m.Flush(at)
	if m.prices == nil {
		m.prices = map[market.Ticks]bool{}
	}
	if len(m.prices) == 0 {
		m.opened = at
	}
	for _, rows := range [2][]market.Level{d.Bids, d.Asks} {
		for _, l := range rows {
			m.prices[l.Px] = true
		}
	}
}

// Flush ends a gathered diff whose time is over at a time.
func (m *Meter) Flush(at market.Nanos) {
	if len(m.prices) > 0 && at >= m.opened+merged {
		m.diff(m.opened+merged, len(m.prices))
		clear(m.prices)
	}
}

func (m *Meter) diff(at market.Nanos, rows int) {
	m.note(at, 2)
	if len(m.rows) < maxMessages {
		m.rows = append(m.rows, rows)
	}
}

func (m *Meter) note(at market.Nanos, kind int) {
	if len(m.at) < maxMessages {
		m.at = append(m.at, at)
		m.kinds[kind]++
	}
}

// Spread is the distribution of a count.
type Spread struct {
	Mean               float64
	P50, P90, P99, Max int
}

// Figures are what a meter has measured.
type Figures struct {
	Seconds                float64
	Rate                   float64 // messages a second
	Second, Tenth, Hundred Spread  // messages in windows of 1 s, 100 ms and 10 ms
	Quotes, Trades, Diffs  float64 // shares of the messages
	Levels                 Spread  // rows of a diff
	Ticks                  Spread  // of the quotes' spreads
}

// Figures computes them. They are zero without messages.
func (m *Meter) Figures() Figures {
	var f Figures
	if len(m.at) == 0 {
		return f
	}
	at := slices.Sorted(slices.Values(m.at))
	n := float64(len(at))
	f.Seconds = float64(at[len(at)-1]-at[0]) / 1e9
	f.Rate = n / max(f.Seconds, 1e-9)
	f.Second, f.Tenth, f.Hundred = windows(at, 1e9), windows(at, 1e8), windows(at, 1e7)
	f.Quotes, f.Trades, f.Diffs = float64(m.kinds[0])/n, float64(m.kinds[1])/n, float64(m.kinds[2])/n
	f.Levels, f.Ticks = distribution(slices.Clone(m.rows)), distribution(slices.Clone(m.spreads))
	return f
}

// windows counts sorted times in consecutive windows, empty ones too.
func windows(at []market.Nanos, width market.Nanos) Spread {
	counts := make([]int, (at[len(at)-1]-at[0])/width+1)
	for _, t := range at {
		counts[(t-at[0])/width]++
	}
	return distribution(counts)
}

func distribution(all []int) Spread {
	if len(all) == 0 {
		return Spread{}
	}
	slices.Sort(all)
	total := 0
	for _, v := range all {
		total += v
	}
	at := func(q int) int { return all[min(len(all)*q/100, len(all)-1)] }
	return Spread{float64(total) / float64(len(all)), at(50), at(90), at(99), all[len(all)-1]}
}

// Report sets figures side by side, one column a name.
func Report(names []string, all []Figures) string {
	var b strings.Builder
	line := func(what string, value func(*Figures) string) {
		fmt.Fprintf(&b, "%-34s", what)
		for k := range all {
			fmt.Fprintf(&b, " %24s", value(&all[k]))
		}
		b.WriteByte('\n')
	}
	at := 0
	line("", func(*Figures) string { at++; return names[at-1] })
	spread := func(what string, of func(*Figures) *Spread) {
		line(what+" mean/p50/p90/p99/max", func(f *Figures) string {
			s := of(f)
			return fmt.Sprintf("%.1f/%d/%d/%d/%d", s.Mean, s.P50, s.P90, s.P99, s.Max)
		})
	}
	line("seconds", func(f *Figures) string { return fmt.Sprintf("%.0f", f.Seconds) })
	line("messages a second", func(f *Figures) string { return fmt.Sprintf("%.1f", f.Rate) })
	spread("1 s", func(f *Figures) *Spread { return &f.Second })
	spread("100 ms", func(f *Figures) *Spread { return &f.Tenth })
	spread("10 ms", func(f *Figures) *Spread { return &f.Hundred })
	line("share quote/trade/diff, %", func(f *Figures) string {
		return fmt.Sprintf("%.0f/%.0f/%.0f", f.Quotes*100, f.Trades*100, f.Diffs*100)
	})
	spread("rows a diff", func(f *Figures) *Spread { return &f.Levels })
	spread("spread, ticks", func(f *Figures) *Spread { return &f.Ticks })
	return b.String()
}
