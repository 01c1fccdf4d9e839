package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/decimal"
	"baton/docs"
	"baton/journal"
	"baton/market"
	"baton/netio"
	"baton/risk"
	"baton/tape"
	"baton/trade"
	"baton/ui"
)

// Live says what `baton live` runs. Nothing that bounds the money has a default.
type Live struct {
	Access
	Strategy trade.Strategy
	Symbols  []string
	State    string // the account's state folder

	MaxLoss     decimal.Decimal // of a day, and from the highest equity, in the margin asset: then only reducing orders pass
	MaxNotional decimal.Decimal // of all positions and open orders together, in the quote asset
	MaxOrders   int             // new orders in ten seconds, at most half of them on one side of one instrument; 0: MaxOrdersDefault
	Bounds      Bounds          // of each instrument

	Guard            time.Duration // dead man's switch at the exchange; 0: GuardDefault
	For              time.Duration // 0: until it is stopped
	AcceptUnverified bool          // begin although a row of docs/unverified.tsv that is about money is open
	Accept           string        // AcceptPhrase, for a key that can do more than trade
	ClearLatch       bool          // what stopped the earlier run has been looked at: entries are allowed again

	Confirm func(*Card) error // shows what is about to begin and gets a person's word; an error: nothing begins
	Say     func(string)      // hears a line for people; nil: nobody
	Page    *Page             // where to show the run; nil: nowhere

	NoRecord bool // write no recording of the run into the state folder

	trial func(*live, *trade.Config) trade.Journal // of this package's tests: other limits and another journal; else nil
}

// GuardDefault is the dead man's switch of a live run: orders that nobody renews it for are cancelled by the exchange after it.
// The trader renews it four times as often.
const GuardDefault = 2 * time.Minute

// How many new orders a live run may send in ten seconds: by default, and the most that can be asked for, which is Binance's limit
// (Binance USD-M, exchangeInfo, rateLimits).
const (
	MaxOrdersDefault = 100
	maxOrdersCeiling = 300
)

// How often a live account is compared with the books, and what one may do in so long.
const (
	liveReconcile = 30 * time.Second
	liveRateIn    = market.Nanos(10 * time.Second)
	journalSpare  = 8 << 20  // bytes kept for when the disk is full
	clientPrefix  = "baton-" // how the client order ids of every trader of this program begin
)

// The refusals of [RunLive] before anything has begun.
var (
	ErrUnverified = errors.New("rules about money are not verified at the real exchange")
	ErrDeclined   = errors.New("not confirmed: nothing was begun")
)

func (l *Live) guard() time.Duration {
	if l.Guard == 0 {
		return GuardDefault
	}
	return l.Guard
}

// Validate reports everything that cannot be, at once.
func (l *Live) Validate() error {
	var errs []error
	bad := func(cond bool, text string) {
		if cond {
			errs = append(errs, errors.New(text))
		}
	}
	bad(l.Strategy.Run == nil, "no strategy: set Live.Strategy")
	bad(len(l.Symbols) == 0, "no symbol: name one with --symbol")
	bad(l.MaxLoss.Sign() <= 0, "--max-loss is missing: say how much of the margin asset may be lost in a day")
	bad(l.MaxNotional.Sign() <= 0, "--max-notional is missing: say how much all positions and open orders together may be worth")
	bad(l.MaxOrders < 0 || l.MaxOrders > maxOrdersCeiling, fmt.Sprintf("--max-orders must be between 1 and %d", maxOrdersCeiling))
	for _, c := range []struct {
		name, flag string
		v          decimal.Decimal
	}{{risk.CeilingLoss, "--max-loss", l.MaxLoss}, {risk.CeilingExposure, "--max-notional", l.MaxNotional}} {
		most, _ := risk.CeilingOf(c.name)
		errs = append(errs, most.Check(c.flag, c.v))
	}
	bad(l.Guard < 0 || l.For < 0, "a span of time is negative")
	bad(l.Confirm == nil, "nobody can confirm: set Live.Confirm")
	return errors.Join(append(errs, l.Bounds.validate(l.MaxNotional), l.Access.Validate())...)
}

// live is one run of [RunLive].
type live struct {
	Live
	dir   stateDir
	card  *Card
	marks map[string]decimal.Decimal

	gate    gate
	halt    netio.Halt
	client  *binance.Client
	journal *journal.Journal
	trader  *trade.Trader
	start   market.Nanos
	stop    context.CancelFunc
	shown   *shown
	page    *page
	killed  string // why; "": nobody did
	pulled  *venueKill
	unclean error // of a kill that could not prove that nothing is left; else nil
	asset   string

	seed   uint64  // of the client
	digest string  // of the ledger, once the run has ended
	diary  *diary  // nil: the run is neither recorded nor a replay
	before tape.FS // of a replay: the journal as it was; nil: the journal is the state folder's
}

// RunLive trades until ctx is cancelled, l.For is over, or somebody stops it, and ends in order. A nil report comes with an error
// only: nothing was sent then. ErrLatched is in the error where the kill switch ended the run or forbade it.
func RunLive(ctx context.Context, cfg Live) (*Report, error) {
	l := &live{Live: cfg}
	l.Guard = l.guard()
	if l.MaxOrders == 0 {
		l.MaxOrders = MaxOrdersDefault
	}
	if l.Say == nil {
		l.Say = func(string) {}
	}
	if err := l.Validate(); err != nil {
		return nil, err
	}
	var err error
	if l.dir, err = openStateDir(l.State); err != nil {
		return nil, err
	}
	if err := l.dir.checkLatch(); err != nil {
		return nil, err
	}
	lock, err := l.dir.lock()
	if err != nil {
		return nil, err
	}
	defer func() { _ = lock.Close() }()
	if err := l.verified(); err != nil {
		return nil, err
	}
	if err := l.preflight(ctx); err != nil {
		return nil, err
	}
	if err := l.Confirm(l.card); err != nil {
		return nil, err
	}
	l.seed = uint64(os.Getpid())
	if err := l.record(); err != nil {
		return nil, fmt.Errorf("nothing was sent: %w; --no-record trades without one", err)
	}
	raiseProcs(l.Say)
	noCore()
	if l.Page != nil {
		return withPage(ctx, *l.Page, func(ctx context.Context, g *page) (*Report, error) {
			l.page = g
			return l.loop(ctx)
		})
	}
	return l.loop(ctx)
}

// raiseProcs gives the process a second processor thread, and says so: with one alone, a strategy that computes keeps readers, the
// clock and the watcher of the kill switch waiting.
func raiseProcs(say func(string)) {
	if was := runtime.GOMAXPROCS(0); was < 2 {
		runtime.GOMAXPROCS(2)
		say("GOMAXPROCS raised from 1 to 2: the watcher of the kill switch needs a thread beside the loop's")
	}
}

// verified refuses to trade real money by rules that nobody has seen to hold.
func (l *live) verified() error {
	if at, err := l.Realm(); err != nil || at != binance.Production {
		return err
	}
	rules, err := ParseRules(docs.Unverified())
	if err != nil {
		return err
	}
	n := 0
	for _, r := range rules {
		if r.State == RuleOpen && r.Money == RuleMoney {
			n++
			l.Say(fmt.Sprintf("not verified: %s: %s; until then: %s", r.ID, r.Text, r.Until))
		}
	}
	if n > 0 && !l.AcceptUnverified {
		return fmt.Errorf("%w: %d of them are open (above): settle them on the testnet, or begin with --accept-unverified", ErrUnverified, n)
	}
	return nil
}

// loop runs on a loop of its own. A panic of the kernel latches: nothing starts again before a person has looked.
func (l *live) loop(ctx context.Context) (r *Report, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if l.stop = stop; l.diary.replays() {
		l.stop = func() {} // the log says when
	}
	defer func() {
		if failed := l.diary.finish(r, l.digest, err); failed != nil {
			l.Say(failed.Error())
		}
	}()
	defer func() {
		if v := recover(); v != nil && l.diary.replays() {
			err = fmt.Errorf("the trader panicked: %v", v)
		} else if v != nil {
			l.gate.close()
			lerr := l.dir.latch(Latch{Time: time.Now(), Reason: fmt.Sprintf("the trader panicked: %.200v", v), By: "the trader"})
			err = errors.Join(fmt.Errorf("%w: the trader panicked; what rests at the exchange is cancelled by the dead man's switch within %s, or now by `baton kill`: %v", ErrLatched, l.Guard, v), lerr)
		}
	}()
	return aio.Run(ctx, l.diary.config(aio.Config{Seed: uint64(time.Now().UnixNano())}), func(co *aio.Co) (*Report, error) {
		l.diary.begin(co.Loop())
		r, err := l.run(co)
		l.shown.end(r)
		return r, err
	})
}

// run is the main task.
func (l *live) run(co *aio.Co) (r *Report, err error) {
	l.start, l.gate.halt = co.Now(), l.halt.Now
	if l.client, err = binance.Dial(co, netio.Sockets(co.Loop(), netio.SocketConfig{Halt: &l.halt, Veil: veilListenKey}), l.clientConfig()); err != nil {
		return nil, fmt.Errorf("nothing was sent: %w", err)
	}
	defer l.client.Close()
	recovered, err := l.openJournal(co)
	if err != nil {
		return nil, fmt.Errorf("nothing was sent: the journal: %w", err)
	}
	defer func() { err = errors.Join(err, l.journal.Close()) }()
	opened, err := l.open()
	if err != nil {
		return nil, err
	}
	l.asset = opened[0].Margin
	l.show(co)
	if l.trader, err = l.newTrader(co, recovered, opened); err != nil {
		return nil, err
	}
	l.diary.trades(l.trader, l.asset, &l.gate)
	endWatch, err := l.watched(co.Loop())
	if err != nil {
		return nil, err
	}
	defer endWatch()
	for _, in := range opened {
		if _, err := l.trader.Open(in); err != nil {
			return nil, err
		}
	}
	if err := l.trader.Start(co); err != nil {
		return nil, err
	}
	l.shown.to(ui.PhaseRunning)
	l.Say(fmt.Sprintf("%s trades %v; stop it with Ctrl-C or `baton stop`, for certain with `baton kill`", l.Strategy.Name, l.Symbols))
	failed := l.trade(co)
	l.shown.to(ui.PhaseEnding)
	end, err := l.trader.Stop(co)
	l.digest = end.Digest
	if l.killed != "" {
		err = errors.Join(l.unclean, fmt.Errorf("%w: %s", ErrLatched, l.killed), err)
	}
	return l.report(co, &end), errors.Join(failed, err)
}

// watched has the sentry watch from outside, until end. What it tells the loop is in the log; a replay is watched by nobody.
func (l *live) watched(loop *aio.Loop) (end func(), err error) {
	kills, page := aio.NewInlet(loop, "kill", func(by []byte) { l.kill(string(by)) }), l.newVenueKill(loop)
	l.pulled = page
	if l.shown != nil {
		l.shown.kill = page.pull
	}
	if l.diary.replays() {
		return func() {
			kills.Close()
			page.end()
		}, nil
	}
	w, err := newSentry(l.dir, loop.Spawn, l.closeGates, func(by string) { kills.Post([]byte(by)) }, l.stop)
	if err != nil {
		return nil, err
	}
	return func() {
		w.end()
		kills.Close()
		page.end()
	}, nil
}

// record begins the recording of the run.
func (l *live) record() error {
	if l.NoRecord {
		return nil
	}
	head := begunWith(verbLive, l.Strategy, l.seed, time.Now(), 0)
	head.Page, head.For = l.Page != nil, l.For
	head.Live = &recordedLive{
		At: l.Environment, Symbols: l.Symbols, MaxLoss: l.MaxLoss, MaxNotional: l.MaxNotional, MaxOrders: l.MaxOrders, Bounds: l.Bounds, Guard: l.Guard,
		ClearLatch: l.ClearLatch, Client: l.seed, Card: l.card, Fees: l.card.fees, Marks: l.marks, Journal: l.dir.file(journalName),
	}
	rec, err := l.dir.record(head, l.Say)
	if err != nil {
		return err
	}
	l.diary = &diary{rec: rec}
	return nil
}

// journalFolder is where the journal is: in a replay, in memory.
func (l *live) journalFolder() (tape.FS, error) {
	if l.before != nil {
		return l.before, nil
	}
	return tape.Dir(l.dir.file(journalName))
}

func (l *live) closeGates() {
	l.gate.close()
	if l.trader != nil {
		l.trader.Gate.Close()
	}
}

// kill is the loop's part of the kill switch: everything is cancelled, and the run ends. The gate is closed already.
func (l *live) kill(by string) {
	if l.pulled.begun && by != byPage {
		return // by the latch that the page's kill has set: the run ends when that has looked at the exchange
	}
	l.killed = by
	l.Say("KILL by " + by + ": the gate is closed, orders are being cancelled")
	l.trader.Remark("kill by " + by)
	l.trader.CancelAll()
	l.stop()
}

func (l *live) clientConfig() binance.Config {
	return binance.Config{
		REST: l.REST, Streams: l.Streams, API: l.API, Key: l.Keys.ID.Reveal(), Secret: l.Keys.Secret, Run: l.card.Run,
		Seed: l.seed, Note: l.Say,
	}
}

// openJournal reads what earlier runs left, and opens it for more.
func (l *live) openJournal(co *aio.Co) (*trade.Recovered, error) {
	folder, err := l.journalFolder()
	if err != nil {
		return nil, err
	}
	lookup := func(symbol string) *market.Instrument {
		in, _ := l.client.Instrument(symbol)
		return in
	}
	l.journal, err = journal.OpenAs(folder, lookup, journal.Config{Build: version(), Run: l.card.Run, Reserve: journalSpare})
	if err != nil {
		return nil, err
	}
	if err := l.diary.journal(l.dir.file(journalName)); err != nil {
		return nil, err
	}
	s := l.journal.State()
	if s.Records == 0 {
		return nil, nil
	}
	r := &trade.Recovered{Next: s.Next, Last: s.Last, Orders: s.Orders, Groups: s.Groups, Books: s.Books, Latch: s.Latch, Problems: s.Problems}
	if r.Latch != "" && l.ClearLatch {
		l.Say("cleared: " + r.Latch)
		l.journal.Append(&market.Record{Kind: market.RecordLatch, Time: co.Now()})
		r.Latch = ""
	}
	l.Say(fmt.Sprintf("the journal of earlier runs: %d records, %d orders to ask about", s.Records, len(s.Orders)))
	return r, nil
}

// open finds the instruments, with our rates of fees.
func (l *live) open() ([]*market.Instrument, error) {
	var all []*market.Instrument
	for _, symbol := range l.Symbols {
		in, ok := l.client.Instrument(symbol)
		if !ok {
			return nil, fmt.Errorf("the exchange does not trade %s", symbol)
		}
		if fees, ok := l.card.fees[symbol]; ok {
			in.MakerFee, in.TakerFee = fees[0], fees[1]
		}
		all = append(all, in)
	}
	return all, nil
}

func (l *live) show(co *aio.Co) {
	l.shown = l.page.show(co.Loop(), ui.Config{
		Mode: l.mode(), Strategy: l.Strategy.Name, Asset: l.asset, Clock: ui.ClockReal, Control: true, Start: l.start,
	}, 1)
	if l.shown != nil {
		l.shown.say = func(format string, args ...any) { l.Say(fmt.Sprintf(format, args...)) }
	}
}

// mode is how the page calls the run.
func (l *live) mode() string {
	if l.card.Realm == binance.Production {
		return ui.ModeLive
	}
	return ui.ModeTestnet
}

func (l *live) newTrader(co *aio.Co, recovered *trade.Recovered, opened []*market.Instrument) (*trade.Trader, error) {
	cfg := trade.Config{
		Limits: map[string]risk.Limits{}, Guard: l.Guard, Reconcile: liveReconcile, Recovered: recovered, Prefix: clientPrefix,
		Totals: &risk.Totals{
			MaxExposure: l.MaxNotional, MaxOpen: l.MaxNotional, MaxOpenOrders: max(OpenOrdersDefault, l.Bounds.MaxOpenOrders), MaxDailyLoss: l.MaxLoss, MaxDrawdown: l.MaxLoss,
			Orders: risk.Rate{N: l.MaxOrders, In: liveRateIn}, Repeat: risk.Rate{N: max(1, l.MaxOrders/2), In: liveRateIn},
		},
		Line: l.diary.line,
		Note: func(text string) {
			l.Say(text)
			l.shown.note(text)
			l.diary.note(text)
		},
	}
	for _, in := range opened {
		limits, err := l.Bounds.filled(l.MaxNotional).limits(in, l.marks[in.Symbol])
		if err != nil {
			return nil, err
		}
		cfg.Limits[in.Symbol] = limits
	}
	var own trade.Journal = l.journal
	if l.trial != nil {
		own = l.trial(l, &cfg)
	}
	feed, venue, book := l.shown.wrap(l.client, l.client, own)
	t, err := trade.New(co, cfg, feed, l.gate.before(venue, l.client), lowJournal{book, l.journal})
	if err == nil {
		l.shown.began(t, l.client)
	}
	return t, err
}

// lowJournal is a journal, wrapped or not, that says when its disk is full.
type lowJournal struct {
	trade.Journal
	trade.LowJournal
}

// trade runs the strategies until the time is over or co is cancelled, which is no error.
func (l *live) trade(co *aio.Co) error {
	return runFor(co, l.For, func(co *aio.Co) error { return l.trader.Run(co, l.Strategy, l.trader.Sessions()...) })
}

// runFor runs fn no longer than d; 0: until it is cancelled. That its time is over is no error, and neither is a cancellation.
func runFor(co *aio.Co, d time.Duration, fn func(*aio.Co) error) error {
	if d == 0 {
		return ended(fn(co))
	}
	err := aio.Timeout(co, d, func(co *aio.Co, _ *aio.Scope) error { return ended(fn(co)) })
	if errors.Is(err, aio.ErrTimeout) {
		return nil
	}
	return ended(err)
}

// ended is err without a cancellation, which is how a run ends.
func ended(err error) error {
	if errors.Is(err, aio.ErrCancelled) {
		return nil
	}
	return err
}

// report is what the trader and the client say at the end.
func (l *live) report(co *aio.Co, end *trade.Result) *Report {
	r := traderReport(l.trader, l.client, l.asset, end)
	r.Schema, r.Strategy, r.Params, r.Seconds, r.Listen = "baton.live/1", l.Strategy.Name, l.Strategy.ParamValues(), seconds(co.Now()-l.start), l.REST
	r.finish()
	return r
}

// traderReport is what every run on a live market can report.
func traderReport(t *trade.Trader, c *binance.Client, asset string, end *trade.Result) *Report {
	st, cl, books := t.Stats(), c.Stats(), t.Ledger()
	r := &Report{
		Messages: cl.Messages, DepthDiffs: cl.DepthDiffs, Gaps: cl.Gaps, Resyncs: cl.Resyncs, Orders: st.Placed, Fills: st.Fills,
		StaleWakes: st.StaleWakes, StaleReads: st.StaleReads, Wallet: books.Wallet(asset), Fees: books.Fees(asset),
		Positions: []Position{}, Notes: end.Notes, Differences: append([]string{}, end.Differences...), Reconciled: end.Reconciled,
	}
	var err error
	if r.Equity, err = t.Equity(asset); err != nil {
		r.Equity = r.Wallet
		r.Notes = append(r.Notes, fmt.Sprintf("equity is the wallet alone: %v", err))
	}
	for p := range books.Positions() {
		if p.Qty != 0 {
			r.Positions = append(r.Positions, Position{p.Instrument.Symbol, p.Instrument.Quantity(p.Qty), p.Entry()})
		}
	}
	for _, s := range t.Sessions() {
		in := s.Instrument()
		m := Market{Symbol: in.Symbol}
		m.BestBid, m.BestAsk = topOf(in, c.Book(in.Symbol))
		r.Markets = append(r.Markets, m)
	}
	if r.StaleReads > 0 {
		r.Reconciled, r.Differences = false, append(r.Differences, staleReads(r.StaleReads))
	}
	return r
}
