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
)

// trip is one position of the probe, sold and bought back at the market, and what was seen meanwhile: several rows are read from it.
type trip struct {
	ids                 [2]string // client ids of the two orders
	events              *private
	before, held, after []wire.PositionRisk
	account             wire.Account // while it was held
	soldAt              int64        // milliseconds, by the exchange
	trades              api.AccountTradeListAnswer
	commissionAfter     time.Duration // until /income had the commission; 0: it did not
}

// incomeWait is how long a commission is waited for, asked for every incomeStep.
const (
	incomeWait = time.Minute
	incomeStep = 2 * time.Second
)

// travel makes the trip, once.
func (q *prober) travel() (*trip, error) {
	if q.trip == nil && q.tripErr == nil {
		q.trip, q.tripErr = q.makeTrip()
	}
	return q.trip, q.tripErr
}

func (q *prober) makeTrip() (t *trip, err error) {
	t = &trip{}
	if t.before, err = q.risk(); err != nil {
		return nil, err
	}
	if t.events, err = q.openPrivate(); err != nil {
		return nil, err
	}
	defer t.events.close()
	if t.ids[0], err = q.fill(t.events, "SELL"); err != nil {
		return nil, err
	}
	t.soldAt = wire.Millis(q.a.co.Now() + q.a.offset.Ahead())
	watched := q.watchHeld(t)
	if t.ids[1], err = q.fill(t.events, "BUY"); err != nil {
		return nil, fmt.Errorf("the position of %s %s is still open: %w", q.in.Quantity(q.lots), q.Symbol, err)
	}
	if watched != nil {
		return nil, watched
	}
	return t, q.afterwards(t)
}

// watchHeld reads what there is to see of a position that is open.
func (q *prober) watchHeld(t *trip) (err error) {
	if err = q.a.co.Sleep(q.settle); err != nil {
		return err
	}
	if t.held, err = q.risk(); err != nil {
		return err
	}
	body, err := q.a.askWire(wire.CallAccount)
	if err != nil {
		return err
	}
	t.account, err = wire.DecodeAccount(body)
	return err
}

func (q *prober) afterwards(t *trip) (err error) {
	if err = q.a.co.Sleep(q.settle); err != nil {
		return err
	}
	if t.after, err = q.risk(); err != nil {
		return err
	}
	trades, err := askFor(q.a, api.AccountTradeList{Symbol: q.Symbol, StartTime: t.soldAt - 60_000, Limit: 1000})
	if err != nil {
		return err
	}
	t.trades = *trades
	for began := q.a.co.Now(); q.a.co.Now()-began < int64(incomeWait); {
		rows, err := askFor(q.a, api.GetIncomeHistory{Symbol: q.Symbol, IncomeType: "COMMISSION", StartTime: t.soldAt - 60_000})
		if err != nil {
			return err
		}
		if len(*rows) >= 2 {
			t.commissionAfter = time.Duration(q.a.co.Now() + q.a.offset.Ahead() - wire.Nanos((*rows)[len(*rows)-1].Time))
			return nil
		}
		if err := q.a.co.Sleep(incomeStep); err != nil {
			return err
		}
	}
	return nil
}

func (q *prober) risk() ([]wire.PositionRisk, error) {
	body, err := q.a.askWire(wire.CallPositions)
	if err != nil {
		return nil, err
	}
	return wire.DecodePositions(body)
}

// fill sends a market order and waits until the stream tells that it is filled. What it buys it buys back: reduceOnly.
func (q *prober) fill(p *private, side string) (id string, err error) {
	id = q.id()
	o := api.NewOrder{Symbol: q.Symbol, Side: side, Type: "MARKET", Quantity: q.in.Quantity(q.lots), NewClientOrderID: id, NewOrderRespType: "RESULT"}
	if side == "BUY" {
		o.ReduceOnly = "true"
	}
	if _, code, err := q.place(o); err != nil || code != 0 {
		return "", because("a market order to "+side, code, err)
	}
	_, ok, err := p.await(0, eventWait, func(e *privateEvent) bool { return e.Order.ClientID == id && e.Order.Status == "FILLED" })
	if err == nil && !ok {
		err = fmt.Errorf("no event told within %s that a market order was filled", eventWait)
	}
	return id, err
}

func (q *prober) marginSpelling() (verdict, error) {
	t, err := q.travel()
	if err != nil {
		return verdict{}, err
	}
	for i := range t.events.events {
		for _, x := range t.events.events[i].Account.Positions {
			if x.Symbol == q.Symbol && x.Margin != "isolated" {
				return verdict{x.Margin == "cross" || x.Margin == "crossed", fmt.Sprintf("the ACCOUNT_UPDATE of a fill writes mt as %q", x.Margin)}, nil
			}
		}
	}
	return verdict{}, errors.New("no ACCOUNT_UPDATE of a position in cross mode came")
}

func (q *prober) tradeLite() (verdict, error) {
	t, err := q.travel()
	if err != nil {
		return verdict{}, err
	}
	seen, full := 0, 0
	for i, e := range t.events.events {
		if e.Order.Trade != 0 && slices.Contains(t.ids[:], e.Order.ClientID) {
			full++
		}
		if e.Kind != "TRADE_LITE" {
			continue
		}
		seen++
		at := t.events.first(func(o *privateEvent) bool { return o.Order.Trade == e.Trade && o.Order.ClientID == e.ClientID })
		if at < 0 || at < i {
			return verdict{false, fmt.Sprintf("trade %d came as TRADE_LITE as event %d, and as ORDER_TRADE_UPDATE as event %d (-1: never)", e.Trade, i, at)}, nil
		}
	}
	if seen == 0 {
		return verdict{}, fmt.Errorf("no TRADE_LITE came with %d fills", full)
	}
	return verdict{true, fmt.Sprintf("%d of %d fills came as TRADE_LITE, each before its ORDER_TRADE_UPDATE", seen, full)}, nil
}

func (q *prober) tradesPaging() (verdict, error) {
	t, err := q.travel()
	if err != nil {
		return verdict{}, err
	}
	if len(t.trades) < 2 {
		return verdict{}, fmt.Errorf("userTrades names %d trades of two orders", len(t.trades))
	}
	page, err := askFor(q.a, api.AccountTradeList{Symbol: q.Symbol, FromID: t.trades[0].ID, Limit: 1000})
	if err != nil {
		return verdict{}, err
	}
	var want, got []int64
	for _, x := range t.trades {
		want = append(want, x.ID)
	}
	for _, x := range *page {
		got = append(got, x.ID)
	}
	same := len(got) >= len(want) && slices.Equal(want, got[:len(want)]) // later probes may have traded too
	return verdict{same && slices.IsSorted(got), fmt.Sprintf("userTrades by time gives %v, from the first id on %v", want, got)}, nil
}

func (q *prober) riskSymbols() (verdict, error) {
	t, err := q.travel()
	if err != nil {
		return verdict{}, err
	}
	lists := func(rows []wire.PositionRisk) bool {
		return slices.ContainsFunc(rows, func(r wire.PositionRisk) bool { return r.Symbol == q.Symbol })
	}
	found := fmt.Sprintf("positionRisk has the symbol before a position: %v, with it: %v, after it: %v", lists(t.before), lists(t.held), lists(t.after))
	return verdict{!lists(t.before) && lists(t.held) && !lists(t.after), found}, nil
}

// liquidation compares positionRisk's price with the formula's (Binance, How to Calculate Liquidation Price of USD-M Futures), of the
// one position that there is.
func (q *prober) liquidation() (verdict, error) {
	t, err := q.travel()
	if err != nil {
		return verdict{}, err
	}
	if len(t.before) != 0 {
		return verdict{}, errors.New("the account has other positions, and the formula is compared with one alone")
	}
	i := slices.IndexFunc(t.held, func(r wire.PositionRisk) bool { return r.Symbol == q.Symbol })
	body, err := q.a.askWire(wire.CallBrackets)
	if err != nil || i < 0 {
		return verdict{}, errors.Join(err, fmt.Errorf("positionRisk, number %d", i))
	}
	all, err := wire.DecodeBrackets(body)
	if err != nil {
		return verdict{}, err
	}
	b := slices.IndexFunc(all, func(s wire.SymbolBrackets) bool { return s.Symbol == q.Symbol })
	if b < 0 || len(all[b].Brackets) == 0 {
		return verdict{}, errors.New("leverageBracket does not have the symbol")
	}
	r := t.held[i]
	wallet := 0.0
	for _, x := range t.account.Assets {
		if x.Asset == r.MarginAsset {
			wallet = number(x.WalletBalance)
		}
	}
	qty, first := number(r.PositionAmt), all[b].Brackets[0]
	formula := (wallet + number(first.Cum) - qty*number(r.EntryPrice)) / (math.Abs(qty)*number(first.Maintenance) - qty)
	told := number(r.LiquidationPrice)
	const near = 0.001
	return verdict{math.Abs(told/formula-1) < near, fmt.Sprintf("positionRisk says %s, the formula %.2f", r.LiquidationPrice, formula)}, nil
}

// number is a figure of a comparison, which is no money of ours.
func number(d decimal.Decimal) float64 { return float64(d.Units()) / decimal.Scale }

// income measures how long a commission takes, since a payment of funding is hours away: it may tell that a minute is too short.
func (q *prober) income() (verdict, error) {
	t, err := q.travel()
	switch {
	case err != nil:
		return verdict{}, err
	case t.commissionAfter == 0:
		return verdict{false, fmt.Sprintf("/income does not show the commission of a fill within %s", incomeWait)}, nil
	}
	return verdict{}, fmt.Errorf("/income shows the commission of a fill after %.1f s; a payment of funding is not waited for", t.commissionAfter.Seconds())
}
