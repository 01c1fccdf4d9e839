package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/api"
	"baton/decimal"
	"baton/exchange"
	"baton/exchange/local"
	"baton/market"
	"baton/netio"
	"baton/risk"
	"baton/trade"
	"baton/ui"
)

// Paper says what `baton paper` runs: a strategy on the live market of an exchange, whose orders go to an exchange in this process.
// There they rest behind what rested before them, and are filled by the trades and books of the live market. Nothing is sent to the
// real one but questions.
type Paper struct {
	Access   // to read with; a key that may only read is enough
	Strategy trade.Strategy
	Symbols  []string
	Deposit  decimal.Decimal
	For      time.Duration // 0: until ctx is cancelled
	Seed     uint64        // of the latencies
	Say      func(string)  // nil: nobody
	Page     *Page         // nil: nowhere
	State    string        // the state folder that keeps the recordings of runs, and in its folder paper the journal; empty: neither
}

// DefaultPaper is a paper run with the deposit of a demo.
func DefaultPaper() Paper { return Paper{Deposit: decimal.MustParse(deposit), Seed: 1} }

// Validate reports everything that cannot be, at once.
func (p *Paper) Validate() error {
	var errs []error
	for _, c := range []struct {
		bad  bool
		text string
	}{
		{p.Strategy.Run == nil, "no strategy: set Paper.Strategy"},
		{len(p.Symbols) == 0, "no symbol: name one with --symbol"},
		{p.Deposit.Sign() <= 0, "--deposit must be more than zero"},
		{p.For < 0, "--for must not be negative"},
	} {
		if c.bad {
			errs = append(errs, errors.New(c.text))
		}
	}
	return errors.Join(append(errs, p.Access.Validate())...)
}

// paper is one run of [RunPaper].
type paper struct {
	Paper
	events exchange.Events
	x      *exchange.Exchange
	driver *local.Driver
	client *binance.Client
	trader *trade.Trader
	opened []*market.Instrument
	me     int
	start  market.Nanos
	page   *page
	shown  *shown
	digest string // of the ledger, once the run has ended
	diary  *diary // nil: the run is neither recorded nor a replay
	dir    stateDir
	lock   *os.File // of dir
	onDisk bool     // the run has a journal on disk, or is the replay of one that had
}

// RunPaper runs until ctx is cancelled or p.For is over.
func RunPaper(ctx context.Context, cfg Paper) (*Report, error) {
	p := &paper{Paper: cfg}
	if p.Say == nil {
		p.Say = func(string) {}
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	p.onDisk = p.State != ""
	if err := p.keepBook(ctx); err != nil {
		return nil, err
	}
	defer p.leaveBook()
	if err := p.record(); err != nil {
		return nil, err
	}
	raiseProcs(p.Say)
	if p.Page != nil {
		return withPage(ctx, *p.Page, func(ctx context.Context, g *page) (*Report, error) {
			p.page = g
			return p.loop(ctx)
		})
	}
	return p.loop(ctx)
}

func (p *paper) loop(ctx context.Context) (*Report, error) {
	r, err := aio.Run(ctx, p.diary.config(aio.Config{Seed: p.Seed}), func(co *aio.Co) (*Report, error) {
		p.diary.begin(co.Loop())
		r, err := p.run(co)
		p.shown.end(r)
		return r, err
	})
	if failed := p.diary.finish(r, p.digest, err); failed != nil {
		p.Say(failed.Error())
	}
	return r, err
}

// record begins the recording of the run, if there is a folder for it.
func (p *paper) record() error {
	if p.State == "" {
		return nil
	}
	dir, err := openStateDir(p.State)
	if err != nil {
		return err
	}
	head := begunWith(verbPaper, p.Strategy, p.Seed, time.Now(), 0)
	head.Page, head.For = p.Page != nil, p.For
	head.Paper = &recordedPaper{At: p.Environment, Symbols: p.Symbols, Deposit: p.Deposit, Journal: p.onDisk}
	rec, err := dir.record(head, p.Say)
	if err != nil {
		return err
	}
	p.diary = &diary{rec: rec}
	return nil
}

// run is the main task.
func (p *paper) run(co *aio.Co) (r *Report, err error) {
	p.start = co.Now()
	p.client, err = binance.Dial(co, netio.Sockets(co.Loop(), netio.SocketConfig{Veil: veilListenKey}), binance.Config{
		REST: p.REST, Streams: p.Streams, API: p.API, Key: p.Keys.ID.Reveal(), Secret: p.Keys.Secret, Run: "paper", Seed: p.Seed, Note: p.Say,
	})
	if err != nil {
		return nil, err
	}
	defer p.client.Close()
	if err := p.open(co); err != nil {
		return nil, err
	}
	asset := p.opened[0].Margin
	if p.shown = p.page.show(co.Loop(), ui.Config{Mode: ui.ModePaper, Strategy: p.Strategy.Name, Asset: asset, Clock: ui.ClockReal, Control: true, Start: p.start}, 1); p.shown != nil {
		p.shown.say = func(format string, args ...any) { p.Say(fmt.Sprintf(format, args...)) }
	}
	own, leave, err := p.openBook()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, leave()) }()
	feed, venue, book := p.shown.wrap(p.driver, p.driver, own)
	if p.trader, err = trade.New(co, p.traderConfig(), feed, venue, book); err != nil {
		return nil, err
	}
	p.shown.began(p.trader, p.client)
	p.diary.trades(p.trader, asset, nil)
	for _, in := range p.opened {
		if err := p.listen(in); err != nil {
			return nil, err
		}
	}
	if err := p.trader.Start(co); err != nil {
		return nil, err
	}
	p.shown.to(ui.PhaseRunning)
	failed := p.trade(co)
	p.shown.to(ui.PhaseEnding)
	end, err := p.trader.Stop(co)
	p.digest = end.Digest
	return p.report(co, &end, asset), errors.Join(failed, err)
}

// open opens the exchange in this process, with the instruments and the fees of the real one.
func (p *paper) open(co *aio.Co) (err error) {
	p.x = exchange.New(exchange.Config{Start: p.start}, &p.events)
	for _, symbol := range p.Symbols {
		in, ok := p.client.Instrument(symbol)
		if !ok {
			return fmt.Errorf("the exchange does not trade %s", symbol)
		}
		fees, err := binance.Call(co, p.client, api.UserCommissionRate{Symbol: symbol})
		if err != nil {
			return err
		}
		in.MakerFee, in.TakerFee = fees.MakerCommissionRate, fees.TakerCommissionRate
		if _, err := p.x.List(in, exchange.Recorded); err != nil {
			return err
		}
		p.opened = append(p.opened, in)
	}
	p.me = p.x.AddAccount("paper")
	if err := p.x.Deposit(p.start, p.me, p.Deposit); err != nil {
		return err
	}
	p.driver, err = local.New(p.x, &p.events, local.Config{Account: p.me, Out: local.DefaultLatency, Back: local.DefaultLatency, Timed: true}, rand.NewPCG(p.Seed, 0))
	if err != nil {
		return err
	}
	p.driver.Attach(co.Loop())
	return nil
}

// listen opens an instrument at the trader, and brings it the live market by way of the exchange in this process.
func (p *paper) listen(in *market.Instrument) error {
	if _, err := p.trader.Open(in); err != nil {
		return err
	}
	f := &forward{driver: p.driver, event: market.Event{Instrument: in}}
	book, err := p.client.Open(in, f)
	f.book = book
	return err
}

func (p *paper) traderConfig() trade.Config {
	cfg := trade.Config{Limits: map[string]risk.Limits{}, Line: p.diary.line, Note: func(text string) {
		p.Say(text)
		p.shown.note(text)
		p.diary.note(text)
	}}
	for _, in := range p.opened {
		cfg.Limits[in.Symbol] = trade.DefaultLimits()
	}
	return cfg
}

// trade runs the strategies until the time is over or co is cancelled, which is no error.
func (p *paper) trade(co *aio.Co) error {
	return runFor(co, p.For, func(co *aio.Co) error { return p.trader.Run(co, p.Strategy, p.trader.Sessions()...) })
}

// report adds what the exchange in this process knows: the books of both must be equal.
func (p *paper) report(co *aio.Co, end *trade.Result, asset string) *Report {
	r := traderReport(p.trader, p.client, asset, end)
	r.Schema, r.Strategy, r.Params, r.Seconds, r.Seed, r.Listen = "baton.paper/1", p.Strategy.Name, p.Strategy.ParamValues(), seconds(co.Now()-p.start), p.Seed, p.REST
	acc, _ := p.x.Account(p.me)
	if acc.Wallet != r.Wallet {
		r.Differences = append(r.Differences, fmt.Sprintf("wallet %s: the ledger has %s, the exchange itself %s", asset, r.Wallet, acc.Wallet))
	}
	if err := p.x.Check(); err != nil {
		r.Differences = append(r.Differences, err.Error())
	}
	r.Reconciled = r.Reconciled && len(r.Differences) == 0
	r.finish()
	return r
}

// forward hands what a client hears of an instrument to an exchange in this process. A book that became exact is handed over whole.
type forward struct {
	driver *local.Driver
	book   *market.Book
	event  market.Event // reused
	whole  bool         // the exchange has the book: it can take diffs
}

func (f *forward) feed(k market.EventKind) {
	f.event.Kind = k
	f.driver.Feed(&f.event)
}

// Quote hands on the top of book.
func (f *forward) Quote(q *market.Quote) {
	f.event.Quote = *q
	f.feed(market.EventQuote)
}

// Trade hands on an aggregate trade.
func (f *forward) Trade(t *market.Trade) {
	f.event.Trade = *t
	f.feed(market.EventAgg)
}

// Mark hands on a mark price.
func (f *forward) Mark(m *market.Mark) {
	f.event.Mark = *m
	f.feed(market.EventMark)
}

// Depth hands on a diff, or the whole book where the exchange has none.
func (f *forward) Depth(b *market.Book, d *market.Diff) {
	if !f.whole {
		f.hand(b)
		return
	}
	f.event.Diff = *d
	f.feed(market.EventDiff)
}

// Status hands on that the book is exact again, or not any more.
func (f *forward) Status(s market.Status) {
	switch {
	case s == market.Exact && !f.whole && f.book != nil:
		f.hand(f.book)
	case s != market.Exact:
		f.whole = false
		f.feed(market.EventGap)
	}
}

// hand gives the exchange the whole book.
func (f *forward) hand(b *market.Book) {
	s := &f.event.Snapshot
	*s = market.Snapshot{Last: b.Last(), Bids: s.Bids[:0], Asks: s.Asks[:0]}
	for l := range b.Levels(market.Buy) {
		s.Bids = append(s.Bids, l)
	}
	for l := range b.Levels(market.Sell) {
		s.Asks = append(s.Asks, l)
	}
	f.whole = true
	f.feed(market.EventSnapshot)
}
