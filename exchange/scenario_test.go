package exchange_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

var update = flag.Bool("update", false, "write the traces of testdata/*.txt as they are now")

// TestScenarios plays testdata/*.txt. A file has a topic and several scenarios, each of which begins with "== its rule" on an
// exchange of its own: BTCUSDT, traded among alice, bob, carol and dave, who have 1,000,000 USDT each and pay no fees. Lines
// that begin with "#" are prose, with ">" commands; the lines below a command are all events that it caused, in their order.
// Names: #n is the n-th order, ~n the n-th conditional order.
//
//	> market recorded          the first command may choose the kind of market (matched is the default) and rules: maxorders=2 ...
//	> alice buy 0.010 @ 61800.0 gtx      a limit order; ioc fok gtx gtd till=700s reduce stp=taker match=queue5 id=name long short
//	> alice sell 0.010 market            a market order
//	> alice amend #1 buy 0.010 @ 61801.0
//	> alice cancel #1                    also: cancelall; countdown 5s; cancelbatch #1 #2
//	> alice batch buy 0.010 @ 61800.0 ; sell 0.010 market     also: amendbatch #1 buy ... ; #2 ...
//	> alice stop sell 0.010 at 61700.0   a conditional order: stop, profit, trail; with "@ price" a limit one; mark protect close
//	> alice trail sell 0.010 callback 1 activate 62000.0
//	> alice cancelstop ~1                also: cancelstops
//	> alice ask #1                       what a query finds; also: ask ~1; orders; stops; position; hedge
//	> mark 61800.0                       a mark price; also: wait 5s; print 61800.0 0.010 buy; quote 61800.0 0.010 61801.0 0.010
//
// The traces are written by -update, and checked by reading them against the rule above each.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	total := 0
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, n := play(t, string(b))
		total += n
		if got == string(b) {
			continue
		}
		if !*update {
			t.Errorf("%s: %s", name, firstDifference(string(b), got))
		} else if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if total < 80 {
		t.Errorf("%d scenarios, want 80", total)
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d:\nwant %s\ngot  %s\n(-update writes what it is now)", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// play runs a file and gives it back with the traces as they are.
func play(t *testing.T, text string) (string, int) {
	var out strings.Builder
	var s *scene
	n, below := 0, false // below a command: what stands there is its trace as it was
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		rule, begins := strings.CutPrefix(line, "== ")
		words, commands := strings.CutPrefix(line, "> ")
		if below && line != "" && !begins && !commands && line[0] != '#' {
			continue
		}
		fmt.Fprintln(&out, line)
		if below = commands; commands {
			for _, e := range s.run(words) {
				fmt.Fprintln(&out, e)
			}
		}
		if begins {
			s = newScene(t, rule)
			n++
		}
	}
	return out.String(), n
}

// scene is one scenario's exchange.
type scene struct {
	*testing.T
	rule  string
	x     *exchange.Exchange
	ev    exchange.Events
	in    *market.Instrument
	now   exchange.Nanos
	names []string
	kind  exchange.MarketKind
	ids   int64

	insurance decimal.Decimal
	told      []string // answers to questions that belong to no account
}

var people = []string{"alice", "bob", "carol", "dave"}

func newScene(t *testing.T, rule string) *scene {
	in := btc()
	in.MakerFee, in.TakerFee, in.TriggerProtect = decimal.Zero, decimal.Zero, dec("0.05")
	in.PricePlaces = 1
	return &scene{T: t, rule: rule, in: in, now: start, names: people, kind: exchange.Matched, ids: 100}
}

// open opens the exchange before the first command that needs it.
func (s *scene) open() {
	if s.x != nil {
		return
	}
	s.x = exchange.New(exchange.Config{Start: s.now, KeepOrders: 100, KeepFills: 100, Insurance: s.insurance}, &s.ev)
	if _, err := s.x.List(s.in, s.kind); err != nil {
		s.Fatal(err)
	}
	for _, name := range s.names {
		if err := s.x.Deposit(s.now, s.x.AddAccount(name), dec("1000000")); err != nil {
			s.Fatal(err)
		}
	}
	if s.kind == exchange.Recorded {
		s.x.Snapshot(s.now, 0, &market.Snapshot{Last: 100, Bids: levels(618_000, 5, 617_999, 7, 617_990, 9), Asks: levels(618_001, 4, 618_002, 6, 618_010, 8)})
	}
	s.ev.Reset()
}

// run does one command and gives its trace.
func (s *scene) run(words string) (trace []string) {
	s.now += 1e6
	w := &reader{s: s, words: strings.Fields(words)}
	first := w.next()
	if first == "market" {
		s.market(w)
	} else if s.open(); !s.public(first, w) {
		who := 0
		for i, name := range s.names {
			if name == first {
				who = i + 1
			}
		}
		if who == 0 {
			s.Fatalf("%s: %q: who is %s?", s.rule, words, first)
		}
		trace = s.private(who, w)
	}
	if len(w.words) > 0 {
		s.Fatalf("%s: %q: not understood from %q on", s.rule, words, w.words[0])
	}
	trace = append(s.trace(), trace...)
	if s.x != nil {
		if err := s.x.Check(); err != nil {
			s.Fatalf("%s: %q: %v", s.rule, words, err)
		}
	}
	return trace
}

// market chooses the kind of market and its rules.
func (s *scene) market(w *reader) {
	for len(w.words) > 0 {
		key, value, _ := strings.Cut(w.next(), "=")
		n, _ := strconv.Atoi(value)
		switch key {
		case "recorded":
			s.kind = exchange.Recorded
		case "matched":
		case "maxorders":
			s.in.MaxOrders = n
		case "maxamends":
			s.in.MaxAmends = n
		case "status":
			s.in.Status = value
		case "protect":
			s.in.TriggerProtect = dec(value)
		case "minmarket":
			s.in.MinMarketQty = w.lots(value)
		default:
			if !s.moneyRule(key, value) {
				s.Fatalf("%s: no rule %s", s.rule, key)
			}
		}
	}
}

// public does what belongs to no account.
func (s *scene) public(verb string, w *reader) bool {
	switch verb {
	case "mark":
		p := dec(w.next())
		s.x.Mark(s.now, 0, &market.Mark{Mark: p, Index: p, Rate: dec("0.0001"), Next: s.now + 4*3600*1e9, Event: s.now})
	case "wait":
		s.wait(w.span(w.next()))
	case "print":
		s.ids++
		t := market.Trade{ID: s.ids, Last: s.ids, Px: w.ticks(w.next()), Qty: w.lots(w.next()), Taker: market.Sell, Event: s.now, Transact: s.now}
		if w.next() == "buy" {
			t.Taker = market.Buy
		}
		s.x.Trade(s.now, 0, &t)
	case "quote":
		s.ids++
		s.x.Quote(s.now, 0, &market.Quote{Update: s.ids, Bid: w.ticks(w.next()), BidQty: w.lots(w.next()), Ask: w.ticks(w.next()), AskQty: w.lots(w.next())})
	default:
		return s.moneyPublic(verb, w)
	}
	return true
}

// wait lets time pass, and the exchange do what is due. Whole days are passed at once: what is due each second would say the
// same a hundred thousand times.
func (s *scene) wait(span exchange.Nanos) {
	end := s.now + span
	for s.x.Next() <= end && span < 3600*1e9 {
		s.now = max(s.now, s.x.Next())
		s.x.Timer(s.now)
	}
	if s.now = end; span >= 3600*1e9 {
		s.x.Timer(end)
	}
}

// reader takes a command apart.
type reader struct {
	s     *scene
	words []string
}

func (w *reader) next() string {
	if len(w.words) == 0 {
		w.s.Fatalf("%s: a command ends too early", w.s.rule)
	}
	word := w.words[0]
	w.words = w.words[1:]
	return word
}

// has takes the next word where it is this one.
func (w *reader) has(word string) bool {
	if len(w.words) == 0 || w.words[0] != word {
		return false
	}
	w.words = w.words[1:]
	return true
}

func (w *reader) ticks(text string) market.Ticks {
	px, err := w.s.in.Ticks(dec(text))
	if err != nil {
		w.s.Fatal(w.s.rule, err)
	}
	return px
}

func (w *reader) lots(text string) market.Lots {
	q, err := w.s.in.Lots(dec(text))
	if err != nil {
		w.s.Fatal(w.s.rule, err)
	}
	return q
}

func (w *reader) span(text string) exchange.Nanos {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, _ := strconv.Atoi(days)
		return exchange.Nanos(n) * 24 * 3600 * 1e9
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		w.s.Fatal(w.s.rule, err)
	}
	return exchange.Nanos(d)
}

// number is n of #n and ~n.
func (w *reader) number(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimLeft(text, "#~"), 10, 64)
	if err != nil {
		w.s.Fatal(w.s.rule, err)
	}
	return n
}
