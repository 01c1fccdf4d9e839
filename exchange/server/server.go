package server

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"baton/aio"
	"baton/binance/wire"
	"baton/decimal"
	"baton/exchange"
	"baton/exchange/face"
	"baton/exchange/flow"
	"baton/exchange/local"
	"baton/market"
	"baton/netio"
)

// Key is one API key. Keys of the same account name share the account; the first one's deposit counts.
type Key struct {
	APIKey  string
	Secret  string // of an HMAC key
	Public  string // PEM text of an RSA or Ed25519 key, in place of a secret
	Account string
	Deposit decimal.Decimal
}

// Opening is where the synthetic market of an instrument opens. Without a price there is no crowd: the instrument is listed, and
// only clients trade it.
type Opening struct {
	Symbol string
	Price  decimal.Decimal
	Rate   float64 // actions of the crowd a second; 0: as flow.Opening says
	Depth  int     // orders a side; 0: as flow.Opening says
}

// Config of a server. The market is either a recording (Tape) or seeded participants (Openings).
type Config struct {
	Instruments []*market.Instrument // known ones; listed are those that the market names
	Tape        *flow.Tape           // sealed
	Openings    []Opening
	Keys        []Key
	Out, Back   local.Latency   // of order requests; of their answers, and of the user stream
	Seed        uint64          // of participants, latencies, listenKeys
	Faults      []Fault         // what goes wrong on purpose
	Grace       time.Duration   // how long a recording waits for its readers; 0: 2 s
	Exchange    exchange.Config // Start and Echo are the server's
	Legacy      bool            // un-routed stream paths deliver everything, as the demo venue's do
	Life        time.Duration   // of a WebSocket connection; 0: 24 hours
	Page        func() []byte   // makes the HTML page for GET /; nil: there is none
	State       *State          // what an earlier exchange kept; nil: nothing
	History     *History        // likewise
	Chances     []Chance        // what goes wrong on purpose, by chance
	Plan        flow.Plan       // what a synthetic market does beyond its steady crowd
}

// grace is how long a recording waits at most (see the package comment).
const grace = 2 * time.Second

// The generators that are split from the seed, one a purpose, so that none disturbs another.
const (
	seedCrowd = iota + 1
	seedOut
	seedAnswers
	seedUser
	seedChance
)

// Server is an exchange on a loop, and what its clients reach over a network.
type Server struct {
	l        *aio.Loop
	x        *exchange.Exchange
	f        *face.Face
	events   exchange.Events
	market   mover
	timer    *aio.Timer // of market data: the market, the exchange's own times, slowed streams
	accounts map[string]int

	out, answers, user *way // order requests; their answers; the user streams
	faults             []armed
	delay              market.Nanos // of every answer, by delay-ack
	stats              Stats

	page      func() []byte
	names     []string // of the accounts, in order
	conns     []*conn  // open ones, in order of their opening
	chances   []Chance
	luck      *rand.Rand
	drift     market.Nanos // what the clock shows too much, by a fault
	closed    bool         // maintenance: nothing is served
	stepping  *aio.Timer   // ends a step of a paused clock
	seed      uint64
	latencies int // how often they were changed

	// What befalls the venue as a whole, see scene.go.
	running    []*running
	filters    map[int]exchange.Filters // set by command
	dice       *aio.Timer               // throws for it, each second
	outage     int                      // how many scenarios have it so; likewise below
	cancelOnly int
	down       [parts]int

	counts    map[string]int // how often each fault by chance has happened
	garbage   int            // spoilt frames
	hands     int            // orders by hand
	snapshots map[string][]byte
}

// Stats are counts since the start.
type Stats struct {
	Events        int             // market events played
	Frames        [face.Kinds]int // sent, by kind
	Dropped       int             // frames and answers that a fault kept back
	Skipped       int             // recorded diffs older than the recording's snapshot
	Faults        int             // that happened by chance
	RecordingGaps int             // holes of the recording
	Requests      int             // REST
	Placements    int             // answers to order placements, lost ones too
	Sessions      int             // WebSocket connections accepted
}

// New makes a server and opens its exchange at the loop's time. It is to be called on the loop; it listens nowhere by itself:
// give it to [netio.Network.Listen].
func New(l *aio.Loop, cfg Config) (*Server, error) {
	if err := validate(&cfg); err != nil {
		return nil, fmt.Errorf("exchange server: %w", err)
	}
	cfg.Exchange.Start, cfg.Exchange.Echo = l.Now(), true
	cfg.remember()
	s := &Server{l: l, accounts: map[string]int{}, filters: map[int]exchange.Filters{}, counts: map[string]int{}, snapshots: map[string][]byte{}}
	s.x = exchange.New(cfg.Exchange, &s.events)
	seed, amended := cfg.Seed, int64(0)
	if cfg.State != nil {
		s.x.GoOn(cfg.State.numbers())
		seed, amended = seed^uint64(s.x.Ids().Order), cfg.State.Amended
	}
	if err := s.list(&cfg); err != nil {
		return nil, fmt.Errorf("exchange server: %w", err)
	}
	keys, err := s.open(&cfg)
	if err != nil {
		return nil, fmt.Errorf("exchange server: %w", err)
	}
	s.f = face.New(face.Config{Exchange: s.x, Keys: keys, Seed: seed, Amended: amended, Legacy: cfg.Legacy, Life: market.Nanos(cfg.Life)})
	s.page, s.seed = cfg.Page, cfg.Seed
	s.timer = aio.NewTimer(l, aio.ClassMarket, s.tick).Label("the market")
	pcg := func(n uint64) *rand.PCG { return rand.NewPCG(cfg.Seed, n) }
	s.out = newWay(l, local.NewLine(cfg.Out, pcg(seedOut)))
	s.answers = newWay(l, local.NewLine(cfg.Back, pcg(seedAnswers)))
	s.user = newWay(l, local.NewLine(cfg.Back, pcg(seedUser)))
	s.arm(cfg.Faults)
	s.luck, s.chances = rand.New(pcg(seedChance)), slices.Clone(cfg.Chances)
	s.stepping = aio.NewTimer(l, aio.ClassTimer, s.pause).Label("the exchange's clock")
	s.dice = aio.NewTimer(l, aio.ClassTimer, s.throwDice).Label("the exchange's dice")
	s.startDice()
	if s.market, err = s.mover(&cfg, pcg(seedCrowd)); err != nil {
		return nil, fmt.Errorf("exchange server: %w", err)
	}
	if cfg.State != nil {
		if cfg.History == nil {
			cfg.History = &History{}
		}
		s.recall(cfg.State, cfg.History)
		for i := range cfg.State.Accounts {
			if a := &cfg.State.Accounts[i]; slices.Contains(s.names, a.Name) {
				s.resume(l.Now(), a)
			}
		}
	}
	s.events.Reset() // nobody has heard of the opening
	s.schedule()
	return s, nil
}

// DefaultHistory is how many closed orders of an account queries find, where the configuration does not say: a page of allOrders.
const DefaultHistory = 500

// FillsPerOrder is how many fills, and how many incomes, are remembered for each order that is.
const FillsPerOrder = 5

// How many accounts there may be beside the crowd, and connections.
const (
	maxAccounts = 10_000
	maxConns    = 4096 // open WebSocket connections
)

// remember sets what queries find of an account, where nothing is said.
func (cfg *Config) remember() {
	x := &cfg.Exchange
	x.KeepOrders = cmp.Or(x.KeepOrders, DefaultHistory)
	x.KeepFills = cmp.Or(x.KeepFills, FillsPerOrder*x.KeepOrders)
	x.KeepIncome = cmp.Or(x.KeepIncome, FillsPerOrder*x.KeepOrders)
}

func validate(cfg *Config) error {
	switch {
	case cfg.Tape == nil && len(cfg.Openings) == 0:
		return errors.New("there is no market: give it a recording, or the opening price of a synthetic one")
	case cfg.Tape != nil && len(cfg.Openings) > 0:
		return errors.New("a market is either recorded or synthetic: give it a recording or opening prices, not both")
	case cfg.Grace < 0:
		return fmt.Errorf("a grace of %s is negative", cfg.Grace)
	}
	if cfg.Grace == 0 {
		cfg.Grace = grace
	}
	return errors.Join(cfg.Out.Validate(), cfg.Back.Validate())
}

// list lists the instruments that the market names.
func (s *Server) list(cfg *Config) error {
	if cfg.Tape != nil {
		for _, in := range cfg.Tape.Instruments() {
			if _, err := s.x.List(in, exchange.Recorded); err != nil {
				return err
			}
		}
		return nil
	}
	for _, o := range cfg.Openings {
		in := find(cfg.Instruments, o.Symbol)
		if in == nil {
			return fmt.Errorf("the synthetic market of %s: it is not among the %d instruments", o.Symbol, len(cfg.Instruments))
		}
		if _, err := s.x.List(in, exchange.Matched); err != nil {
			return err
		}
	}
	return nil
}

func find(list []*market.Instrument, symbol string) *market.Instrument {
	for _, in := range list {
		if in.Symbol == symbol {
			return in
		}
	}
	return nil
}

// open opens the accounts of the keys and funds them.
func (s *Server) open(cfg *Config) ([]face.Key, error) {
	keys := make([]face.Key, 0, len(cfg.Keys))
	for _, k := range cfg.Keys {
		if k.APIKey == "" || k.Secret == "" && k.Public == "" {
			return nil, fmt.Errorf("the key of account %q lacks its text or its secret", k.Account)
		}
		a, known := s.accounts[k.Account]
		if !known {
			a = s.x.AddAccount(k.Account)
			s.accounts[k.Account] = a
			s.names = append(s.names, k.Account)
			kept := cfg.State.account(k.Account)
			if kept != nil {
				k.Deposit = kept.Wallet
			}
			if err := s.x.Deposit(s.l.Now(), a, k.Deposit); err != nil {
				return nil, fmt.Errorf("the deposit of account %q: %w", k.Account, err)
			}
			if kept != nil {
				if err := s.restore(s.l.Now(), kept); err != nil {
					return nil, fmt.Errorf("the kept state: %w", err)
				}
			}
		}
		key := face.Key{APIKey: k.APIKey, Secret: k.Secret, Public: k.Public, Account: a}
		if err := key.Check(); err != nil {
			return nil, fmt.Errorf("the key of account %q: %w", k.Account, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Exchange is the exchange behind the server, for whoever wants to compare. Ask it, but command it only through the network.
func (s *Server) Exchange() *exchange.Exchange { return s.x }

// Book is the exchange's book of a symbol, nil where it is not listed.
func (s *Server) Book(symbol string) *market.Book {
	if i, ok := s.x.Index(symbol); ok {
		return s.x.Book(i)
	}
	return nil
}

// Account is the exchange's number of an account, by the name in [Key].
func (s *Server) Account(name string) (int, bool) {
	a, ok := s.accounts[name]
	return a, ok
}

// Stats are the counts so far.
func (s *Server) Stats() Stats {
	st := s.stats
	for i := range s.x.Instruments() {
		st.RecordingGaps += s.x.Gaps(i)
	}
	return st
}

// Started says whether the market moves, and Ended whether a recording is over.
func (s *Server) Started() bool { return s.market.started() }

// Ended says whether a recording has been played to its end. A synthetic market never ends.
func (s *Server) Ended() bool { return s.market.done().Done() }

// Shift is what was added to every E and T of the recording, fixed when it started; 0 before, and for a synthetic market.
func (s *Server) Shift() market.Nanos { return s.market.shift() }

// Done is set when a recording has been played to its end.
func (s *Server) Done() *aio.Future[struct{}] { return s.market.done() }

// now is the exchange's clock: the loop's, but for a drift that a fault gives it. The face's timers go by the loop's.
func (s *Server) now() market.Nanos { return s.l.Now() + s.drift }

func response(r face.Response) *netio.Response {
	return &netio.Response{Status: r.Status, Header: r.Header, Body: r.Body}
}

// Accept opens a session for a WebSocket handshake.
func (s *Server) Accept(r *netio.Request, c *netio.Conn) (netio.Handler, *netio.Response) {
	k := &conn{s: s, c: c, part: partOf(r.Path), spoke: s.l.Now()}
	if s.closed || s.down[k.part] > 0 || len(s.conns) >= maxConns {
		return nil, (&falsehood{503, &wire.APIError{Code: wire.CodeUnknown, Msg: wire.TextServiceUnavailable}}).response()
	}
	session, refusal := s.f.Open(s.l.Now(), &face.Request{Path: r.Path, Query: r.Query, Remote: r.Remote}, k)
	if refusal != nil {
		return nil, response(*refusal)
	}
	s.stats.Sessions++
	k.session = session
	s.conns = append(s.conns, k)
	s.settle()
	return k, nil
}

// partOf is the part of the venue that a WebSocket path belongs to.
func partOf(path string) int {
	switch {
	case path == wire.PathAPI:
		return apiPart
	case strings.HasPrefix(path, wire.RootPrivate+"/"):
		return userPart
	}
	return marketPart
}

// settle follows up on whatever was asked or changed: the exchange's events go to the streams, and the timer is set.
func (s *Server) settle() {
	s.publish()
	s.schedule()
}

func (s *Server) publish() {
	if len(s.events.List) > 0 {
		s.f.Publish(s.l.Now(), &s.events)
		s.events.Reset()
	}
}

// schedule sets the timer to what is due first.
func (s *Server) schedule() {
	s.market.ready()
	next := min(s.market.Next(), s.x.Next(), s.f.Next())
	if next != s.timer.When() {
		s.timer.Arm(next)
	}
}

// bite bounds the market events that one firing of the timer plays, so that a late loop serves its clients in between.
const bite = 256

// tick plays what is due.
func (s *Server) tick() {
	s.play(bite)
	s.schedule()
}

// catchUp plays everything that is due, so that an order never comes before what happened before it.
func (s *Server) catchUp() { s.play(1 << 30) }

// play plays up to n market events that are due, and with them the exchange's own times and the slowed streams, in order.
func (s *Server) play(n int) {
	now := s.l.Now()
	for ; n > 0; n-- {
		next := min(s.market.Next(), s.x.Next(), s.f.Next())
		switch {
		case next > now:
			return
		case s.market.Next() == next:
			s.stats.Events++
			s.market.step()
		case s.x.Next() == next:
			s.x.Timer(max(next, 0))
		default:
			s.f.Timer(next)
		}
		if len(s.events.List) > 0 {
			s.f.Publish(next, &s.events)
			s.events.Reset()
		}
	}
}
