package server

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"baton/aio"
	"baton/exchange"
	"baton/exchange/flow"
	"baton/market"
)

// Scenario is something that befalls the venue as a whole, at a time and for a time.
type Scenario struct {
	Name     string        // one of [Scenarios]
	Symbol   string        // empty: every listed one
	At       time.Duration // from now
	For      time.Duration // how long; 0: until it is ended, where it does not end by itself
	Strength float64       // 0 stands for 1: as strong as the table says
}

// String is one line about it.
func (sc Scenario) String() string {
	of := sc.Symbol
	if of == "" {
		of = "all"
	}
	return fmt.Sprintf("%s of %s at %s for %s, strength %g", sc.Name, of, sc.At, sc.For, sc.Strength)
}

// Bounds of scenarios: how many may wait or go on, and how strong one may be.
const (
	maxScenarios = 64
	maxStrength  = flow.MaxStrength
)

// The parts of the venue that may be down each by itself.
const (
	restPart = iota
	apiPart
	marketPart
	userPart
	parts
)

// scene is one row of the table of scenarios. begin and end are of one instrument where symbols is set, else of the venue (i is -1).
type scene struct {
	ChanceInfo
	symbols bool
	begin   func(s *Server, i int, r *running) error
	end     func(s *Server, i int, r *running)
}

// scenes is the one table of them.
var scenes = [...]scene{
	{ChanceInfo{"filter-change", "E17", "tick, step, minNotional and the price multipliers become narrower: tick 10, step 2, notional 2 times STRENGTH"}, true, narrow, widen},
	{ChanceInfo{"halt", "E36", "a symbol stands still (BREAK): its orders expire"}, true, toStatus(exchange.StatusBreak), fromStatus},
	{ChanceInfo{"close-only", "E36", "a symbol takes only what reduces (PRE_SETTLE)"}, true, toStatus(exchange.StatusSettle), fromStatus},
	{ChanceInfo{"delisting", "E36", "a symbol ends (CLOSE): its orders expire, its positions are settled; afterwards it trades again"}, true, toStatus(exchange.StatusClose), fromStatus},
	{ChanceInfo{"mark-stall", "E32", "there are no mark prices"}, true, func(s *Server, i int, _ *running) error { s.x.HoldMark(i, true); return nil }, func(s *Server, i int, _ *running) { s.x.HoldMark(i, false) }},
	{ChanceInfo{"mark-apart", "E32", "the mark price is 10 % times STRENGTH below the last"}, true, apart, together},
	{ChanceInfo{"funding-jump", "E33", "the funding rate becomes 0.3 % times STRENGTH"}, true, jump, fundAsBefore},
	{ChanceInfo{"funding-interval", "E33", "funding is settled each hour instead of every eight"}, true, hourly, fundAsBefore},
	{ChanceInfo{"liquidation-cascade", "E34", "leveraged longs pile up for 10 s, a fall of 120 ticks a second times STRENGTH liquidates them"}, true, stage(flow.Cascade), nothing},
	{ChanceInfo{"flash-crash", "E31 E34", "bids vanish under a seller: 3 % times STRENGTH down within 3 s, and back"}, true, stage(flow.Crash), nothing},
	{ChanceInfo{"outage", "E44", "orders and cancels are answered with 503 -1001 and not done; the market moves on"}, false, count(func(s *Server) *int { return &s.outage }), uncount(func(s *Server) *int { return &s.outage })},
	{ChanceInfo{"cancel-only", "E43", "orders are answered with 503 Service Unavailable.; cancels and queries pass"}, false, count(func(s *Server) *int { return &s.cancelOnly }), uncount(func(s *Server) *int { return &s.cancelOnly })},
	{ChanceInfo{"maintenance", "E43", "nothing is served: 503 Service Unavailable., connections are closed with 1012"}, false, func(s *Server, _ int, _ *running) error { s.Maintain(true); return nil }, func(s *Server, _ int, _ *running) { s.Maintain(false) }},
	{ChanceInfo{"clock-drift", "E14", "the clock goes ahead by 8 s times STRENGTH"}, false, func(s *Server, _ int, r *running) error {
		s.Drift(time.Duration(r.Strength * 8e9))
		return nil
	}, func(s *Server, _ int, _ *running) { s.Drift(0) }},
	{ChanceInfo{"rest-down", "N11", "REST is answered by a gateway alone: 502"}, false, takeDown(restPart), bringBack(restPart)},
	{ChanceInfo{"api-down", "N11", "the WebSocket API is down"}, false, takeDown(apiPart), bringBack(apiPart)},
	{ChanceInfo{"market-down", "N11", "streams of market data are down"}, false, takeDown(marketPart), bringBack(marketPart)},
	{ChanceInfo{"user-down", "N11", "user streams are down"}, false, takeDown(userPart), bringBack(userPart)},
	{ChanceInfo{"idle-close", "E27", "user streams on which nothing was said for the last 2 minutes are closed"}, false, closeIdle, nothing},
	{ChanceInfo{"by-hand-order", "E47", "somebody sends a small market order by hand, on one of the accounts"}, false, byHand("order"), nothing},
	{ChanceInfo{"by-hand-cancel", "E47", "somebody cancels an open order by hand"}, false, byHand("cancel"), nothing},
	{ChanceInfo{"by-hand-mode", "E19", "somebody switches an account's position mode by hand, where it is flat"}, false, byHand("mode"), nothing},
}

// Scenarios lists what there is.
func Scenarios() []ChanceInfo {
	var list []ChanceInfo
	for i := range scenes {
		list = append(list, scenes[i].ChanceInfo)
	}
	return list
}

func sceneOf(name string) *scene {
	for i := range scenes {
		if scenes[i].Name == name {
			return &scenes[i]
		}
	}
	return nil
}

// running is a scenario that waits for its time, or goes on.
type running struct {
	Scenario
	scene  *scene
	list   []int // instruments; -1 for the venue
	begun  bool
	timer  *aio.Timer
	status []string                // of the instruments before
	terms  []exchange.FundingTerms // likewise
}

// Stage lets a scenario begin at its time. One of the same name that waits or goes on is ended first.
func (s *Server) Stage(sc Scenario) error {
	if sc.Strength == 0 {
		sc.Strength = 1
	}
	r := &running{Scenario: sc, scene: sceneOf(sc.Name)}
	switch {
	case r.scene == nil:
		return fmt.Errorf("no scenario is called %q; there are: %s", sc.Name, strings.Join(sceneNames(), ", "))
	case sc.At < 0 || sc.For < 0 || sc.At > maxScene || sc.For > maxScene:
		return fmt.Errorf("scenario %s at %s for %s: use times between 0 and %s", sc.Name, sc.At, sc.For, maxScene)
	case !(r.Strength > 0 && r.Strength <= maxStrength):
		return fmt.Errorf("scenario %s: a strength of %g is not above 0 and up to %g", sc.Name, r.Strength, float64(maxStrength))
	case len(s.running) >= maxScenarios:
		return fmt.Errorf("%d scenarios wait or go on: end some first", len(s.running))
	}
	if err := s.choose(r); err != nil {
		return err
	}
	s.EndScenario(sc.Name)
	s.running = append(s.running, r)
	if sc.At == 0 {
		return s.begin(r)
	}
	r.timer = s.l.CallAt(s.l.Now()+market.Nanos(sc.At), func() { _ = s.begin(r) }) // what cannot be is not there in Running
	return nil
}

// maxScene bounds when a scenario begins and how long it goes on.
const maxScene = 30 * 24 * time.Hour

func sceneNames() (names []string) {
	for i := range scenes {
		names = append(names, scenes[i].Name)
	}
	return names
}

// choose finds the instruments of a scenario.
func (s *Server) choose(r *running) error {
	switch {
	case !r.scene.symbols:
		r.list = []int{-1}
	case r.Symbol != "":
		i, ok := s.x.Index(r.Symbol)
		if !ok {
			return fmt.Errorf("scenario %s: %s is not listed", r.Name, r.Symbol)
		}
		r.list = []int{i}
	default:
		for i := range s.x.Instruments() {
			r.list = append(r.list, i)
		}
	}
	return nil
}

func (s *Server) begin(r *running) (err error) {
	s.catchUp()
	r.begun = true
	s.counts[r.Name]++
	for n, i := range r.list {
		if err = r.scene.begin(s, i, r); err != nil {
			r.list = r.list[:n]
			break
		}
	}
	switch {
	case len(r.list) == 0 || r.For == 0 && r.scene.momentary():
		s.running = slices.DeleteFunc(s.running, func(o *running) bool { return o == r })
	case r.For > 0:
		r.timer = s.l.CallAt(s.l.Now()+market.Nanos(r.For), func() { s.finish(r) })
	}
	s.settle()
	return err
}

// momentary says whether a scenario is over when it has begun: it ends nothing.
func (c *scene) momentary() bool {
	return slices.Contains([]string{"liquidation-cascade", "flash-crash", "idle-close"}, c.Name) || strings.HasPrefix(c.Name, "by-hand-")
}

// finish ends a scenario that goes on, or that waits.
func (s *Server) finish(r *running) {
	if r.timer != nil {
		r.timer.Stop()
	}
	s.running = slices.DeleteFunc(s.running, func(o *running) bool { return o == r })
	if !r.begun {
		return
	}
	s.catchUp()
	for _, i := range r.list {
		r.scene.end(s, i, r)
	}
	s.settle()
}

// EndScenario ends a scenario that waits or goes on, and says whether there was one.
func (s *Server) EndScenario(name string) bool {
	for _, r := range s.running {
		if r.Name == name {
			s.finish(r)
			return true
		}
	}
	return false
}

// Running lists the scenarios that wait or go on, in the order in which they were asked for.
func (s *Server) Running() []Scenario {
	var list []Scenario
	for _, r := range s.running {
		list = append(list, r.Scenario)
	}
	return list
}

// diceEvery is how often the dice are thrown for what befalls the venue as a whole.
const diceEvery = market.Nanos(time.Second)

// startDice lets the dice be thrown each second, where any chance wants that.
func (s *Server) startDice() {
	if s.dice.When() == aio.Never && slices.ContainsFunc(s.chances, func(c Chance) bool { return sceneOf(c.Name) != nil }) {
		s.dice.Arm(s.l.Now() + diceEvery)
	}
}

// throwDice lets scenarios begin by chance, each of one symbol, and each for its time.
func (s *Server) throwDice() {
	for _, c := range slices.Clone(s.chances) {
		sc := sceneOf(c.Name)
		if sc == nil || slices.ContainsFunc(s.running, func(r *running) bool { return r.Name == c.Name }) {
			continue
		}
		if s.luck.Float64() >= c.Probability {
			continue
		}
		s.stats.Faults++
		wait := c.Wait
		if wait == 0 {
			wait = DefaultWait
		}
		scenario := Scenario{Name: c.Name, For: wait}
		if sc.symbols {
			scenario.Symbol = s.x.Instruments()[s.luck.IntN(len(s.x.Instruments()))].Symbol
		}
		_ = s.Stage(scenario) // what the market cannot play is not played
	}
	s.startDice()
}
