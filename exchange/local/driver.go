package local

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"baton/aio"
	"baton/exchange"
	"baton/exchange/flow"
	"baton/market"
)

// ErrClosed: the driver was closed. ErrCut: the line is down. Both are the proof that nothing left.
var (
	ErrClosed = errors.New("local exchange: closed")
	ErrCut    = errors.New("local exchange: the line is down")
)

// Config of a driver.
type Config struct {
	Account   int           // whose orders these are, see exchange.AddAccount
	Out, Back Latency       // of commands; of answers and of the user stream
	Busy      time.Duration // the strategy's own compute time: what arrives meanwhile is applied, and wakes it once, afterwards
	End       market.Nanos  // when a synthetic market ends; 0: never. A tape ends by itself
	Timed     bool          // deliver by timers of a loop that this driver does not move: paper trading on the real clock
}

// Driver is feed, venue and clock. See the package comment.
type Driver struct {
	cfg  Config
	loop *aio.Loop
	x    *exchange.Exchange
	ev   *exchange.Events

	tape  *flow.Tape
	at    []market.Nanos // the tape's times
	index []int          // of the tape's instruments at the exchange
	k     int            // next entry of the tape
	crowd *flow.Synthetic
	ended bool

	seats []seat // by instrument
	to    market.OrderSink
	free  market.Nanos // when the strategy's computing is over

	out      *Line
	answered *Line // answers to commands
	streamed *Line // the user stream
	orders   ring[message]
	answers  ring[answer]
	news     ring[news]
	arrive   market.Nanos // of the first of orders
	reply    market.Nanos // of the first of answers
	tell     market.Nanos // of the first of news
	timer    *aio.Timer
	closed   bool
	rig      rig
	fills    []exchange.Fill // reused by queries
	open     []exchange.Order
	waiting  []exchange.Algo
}

// seat is where an instrument's market data goes, and the status it was told last.
type seat struct {
	sink   market.MarketSink
	status market.Status
}

// New makes a driver of an exchange, whose events it drains. rng draws the jitter.
func New(x *exchange.Exchange, ev *exchange.Events, cfg Config, rng *rand.PCG) (*Driver, error) {
	if err := errors.Join(cfg.Out.Validate(), cfg.Back.Validate()); err != nil {
		return nil, err
	}
	if _, ok := x.Account(cfg.Account); !ok || cfg.Account == 0 {
		return nil, fmt.Errorf("local exchange: there is no account %d to trade with", cfg.Account)
	}
	if cfg.Busy < 0 {
		return nil, fmt.Errorf("local exchange: busy %s is negative", cfg.Busy)
	}
	return &Driver{cfg: cfg, x: x, ev: ev, seats: make([]seat, len(x.Instruments())),
		out: NewLine(cfg.Out, rng), answered: NewLine(cfg.Back, rng), streamed: NewLine(cfg.Back, rng),
		arrive: aio.Never, reply: aio.Never, tell: aio.Never}, nil
}

// Play says that the market is a recording. The tape is sealed, and its instruments are listed at the exchange as recorded ones.
func (d *Driver) Play(t *flow.Tape) error {
	index, err := flow.Listed(t, d.x)
	if err != nil {
		return err
	}
	d.tape, d.index, d.at = t, index, t.Times()
	return nil
}

// Gather says that the market is a synthetic crowd at the same exchange.
func (d *Driver) Gather(s *flow.Synthetic) { d.crowd = s }

// Start is when the loop's clock has to start: at the first event of the market. Zero without one.
func (d *Driver) Start() market.Nanos {
	switch {
	case len(d.at) > 0:
		return d.at[0]
	case d.crowd != nil:
		return d.crowd.Next()
	}
	return 0
}

// Attach gives the driver its loop: before Open, Bind and anything else that a session does. What the exchange did before
// (deposits, the opening of a crowd) is nobody's news.
func (d *Driver) Attach(l *aio.Loop) {
	d.loop = l
	d.ev.Reset()
	if d.cfg.Timed {
		d.timer = aio.NewTimer(l, aio.ClassResponse, d.pump).Label("a message of the exchange")
		d.arm()
	}
}

// Open brings an instrument's market data into a sink and returns the exchange's one book. A book of a recorded market does not
// hold own orders (market.Book.HoldsOwn). The status is told first, at the next delivery.
func (d *Driver) Open(in *market.Instrument, to market.MarketSink) (*market.Book, error) {
	i, ok := d.x.Index(in.Symbol)
	switch {
	case d.closed:
		return nil, ErrClosed
	case !ok:
		return nil, fmt.Errorf("local exchange: %s is not listed: it trades what the recording or the opening names", in.Symbol)
	case d.seats[i].sink != nil:
		return nil, fmt.Errorf("local exchange: %s has a sink already: an instrument has one", in.Symbol)
	}
	d.seats[i] = seat{sink: to}
	d.rig.announce = true
	d.arm()
	return d.x.Book(i), nil
}

// Bind says who hears of orders.
func (d *Driver) Bind(to market.OrderSink) { d.to = to }

// Close ends the driver: nothing is delivered any more, and what is awaited ends with ErrClosed.
func (d *Driver) Close() {
	if d.closed {
		return
	}
	d.closed = true
	for m := range d.orders.all {
		m.ask.fail(ErrClosed)
	}
	for a := range d.answers.all {
		a.ask.fail(ErrClosed)
	}
	if d.timer != nil {
		d.timer.Stop()
	}
}
