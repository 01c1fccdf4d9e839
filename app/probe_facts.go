package app

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"baton/binance/api"
	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

// interestRate is the interest part of funding, for eight hours.
const interestRate = "0.0001"

func (q *prober) interest() (verdict, error) {
	rows, err := askFor(q.a, api.MarkPrice{})
	if err != nil {
		return verdict{}, err
	}
	want, n := decimal.MustParse(interestRate), 0
	var others []string
	for _, r := range *rows {
		if r.NextFundingTime == 0 {
			continue // a delivery contract has no funding
		}
		if n++; r.InterestRate != want {
			others = append(others, r.Symbol+" "+r.InterestRate.String())
		}
	}
	switch {
	case n == 0:
		return verdict{}, errors.New("premiumIndex has no symbol with funding")
	case len(others) > 0:
		return verdict{false, fmt.Sprintf("of %d symbols %d have another rate than %s: %.300q", n, len(others), interestRate, others)}, nil
	}
	return verdict{true, fmt.Sprintf("premiumIndex has %s for all of %d symbols", interestRate, n)}, nil
}

// fundingJitter looks at how far behind the hour payments were booked.
func (q *prober) fundingJitter() (verdict, error) {
	rows, err := askFor(q.a, api.GetFundingRateHistory{Symbol: q.Symbol, Limit: 1000})
	if err != nil {
		return verdict{}, err
	}
	if len(*rows) == 0 {
		return verdict{}, errors.New("fundingRate has no payment yet")
	}
	const hour, most = 3_600_000, 20
	late := int64(0)
	for _, r := range *rows {
		late = max(late, r.FundingTime%hour)
	}
	return verdict{late <= most, fmt.Sprintf("%d payments were booked at most %d ms after the hour", len(*rows), late)}, nil
}

// notTrading places an order in a symbol that is in another state, if there is one.
func (q *prober) notTrading() (verdict, error) {
	info, err := q.instruments()
	if err != nil {
		return verdict{}, err
	}
	for _, in := range info {
		if in.Status == "TRADING" || in.Status == "" {
			continue
		}
		_, code, err := q.place(api.NewOrder{Symbol: in.Symbol, Side: "BUY", Type: "LIMIT", TimeInForce: "GTX", Price: in.Price(max(in.MinPrice, 1)), Quantity: in.Quantity(max(in.MinQty, 1))})
		if err != nil || code == 0 {
			return verdict{}, because("an order in "+in.Symbol+", whose state is "+in.Status, code, err)
		}
		named := slices.Contains([]int{wire.CodeBadSymbolStatus, codeBadStatus, codeSymbolClosed}, code)
		return verdict{named, fmt.Sprintf("an order in %s, whose state is %s, is refused with %d", in.Symbol, in.Status, code)}, nil
	}
	return verdict{}, errors.New("every symbol is TRADING now")
}

func (q *prober) instruments() ([]*market.Instrument, error) {
	body, err := q.a.askWire(wire.CallExchangeInfo)
	if err != nil {
		return nil, err
	}
	info, err := wire.DecodeInfo(body)
	if err != nil {
		return nil, err
	}
	return info.Instruments, nil
}

// positionControl places an order in a symbol that is under POSITION_RISK_CONTROL, if there is one.
func (q *prober) positionControl() (verdict, error) {
	body, err := q.a.askWire(wire.CallExchangeInfo)
	if err != nil {
		return verdict{}, err
	}
	var rows struct {
		Symbols []struct {
			Symbol  string `json:"symbol"`
			Filters []struct {
				FilterType          string `json:"filterType"`
				PositionControlSide string `json:"positionControlSide"`
			} `json:"filters"`
		} `json:"symbols"`
	}
	if err := wire.Unmarshal(body, &rows); err != nil {
		return verdict{}, err
	}
	info, err := wire.DecodeInfo(body)
	if err != nil {
		return verdict{}, err
	}
	all := info.Instruments
	for _, s := range rows.Symbols {
		for _, f := range s.Filters {
			if f.FilterType != "POSITION_RISK_CONTROL" || f.PositionControlSide == "NONE" || f.PositionControlSide == "" {
				continue
			}
			i := slices.IndexFunc(all, func(in *market.Instrument) bool { return in.Symbol == s.Symbol })
			if i < 0 {
				continue
			}
			in := all[i]
			_, code, err := q.place(api.NewOrder{Symbol: in.Symbol, Side: "BUY", Type: "LIMIT", TimeInForce: "GTX", Price: in.Price(max(in.MinPrice, 1)), Quantity: in.Quantity(max(in.MinQty, 1))})
			return verdict{}, fmt.Errorf("an order in %s, which is under control of %s: %w", s.Symbol, f.PositionControlSide, because("it", code, err))
		}
	}
	return verdict{}, errors.New("no symbol is under control now")
}

// openMargin compares the margin of one order on each side with the larger one's.
func (q *prober) openMargin() (verdict, error) {
	margin := func() (float64, error) {
		if err := q.a.co.Sleep(q.settle); err != nil {
			return 0, err
		}
		body, err := q.a.askWire(wire.CallAccount)
		if err != nil {
			return 0, err
		}
		a, err := wire.DecodeAccount(body)
		return number(a.TotalOpenOrderInitialMargin), err
	}
	before, err := margin()
	if err != nil {
		return verdict{}, err
	}
	buy, sell := q.order(q.id()), q.order(q.id())
	sell.Side, sell.Price = "SELL", q.in.Price(q.up)
	sell.Quantity = q.in.Quantity(q.lots * 2)
	var seen []float64
	for _, o := range []api.NewOrder{buy, sell} {
		if _, code, err := q.place(o); err != nil || code != 0 {
			return verdict{}, because("an order", code, err)
		}
		m, err := margin()
		if err != nil {
			return verdict{}, err
		}
		seen = append(seen, m-before)
	}
	for _, o := range []api.NewOrder{buy, sell} {
		if code, err := q.cancel(o.NewClientOrderID); err != nil || code != 0 {
			return verdict{}, because("a cancel", code, err)
		}
	}
	if seen[0] <= 0 {
		return verdict{}, fmt.Errorf("an order takes a margin of %.4f", seen[0])
	}
	larger := seen[0] * float64(q.up) * 2 / float64(q.far)
	const near = 0.05 // the margin of a sell order may be of the mark price
	return verdict{math.Abs(seen[1]/larger-1) < near, fmt.Sprintf("a bid alone takes %.4f, with an ask of twice its size %.4f; the ask alone would take %.4f, both %.4f", seen[0], seen[1], larger, seen[0]+larger)}, nil
}

// countdownTick measures the time from the end of a countdown to the cancel's event, by the exchange's clock.
func (q *prober) countdownTick() (verdict, error) {
	p, err := q.openPrivate()
	if err != nil {
		return verdict{}, err
	}
	defer p.close()
	const ttl = 1000
	var late []int64
	for range 3 {
		id := q.id()
		if _, code, err := q.place(q.order(id)); err != nil || code != 0 {
			return verdict{}, because("an order", code, err)
		}
		sent := q.a.co.Now()
		if _, err := askFor(q.a, api.AutoCancelAllOpenOrders{Symbol: q.Symbol, CountdownTime: ttl}); err != nil {
			return verdict{}, err
		}
		armed := wire.Millis(sent + (q.a.co.Now()-sent)/2 + q.a.offset.Ahead())
		e, ok, err := p.await(0, eventWait, func(e *privateEvent) bool { return e.Order.ClientID == id && e.Order.Status == "CANCELED" })
		if err != nil || !ok {
			return verdict{}, errors.Join(err, errors.New("no event of the cancel came"))
		}
		late = append(late, e.Event-armed-ttl)
	}
	const check, unsure = 10, 5 // milliseconds; the arming is known to half a round trip
	slack := check + unsure + int64(q.a.offset.Error()/1e6)
	slices.Sort(late)
	found := fmt.Sprintf("a countdown of a second cancels %v ms after its end, known to %d ms", late, slack-check)
	if late[1] > slack && late[0] <= 10*slack {
		return verdict{}, errors.New(found + ": too uneven to tell")
	}
	return verdict{late[1] <= slack, found}, nil
}

// keyEnded closes a listen key and looks what its stream does.
func (q *prober) keyEnded() (verdict, error) {
	p, err := q.openPrivate()
	if err != nil {
		return verdict{}, err
	}
	defer p.close()
	if _, err := askFor(q.a, api.CloseUserDataStream{}); err != nil {
		return verdict{}, fmt.Errorf("DELETE listenKey: %w", err)
	}
	_, told, err := p.await(0, eventWait, func(e *privateEvent) bool { return e.Kind == "listenKeyExpired" })
	if err != nil && !p.down {
		return verdict{}, err
	}
	id := q.id()
	if _, code, err := q.place(q.order(id)); err != nil || code != 0 {
		return verdict{}, because("an order", code, err)
	}
	_, heard, err := p.await(0, eventWait, func(e *privateEvent) bool { return e.Order.ClientID == id })
	if err != nil && !p.down {
		return verdict{}, err
	}
	if code, err := q.cancel(id); err != nil || code != 0 {
		return verdict{}, because("a cancel", code, err)
	}
	found := fmt.Sprintf("after DELETE listenKey the stream tells listenKeyExpired: %v, is closed: %v, tells of an order: %v", told, p.down, heard)
	if told && !p.down && !heard {
		return verdict{true, found}, nil
	}
	return verdict{}, errors.New(found + "; a key that is closed need not end as one that expires, which takes an hour")
}

// amendTries is how often an order is tried that the book fills in part: the best price may have gone when it comes.
const amendTries = 5

// amendFilled part-fills an order and amends it to what is filled.
func (q *prober) amendFilled() (verdict, error) {
	defer q.flat()
	var o api.NewOrder
	var filled decimal.Decimal
	var status string
	var err error
	for try := 0; try < amendTries && status != "PARTIALLY_FILLED"; try++ {
		if o, status, filled, err = q.partFilled(); err != nil {
			return verdict{}, err
		}
	}
	if status != "PARTIALLY_FILLED" {
		return verdict{}, fmt.Errorf("the last of %d orders for more than the best price has is %s, not filled in part: the book moves", amendTries, status)
	}
	m := api.ModifyOrder{Symbol: q.Symbol, OrigClientOrderID: o.NewClientOrderID, Side: o.Side, Price: o.Price, Quantity: filled}
	_, code, err := q.refusal(m.Endpoint(), string(api.AppendQuery(nil, m)), 0, askWindow)
	if err != nil {
		return verdict{}, err
	}
	status, asked, err := q.status(o.NewClientOrderID)
	if err != nil || asked != 0 {
		return verdict{}, because("the query", asked, err)
	}
	return verdict{code == 0 && status == "CANCELED", fmt.Sprintf("an amend to the executed %s is answered with %d (0: accepted), and the order is %s", filled, code, status)}, nil
}

// partFilled places an order at the best ask for more than there is, and looks what became of it. What rests of one that is of no use
// is cancelled.
func (q *prober) partFilled() (o api.NewOrder, status string, filled decimal.Decimal, err error) {
	book, err := askFor(q.a, api.OrderBook{Symbol: q.Symbol, Limit: 5})
	if err != nil {
		return o, "", filled, err
	}
	if len(book.Asks) == 0 || len(book.Asks[0]) < 2 {
		return o, "", filled, errors.New("nobody sells")
	}
	o = q.order(q.id())
	o.Price = book.Asks[0][0]
	if o.Quantity, err = book.Asks[0][1].Add(q.in.Quantity(q.lots)); err != nil {
		return o, "", filled, err
	}
	if _, code, err := q.place(o); err != nil || code != 0 {
		return o, "", filled, because("an order for more than the best price has", code, err)
	}
	got, err := askFor(q.a, api.QueryOrder{Symbol: q.Symbol, OrigClientOrderID: o.NewClientOrderID})
	if err != nil {
		return o, "", filled, err
	}
	if got.Status == "NEW" {
		_, err = q.cancel(o.NewClientOrderID)
	}
	return o, got.Status, got.ExecutedQty, err
}

// flat cancels what rests and closes what was bought.
func (q *prober) flat() {
	_, _ = askFor(q.a, api.CancelAllOpenOrders{Symbol: q.Symbol}) // the end of the probe does it again, and tells
	rows, err := q.risk()
	if err != nil {
		return
	}
	for _, r := range rows {
		if r.Symbol != q.Symbol || r.PositionAmt.IsZero() {
			continue
		}
		o := api.NewOrder{Symbol: q.Symbol, Side: "SELL", Type: "MARKET", Quantity: r.PositionAmt, ReduceOnly: "true"}
		if r.PositionAmt.Sign() < 0 {
			o.Side, o.Quantity = "BUY", r.PositionAmt.Neg()
		}
		_, _, _ = q.place(o)
	}
}

// triggerWait is how long one of two triggers beside the market is waited for.
const triggerWait = time.Minute

// algoLink has a conditional order on each side of the market, closely; one of them triggers soon.
func (q *prober) algoLink() (verdict, error) {
	p, err := q.openPrivate()
	if err != nil {
		return verdict{}, err
	}
	defer p.close()
	defer q.flat()
	if err := q.look(); err != nil {
		return verdict{}, err
	}
	ids := [2]string{q.id(), q.id()}
	for i, o := range []api.NewAlgoOrder{
		{Type: "STOP_MARKET", TriggerPrice: q.in.Price(q.ask + 1)}, {Type: "TAKE_PROFIT_MARKET", TriggerPrice: q.in.Price(q.bid - 1)},
	} {
		o.AlgoType, o.Symbol, o.Side, o.Quantity, o.ClientAlgoID, o.WorkingType = "CONDITIONAL", q.Symbol, "BUY", q.in.Quantity(q.lots), ids[i], "CONTRACT_PRICE"
		if _, err := askFor(q.a, o); err != nil {
			if answer, ok := errors.AsType[*said](err); !ok || answer.Code != codeTriggersAtOnce {
				return verdict{}, fmt.Errorf("place a conditional order: %w", err)
			}
		}
	}
	link, ok, err := p.await(0, triggerWait, func(e *privateEvent) bool { return slices.Contains(ids[:], e.Order.AlgoID) && e.Order.Spawned != 0 })
	_, _ = askFor(q.a, api.CancelAllAlgoOpenOrders{Symbol: q.Symbol}) // the end of the probe does it again, and tells
	if err != nil || !ok {
		return verdict{}, errors.Join(err, fmt.Errorf("neither trigger was reached within %s", triggerWait))
	}
	id := link.Order.Spawned
	if _, _, err := p.await(0, eventWait, func(e *privateEvent) bool { return e.Order.ID == id }); err != nil {
		return verdict{}, err
	}
	named := p.first(func(e *privateEvent) bool { return e.Order.Spawned == id })
	order := p.first(func(e *privateEvent) bool { return e.Order.ID == id })
	if order < 0 {
		return verdict{}, fmt.Errorf("ALGO_UPDATE names order %d, of which no event came within %s", id, eventWait)
	}
	when := map[bool]string{true: "before", false: "after"}[named < order]
	return verdict{true, fmt.Sprintf("ALGO_UPDATE names the order %s the order's own first event", when)}, nil
}

// Codes of conditional orders and of symbols (Binance USD-M, Error Codes).
const (
	codeTriggersAtOnce = -2021
	codeBadStatus      = -4140
	codeSymbolClosed   = -4141
)

// lagOrders is how many orders a lag is measured with, lagMost how long one is waited for: the row's ten seconds and some more.
const (
	lagOrders = 5
	lagMost   = 12 * time.Second
	lagStep   = 100 * time.Millisecond
)

// absence measures how long query and list take to show an order. That can refute the rule, and not prove it: an order that shows
// late may be one in a million.
func (q *prober) absence() (verdict, error) {
	var slowest [2]time.Duration
	for range lagOrders {
		id := q.id()
		if _, code, err := q.place(q.order(id)); err != nil || code != 0 {
			return verdict{}, because("an order", code, err)
		}
		began := q.a.co.Now()
		for i, shows := range []func() (bool, error){
			func() (bool, error) {
				status, _, err := q.status(id)
				return status != "", err
			},
			func() (bool, error) {
				rows, err := askFor(q.a, api.AllOrders{Symbol: q.Symbol, StartTime: wire.Millis(began+q.a.offset.Ahead()) - 60_000, Limit: 1000})
				if err != nil {
					return false, err
				}
				for _, r := range *rows {
					if r.ClientOrderID == id {
						return true, nil
					}
				}
				return false, nil
			},
		} {
			took, err := q.until(began, shows)
			if err != nil {
				return verdict{}, err
			}
			slowest[i] = max(slowest[i], took)
		}
		if code, err := q.cancel(id); err != nil || code != 0 {
			return verdict{}, because("a cancel", code, err)
		}
	}
	found := fmt.Sprintf("of %d orders the slowest showed in a query after %.1f s, in the list of all orders after %.1f s", lagOrders, slowest[0].Seconds(), slowest[1].Seconds())
	if max(slowest[0], slowest[1]) >= 10*time.Second {
		return verdict{false, found}, nil
	}
	return verdict{}, errors.New(found + "; that nothing ever shows later no probe can tell")
}

// until asks again and again, up to a bound, and gives how long after began the answer was yes.
func (q *prober) until(began market.Nanos, shows func() (bool, error)) (time.Duration, error) {
	for {
		ok, err := shows()
		took := time.Duration(q.a.co.Now() - began)
		if err != nil || ok || took > lagMost {
			return took, err
		}
		if err := q.a.co.Sleep(lagStep); err != nil {
			return 0, err
		}
	}
}
