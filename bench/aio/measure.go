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

// measure runs every case once a round, in order, and the script of each peer once a round.
func measure(rounds int, short bool) ([]row, string, error) {
	took := make([][]float64, len(cases))
	peers, note := findPeers()
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
		for _, p := range peers {
			got, err := p.run(short)
			if err != nil {
				return nil, "", err
			}
			for name, ns := range got { // order: each name has its own list
				p.took[name] = append(p.took[name], ns)
			}
		}
	}
	return judge(took, peers), note, nil
}

// judge compares each case, by round, with the floor, then with each peer that has a figure for it.
func judge(took [][]float64, peers []*peer) []row {
	var rows, beside []row
	least := took[slices.IndexFunc(cases, func(c benchCase) bool { return c.name == spawnFloor })]
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
		if c.overFloor {
			ratios = divide(took[i], least)
			rows = append(rows, row{Name: c.name + " / " + spawnFloor, Median: median(took[i]), Unit: "ns", Ratio: median(ratios), Lower: lower(ratios),
				Budget: "-", Verdict: "shown"})
		}
		for _, p := range peers {
			if theirs := p.took[c.python]; len(theirs) > 0 {
				beside = append(beside, p.judge(c, took[i], theirs))
			}
		}
	}
	return append(rows, beside...)
}

const verdictMiss = "MISS"

func verdict(lower, limit float64) string {
	if lower > limit {
		return verdictMiss
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
