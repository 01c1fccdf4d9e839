package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// row is one printed line.
type row struct {
	Name    string  `json:"name"`
	Median  float64 `json:"median_us"`
	Ratio   float64 `json:"ratio,omitempty"` // to the raw echo, or what Budget names; 0: there is none
	Lower   float64 `json:"lower95,omitempty"`
	Budget  string  `json:"budget"`
	Verdict string  `json:"verdict"`
}

const (
	verdictOK    = "ok"
	verdictMiss  = "MISS"
	verdictShown = "shown"
	noBudget     = "-"
)

// against is a row of figures, by round, and of their ratios to a floor's; limit 0: no budget.
func against(name string, ours, floor []float64, limit float64) row {
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = ours[i] / floor[i]
	}
	r := row{Name: name, Median: median(ours), Ratio: median(ratios), Lower: lower(ratios), Budget: noBudget, Verdict: verdictShown}
	if limit > 0 {
		r.Budget, r.Verdict = fmt.Sprintf("<= %gx raw echo", limit), verdict(r.Lower, limit)
	}
	return r
}

// within is a row of figures, by round, with a budget in microseconds; 0: none.
func within(name string, us []float64, limit float64) row {
	r := row{Name: name, Median: median(us), Budget: noBudget, Verdict: verdictShown}
	if limit > 0 {
		r.Budget, r.Verdict = fmt.Sprintf("<= %g us", limit), verdict(lower(us), limit)
	}
	return r
}

func verdict(lower, limit float64) string {
	if lower > limit {
		return verdictMiss
	}
	return verdictOK
}

func median(xs []float64) float64 {
	s := slices.Sorted(slices.Values(xs))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// resamples is the bootstrap's size.
const resamples = 2000

// lower is the 2.5th percentile of the bootstrapped median, the lower end of its 95 % interval. The seed is fixed, so that the same
// figures have the same verdict.
func lower(xs []float64) float64 {
	rnd := rand.New(rand.NewPCG(1, 2))
	medians, pick := make([]float64, resamples), make([]float64, len(xs))
	for i := range medians {
		for k := range pick {
			pick[k] = xs[rnd.IntN(len(xs))]
		}
		medians[i] = median(pick)
	}
	slices.Sort(medians)
	return medians[resamples*25/1000]
}

// percentile of durations, in microseconds; they are sorted by it.
func percentile(d []time.Duration, p int) float64 {
	slices.SortFunc(d, cmp.Compare[time.Duration])
	return float64(d[min(len(d)*p/100, len(d)-1)]) / 1e3
}
