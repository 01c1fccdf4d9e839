package local

import (
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"time"

	"baton/market"
)

// Row is one measured order: when its request left, when the exchange took it, when its answer was in.
type Row struct{ Request, Exchange, Response market.Nanos }

// Table is a latency that was measured: between two measurements it is interpolated, before the first and after the last it is
// theirs (hftbacktest's interpolated order latency).
type Table struct{ at, by []market.Nanos }

// ErrRows: measured rows that cannot be.
var ErrRows = errors.New("latency: measured rows refused")

// Tables are the ways out and back that rows measured, in order of their requests. ErrRows where there is none, where times run
// backwards, and where an answer was in before its request left.
func Tables(rows []Row) (out, back *Table, err error) {
	if len(rows) == 0 {
		return nil, nil, fmt.Errorf("%w: there are none", ErrRows)
	}
	out, back = &Table{}, &Table{}
	for k, r := range rows {
		switch {
		case r.Exchange < r.Request || r.Response < r.Exchange:
			return nil, nil, fmt.Errorf("%w: row %d arrives before it leaves: %d, %d, %d", ErrRows, k, r.Request, r.Exchange, r.Response)
		case k > 0 && (r.Request <= rows[k-1].Request || r.Exchange <= rows[k-1].Exchange):
			return nil, nil, fmt.Errorf("%w: row %d is not later than the one before", ErrRows, k)
		}
		out.at, out.by = append(out.at, r.Request), append(out.by, r.Exchange-r.Request)
		back.at, back.by = append(back.at, r.Exchange), append(back.by, r.Response-r.Exchange)
	}
	return out, back, nil
}

// By is the latency of a message that is sent at a time.
func (t *Table) By(at market.Nanos) market.Nanos {
	k, exact := slices.BinarySearch(t.at, at)
	switch {
	case exact:
		return t.by[k]
	case k == 0:
		return t.by[0]
	case k == len(t.at):
		return t.by[k-1]
	}
	slope := float64(t.by[k]-t.by[k-1]) / float64(t.at[k]-t.at[k-1])
	return t.by[k-1] + market.Nanos(slope*float64(at-t.at[k-1])) // cut to a nanosecond, as the published results are
}

// Distribution is a latency that is drawn evenly from measured ones: what happened often is drawn often.
type Distribution struct{ all []time.Duration }

// NewDistribution copies the measured latencies; at least one, none negative.
func NewDistribution(measured []time.Duration) (*Distribution, error) {
	if len(measured) == 0 {
		return nil, fmt.Errorf("%w: there are none", ErrRows)
	}
	if least := slices.Min(measured); least < 0 {
		return nil, fmt.Errorf("%w: a message cannot arrive before it left: %s", ErrRows, least)
	}
	return &Distribution{slices.Clone(measured)}, nil
}

// draw is one of them.
func (d *Distribution) draw(rng *rand.PCG) market.Nanos {
	if rng == nil {
		return market.Nanos(d.all[0])
	}
	hi, _ := bits.Mul64(rng.Uint64(), uint64(len(d.all)))
	return market.Nanos(d.all[hi])
}
