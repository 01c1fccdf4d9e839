package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// row is one printed line. Ratio is to iter.Pull, or what Budget names.
type row struct {
	Name    string  `json:"name"`
	Median  float64 `json:"median"`
	Unit    string  `json:"unit"`
	Ratio   float64 `json:"ratio"`
	Lower   float64 `json:"lower95"`
	Budget  string  `json:"budget"`
	Verdict string  `json:"verdict"`
}

// pythonLimit is the budget of an operation's time over asyncio's: at least 20 times as fast.
const pythonLimit = 1.0 / 20

// measure runs every case once a round, in order, and asyncio's script once a round.
func measure(rounds int, short bool) ([]row, string, error) {
	took := make([][]float64, len(cases))
	python := map[string][]float64{}
	py, note := findPython()
	for range rounds {
		for i, c := range cases {
			ops := c.ops
			if short {
				ops = max(ops/10, 1)
			}
			ns, err := c.run(ops)
			if err != nil {
				return nil, "", fmt.Errorf("%s: %w", c.name, err)
			}
			took[i] = append(took[i], ns)
		}
		if py == "" {
			continue
		}
		got, err := runPython(py, short)
		if err != nil {
			return nil, "", err
		}
		for name, ns := range got { // order: each name has its own list
			python[name] = append(python[name], ns)
		}
	}
	return judge(took, python), note, nil
}

func judge(took [][]float64, python map[string][]float64) []row {
	var rows, peers []row
	for i, c := range cases {
		ratios := divide(took[i], took[0])
		r := row{Name: c.name, Median: median(took[i]), Unit: "ns", Ratio: median(ratios), Lower: lower(ratios), Budget: "-", Verdict: "shown"}
		switch {
		case c.bytes:
			r.Unit, r.Ratio, r.Lower = "B", 0, 0
		case c.limitNs > 0:
			r.Budget, r.Verdict = fmt.Sprintf("<= %g ns", c.limitNs), verdict(lower(took[i]), c.limitNs)
		case c.limit > 0:
			r.Budget, r.Verdict = fmt.Sprintf("<= %gx iter.Pull", c.limit), verdict(r.Lower, c.limit)
		}
		rows = append(rows, r)
		theirs := python[c.python]
		if len(theirs) == 0 {
			continue
		}
		ratios = divide(took[i], theirs)
		p := row{Name: c.name + " / asyncio", Median: median(theirs), Unit: "ns", Ratio: median(ratios), Lower: lower(ratios), Budget: "-", Verdict: "shown"}
		if c.bytes {
			p.Unit = "B"
		} else if c.overPython {
			p.Budget, p.Verdict = "<= 1/20 of asyncio", verdict(p.Lower, pythonLimit)
		}
		peers = append(peers, p)
	}
	return append(rows, peers...)
}

func verdict(lower, limit float64) string {
	if lower > limit {
		return "MISS"
	}
	return "ok"
}

func divide(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] / b[i]
	}
	return out
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
