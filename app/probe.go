package app

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/api"
	"baton/binance/wire"
	"baton/decimal"
	"baton/docs"
	"baton/market"
	"baton/netio"
)

// Probe says what `baton doctor --probe` tries: the rows of a table of unverified rules, at a venue where nothing costs money.
type Probe struct {
	At     binance.Environment
	Keys   *Credentials
	Symbol string
	Table  string // the table of rules; empty: the one that this program was built with
	Out    string // the folder of transcripts and of the table's copy
	CA     string
	Say    func(ProbedRule) // hears each row as it is tried; nil: nobody
}

// The outcomes of a row.
const (
	ProbeHolds   = "holds"   // the venue does as the rule says
	ProbeRefuted = "refuted" // it does not
	ProbeOpen    = "open"    // this run could not tell
)

// ProbedRule is what became of one row.
type ProbedRule struct {
	ID      string `json:"id"`
	Money   bool   `json:"money"`
	Outcome string `json:"outcome"`
	Found   string `json:"found"` // what was seen, or why it is open
}

// ProbeReport is what a probe came to.
type ProbeReport struct {
	Schema  string       `json:"schema"`
	Venue   string       `json:"venue"` // of whom the outcomes are: testnet, or a local exchange, which proves nothing of Binance
	OK      bool         `json:"ok"`    // no rule is refuted
	Rules   []ProbedRule `json:"rules"`
	Table   string       `json:"table"` // the copy with the settled rows
	Settled int          `json:"settled"`
	Open    int          `json:"open"`
	Refuted int          `json:"refuted"`
}

// RunProbe tries the rows over the machine's network. It needs a key, places and cancels orders of the symbol, and refuses
// production, and an account that has orders or a position in the symbol. What it has placed it cancels, also after an error.
func RunProbe(ctx context.Context, p Probe) (*ProbeReport, error) {
	sockets := netio.SocketConfig{}
	if p.CA != "" {
		pool, err := trust(p.CA)
		if err != nil {
			return nil, err
		}
		sockets.TLS = &tls.Config{RootCAs: pool}
	}
	return aio.Run(ctx, aio.Config{}, func(co *aio.Co) (*ProbeReport, error) {
		return p.On(co, netio.Sockets(co.Loop(), sockets))
	})
}

// On tries the rows on a loop and a network of the caller's.
func (p Probe) On(co *aio.Co, network netio.Network) (report *ProbeReport, err error) {
	realm, err := p.At.Realm()
	switch {
	case err != nil:
		return nil, err
	case realm == binance.Production:
		return nil, errors.New("a probe places orders on purpose that a trader would not: it runs on --testnet or at a local exchange, never in production")
	case p.Keys == nil:
		return nil, errors.New("a probe trades: name a key file with --key-file")
	}
	if err := p.At.Check(p.Keys.Realm); err != nil {
		return nil, err
	}
	rules, err := p.rules()
	if err != nil {
		return nil, fmt.Errorf("the table of rules: %w", err)
	}
	if p.Symbol == "" {
		p.Symbol = "BTCUSDT"
	}
	q := &prober{Probe: p, a: &asker{co: co, net: network, rest: network.Doer(p.At.REST), keys: p.Keys}, refusals: map[int]int{}, settle: settleTime}
	if realm == binance.Local {
		q.settle = settleLocal
	}
	q.a.record = q.note
	if err := q.begin(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, q.clean()) }()
	report = &ProbeReport{Schema: "baton.probe/1", Venue: string(realm), OK: true, Rules: []ProbedRule{}, Table: filepath.Join(p.Out, "unverified.tsv")}
	for i := range rules {
		if err := q.try(&rules[i], report); err != nil {
			return report, err
		}
	}
	return report, os.WriteFile(report.Table, formatRules(rules), 0o644)
}

// rules are those of the named table, or of the one that this program was built with.
func (p *Probe) rules() ([]Rule, error) {
	if p.Table == "" {
		return ParseRules(docs.Unverified())
	}
	return ReadRules(p.Table)
}

// prober is a probe at work.
type prober struct {
	Probe
	a        *asker
	in       *market.Instrument
	far, up  market.Ticks // a price below the market at which an order rests, and one above it
	bid, ask market.Ticks
	lots     market.Lots // the smallest order that is allowed at far
	ids      int
	settle   time.Duration // until all parts of the venue have heard of an order
	lines    []Transcript
	refusals map[int]int // HTTP status of each code met
	trip     *trip       // made once, by the first row that is read from it
	tripErr  error
}

// linesMax bounds the transcript of one row.
const linesMax = 200

func (q *prober) note(t *Transcript) {
	if len(q.lines) < linesMax {
		q.lines = append(q.lines, *t)
	}
}

// begin learns the clock, the instrument and the market, and looks whether the account is empty.
func (q *prober) begin() error {
	if err := os.MkdirAll(q.Out, 0o755); err != nil {
		return err
	}
	if err := q.a.askTime(timeSamples); err != nil {
		return fmt.Errorf("ask the time: %w", err)
	}
	body, err := q.a.askWire(wire.CallExchangeInfo)
	if err != nil {
		return fmt.Errorf("read the instruments: %w", err)
	}
	info, err := wire.DecodeInfo(body)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(info.Instruments, func(in *market.Instrument) bool { return in.Symbol == q.Symbol })
	if i < 0 {
		return fmt.Errorf("the exchange does not trade %s", q.Symbol)
	}
	q.in = info.Instruments[i]
	if err := q.look(); err != nil {
		return err
	}
	return q.empty()
}

// look reads the top of the book and chooses prices and a quantity.
func (q *prober) look() error {
	body, err := q.a.ask(api.SymbolOrderBookTicker{}.Endpoint(), "symbol="+q.Symbol, 0, 0)
	if err != nil {
		return fmt.Errorf("read the price: %w", err)
	}
	var top struct {
		Bid decimal.Decimal `json:"bidPrice"`
		Ask decimal.Decimal `json:"askPrice"`
	}
	if err := wire.Unmarshal(body, &top); err != nil {
		return err
	}
	if top.Bid.IsZero() || top.Ask.IsZero() {
		return fmt.Errorf("%s has no price on both sides now: try again later", q.Symbol)
	}
	if q.bid, err = q.in.Ticks(top.Bid); err != nil {
		return err
	}
	if q.ask, err = q.in.Ticks(top.Ask); err != nil {
		return err
	}
	q.far, q.up = q.bid-q.bid/50, q.ask+q.ask/50 // 2 %: inside the narrowest price filter
	lot, err := q.in.Notional(q.far, 1, decimal.Down)
	if err != nil || lot.IsZero() {
		return fmt.Errorf("the smallest order of %s: %w", q.Symbol, err)
	}
	q.lots = max(q.in.MinQty, market.Lots(q.in.MinNotional.Units()/lot.Units()+1)*2)
	return nil
}

// empty refuses an account that holds something in the symbol: what a probe does would mix with it.
func (q *prober) empty() error {
	orders, err := askFor(q.a, api.CurrentAllOpenOrders{Symbol: q.Symbol})
	if err != nil {
		return fmt.Errorf("read the open orders: %w", err)
	}
	body, err := q.a.askWire(wire.CallPositions)
	if err != nil {
		return fmt.Errorf("read the positions: %w", err)
	}
	rows, err := wire.DecodePositions(body)
	if err != nil {
		return err
	}
	held := slices.ContainsFunc(rows, func(r wire.PositionRisk) bool { return r.Symbol == q.Symbol && !r.PositionAmt.IsZero() })
	if len(*orders) > 0 || held {
		return fmt.Errorf("the account has open orders or a position in %s, and a probe cancels all orders there: close them, or name another --symbol", q.Symbol)
	}
	return nil
}

// clean cancels whatever is left, and closes a position that a probe could not.
func (q *prober) clean() error {
	q.flat()
	_, one := askFor(q.a, api.CancelAllOpenOrders{Symbol: q.Symbol})
	_, two := askFor(q.a, api.CancelAllAlgoOpenOrders{Symbol: q.Symbol})
	if err := errors.Join(one, two); err != nil {
		return fmt.Errorf("orders of the probe may still be open in %s: cancel them on the exchange's page: %w", q.Symbol, err)
	}
	return nil
}

// try tries one row, writes its transcript and settles it where the venue has.
func (q *prober) try(r *Rule, report *ProbeReport) error {
	out := ProbedRule{ID: r.ID, Money: r.Money == RuleMoney, Outcome: ProbeOpen, Found: "this program has no probe for it"}
	q.lines = q.lines[:0]
	if probe := probes[r.ID]; probe != nil {
		v, err := probe(q)
		switch {
		case q.a.co.Err() != nil:
			return q.a.co.Err()
		case err != nil:
			out.Found = err.Error()
		case v.holds:
			out.Outcome, out.Found = ProbeHolds, v.found
		default:
			out.Outcome, out.Found = ProbeRefuted, v.found
		}
		if err := q.write(r.ID); err != nil {
			return err
		}
	}
	day := time.Unix(0, q.a.co.Now()).UTC().Format(time.DateOnly)
	venue := report.Venue
	if venue == string(binance.Local) {
		venue = "a local exchange, which proves nothing of Binance"
	}
	switch out.Outcome {
	case ProbeOpen:
		report.Open++
		r.Probe += fmt.Sprintf(" (open on %s at %s: %s)", day, venue, out.Found)
	case ProbeRefuted: // it stays open until Baton does otherwise: whoever goes by the table must not take it for true
		report.Refuted++
		report.OK = false
		r.Probe += fmt.Sprintf(" (refuted on %s at %s: %s)", day, venue, out.Found)
	default:
		report.Settled++
		r.State = RuleSettled
		r.Probe = fmt.Sprintf("holds on %s at %s: %s", day, venue, out.Found)
	}
	report.Rules = append(report.Rules, out)
	if q.Say != nil {
		q.Say(out)
	}
	return nil
}

// write writes the transcript of a row, a line of JSON for each exchange of texts.
func (q *prober) write(id string) error {
	var b []byte
	for i := range q.lines {
		line, err := json.Marshal(&q.lines[i])
		if err != nil {
			return err
		}
		b = append(append(b, line...), '\n')
	}
	return os.WriteFile(filepath.Join(q.Out, strings.ReplaceAll(id, string(filepath.Separator), "_")+".jsonl"), b, 0o644)
}
