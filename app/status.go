package app

import (
	"time"

	"baton/aio"
	"baton/decimal"
	"baton/market"
)

// Status is how a run is doing.
type Status struct {
	Elapsed          time.Duration // on the run's clock
	Done             float64       // of a run that has an end, between 0 and 1
	Symbol           string
	BestBid, BestAsk string
	Position         string
	Orders, Fills    int
	Equity, Fees     decimal.Decimal
	Gaps             int
}

// statusEvery is how often the status is shown, in wall time.
const statusEvery = 100 * time.Millisecond

// watch shows the status. It reads and changes nothing, so that watching changes nothing.
func (d *demo) watch(co *aio.Co) error {
	for {
		if err := co.Sleep(time.Duration(float64(statusEvery) * d.Speed)); err != nil {
			return err
		}
		d.Watch(d.status(co))
	}
}

func (d *demo) status(co *aio.Co) Status {
	s := d.trader.Sessions()[0]
	in, st := s.Instrument(), d.trader.Stats()
	out := Status{
		Elapsed: time.Duration(co.Now() - d.start), Symbol: in.Symbol, Position: in.Quantity(s.Position()).String(),
		Orders: st.Placed, Fills: st.Fills, Fees: d.trader.Ledger().Fees(in.Margin), Gaps: d.client.Stats().Gaps,
	}
	out.BestBid, out.BestAsk = topOf(in, d.server.Book(in.Symbol))
	if e, err := d.trader.Equity(in.Margin); err == nil {
		out.Equity = e
	}
	out.Done = d.share(co.Now())
	return out
}

// share is how much of the run is over at now, 0 to 1; 0 of a run without an end.
func (d *demo) share(now market.Nanos) float64 {
	switch {
	case d.For > 0:
		return min(1, float64(now-d.start)/float64(d.For))
	case d.rec != nil:
		return min(1, float64(d.server.Stats().Events)/float64(d.rec.tape.Len()))
	}
	return 0
}
