package reconcile

import (
	"errors"

	"baton/ledger"
	"baton/market"
	"baton/order"
)

// Plan is what follows from the differences at the start. The caller first asks about the orders in Query, books what that
// brings, and compares again; only what is left then is carried out by [Plan.Book].
type Plan struct {
	Differences []Difference
	Opening     []market.Balance  // the books were empty: these open them
	Suspense    []market.Balance  // unexplained changes of the wallet, to be booked to suspense
	Positions   []market.Position // the venue's, to be adopted as they are
	Query       []market.OrderID  // ours, and not known how they stand
	Foreign     []Difference      // orders at the venue that are not ours: a person decides
	NoIncrease  bool              // something is unexplained: no new risk until a person has looked
}

// Start compares at the start and plans what to do. Where the ledger has booked nothing yet, the venue's wallets open it and
// explain themselves; a position that is there already is adopted, but not explained, and neither is anything else.
func Start(venue *market.Account, books *ledger.Ledger, orders *order.Table) (Plan, error) {
	p := Plan{Differences: Compare(venue, books, orders)}
	fresh := books.Stats().Events == 0
	for _, d := range p.Differences {
		switch d.Kind {
		case Wallet:
			change, err := d.Their.Sub(d.Ours)
			if err != nil {
				return p, err
			}
			p.wallet(fresh, market.Balance{Asset: d.Asset, Wallet: change})
		case Position:
			p.NoIncrease = true
			q, _ := d.Their.Multiple(d.Instrument.Lot) // whole: it was made from lots
			p.Positions = append(p.Positions, market.Position{Instrument: d.Instrument, Side: d.Side, Qty: market.Lots(q), Entry: d.Entry})
		case OrderForeign:
			p.NoIncrease = true
			p.Foreign = append(p.Foreign, d)
		default:
			p.NoIncrease = true
			p.Query = append(p.Query, d.Order)
		}
	}
	return p, nil
}

func (p *Plan) wallet(fresh bool, change market.Balance) {
	if fresh {
		p.Opening = append(p.Opening, change)
		return
	}
	p.NoIncrease = true
	p.Suspense = append(p.Suspense, change)
}

// Book carries out what concerns the books: opening balances, suspense, adopted positions. Afterwards wallets and positions are
// the venue's.
func (p *Plan) Book(books *ledger.Ledger, t market.Nanos) error {
	var errs []error
	for _, b := range p.Opening {
		errs = append(errs, books.Deposit(t, b.Asset, b.Wallet))
	}
	for _, b := range p.Suspense {
		errs = append(errs, books.Adjust(t, b.Asset, b.Wallet, "wallet differed at the start"))
	}
	for _, pos := range p.Positions {
		errs = append(errs, books.Adopt(t, pos, "position differed at the start"))
	}
	return errors.Join(errs...)
}

// Equal says that nothing differs.
func Equal(venue *market.Account, books *ledger.Ledger, orders *order.Table) bool {
	return len(Compare(venue, books, orders)) == 0
}
