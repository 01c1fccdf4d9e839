package app

import (
	"errors"
	"fmt"

	"baton/decimal"
	"baton/market"
	"baton/risk"
)

// Bounds limit each instrument of a live run, beside what bounds the account as a whole. A zero is the default.
type Bounds struct {
	MaxPosition   decimal.Decimal `json:"max_position"`    // worth of the worst-case position, at the mark price of the start; default: MaxNotional
	MaxOrder      decimal.Decimal `json:"max_order"`       // worth of one order; default: MaxPosition
	MaxOpenOrders int             `json:"max_open_orders"` // live or unknown; default: OpenOrdersDefault
	CollarBps     int             `json:"collar_bps"`      // how far through the top of book a price may reach; default: CollarDefault
}

// What a live run is held to where nobody says otherwise.
const (
	OpenOrdersDefault = 100
	CollarDefault     = 100 // 1/100 %
	// openOrdersCeiling is the venue's own limit of an instrument (Binance USD-M, Filters, MAX_NUM_ORDERS).
	openOrdersCeiling = 200
)

// filled has every default, for an account of that much notional.
func (b Bounds) filled(most decimal.Decimal) Bounds {
	if b.MaxPosition.IsZero() {
		b.MaxPosition = most
	}
	if b.MaxOrder.IsZero() {
		b.MaxOrder = b.MaxPosition
	}
	if b.MaxOpenOrders == 0 {
		b.MaxOpenOrders = OpenOrdersDefault
	}
	if b.CollarBps == 0 {
		b.CollarBps = CollarDefault
	}
	return b
}

// validate reports every bound that cannot be.
func (b Bounds) validate(most decimal.Decimal) error {
	var errs []error
	collar, _ := risk.CeilingOf(risk.CeilingCollar)
	b = b.filled(most)
	errs = append(errs, collar.Check("--collar-bps", count(int64(b.CollarBps))))
	for _, x := range []struct {
		flag string
		v    decimal.Decimal
	}{{"--max-position", b.MaxPosition}, {"--max-order", b.MaxOrder}} {
		if most.Less(x.v) {
			errs = append(errs, fmt.Errorf("%s %s is more than --max-notional %s, which bounds all positions and orders together", x.flag, x.v, most))
		}
	}
	if b.MaxOpenOrders < 1 || b.MaxOpenOrders > openOrdersCeiling {
		errs = append(errs, fmt.Errorf("--max-open-orders must be between 1 and %d", openOrdersCeiling))
	}
	if b.CollarBps < 1 {
		errs = append(errs, errors.New("--collar-bps must be 1 or more"))
	}
	return errors.Join(errs...)
}

// limits are those of an instrument: what was said by worth, in lots at the mark price.
func (b Bounds) limits(in *market.Instrument, mark decimal.Decimal) (risk.Limits, error) {
	position, err := lotsWorth(in, mark, b.MaxPosition)
	if err != nil {
		return risk.Limits{}, err
	}
	order, err := lotsWorth(in, mark, b.MaxOrder)
	if err != nil {
		return risk.Limits{}, err
	}
	return risk.Limits{
		MaxPosition: position, MaxOrderQty: order, MaxOpenOrders: b.MaxOpenOrders, MaxNotional: b.MaxOrder, CollarBps: b.CollarBps,
	}, nil
}

// lotsWorth is how many lots are worth no more than that.
func lotsWorth(in *market.Instrument, mark, most decimal.Decimal) (market.Lots, error) {
	if mark.Sign() <= 0 {
		return 0, fmt.Errorf("%s has no mark price now: nothing can be bounded by worth; try again later", in.Symbol)
	}
	qty, err := most.Div(mark, decimal.Down)
	if err != nil {
		return 0, fmt.Errorf("%s: a limit of %s: %w", in.Symbol, most, err)
	}
	n, _ := qty.Multiple(in.Lot)
	if n < 1 {
		return 0, fmt.Errorf("%s: a limit of %s is worth less than one lot of %s", in.Symbol, most, in.Lot)
	}
	return market.Lots(n), nil
}
