package order_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"baton/decimal"
	"baton/market"
)

// all has everything under way arrive and be heard.
func (w *world) all() {
	for len(w.toVenue)+len(w.toTrader) > 0 {
		for len(w.toVenue) > 0 {
			w.arrive()
		}
		for len(w.toTrader) > 0 {
			w.hear(0)
		}
	}
}

// asked are the commands that the group has sent, as words.
func (w *world) asked() string {
	var s []string
	for id := market.OrderID(1); id < w.next; id++ {
		l, a := w.g.Leg(id), w.orders[id].k
		x := fmt.Sprintf("%s %s %d", l.Role, a.Type, a.Qty)
		if a.Trigger != 0 {
			x += fmt.Sprintf("@%d", a.Trigger)
		}
		if o := w.orders[id]; !o.live {
			x += " " + strings.ToLower(o.status.String())
		}
		s = append(s, x)
	}
	return strings.Join(s, "; ")
}

// fill has the order of a number fill at the venue, and everything be heard.
func (w *world) fill(id market.OrderID, q market.Lots) {
	w.match(w.orders[id], q)
	w.all()
}

// What a group asks for, by example: each story is what happens, and what it then had sent, with how that stands at the venue.
func TestGroupStories(t *testing.T) {
	trail := func(g market.Group) market.Group { g.Callback, g.Stop = decimal.MustParse("0.5"), 0; return g }
	for _, c := range []struct {
		name  string
		kind  market.Group
		held  market.Lots
		story func(w *world)
		asked string
		ended string
	}{
		{"a bracket that is stopped", long(market.GroupBracket), 0, func(w *world) { w.fill(1, 4); w.at(990); w.all() },
			"first LIMIT 10 canceled; stop STOP_MARKET 0@990 filled; take profit TAKE_PROFIT_MARKET 0@1010 expired", "stopped"},
		{"a bracket that takes its profit", long(market.GroupBracket), 0, func(w *world) { w.fill(1, 10); w.at(1010); w.all() },
			"first LIMIT 10 filled; stop STOP_MARKET 0@990 expired; take profit TAKE_PROFIT_MARKET 0@1010 filled", "took profit"},
		{"a bracket that is cancelled before it is entered", long(market.GroupBracket), 0, func(w *world) { w.all(); w.wish(market.WishWind); w.drive(); w.all() },
			"first LIMIT 10 canceled", "not entered"},
		{"a bracket that is cancelled keeps its protection", long(market.GroupBracket), 0, func(w *world) { w.fill(1, 4); w.wish(market.WishWind); w.drive(); w.all() },
			"first LIMIT 10 canceled; stop STOP_MARKET 0@990; take profit TAKE_PROFIT_MARKET 0@1010", ""},
		{"closed by hand", long(market.GroupBracket), 0, func(w *world) { w.fill(1, 4); w.wish(market.WishClose); w.drive(); w.all() },
			"first LIMIT 10 canceled; stop STOP_MARKET 0@990 expired; take profit TAKE_PROFIT_MARKET 0@1010 expired; close MARKET 4 filled", "closed at the market"},
		{"a moved stop: the new one rests before the old one goes, and then again", long(market.GroupProtect), 10, func(w *world) {
			w.all()
			w.move(995, 1010)
			w.drive()
			if w.toVenue[0].Op != market.OpPlace || len(w.toVenue) != 1 {
				w.Fatalf("sent: %+v", w.toVenue)
			}
			w.all()
			w.move(997, 1010)
			w.drive()
			w.all()
		}, "stop STOP_MARKET 0@990 canceled; take profit TAKE_PROFIT_MARKET 0@1010; stop STOP_MARKET 10@995 canceled; stop STOP_MARKET 0@997", ""},
		{"a stop whose price has passed closes at once", long(market.GroupProtect), 5, func(w *world) { w.price = 989; w.all() },
			"stop STOP_MARKET 0@990 none; take profit TAKE_PROFIT_MARKET 0@1010 expired; close MARKET 5 filled",
			"closed at the market: the price has passed the stop"},
		{"a stop that the venue rejects closes at once", long(market.GroupProtect), 5, func(w *world) {
			w.all()
			w.price = 989
			w.finish(w.orders[1], market.StatusRejected)
			w.hear(0)
			if !slices.ContainsFunc(w.toVenue, func(c market.Command) bool { return c.Type == market.Market }) {
				w.Fatalf("sent %+v", w.toVenue)
			}
			w.all()
			if len(w.alarms) != 1 {
				w.Fatalf("alarms %q", w.alarms)
			}
		}, "stop STOP_MARKET 0@990 rejected; take profit TAKE_PROFIT_MARKET 0@1010 expired; close MARKET 5 filled; stop STOP_MARKET 0@990 none",
			"closed at the market: the venue did not carry out the stop when its price came: "},
		{"no stop can be had: closed in time", long(market.GroupProtect), 10, func(w *world) {
			w.refusing = true
			w.all()
			w.pass(bound - 1)
			if w.closed || len(w.alarms) > 0 {
				w.Fatalf("closed too early: %q", w.alarms)
			}
			w.pass(1)
			w.refusing = false
			for range 3 { // the venue takes no more than 7 lots at a time
				w.all()
				w.pass(2e9)
			}
			if len(w.alarms) == 0 {
				w.Fatalf("no alarm")
			}
			w.all()
		}, "", "closed at the market: no stop rested at the venue for 2s"},
		{"a move that the venue keeps refusing: the old stop stays, and is what is wanted again", long(market.GroupProtect), 10, func(w *world) {
			w.all()
			w.refusing = true
			w.move(995, 1010)
			w.drive()
			for range 10 {
				w.all()
				w.pass(1e9)
			}
			if len(w.alarms) != 1 || w.g.Stop != 990 || w.closed || !w.g.Protected(w.pos) {
				w.Fatalf("alarms %q, the stop is wanted at %d\n%s", w.alarms, w.g.Stop, w)
			}
		}, "", ""},
		{"a stop that is refused five times, and then is not", long(market.GroupProtect), 10, func(w *world) {
			w.g.Bare = 60e9
			w.refusing = true
			w.drive()
			for range 6 {
				w.all()
				w.pass(1e9)
			}
			w.refusing = false
			w.pass(5e9)
			w.all()
			if len(w.alarms) != 2 || !w.g.Protected(w.pos) { // of the stop, and of the take profit
				w.Fatalf("alarms %q\n%s", w.alarms, w)
			}
		}, "", ""},
		{"an entry that is refused", long(market.GroupBracket), 0, func(*world) {}, "first LIMIT 10 none", "the first order was refused: overloaded"},
		{"an iceberg that the venue does not take", long(market.GroupIceberg), 0, func(w *world) {
			for range 20 {
				w.all()
				w.pass(5e9)
			}
		}, "", "0 of 10 lots are filled, and then the venue took no more"},
		{"a trailing stop has a quantity, and grows with the position", trail(long(market.GroupBracket)), 0, func(w *world) { w.fill(1, 4); w.fill(1, 6) },
			"first LIMIT 10 filled; stop TRAILING_STOP_MARKET 4 canceled; take profit TAKE_PROFIT_MARKET 0@1010; stop TRAILING_STOP_MARKET 10", ""},
		{"somebody cancels the stop at the venue", long(market.GroupProtect), 10, func(w *world) {
			w.all()
			w.finish(w.orders[1], market.StatusCanceled)
			w.all()
			w.pass(200e6)
			w.all()
		}, "stop STOP_MARKET 0@990 canceled; take profit TAKE_PROFIT_MARKET 0@1010; stop STOP_MARKET 10@990", ""},
		{"released", long(market.GroupProtect), 10, func(w *world) { w.all(); w.wish(market.WishRelease); w.drive(); w.all() },
			"stop STOP_MARKET 0@990 canceled; take profit TAKE_PROFIT_MARKET 0@1010 canceled",
			"released: its orders are cancelled, and the position is not protected by it any more"},
		{"OCO", long(market.GroupOCO), 0, func(w *world) { w.all(); w.fill(1, 1) },
			"first LIMIT 10; second LIMIT 8 canceled", ""},
		{"OTO", long(market.GroupOTO), 0, func(w *world) { w.fill(1, 4); w.finish(w.orders[1], market.StatusExpired); w.all(); w.fill(2, 4) },
			"first LIMIT 10 expired; second LIMIT 4 filled", "the second order has ended"},
		{"TWAP: what a slice leaves is in those that follow", long(market.GroupTWAP), 0, func(w *world) {
			for n := range 5 {
				w.all()
				if n != 1 {
					last := w.next - 1
					w.fill(last, w.orders[last].c.Qty)
				}
				w.pass(700e6)
			}
			w.all()
		}, "first LIMIT 2 filled; first LIMIT 2 canceled; first LIMIT 3 filled; first LIMIT 3 filled; first LIMIT 2 filled", "10 of 10 lots are filled"},
		{"an iceberg", long(market.GroupIceberg), 0, func(w *world) {
			for range 4 {
				w.all()
				w.fill(w.next-1, w.orders[w.next-1].c.Qty)
			}
		}, "first LIMIT 3 filled; first LIMIT 3 filled; first LIMIT 3 filled; first LIMIT 1 filled", "10 of 10 lots are filled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.kind, c.held)
			w.refusing = strings.Contains(c.name, "an entry that is refused") || strings.Contains(c.name, "does not take")
			w.drive()
			if c.held == 0 {
				w.all()
			}
			c.story(w)
			if got := w.asked(); c.asked != "" && got != c.asked {
				t.Errorf("asked for\n%s\nwant\n%s", got, c.asked)
			}
			if w.ended != c.ended {
				t.Errorf("ended %q, want %q\n%s", w.ended, c.ended, w)
			}
		})
	}
}
