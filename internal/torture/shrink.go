package torture

import "slices"

// shrinkRuns is how many runs a shrinking may take.
const shrinkRuns = 120

// Shrink finds few incidents of a failed run that still make it fail, by leaving out parts of them (delta debugging: halves first,
// then single ones), and gives the run with those. With none left out it is the run that it was given.
func Shrink(cfg Config, failed Result) Result {
	best, left := failed, shrinkRuns
	for n := 2; len(best.Incidents) > 0 && left > 0; {
		part := max((len(best.Incidents)+n-1)/n, 1)
		found := false
		for at := 0; at < len(best.Incidents) && left > 0; at += part {
			rest := slices.Delete(slices.Clone(best.Incidents), at, min(at+part, len(best.Incidents)))
			left--
			c := cfg
			c.Incidents, c.Given = rest, true
			if r := Run(c); r.Failed() && r.Violations[0].Promise == failed.Violations[0].Promise {
				best, found = r, true
				break
			}
		}
		switch {
		case found:
			n = max(n-1, 2)
		case part == 1:
			return best
		default:
			n *= 2
		}
	}
	return best
}
