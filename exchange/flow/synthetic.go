package flow

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// The temper of a synthetic market. Times are seconds, prices ticks, quantities notional in the quote asset.
const (
	depth     = 450  // orders a side below which makers only quote; it opens with as many levels
	far       = 500  // how far from the fair price makers quote
	crowded   = 600  // orders a side above which makers only cancel
	rate      = 85   // actions a second
	drift     = 5    // ticks a second: the typical speed of a trend
	trendLife = 8    // seconds until a trend is forgotten
	noise     = 4    // ticks by the square root of a second, around the trend
	pull      = 0.01 // of the distance to the opening price, a second
	makers    = 8    // accounts that quote
	takers    = 4    // accounts that trade with them
)

// money each participant has, and the mean notional of what it quotes and takes.
var purse = decimal.MustParse("200000000")

const (
	quoted = 30_000
	taken  = 4_000
)

// Opening is where a synthetic market opens.
type Opening struct {
	Instrument int             // index at the exchange, a matched one
	Price      decimal.Decimal // the fair price at first
	Rate       float64         // actions a second; 0: 85, as a liquid market has
	Depth      int             // orders a side that the book opens with and is kept at; 0: 450
}

// Synthetic is a crowd of seeded participants that place real orders, as accounts of the exchange: makers quote some hundred
// levels around a fair price that wanders with short trends, and cancel; takers trade at random and against quotes that the
// fair price has left behind. The same seed gives the same market, order for order, as long as nobody else trades; who
// trades with the crowd moves it, as in a real market.
type Synthetic struct {
	x      *exchange.Exchange
	rng    *rand.Rand
	crowds []crowd
	next   int // whose turn it is
}

// crowd is the participants of one instrument.
type crowd struct {
	in     *market.Instrument
	i      int
	at     market.Nanos // of its next action
	last   market.Nanos // of the one before
	open   float64      // opening price in ticks
	fair   float64
	trend  float64 // ticks a second
	unit   float64 // notional of a lot at the opening price
	live   [2][]live
	makers [makers]int
	takers [takers]int
	plan   *planned // nil: none
	rate   float64  // actions a second
	depth  int      // orders a side below which makers only quote; a third above it they only cancel
}

// crowded is the number of orders a side above which makers only cancel.
func (c *crowd) crowded() int { return c.depth * crowded / depth }

// live is an order that may still rest.
type live struct {
	id      int64
	account int
}

// NewSynthetic adds the participants' accounts to x, funds them, and fills the books at start. rng is the crowd's own.
func NewSynthetic(x *exchange.Exchange, rng *rand.PCG, start market.Nanos, openings ...Opening) (*Synthetic, error) {
	if len(openings) == 0 {
		return nil, errors.New("synthetic market: it needs at least one opening")
	}
	s := &Synthetic{x: x, rng: rand.New(rng)}
	for _, o := range openings {
		if o.Instrument < 0 || o.Instrument >= len(x.Instruments()) || x.Kind(o.Instrument) != exchange.Matched {
			return nil, fmt.Errorf("synthetic market: instrument %d is not listed as a matched one", o.Instrument)
		}
		if err := s.enter(start, o); err != nil {
			return nil, err
		}
	}
	s.elect()
	return s, nil
}

// enter opens one instrument's market.
func (s *Synthetic) enter(start market.Nanos, o Opening) error {
	in := s.x.Instruments()[o.Instrument]
	fair := o.Price.Float64() / in.Tick.Float64()
	c := crowd{in: in, i: o.Instrument, last: start, open: fair, fair: fair, unit: o.Price.Float64() * in.Lot.Float64(),
		rate: o.Rate, depth: o.Depth}
	if c.rate <= 0 {
		c.rate = rate
	}
	if c.depth <= 0 {
		c.depth = depth
	}
	if fair < 2*far {
		return fmt.Errorf("synthetic market: %s at %s has fewer than %d ticks below it", in.Symbol, o.Price, 2*far)
	}
	for k := range c.makers {
		c.makers[k] = s.x.AddAccount(fmt.Sprintf("maker %s %d", in.Symbol, k))
		s.x.SetMaxOrders(c.makers[k], 2*crowded)
	}
	for k := range c.takers {
		c.takers[k] = s.x.AddAccount(fmt.Sprintf("taker %s %d", in.Symbol, k))
	}
	for _, list := range [][]int{c.makers[:], c.takers[:]} {
		for _, a := range list {
			s.obscure(a)
			if err := s.x.Deposit(start, a, purse); err != nil {
				return err
			}
		}
	}
	for k := range c.depth {
		s.quote(&c, start, market.Buy, float64(k))
		s.quote(&c, start, market.Sell, float64(k))
	}
	c.at = start + s.pause(&c)
	s.crowds = append(s.crowds, c)
	return nil
}

// remembered is how many closed orders, fills and incomes of a participant queries find.
const remembered = 100

// obscure keeps a participant out of the way of those who are connected: nobody hears of its orders, and little is remembered of them.
func (s *Synthetic) obscure(account int) {
	s.x.SetQuiet(account)
	s.x.SetHistory(account, remembered, remembered, remembered)
}

// pause is the time until the next action.
func (s *Synthetic) pause(c *crowd) market.Nanos {
	return 1 + market.Nanos(s.rng.ExpFloat64()/c.rate*1e9)
}

// elect finds whose action is next.
func (s *Synthetic) elect() {
	s.next = 0
	for k := range s.crowds {
		if s.crowds[k].at < s.crowds[s.next].at {
			s.next = k
		}
	}
}

// Next is when the next action is due. There always is one.
func (s *Synthetic) Next() market.Nanos { return s.crowds[s.next].at }

// Step does the next action, at its time.
func (s *Synthetic) Step() {
	c := &s.crowds[s.next]
	now := c.at
	s.wander(c, now)
	if !s.direct(c, now) {
		s.act(c, now)
	}
	c.at = now + s.gap(c)
	s.elect()
}

// wander moves the fair price: a trend that is forgotten after some seconds, noise around it, and a weak pull home.
func (s *Synthetic) wander(c *crowd, now market.Nanos) {
	dt := float64(now-c.last) / 1e9
	c.last = now
	root := math.Sqrt(dt)
	c.trend += s.rng.NormFloat64()*drift*root*math.Sqrt(2/float64(trendLife)) - c.trend*dt/trendLife
	c.fair += c.trend*dt + s.rng.NormFloat64()*noise*root + (c.open-c.fair)*pull*dt
	c.fair = max(c.fair, 2*far)
}

// act does one thing: mends a wide spread, trades against a quote that the fair price left behind, trades at random, places
// or cancels.
func (s *Synthetic) act(c *crowd, now market.Nanos) {
	top, ok := s.x.Top(c.i)
	mid := float64(top.Bid+top.Ask) / 2
	side := s.side()
	chance := s.rng.Float64()
	switch {
	case !ok:
		s.quote(c, now, market.Buy, 0)
		s.quote(c, now, market.Sell, 0)
	case float64(top.Ask) < c.fair-1 && chance < 0.7:
		s.take(c, now, market.Buy, market.Ticks(c.fair), 3)
	case float64(top.Bid) > c.fair+1 && chance < 0.7:
		s.take(c, now, market.Sell, market.Ticks(c.fair)+1, 3)
	case top.Ask-top.Bid > 2 && chance < 0.9:
		if math.Abs(c.fair-float64(top.Bid)) > math.Abs(float64(top.Ask)-c.fair) {
			side = market.Buy
		} else {
			side = market.Sell
		}
		s.quote(c, now, side, 0)
	case chance < 0.14:
		if s.rng.Float64() < 0.5+(c.fair-mid)/20 {
			s.take(c, now, market.Buy, top.Ask+2, 1)
		} else {
			s.take(c, now, market.Sell, top.Bid-2, 1)
		}
	case chance < 0.54 && len(c.live[half(side)]) < c.crowded() || len(c.live[half(side)]) < c.depth:
		s.quote(c, now, side, s.distance())
	default:
		s.withdraw(c, now, side)
	}
}

func (s *Synthetic) side() market.Side {
	if s.rng.Uint64()&1 == 0 {
		return market.Buy
	}
	return market.Sell
}

func half(side market.Side) int {
	if side == market.Buy {
		return 0
	}
	return 1
}

// distance is how far from the fair price a maker quotes: mostly a few ticks, sometimes anywhere.
func (s *Synthetic) distance() float64 {
	if s.rng.Float64() < 0.6 {
		return s.rng.Float64() * far
	}
	return math.Floor(s.rng.ExpFloat64() * 6)
}

// lots is a quantity around a notional, many small and a few large ones.
func (s *Synthetic) lots(c *crowd, notional float64) market.Lots {
	least := max(float64(c.in.MinQty), math.Ceil(c.in.MinNotional.Float64()*1.05/c.unit), 1)
	q := max(math.Floor(notional*s.rng.ExpFloat64()*s.rng.ExpFloat64()/c.unit), least)
	if c.in.MaxQty > 0 {
		q = min(q, float64(c.in.MaxQty))
	}
	return market.Lots(q)
}

// quote rests one order at a distance from the fair price. A refusal (it would trade, or the account is full) is no harm.
func (s *Synthetic) quote(c *crowd, now market.Nanos, side market.Side, away float64) {
	top, ok := s.x.Top(c.i)
	px := market.Ticks(math.Floor(c.fair - away))
	switch {
	case side == market.Sell:
		px = market.Ticks(math.Floor(c.fair+away)) + 1
		if ok {
			px = max(px, top.Bid+1)
		}
	case ok:
		px = min(px, top.Ask-1)
	}
	maker := c.makers[s.rng.IntN(makers)]
	o, refusal := s.x.Place(now, &exchange.Request{Account: maker, Instrument: c.i, Side: side, Type: market.Limit,
		TIF: market.GTX, Px: px, Qty: s.lots(c, quoted*(0.6+min(away, 60)/30))})
	if !refusal.Refused() && !o.Status.Final() {
		c.live[half(side)] = append(c.live[half(side)], live{o.ID, maker})
	}
}

// withdraw cancels a random order. Those that were filled meanwhile are only forgotten.
func (s *Synthetic) withdraw(c *crowd, now market.Nanos, side market.Side) {
	list := &c.live[half(side)]
	for len(*list) > 0 {
		k, last := s.rng.IntN(len(*list)), len(*list)-1
		o := (*list)[k]
		(*list)[k] = (*list)[last]
		*list = (*list)[:last]
		if _, refusal := s.x.Cancel(now, exchange.Key{Account: o.account, Instrument: c.i, ID: o.id}); !refusal.Refused() {
			return
		}
	}
}

// take trades at once, up to a limit. The taker is the one whose position it makes smallest, so that none grows for ever.
func (s *Synthetic) take(c *crowd, now market.Nanos, side market.Side, limit market.Ticks, size float64) {
	who, most := c.takers[0], market.Lots(math.MinInt64)
	for _, a := range c.takers {
		if held := -s.x.Position(a, c.i).Qty * market.Lots(side); held > most {
			who, most = a, held
		}
	}
	_, _ = s.x.Place(now, &exchange.Request{Account: who, Instrument: c.i, Side: side, Type: market.Limit, TIF: market.IOC,
		Px: limit, Qty: s.lots(c, taken*size)}) // a refusal: the price moved too far, it trades another time
}
