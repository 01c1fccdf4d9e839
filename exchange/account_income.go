package exchange

import (
	"slices"

	"baton/decimal"
	"baton/market"
)

// IncomeKind is why money came or went (Binance USD-M, income: incomeType).
type IncomeKind uint8

// The kinds of income that this exchange knows.
const (
	IncomeTransfer IncomeKind = iota + 1
	IncomeProfit
	IncomeFunding
	IncomeCommission
	IncomeInsurance
)

// String is Binance's spelling.
func (k IncomeKind) String() string {
	return [...]string{"", "TRANSFER", "REALIZED_PNL", "FUNDING_FEE", "COMMISSION", "INSURANCE_CLEAR"}[k]
}

// ParseIncome reads Binance's spelling; ok is false for an unknown one.
func ParseIncome(text string) (k IncomeKind, ok bool) {
	for k = IncomeTransfer; k <= IncomeInsurance; k++ {
		if k.String() == text {
			return k, true
		}
	}
	return 0, false
}

// Income is one movement of an account's money.
type Income struct {
	Kind       IncomeKind
	Instrument int // -1: none
	Asset      string
	Amount     decimal.Decimal // negative: paid
	ID         int64           // unique within the exchange, rising (Binance USD-M, tranId)
	Trade      int64           // trade id; 0: not by a trade
	Time       Nanos
}

// incomeRing holds an account's last incomes.
type incomeRing struct {
	buf   []Income
	start int
	limit int
}

func (r *incomeRing) add(in *Income) {
	if len(r.buf) < r.limit {
		r.buf = append(r.buf, *in)
		return
	}
	r.buf[r.start] = *in
	r.start = (r.start + 1) % len(r.buf)
}

// earn books a movement of the margin asset; zero is none.
func (x *Exchange) earn(now Nanos, account, i int, kind IncomeKind, amount, trade int64) {
	if amount != 0 {
		x.book(account, Income{Kind: kind, Instrument: i, Asset: x.accounts[account].asset, Amount: units(amount), Trade: trade, Time: now})
	}
}

func (x *Exchange) book(account int, in Income) {
	x.incomes++
	in.ID = x.incomes
	x.accounts[account].incomes.add(&in)
}

// enrich keeps a fill in its account's books: profit and commission among its incomes.
func (x *Exchange) enrich(now Nanos, account int, f *Fill) {
	a := x.accounts[account]
	a.fills.add(f)
	x.earn(now, account, f.Instrument, IncomeProfit, f.Realised.Units(), f.Trade)
	if f.InCoin {
		x.burnCoins(a, f.Commission.Units())
		x.book(account, Income{Kind: IncomeCommission, Instrument: f.Instrument, Asset: FeeCoin, Amount: f.Commission.Neg(), Trade: f.Trade, Time: now})
		return
	}
	x.earn(now, account, f.Instrument, IncomeCommission, -f.Commission.Units(), f.Trade)
}

// IncomeFilter chooses among incomes; what is zero chooses all, but for Instrument: it chooses all where it is negative.
type IncomeFilter struct {
	Kind       IncomeKind
	Instrument int
	From, To   Nanos // both included; To zero: no end
}

// AppendIncome appends an account's incomes that a filter chooses, as far as they are kept ([Config].KeepIncome), oldest first.
func (x *Exchange) AppendIncome(to []Income, account int, f IncomeFilter) []Income {
	a := x.account(account)
	if a == nil {
		return to
	}
	r := &a.incomes
	for k := range r.buf {
		in := &r.buf[(r.start+k)%len(r.buf)]
		if f.Kind != 0 && in.Kind != f.Kind || f.Instrument >= 0 && in.Instrument != f.Instrument ||
			in.Time < f.From || f.To != 0 && in.Time > f.To {
			continue
		}
		to = append(to, *in)
	}
	return to
}

// keepTransfers is how many transfers to and from isolated positions an account's history keeps.
const keepTransfers = 500

// Transfer is one change of an isolated position's margin by its owner (Binance USD-M, positionMargin/history).
type Transfer struct {
	Instrument int
	Side       market.PositionSide
	Amount     decimal.Decimal // negative: taken out
	Time       Nanos
}

type transferRing []Transfer

func (r *transferRing) add(t Transfer) {
	if len(*r) >= keepTransfers {
		*r = slices.Delete(*r, 0, 1)
	}
	*r = append(*r, t)
}

// AppendTransfers appends an account's last transfers to and from isolated positions in instrument i (in all for -1), oldest
// first.
func (x *Exchange) AppendTransfers(to []Transfer, account, i int) []Transfer {
	if a := x.account(account); a != nil {
		for _, t := range a.transfers {
			if i < 0 || t.Instrument == i {
				to = append(to, t)
			}
		}
	}
	return to
}
