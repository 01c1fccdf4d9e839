package exchange

import (
	"errors"
	"fmt"

	"baton/decimal"
	"baton/market"
)

// Nanos is a time in nanoseconds since the Unix epoch.
type Nanos = market.Nanos

// Never is later than every time.
const Never Nanos = 1<<63 - 1

// MarketKind says how an instrument is traded.
type MarketKind uint8

// The two kinds of market; see the package comment.
const (
	Matched MarketKind = iota + 1
	Recorded
)

// What the zero values of a [Config] stand for.
const (
	DefaultLeverage   = 20
	DefaultKeepOrders = 10_000 // an account, as the next two
	DefaultKeepFills  = 10_000
	DefaultKeepIncome = 10_000
)

// MaxInstruments is how many an exchange lists: several times what Binance does.
const MaxInstruments = 4096

// defaultFunding is the rate of a funding period without premium, 0.01 % (Binance USD-M, interest rate).
var defaultFunding = decimal.MustParse("0.0001")

// Bounds that keep every sum of money inside an int64 of 1e-8. maxWallet bounds what is deposited in all, each exposure and each
// quantity, maxNotional one order, maxPrice what is taken for a price.
const (
	maxWallet   = 40_000_000_000 * decimal.Scale
	maxNotional = 5_000_000_000 * decimal.Scale
	maxPrice    = 1_000_000_000 * decimal.Scale
)

// Trade ids of fills in a recorded market begin here: far above the recorded ones, and still exact in JSON.
const firstOwnTrade = 1_000_000_000_000

// ErrInstrument: an instrument that this exchange cannot trade. ErrDeposit: an unknown account, or too much money.
var (
	ErrInstrument = errors.New("exchange: instrument cannot be listed")
	ErrDeposit    = errors.New("exchange: deposit refused")
)

// Config of an exchange; the zero value of each field has a meaning.
type Config struct {
	Start       Nanos           // when it opens: marks, funding and countdowns are timed from here
	Leverage    int             // that accounts begin with, where the brackets allow it; 0: DefaultLeverage
	FundingRate decimal.Decimal // where no recorded mark price says one; zero: 0.0001
	KeepOrders  int             // closed orders an account that queries still find, and as many conditional ones; 0: DefaultKeepOrders
	KeepFills   int             // fills an account that queries still find; 0: DefaultKeepFills
	KeepIncome  int             // incomes an account that queries still find; 0: DefaultKeepIncome
	Insurance   decimal.Decimal // what the insurance fund begins with
	Queue       QueueModel      // how own orders move up beside a recorded book
	Echo        bool            // repeat the market data of Recorded instruments as events, too
}

// Exchange is the state machine. See the package comment.
type Exchange struct {
	cfg       Config
	out       *Events
	ins       []*instrument
	list      []*market.Instrument
	accounts  []*account
	fees      int64 // earned, in 1e-8 of the margin asset, as all money here
	paidIn    int64
	feeCoins  int64 // earned in FeeCoin
	coinsIn   int64
	off       tallies
	coinPrice int64 // of a FeeCoin; 0: none is known
	incomes   int64 // how many were booked
	from      Ids   // numbers that are used up already
	insurer   int   // account of the insurance fund; 0: not opened yet
	orders    orders
	algos     algos
	tasks     []task  // what follows from the entry in hand
	used      []used  // of the walk in hand, see fillable
	dated     []int32 // open orders with a date
	daily     Nanos   // when orders are next looked at for their age
	guards    []countdown
	second    Nanos // next mark price
	next      Nanos
}

// instrument is one listed contract.
type instrument struct {
	*market.Instrument // as it was listed, or a copy with other rules, see rules.go; tick and step are always the listed ones
	public             *market.Instrument
	phase              phase
	tickStep           market.Ticks // what prices and quantities must be multiples of
	lotStep            market.Lots
	index              int
	kind               MarketKind
	unit               int64 // money in one tick times one lot
	lotMul             int64 // a lot is lotMul/lotDiv
	lotDiv             int64
	leverage           int64 // that accounts begin with
	maxTicks           market.Ticks
	book               *market.Book
	top                market.Quote
	hasTop             bool
	last               market.Trade
	lastTrade          int64
	mark               marking
	limits             limits
	replay             replay
	match              match
	stops              stops
}

// New opens an exchange that appends what happens to out.
func New(cfg Config, out *Events) *Exchange {
	if cfg.Leverage == 0 {
		cfg.Leverage = DefaultLeverage
	}
	if cfg.FundingRate.IsZero() {
		cfg.FundingRate = defaultFunding
	}
	if cfg.KeepOrders == 0 {
		cfg.KeepOrders = DefaultKeepOrders
	}
	if cfg.KeepFills == 0 {
		cfg.KeepFills = DefaultKeepFills
	}
	if cfg.KeepIncome == 0 {
		cfg.KeepIncome = DefaultKeepIncome
	}
	x := &Exchange{cfg: cfg, out: out, second: nextMultiple(cfg.Start, markEvery)}
	x.daily = nextMultiple(cfg.Start, day)
	x.orders.init()
	x.algos.init()
	x.AddAccount("market")
	x.schedule()
	return x
}

// List lists an instrument and returns its index, counted up from 0. ErrInstrument where its rules make no sense, or where a
// tick times a lot is finer than money is kept (1e-8).
func (x *Exchange) List(in *market.Instrument, kind MarketKind) (int, error) {
	if err := listable(in); err != nil {
		return 0, err
	}
	if len(x.ins) >= MaxInstruments {
		return 0, fmt.Errorf("%w: %s: %d are listed already", ErrInstrument, in.Symbol, MaxInstruments)
	}
	if _, ok := x.Index(in.Symbol); ok {
		return 0, fmt.Errorf("%w: %s is listed already", ErrInstrument, in.Symbol)
	}
	s := &instrument{Instrument: in, index: len(x.ins), kind: kind, book: market.NewBook(in), phase: phaseOf(in.Status), tickStep: 1, lotStep: 1}
	s.publish()
	s.unit = in.Tick.Units() * in.Lot.Units() / decimal.Scale
	s.maxTicks = market.Ticks(maxPrice / in.Tick.Units())
	common := gcd(in.Lot.Units(), decimal.Scale)
	s.lotMul, s.lotDiv = in.Lot.Units()/common, decimal.Scale/common
	s.leverage = max(min(int64(x.cfg.Leverage), int64(in.Brackets[0].Leverage)), 1)
	s.mark.init(x.cfg)
	s.replay.init()
	s.stops.init()
	if kind == Matched {
		s.book.HoldsOwn = true
		s.book.Load(&market.Snapshot{Last: max(firstUpdate, x.from.Books[in.Symbol])}, true)
	} else {
		s.lastTrade = firstOwnTrade
	}
	s.lastTrade = max(s.lastTrade, x.from.Trades[in.Symbol])
	x.ins, x.list = append(x.ins, s), append(x.list, in)
	for _, a := range x.accounts {
		a.positions = append(a.positions, position{})
	}
	x.schedule()
	return s.index, nil
}

func listable(in *market.Instrument) error {
	tick, lot := in.Tick.Units(), in.Lot.Units()
	switch {
	case tick <= 0 || lot <= 0:
		return fmt.Errorf("%w: %s: tick %s and lot %s must be positive", ErrInstrument, in.Symbol, in.Tick, in.Lot)
	case tick > maxWallet/lot || tick*lot%decimal.Scale != 0:
		return fmt.Errorf("%w: %s: tick %s times lot %s is no whole number of 1e-8", ErrInstrument, in.Symbol, in.Tick, in.Lot)
	case len(in.Brackets) == 0:
		return fmt.Errorf("%w: %s has no margin brackets: give it at least one", ErrInstrument, in.Symbol)
	}
	return nil
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Index is the index of a symbol.
func (x *Exchange) Index(symbol string) (i int, ok bool) {
	for i, in := range x.list {
		if in.Symbol == symbol {
			return i, true
		}
	}
	return 0, false
}

// Instruments are the listed instruments by index. The slice is the exchange's own: do not change it.
func (x *Exchange) Instruments() []*market.Instrument { return x.list }

// Kind is how instrument i is traded.
func (x *Exchange) Kind(i int) MarketKind { return x.ins[i].kind }

// instrument gives nil for an index that is not listed.
func (x *Exchange) instrument(i int) *instrument {
	if i < 0 || i >= len(x.ins) {
		return nil
	}
	return x.ins[i]
}

// check panics where an invariant of the exchange itself is broken: to go on would invent money.
func check(ok bool, why string) {
	if !ok {
		panic("exchange: " + why)
	}
}
