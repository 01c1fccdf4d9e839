package binance

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"baton/aio"
	"baton/binance/core"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
	"baton/secret"
)

// Config says where the exchange is and who we are there.
type Config struct {
	REST     string            // "https://fapi.binance.com"
	Streams  string            // "wss://fstream.binance.com": the routed roots are below it
	API      string            // "wss://ws-fapi.binance.com/ws-fapi/v1"
	Symbols  []string          // the instruments that are wanted, with fee rates; none: all there are, without
	Key      string            // the API key's id
	Secret   secret.Key        // its HMAC secret
	Run      string            // tells apart the order ids of traders on one account: letters and digits
	Replayed bool              // the exchange replays a recording: our own orders are not in its book
	Seed     uint64            // of the pauses between attempts
	Window   time.Duration     // recvWindow of requests, 1 ms to 60 s; 0: 2 s. The barrier of ProvenAbsent grows with it
	Note     func(text string) // hears what a person should know; nil: nobody

	Algo       func(a *wire.AlgoEvent) // hears of conditional orders; nil: nobody
	NoREST     bool                    // commands never go by REST, where the connection for orders is down
	Copies     int                     // connections that bring the same market data, the first frame wins; 1 to 3; 0: 1
	Sweep      time.Duration           // how often the trades are asked for, whether the user stream lost one; 0: 10 s; negative: never
	Rotate     time.Duration           // a connection is replaced, without a gap, before it is so old; 0: 23 h (Binance ends one at 24 h)
	DepthQuiet time.Duration           // age of a book's data at which its stream counts as dead; 0: 60 s; negative: never
	MarkQuiet  time.Duration           // the same for mark prices, which come each second; 0: 15 s; negative: never
}

// prefix of our client order ids.
const prefix = "baton"

// The bounds of the client.
const (
	windowDefault = 2 * time.Second
	windowMax     = time.Minute // Binance USD-M, Timing Security
	maxPending    = 4096        // commands waiting for their answer
	answerLife    = 60e9        // a command without an answer for so long gives its place to another
	maxLive       = 1 << 16     // orders that are followed
	firstPause    = 200e6       // between attempts to connect, doubling
	lastPause     = 30e9
	apiQuiet      = 5e9              // behind a placement, the connection for orders brought nothing at all: it is dead, whatever it says
	steady        = 10e9             // a connection that lived so long was a good one: pauses begin small again
	listenKeyLife = 60 * time.Minute // Binance USD-M, Start User Data Stream
	keyRetry      = time.Minute      // after a keep-alive that failed
	snapshotLimit = 1000
	badShown      = 20 // unreadable frames that are shown; all are counted
)

// Stats count what a client did.
type Stats struct {
	Messages   int // frames taken from streams of market data and from the user stream
	DepthDiffs int // diffs applied to books
	Gaps       int // breaks of a diff chain that had been exact
	Resyncs    int // books that became exact again
	Connects   int // connections that were made
	Losses     int // connections that were lost
	Bad        int // frames of any connection that could not be read
	Duplicates int // frames that came twice, or behind a newer one, and were dropped
	Rotations  int // connections that were replaced while they were open
	Silences   int // streams that were open and brought nothing

	LogOns       int // connections for orders that the exchange knows the key of
	Resubscribed int // streams that the exchange did not list, and that were asked for again
}

// Client is one account's connection to the exchange.
type Client struct {
	cfg      Config
	co       *aio.Co
	loop     *aio.Loop
	net      netio.Network
	rest     netio.Doer
	signer   *wire.Signer
	logsOn   bool // with an Ed25519 key: each connection for orders
	names    *core.Names
	refusals *core.Refusals
	budget   *core.Budget
	offset   core.Offset
	rand     *rand.Rand

	instruments []*market.Instrument
	bySymbol    map[string]*symbol
	streams     map[string]*stream // by name
	shards      []*shard
	opened      []*stream // waiting for the task that opens them
	added       []*stream // put on an open shard, not yet subscribed
	control     int64     // id of a subscribe message
	connects    core.Connects
	jitter      *rand.Rand
	sink        market.OrderSink
	stats       Stats
	tasks       []*task
	ended       bool // the tasks are cancelled: none is started any more
	closed      bool
	links       []*link

	api        *link
	underWay   int          // commands that went by REST and wait for their answer
	apiSince   market.Nanos // of the first placement since the connection for orders last brought anything; 0: none
	lostBehind market.Nanos // the last event of the user stream, when a trade was last found that it should have told behind it
	pending    []pending    // a ring: the command of request n is at n modulo its length
	lastID     int64        // of a request
	logOnID    int64        // of the log-on that waits for its answer; 0: none
	buf        []byte
	clientID   []byte
	scratch    scratch
	assets     map[string]string
	timing     *task // measures the clock's offset

	user         *link
	listenKey    string
	live         map[market.OrderID]liveOrder
	epoch        int // of the user stream: see whole
	recovering   *task
	changes      core.Changes             // of the account, that were told
	bound        market.Nanos             // since when somebody hears of them, in server time
	heardUser    market.Nanos             // when the last event of the user stream came, in server time
	sweepFrom    market.Nanos             // trades since then may have been missed; 0: none
	compares     pace                     // queries of the account
	renewals     pace                     // of the dead man's switch
	spawned      map[int64]market.OrderID // orders that conditional ones became, by the venue's id
	spawnedOrder []int64                  // the same, oldest first
	strangers    int                      // updates of orders in instruments that are not ours
}

// symbol is one instrument's market data.
type symbol struct {
	in       *market.Instrument
	codec    *wire.Codec
	sync     *core.Sync
	sink     market.MarketSink
	fetching *task // fetches a snapshot

	// What is being delivered: lent to the sink, so that a frame costs no memory.
	diff     market.Diff
	quote    market.Quote
	trade    market.Trade
	mark     market.Mark
	snapshot market.Snapshot

	told  core.Recent // trades of ours that were told
	swept int64       // up to this id every trade of ours was told

	late   bool         // changes of the book come too late
	lateAt market.Nanos // when the clock was last measured because of that

	lastQuote, lastTrade, lastMark int64 // numbers of the newest that were told; a mark price has only its time
}

// Dial connects to the exchange: it measures the clock's offset, reads the instruments, opens the user stream and the connection
// for orders. The streams of market data begin with [Client.Open]. An error says which step failed; nothing is left open.
func Dial(co *aio.Co, network netio.Network, cfg Config) (*Client, error) {
	c, err := newClient(co, network, cfg)
	if err != nil {
		return nil, err
	}
	for _, step := range []struct {
		what, at string
		do       func(*aio.Co) error
	}{
		{"ask the time", cfg.REST, c.askTime},
		{"read the instruments", cfg.REST, c.readInstruments},
		{"open the user stream", cfg.Streams, c.openUser},
		{"open the connection for orders", cfg.API, c.openAPI},
	} {
		if err := step.do(co); err != nil {
			c.Close()
			return nil, fmt.Errorf("%s at %s: %w", step.what, step.at, err)
		}
	}
	c.start("binance.upkeep", c.upkeep)
	c.start("binance.watch", c.watch)
	if c.cfg.Sweep > 0 {
		c.start("binance.sweep", c.sweepNow)
	}
	return c, nil
}

func setTime(d *time.Duration, to time.Duration) {
	if *d == 0 {
		*d = to
	}
}

func newClient(co *aio.Co, network netio.Network, cfg Config) (*Client, error) {
	if cfg.Run == "" {
		cfg.Run = "0"
	}
	if cfg.Window == 0 {
		cfg.Window = windowDefault
	}
	if cfg.Window < time.Millisecond || cfg.Window > windowMax {
		return nil, fmt.Errorf("the window of requests is %s: use 1ms to %s", cfg.Window, windowMax)
	}
	if cfg.Copies < 0 || cfg.Copies > maxCopies || cfg.Rotate < 0 {
		return nil, fmt.Errorf("%d copies of a connection, replaced after %s: use 1 to %d copies", cfg.Copies, cfg.Rotate, maxCopies)
	}
	cfg.Copies = max(cfg.Copies, 1)
	setTime(&cfg.Rotate, 23*time.Hour)
	setTime(&cfg.DepthQuiet, time.Minute)
	setTime(&cfg.Sweep, 10*time.Second)
	setTime(&cfg.MarkQuiet, 15*time.Second)
	names, err := core.NewNames(prefix, cfg.Run)
	if err != nil {
		return nil, err
	}
	signer, logsOn, err := newSigner(&cfg)
	if err != nil {
		return nil, err
	}
	return &Client{
		cfg: cfg, co: co, loop: co.Loop(), net: network, rest: network.Doer(cfg.REST),
		signer: signer, logsOn: logsOn, names: names, refusals: core.NewRefusals(), budget: core.NewBudget(),
		rand: rand.New(rand.NewPCG(cfg.Seed, 0x62696e)), bySymbol: map[string]*symbol{},
		jitter: rand.New(rand.NewPCG(cfg.Seed, 0x726f74)), streams: map[string]*stream{},
		pending: make([]pending, maxPending), assets: map[string]string{}, live: map[market.OrderID]liveOrder{},
		spawned: map[int64]market.OrderID{},
	}, nil
}

// newSigner makes the signer of a secret: HMAC's, or a private key in PEM. logsOn says that it is an Ed25519 one, the only kind with
// which the exchange lets a connection log on.
func newSigner(cfg *Config) (s *wire.Signer, logsOn bool, err error) {
	text := cfg.Secret.Reveal()
	if !strings.HasPrefix(strings.TrimSpace(text), "-----BEGIN") {
		return wire.NewSigner(cfg.Key, []byte(text)), false, nil
	}
	s, rsaKey, err := wire.NewKeySigner(cfg.Key, []byte(text))
	if err != nil {
		return nil, false, fmt.Errorf("the secret of the API key: %w", err)
	}
	if rsaKey && cfg.Note != nil {
		cfg.Note("the API key is an RSA one, which is slow to sign with: an Ed25519 key is better")
	}
	return s, !rsaKey, nil
}

// task is one of the client's own.
type task = aio.Task[struct{}]

// start starts a task that ends with the client, or with the group that it was dialled in. nil: they have ended.
func (c *Client) start(name string, do func(*aio.Co) error) *task {
	if c.closed || c.ended {
		return nil
	}
	t := aio.Start(c.co, name, do)
	c.tasks = append(slices.DeleteFunc(c.tasks, (*task).Done), t)
	return t
}

// running says whether a task of start's is still at work.
func running(t *task) bool { return t != nil && !t.Done() }

// Instruments are what the exchange trades.
func (c *Client) Instruments() []*market.Instrument { return c.instruments }

// Instrument finds one by symbol.
func (c *Client) Instrument(name string) (*market.Instrument, bool) {
	s, ok := c.bySymbol[name]
	if !ok {
		return nil, false
	}
	return s.in, true
}

// Book is the book that is kept of a symbol, nil where there is none.
func (c *Client) Book(symbol string) *market.Book {
	s, ok := c.bySymbol[symbol]
	if !ok {
		return nil
	}
	return s.sync.Book()
}

// Stats are the counts so far.
func (c *Client) Stats() Stats {
	s := c.stats
	for _, in := range c.instruments {
		k := c.bySymbol[in.Symbol].sync
		s.DepthDiffs, s.Gaps, s.Resyncs = s.DepthDiffs+k.Diffs, s.Gaps+k.Gaps, s.Resyncs+k.Resyncs
	}
	return s
}

// Close closes every connection and ends the client's tasks. Its books are not exact any more; their sinks hear that nothing more
// will come. Commands that wait for an answer stay without one.
func (c *Client) Close() {
	if c.closed {
		return
	}
	c.closed = true
	for _, l := range c.links {
		l.close()
	}
	for _, t := range c.tasks {
		t.Cancel(aio.ErrClosed)
	}
	c.closeStreams()
	for _, in := range c.instruments {
		if s := c.bySymbol[in.Symbol]; s.sink != nil {
			s.sync.Reset()
			c.loop.CallSoon(func() { s.sink.Status(market.Ended) }) // not inside the call of its owner
		}
	}
}

// note tells a person, without secrets.
func (c *Client) note(format string, args ...any) {
	if c.cfg.Note != nil {
		c.cfg.Note(c.clean(fmt.Sprintf(format, args...)))
	}
}

// bad counts a frame that could not be read, and says so the first times.
func (c *Client) bad(what string, err error) {
	c.stats.Bad++
	if c.stats.Bad <= badShown {
		c.note("%s: a frame that cannot be read: %v", what, err)
	}
}

// server is the exchange's time now, as far as is known.
func (c *Client) server() market.Nanos { return c.loop.Now() + c.offset.Ahead() }

// upkeep keeps the user stream's key alive and the clock's offset fresh.
func (c *Client) upkeep(co *aio.Co) error {
	pause := listenKeyLife / 2
	for {
		if err := co.Sleep(pause); err != nil {
			c.ended = true // the group ends; what is open stays open until Close, so that a trader can wind up
			return nil
		}
		pause = listenKeyLife / 2
		if err := c.keepListenKey(co); err != nil && !errors.Is(err, aio.ErrCancelled) {
			c.note("the user stream's key could not be kept alive: %v", err)
			pause = keyRetry
		}
		if err := c.askTime(co); err != nil && !errors.Is(err, aio.ErrCancelled) {
			c.note("the exchange did not tell its time: %v", err)
		}
	}
}
