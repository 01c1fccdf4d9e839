package exchange_test

import (
	"fmt"
	"strings"

	"baton/exchange"
	"baton/market"
)

var (
	sides   = map[string]market.Side{"buy": market.Buy, "sell": market.Sell}
	tifs    = map[string]market.TIF{"gtc": market.GTC, "ioc": market.IOC, "fok": market.FOK, "gtx": market.GTX, "gtd": market.GTD}
	modes   = map[string]market.SelfTrade{"maker": market.ExpireMaker, "taker": market.ExpireTaker, "both": market.ExpireBoth, "none": market.SelfTradeNone}
	matches = map[string]market.PriceMatch{
		"opponent": market.Opponent, "opponent5": market.Opponent5, "opponent10": market.Opponent10, "opponent20": market.Opponent20,
		"queue": market.Queue, "queue5": market.Queue5, "queue10": market.Queue10, "queue20": market.Queue20,
	}
	conditionals = map[string][2]market.OrderType{
		"stop": {market.StopMarket, market.Stop}, "profit": {market.TakeProfitMarket, market.TakeProfit},
		"trail": {market.TrailingStopMarket, market.TrailingStopMarket},
	}
)

// private does what an account asks for, and gives what it is answered beside the events.
func (s *scene) private(who int, w *reader) []string {
	if side, ok := sides[w.words[0]]; ok {
		w.next()
		r := w.order(who, side)
		_, refusal := s.x.Place(s.now, &r)
		return said(refusal)
	}
	verb := w.next()
	if types, ok := conditionals[verb]; ok {
		r := w.conditional(who, types)
		_, refusal := s.x.PlaceAlgo(s.now, &r)
		return said(refusal)
	}
	switch verb {
	case "amend":
		r := w.amendment(who)
		_, refusal := s.x.Amend(s.now, &r)
		return said(refusal)
	case "cancel":
		_, refusal := s.x.Cancel(s.now, w.key(who))
		return said(refusal)
	case "cancelall":
		return []string{fmt.Sprintf("%d cancelled", s.x.CancelAll(s.now, who, 0))}
	case "cancelstop":
		k := w.key(who)
		_, refusal := s.x.CancelAlgo(s.now, exchange.AlgoKey{Account: who, ID: k.ID, ClientID: k.ClientID})
		return said(refusal)
	case "cancelstops":
		return []string{fmt.Sprintf("%d cancelled", s.x.CancelAllAlgos(s.now, who, 0))}
	case "countdown":
		s.x.Countdown(s.now, who, 0, w.span(w.next()))
		return nil
	case "hedge":
		return said(s.x.SetHedge(who, true))
	case "batch", "amendbatch", "cancelbatch":
		return s.batch(who, verb, w)
	case "ask", "orders", "stops", "position":
		return s.asked(who, verb, w)
	}
	return s.money(who, verb, w)
}

func said(r exchange.Refusal) []string {
	if !r.Refused() {
		return nil
	}
	return []string{"refused " + r.Error()}
}

// batch places, amends or cancels several.
func (s *scene) batch(who int, verb string, w *reader) []string {
	var places []exchange.Request
	var amends []exchange.Amend
	var keys []exchange.Key
	for len(w.words) > 0 {
		switch verb {
		case "batch":
			places = append(places, w.order(who, sides[w.next()]))
		case "amendbatch":
			amends = append(amends, w.amendment(who))
		default:
			keys = append(keys, w.key(who))
		}
		w.has(";")
	}
	var results []exchange.Result
	var refusal exchange.Refusal
	switch verb {
	case "batch":
		results, refusal = s.x.PlaceBatch(s.now, places, nil)
	case "amendbatch":
		results, refusal = s.x.AmendBatch(s.now, amends, nil)
	default:
		results, refusal = s.x.CancelBatch(s.now, keys, nil)
	}
	out := said(refusal)
	for i, r := range results {
		if r.Refusal.Refused() {
			out = append(out, fmt.Sprintf("%d: %s", i+1, said(r.Refusal)[0]))
		} else {
			out = append(out, fmt.Sprintf("%d: #%d %s", i+1, r.Order.ID, r.Order.Status))
		}
	}
	return out
}

// order reads a request behind its side.
func (w *reader) order(who int, side market.Side) exchange.Request {
	r := exchange.Request{Account: who, Side: side, Type: market.Limit, TIF: market.GTC, Qty: w.lots(w.next())}
	if w.has("market") {
		r.Type, r.TIF = market.Market, 0
	}
	if w.has("@") {
		r.Px = w.ticks(w.next())
	}
	for len(w.words) > 0 && w.words[0] != ";" {
		key, value, _ := strings.Cut(w.next(), "=")
		switch {
		case tifs[key] != 0:
			r.TIF = tifs[key]
		case key == "till":
			r.GoodTill = w.s.now + w.span(value)
		case key == "reduce":
			r.ReduceOnly = true
		case key == "stp":
			r.SelfTrade = modes[value]
		case key == "match":
			r.PriceMatch = matches[value]
		case key == "id":
			r.ClientID = value
		case key == "type":
			r.Type = conditionals[value][0]
		case key == "long":
			r.PositionSide = market.Long
		case key == "short":
			r.PositionSide = market.Short
		default:
			w.s.Fatalf("%s: no option %s", w.s.rule, key)
		}
	}
	return r
}

// conditional reads a conditional order behind its type.
func (w *reader) conditional(who int, types [2]market.OrderType) exchange.AlgoRequest {
	r := exchange.AlgoRequest{Account: who, Type: types[0], Side: sides[w.next()]}
	if len(w.words) > 0 && w.words[0][0] >= '0' && w.words[0][0] <= '9' {
		r.Qty = w.lots(w.next())
	}
	for len(w.words) > 0 {
		key, value, _ := strings.Cut(w.next(), "=")
		switch {
		case key == "at":
			r.Trigger = w.ticks(w.next())
		case key == "@":
			r.Type, r.Px = types[1], w.ticks(w.next())
		case key == "callback":
			r.Callback = dec(w.next())
		case key == "activate":
			r.Activate = w.ticks(w.next())
		case key == "mark":
			r.Working = market.MarkPrice
		case key == "protect":
			r.PriceProtect = true
		case key == "close":
			r.ClosePosition = true
		case key == "reduce":
			r.ReduceOnly = true
		case key == "match":
			r.Type, r.PriceMatch = types[1], matches[value]
		case key == "id":
			r.ClientID = value
		case key == "stp":
			r.SelfTrade = modes[value]
		case key == "long":
			r.PositionSide = market.Long
		case key == "short":
			r.PositionSide = market.Short
		case key == "till":
			r.GoodTill = w.s.now + w.span(value)
		case tifs[key] != 0:
			r.TIF = tifs[key]
		default:
			w.s.Fatalf("%s: no option %s", w.s.rule, key)
		}
	}
	return r
}

func (w *reader) amendment(who int) exchange.Amend {
	r := exchange.Amend{Key: w.key(who), Side: sides[w.next()], Qty: w.lots(w.next())}
	if w.has("@") {
		r.Px = w.ticks(w.next())
	}
	for len(w.words) > 0 && w.words[0] != ";" {
		key, value, _ := strings.Cut(w.next(), "=")
		switch key {
		case "match":
			r.PriceMatch = matches[value]
		case "reduce":
			r.ReduceOnly = true
		case "modify":
			r.ModifyID = w.number(value)
		default:
			w.s.Fatalf("%s: no option %s", w.s.rule, key)
		}
	}
	return r
}

// key names an order by #n, or by its client id.
func (w *reader) key(who int) exchange.Key {
	word := w.next()
	if strings.ContainsAny(word[:1], "#~") {
		return exchange.Key{Account: who, ID: w.number(word)}
	}
	return exchange.Key{Account: who, ClientID: word}
}

// asked answers a query.
func (s *scene) asked(who int, verb string, w *reader) (out []string) {
	switch verb {
	case "ask":
		if strings.HasPrefix(w.words[0], "~") {
			a, ok := s.x.Algo(exchange.AlgoKey{Account: who, ID: w.key(who).ID})
			if !ok {
				return []string{"no such conditional order"}
			}
			return []string{fmt.Sprintf("~%d %s, order #%d, filled %s at %s %s", a.ID, a.Status, a.OrderID, s.in.Quantity(a.Filled), a.Average, a.Reason)}
		}
		o, ok := s.x.Order(w.key(who))
		if !ok {
			return []string{"refused " + exchange.RefuseNoOrder.Error()}
		}
		return []string{s.state(&o)}
	case "orders":
		for _, o := range s.x.AppendOpen(nil, who, 0) {
			out = append(out, s.state(&o))
		}
	case "stops":
		for _, a := range s.x.AppendOpenAlgos(nil, who, 0) {
			out = append(out, fmt.Sprintf("~%d %s", a.ID, a.Status))
		}
	case "position":
		for _, p := range s.x.AppendPositions(nil, who, 0) {
			out = append(out, fmt.Sprintf("%s %s", p.Side, s.in.Quantity(p.Qty)))
		}
	default:
		s.Fatalf("%s: no verb %s", s.rule, verb)
	}
	return out
}

func (s *scene) state(o *exchange.Order) string {
	return fmt.Sprintf("order #%d %s %s of %s @ %s", o.ID, o.Status, s.in.Quantity(o.Filled), s.in.Quantity(o.Qty), s.px(o.Px))
}
