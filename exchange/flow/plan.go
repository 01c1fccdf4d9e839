package flow

import (
	"fmt"
	"math"
	"math/rand/v2"

	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// Plan is what a synthetic market does beyond its steady crowd. The zero value is nothing: the market of [NewSynthetic].
type Plan struct {
	Bursts   bool         // participants act in clusters, as recorded ones do
	Momentum int          // traders that follow what the price did in the last seconds, an instrument; up to MaxMomentum
	Cascade  market.Nanos // when, after the start, leveraged longs pile up that a falling price then liquidates one by one; 0: never
	Crash    market.Nanos // when the bids are withdrawn under a large seller, for seconds; 0: never
}

// MaxMomentum bounds the momentum traders of an instrument.
const MaxMomentum = 100

// The temper of planned markets. Times are seconds, prices ticks, quantities notional in the quote asset.
const (
	calmRate     = 45      // clusters a second
	clusterGap   = 0.0001  // mean time between actions of a cluster
	clusterShape = 1.0     // how heavy the tail of cluster sizes is (Pareto)
	clusterMost  = 2_000   // actions of the largest cluster
	nervous      = 0.75    // of a cluster's actions: somebody quotes at the best price, or takes such a quote back
	reprices     = 0.02    // of them: a maker moves a whole ladder of quotes
	ladder       = 60      // the mean length of a ladder
	memory       = 10      // what momentum traders remember
	stir         = 4       // how far the price must have gone from its mean to stir them
	held         = 400_000 // the most that a momentum trader holds
	followed     = 20_000  // what it trades at once
	victims      = 24      // leveraged longs of a cascade
	victimSize   = 250_000 // of each position
	piling       = 10      // how long they pile up
	falling      = 90      // how long the price may fall
	fall         = 120     // ticks a second
	crashing     = 3       // how long a crash takes
	crashDepth   = 0.03    // how far the seller goes, of the price
	mostDepth    = 0.9     // of what PERCENT_PRICE allows: no crash goes further
	crashSize    = 25_000_000
	deep         = 120 // bids of somebody patient, spread below the market as far as a crash goes
	deepSize     = 60_000
	stay         = 60 // orders a side that stay in a crash
)

// NewPlanned is [NewSynthetic] with a plan: makers and takers, and what the plan adds.
func NewPlanned(x *exchange.Exchange, rng *rand.PCG, start market.Nanos, plan Plan, openings ...Opening) (*Synthetic, error) {
	if plan.Momentum < 0 || plan.Momentum > MaxMomentum || plan.Cascade < 0 || plan.Crash < 0 {
		return nil, fmt.Errorf("synthetic market: plan %+v: use up to %d momentum traders, and times after the start", plan, MaxMomentum)
	}
	s, err := NewSynthetic(x, rng, start, openings...)
	if err != nil {
		return nil, err
	}
	for k := range s.crowds {
		c := &s.crowds[k]
		c.plan = newPlanned(plan, start, c.fair)
		for n := range plan.Momentum {
			if err := s.hire(c, start, &c.plan.followers, fmt.Sprintf("momentum %s %d", c.in.Symbol, n), purse); err != nil {
				return nil, err
			}
		}
		if plan.Cascade > 0 {
			c.plan.cascade, c.plan.indexed = start+plan.Cascade, true
		}
		if plan.Crash > 0 {
			if err := s.stageCrash(c, start, start+plan.Crash); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// hire opens an account for a participant.
func (s *Synthetic) hire(c *crowd, now market.Nanos, list *[]int, name string, money decimal.Decimal) error {
	a := s.x.AddAccount(name)
	*list = append(*list, a)
	s.obscure(a)
	return s.x.Deposit(now, a, money)
}

// deepen lets somebody patient bid far below the market, so that a crash finds somebody on its way.
func (s *Synthetic) deepen(c *crowd, now market.Nanos) error {
	var patient []int
	if err := s.hire(c, now, &patient, "patient "+c.in.Symbol, purse); err != nil {
		return err
	}
	s.x.SetMaxOrders(patient[0], deep)
	for k := range deep {
		px := market.Ticks(c.fair*(1-c.plan.depth*float64(k+1)/deep)) - far
		_, refusal := s.x.Place(now, &exchange.Request{Account: patient[0], Instrument: c.i, Side: market.Buy, Type: market.Limit,
			TIF: market.GTX, Px: max(px, 1), Qty: s.lots(c, deepSize)})
		if refusal.Refused() {
			c.plan.refused++
		}
	}
	return nil
}

// planned is the state of a plan in one instrument.
type planned struct {
	Plan
	start     market.Nanos
	cascade   market.Nanos // when it begins; 0: never
	crash     market.Nanos // likewise
	fall      float64      // of a cascade, in ticks a second
	most      int          // victims that it makes
	depth     float64      // of a crash, in parts of the price
	size      float64      // what its seller sells, in money
	indexed   bool         // the mark price goes by the index, from the first cascade on
	mean      float64      // of the middle of the book, with a short memory
	left      int          // actions of the cluster in hand
	followers []int
	sellers   []int
	victims   []int
	before    int // victims of earlier cascades
	staged    int // scenes so far
	refused   int
}

// gap is the time until the next action: short inside a cluster, longer between two.
func (s *Synthetic) gap(c *crowd) market.Nanos {
	p := c.plan
	if p == nil || !p.Bursts {
		return s.pause(c)
	}
	if p.left > 0 {
		p.left--
		return 1 + market.Nanos(s.rng.ExpFloat64()*clusterGap*1e9)
	}
	p.left = min(int(math.Pow(1-s.rng.Float64(), -1/clusterShape))-1, clusterMost)
	return 1 + market.Nanos(s.rng.ExpFloat64()/calmRate*1e9)
}

// direct does what the plan wants now; false: nothing, the crowd acts as ever.
func (s *Synthetic) direct(c *crowd, now market.Nanos) bool {
	p := c.plan
	if p == nil {
		return false
	}
	top, ok := s.x.Top(c.i)
	if !ok {
		return false
	}
	middle := float64(top.Bid+top.Ask) / 2
	if p.indexed { // liquidations go by the mark price, and that by the index
		if index, err := decimal.FromFloat(c.fair * c.in.Tick.Float64()); err == nil {
			s.x.SetIndex(c.i, index)
		}
	}
	p.mean += (middle - p.mean) * min(float64(now-p.start)/1e9, 1) / (memory * c.rate)
	if at := float64(now-p.crash) / 1e9; p.crash > 0 && at >= 0 && at < crashing {
		return s.crash(c, now, top.Bid)
	}
	if at := float64(now-p.cascade) / 1e9; p.cascade > 0 && at >= 0 && at < piling+falling {
		return s.cascade(c, now, at, middle)
	}
	if p.Bursts && p.left > 0 && s.rng.Float64() < nervous {
		return s.flicker(c, now, top)
	}
	if len(p.followers) > 0 && s.rng.Float64() < 0.04 {
		return s.follow(c, now, top, middle)
	}
	return false
}

// flicker quotes at the best price or next to it, or takes the newest quote back.
func (s *Synthetic) flicker(c *crowd, now market.Nanos, top market.Quote) bool {
	side := s.side()
	list := &c.live[half(side)]
	if s.rng.Float64() < reprices {
		for range int(s.rng.ExpFloat64() * ladder) {
			s.withdraw(c, now, side)
			s.quote(c, now, side, s.distance())
		}
		return true
	}
	if last := len(*list) - 1; last > c.depth/2 && (len(*list) > c.crowded() || s.rng.Uint64()&1 == 0) {
		o := (*list)[last]
		*list = (*list)[:last]
		_, _ = s.x.Cancel(now, exchange.Key{Account: o.account, Instrument: c.i, ID: o.id}) // a refusal: it was filled
		return true
	}
	best := float64(top.Bid)
	if side == market.Sell {
		best = float64(top.Ask)
	}
	away := float64(side) * (c.fair - best)
	if top.Ask-top.Bid > 1 {
		away-- // it improves the price
	}
	s.quote(c, now, side, max(away, 0)+math.Floor(s.rng.ExpFloat64()))
	return true
}

// follow lets a momentum trader trade with the move, or get out when it has turned.
func (s *Synthetic) follow(c *crowd, now market.Nanos, top market.Quote, middle float64) bool {
	p := c.plan
	who := p.followers[s.rng.IntN(len(p.followers))]
	position := s.x.Position(who, c.i).Qty
	side, px := market.Buy, top.Ask+3
	switch move := middle - p.mean; {
	case move < -stir:
		side, px = market.Sell, top.Bid-3
	case move > stir:
	case position > 0:
		side, px = market.Sell, top.Bid-3
	case position == 0:
		return false
	}
	if float64(position)*float64(side)*c.unit > held {
		return false
	}
	s.send(c, now, who, side, px, s.lots(c, followed))
	return true
}

// send trades at once, up to a limit. A refusal is no harm: another time.
func (s *Synthetic) send(c *crowd, now market.Nanos, who int, side market.Side, limit market.Ticks, qty market.Lots) {
	_, refusal := s.x.Place(now, &exchange.Request{Account: who, Instrument: c.i, Side: side, Type: market.Limit, TIF: market.IOC, Px: max(limit, 1), Qty: qty})
	if refusal.Refused() && c.plan != nil {
		c.plan.refused++
	}
}

// crash withdraws bids while a seller sells through what is left of them. The fair price does not move: the market comes back.
func (s *Synthetic) crash(c *crowd, now market.Nanos, bid market.Ticks) bool {
	for range 20 {
		if len(c.live[0]) > stay {
			s.withdraw(c, now, market.Buy)
		}
	}
	floor := market.Ticks(c.fair * (1 - c.plan.depth))
	if bid > floor {
		size := int64(c.plan.size / (crashing * rate))
		s.send(c, now, c.plan.sellers[0], market.Sell, floor, market.Lots(float64(size)/c.unit))
	}
	return true
}

// cascade first lets leveraged longs pile up, each with hardly more than its initial margin. Then the price falls, and what is
// sold for those who are liquidated makes it fall further: the crowd's idea of the fair price follows the market down.
func (s *Synthetic) cascade(c *crowd, now market.Nanos, at, middle float64) bool {
	p := c.plan
	if at < piling {
		if len(p.victims) < p.most && at*float64(p.most-p.before)/piling >= float64(len(p.victims)-p.before) {
			s.pile(c, now)
			return true
		}
		return false
	}
	c.trend = 0
	c.fair = max(min(c.fair, middle)-p.fall/float64(rate)*s.rng.Float64()*2, 2*far)
	return false
}

// pile opens one leveraged long.
func (s *Synthetic) pile(c *crowd, now market.Nanos) {
	n := len(c.plan.victims)
	most := c.in.Brackets[0].Leverage
	leverage := max(most-n%(most/2+1), 1)
	money := decimal.FromUnits(int64(victimSize*(1.05/float64(leverage)+0.004)) * decimal.Scale)
	if err := s.hire(c, now, &c.plan.victims, fmt.Sprintf("leveraged %s %d", c.in.Symbol, n), money); err != nil {
		return // the exchange counts no more money
	}
	who := c.plan.victims[n]
	if _, refusal := s.x.SetLeverage(now, who, c.i, leverage); refusal.Refused() {
		c.plan.refused++
	}
	top, _ := s.x.Top(c.i)
	s.send(c, now, who, market.Buy, top.Ask+20, market.Lots(victimSize/c.unit))
}

// Victims are the accounts of the leveraged longs of a cascade so far.
func (s *Synthetic) Victims() []int {
	var all []int
	for k := range s.crowds {
		if p := s.crowds[k].plan; p != nil {
			all = append(all, p.victims...)
		}
	}
	return all
}
