package flow

import (
	"fmt"

	"baton/exchange"
)

// Listed gives the exchange's index of each instrument of a tape; an error names the first that is not listed as a recorded
// one. Whoever plays a tape needs it: entries name instruments by the tape's index.
func Listed(t *Tape, x *exchange.Exchange) ([]int, error) {
	index := make([]int, len(t.list))
	for k, in := range t.list {
		i, ok := x.Index(in.Symbol)
		if !ok || x.Kind(i) != exchange.Recorded {
			return nil, fmt.Errorf("play a recording of %s: the exchange does not list it as a recorded market", in.Symbol)
		}
		index[k] = i
	}
	return index, nil
}
