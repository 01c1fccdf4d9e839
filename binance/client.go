package binance

import (
	"errors"
	"fmt"
	"math/rand/v2"
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
	Window   time.Duration     // recvWindow of requests; 0: 2 s
	Note     func(text string) // hears what a person should know; nil: nobody
}

// prefix of our client order ids.
const prefix = "baton"

// The bounds of the client.
const (
	windowDefault = 2 * time.Second
	maxPending    = 4096  // commands waiting for their answer
	firstPause    = 200e6 // between attempts to connect, doubling
	lastPause     = 30e9
	listenKeyLife = 60 * time.Minute // Binance USD-M, Start User Data Stream
	snapshotLimit = 1000
)

// Stats count what a client did.
type Stats struct {
	Messages   int // stream frames taken
	DepthDiffs int // diffs applied to books
	Gaps       int // breaks of a diff chain that had been exact
	Resyncs    int // books that became exact again
	Connects   int // connections that were made
	Losses     int // connections that were lost
	Bad        int // frames that could not be read
}

// Client is one account's connection to the exchange.
type Client struct {
	cfg      Config
	co       *aio.Co
	loop     *aio.Loop
	net      netio.Network
	rest     netio.Doer
	signer   *wire.Signer
	names    *core.Names
	refusals *core.Refusals
	budget   *core.Budget
	offset   core.Offset
	rand     *rand.Rand

	instruments []*market.Instrument
	bySymbol    map[string]*symbol
	opened      []*symbol // waiting for the task that connects their streams
	sink        market.OrderSink
	stats       Stats
	closed      bool
	conns       []*link

	api      *link
	pending  map[int64]pending
	lastID   int64
	buf      []byte
	clientID []byte
	scratch  scratch
	assets   map[string]string

	live      map[market.OrderID]*liveOrder
	userSince market.Nanos // the user stream has had no interruption since
	userUp    bool
}

// symbol is one instrument's market data.
type symbol struct {
	in       *market.Instrument
	codec    *wire.Codec
	sync     *core.Sync
	sink     market.MarketSink
	fetching bool

	// What is being delivered: lent to the sink, so that a frame costs no memory.
	diff     market.Diff
	quote    market.Quote
	trade    market.Trade
	mark     market.Mark
	snapshot market.Snapshot
}

// Dial connects to the exchange: it measures the clock's offset, reads the instruments, opens the user stream and the connection
// for orders. The streams of market data begin with [Client.Open]. An error says which step failed; nothing is left open.
func Dial(co *aio.Co, network netio.Network, cfg Config) (*Client, error) {
	if cfg.Run == "" {
		cfg.Run = "0"
	}
	if cfg.Window == 0 {
		cfg.Window = windowDefault
	}
	names, err := core.NewNames(prefix, cfg.Run)
	if err != nil {
		return nil, err
	}
	c := &Client{
		cfg: cfg, co: co, loop: co.Loop(), net: network, rest: network.Doer(cfg.REST),
		signer: wire.NewSigner(cfg.Key, []byte(cfg.Secret.Reveal())), names: names, refusals: core.NewRefusals(), budget: core.NewBudget(),
		rand: rand.New(rand.NewPCG(cfg.Seed, 0x62696e)), bySymbol: map[string]*symbol{},
		pending: map[int64]pending{}, assets: map[string]string{}, live: map[market.OrderID]*liveOrder{},
	}
	for _, step := range []struct {
		what string
		do   func(*aio.Co) error
	}{
		{"ask the time", c.askTime},
		{"read the instruments", c.readInstruments},
		{"open the user stream", c.openUser},
		{"open the connection for orders", c.openAPI},
	} {
		if err := step.do(co); err != nil {
			c.Close()
			return nil, fmt.Errorf("%s at %s: %w", step.what, cfg.REST, err)
		}
	}
	aio.Start(co, "binance.upkeep", c.upkeep)
	return c, nil
}

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

// Close closes every connection. Commands that wait for an answer stay without one.
func (c *Client) Close() {
	c.closed = true
	for _, l := range c.conns {
		l.close()
	}
}

func (c *Client) note(format string, args ...any) {
	if c.cfg.Note != nil {
		c.cfg.Note(fmt.Sprintf(format, args...))
	}
}

// server is the exchange's time now, as far as is known.
func (c *Client) server() market.Nanos { return c.loop.Now() + c.offset.Ahead() }

// upkeep keeps the user stream's key alive and the clock's offset fresh.
func (c *Client) upkeep(co *aio.Co) error {
	for {
		if err := co.Sleep(listenKeyLife / 2); err != nil {
			return nil // the client's group ends
		}
		if err := c.keepListenKey(co); err != nil && !errors.Is(err, aio.ErrCancelled) {
			c.note("the user stream's key could not be kept alive: %v", err)
		}
		if err := c.askTime(co); err != nil && !errors.Is(err, aio.ErrCancelled) {
			c.note("the exchange did not tell its time: %v", err)
		}
	}
}
