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
	Mean    float64 `json:"mean"` // of the slices, over their median; 0 where there are none
	Unit    string  `json:"unit"`
	Ratio   float64 `json:"ratio"`
	Lower   float64 `json:"lower95"`
	Budget  string  `json:"budget"`
	Verdict string  `json:"verdict"`
}

// A round is cut into slices. The floor itself swings between 60 and 110 ns on one machine within seconds (where the two stacks lie in
// the cache, what the other core does, the clock rate), so a case that is measured in one piece is compared with a floor of another
// moment. Here each slice of a case stands between two slices of the floor and is divided by their mean; the ratio of the round is
// the median of its slices' ratios. Each slice makes its coroutines anew, so that no lucky or unlucky place of a stack lasts for a
// round. What the median leaves out is the rare slow slice: an interrupt, another process, and a collection of garbage. The last is a
// cost of the case, so the share that the mean has above the median is printed beside it ("mean"). A slice takes a tenth of a
// millisecond, less than the system's turns, so that most slices of a busy machine are whole. What no method takes away there: its
// collector marks for so long that the write barriers are hardly ever off, and a spawn writes many pointers.
const sliceOps = 1000

// sample is what the rounds gave for one case.
type sample struct {
	ns    []float64 // of each round: the median slice
	mean  []float64 // the mean of the slices, over the median
	pull  []float64 // the median of what each slice took over the floor's slices around it
	least []float64 // the same over the slice of spawnFloor in the same sweep; empty where it is not asked for
}

// add closes a round.
func (s *sample) add(ns, pull, least []float64) {
	s.ns = append(s.ns, median(ns))
	s.mean = append(s.mean, mean(ns)/median(ns))
	s.pull = append(s.pull, median(pull))
	if len(least) > 0 {
		s.least = append(s.least, median(least))
	}
}

// measure runs the rounds, and the script of each peer once a round.
func measure(rounds int, short bool) ([]row, string, error) {
	took := make([]sample, len(cases))
	peers, note := findPeers()
	for range rounds {
		if err := round(took, short); err != nil {
			return nil, "", err
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

// round sweeps over the cases until each has had all its slices.
func round(took []sample, short bool) error {
	ns, over, least := make([][]float64, len(cases)), make([][]float64, len(cases)), make([][]float64, len(cases))
	before, err := pull(sliceOps)
	if err != nil {
		return err
	}
	for sweep, left := 0, true; left; sweep++ {
		left = false
		floor := 0.0 // of spawnFloor, in this sweep
		for i, c := range cases {
			ops, slices := c.cut(short)
			if sweep >= slices {
				continue
			}
			left = true
			own, err := c.run(ops)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			after, err := pull(sliceOps)
			if err != nil {
				return err
			}
			ns[i] = append(ns[i], own)
			over[i] = append(over[i], own/((before+after)/2))
			before = after
			switch {
			case c.name == spawnFloor:
				floor = own
			case c.overFloor:
				least[i] = append(least[i], own/floor)
			}
		}
	}
	for i := range took {
		took[i].add(ns[i], over[i], least[i])
	}
	return nil
}

// cut says how many slices a round has of the case, and of how many operations.
func (c *benchCase) cut(short bool) (ops, slices int) {
	all, ops := c.ops, c.slice
	if short {
		all = max(all/10, 1)
	}
	if ops == 0 {
		ops = sliceOps
	}
	ops = min(ops, all)
	return ops, all / ops
}

// judge compares each case with the floor, then with each peer that has a figure for it.
func judge(took []sample, peers []*peer) []row {
	var rows, beside []row
	for i, c := range cases {
		s := took[i]
		r := row{
			Name: c.name, Median: median(s.ns), Mean: median(s.mean), Unit: "ns", Ratio: median(s.pull), Lower: lower(s.pull), Budget: "-",
			Verdict: "shown",
		}
		switch {
		case c.bytes:
			r.Unit, r.Ratio, r.Lower = "B", 0, 0
		case c.limitNs > 0:
			r.Budget, r.Verdict = fmt.Sprintf("<= %g ns", c.limitNs), verdict(lower(s.ns), c.limitNs)
		case c.limit > 0:
			r.Budget, r.Verdict = fmt.Sprintf("<= %gx iter.Pull", c.limit), verdict(r.Lower, c.limit)
		}
		rows = append(rows, r)
		if c.overFloor {
			rows = append(rows, row{
				Name: c.name + " / " + spawnFloor, Median: r.Median, Mean: r.Mean, Unit: "ns", Ratio: median(s.least), Lower: lower(s.least),
				Budget: "-", Verdict: "shown",
			})
		}
		for _, p := range peers {
			if theirs := p.took[c.python]; len(theirs) > 0 {
				beside = append(beside, p.judge(c, s.ns, theirs))
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

func mean(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
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
