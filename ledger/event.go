package ledger

import (
	"fmt"
	"strconv"

	"baton/decimal"
	"baton/market"
)

// Kind is the kind of an [Event].
type Kind uint8

// The kinds of events.
const (
	KindDeposit Kind = iota + 1
	KindFill
	KindFunding
	KindTransfer
	KindAdjust
	KindAdopt
)

// String is the first word of the event's line.
func (k Kind) String() string {
	return [...]string{"none", "deposit", "fill", "funding", "transfer", "adjust", "adopt"}[k]
}

// Event is one entry of the books. Which fields count is said at each.
type Event struct {
	Kind       Kind
	Time       market.Nanos
	Instrument *market.Instrument // fill, adopt; funding where known
	Fill       market.Fill        // fill
	Own        decimal.Decimal    // fill: the realised profit as computed here from exact cost; a check, not a posting
	Reason     market.Reason      // transfer
	Text       string             // adjust, adopt: why
	Wallet     decimal.Decimal    // the wallet of the first posting's asset afterwards
	Position   Position           // the position afterwards, where Instrument is set

	postings [4]Posting
	n        int
}

// Postings are what the event booked; per asset they sum to zero.
func (e *Event) Postings() []Posting { return e.postings[:e.n] }

// post moves amount into the wallet of asset and out of its counterpart.
func (e *Event) post(counter Account, asset string, amount decimal.Decimal) {
	e.postings[e.n] = Posting{Wallet, asset, amount}
	e.postings[e.n+1] = Posting{counter, asset, amount.Neg()}
	e.n += 2
}

// balanced asserts that the postings sum to zero per asset.
func (e *Event) balanced() error {
	for i := range e.n {
		var sum decimal.Decimal
		var err error
		for j := range e.n {
			if e.postings[j].Asset != e.postings[i].Asset {
				continue
			}
			if sum, err = sum.Add(e.postings[j].Amount); err != nil {
				return err
			}
		}
		if !sum.IsZero() {
			return fmt.Errorf("%w: %s of %s by %s", ErrUnbalanced, e.Kind, e.postings[i].Asset, sum)
		}
	}
	return nil
}

// Append appends the event's canonical line, newline included. Same events, same bytes: it names order numbers, times and
// amounts, nothing that depends on the process.
func (e *Event) Append(b []byte) []byte {
	b = append(b, e.Kind.String()...)
	b = number(b, " t=", e.Time)
	if e.Instrument != nil {
		b = text(b, " sym=", e.Instrument.Symbol)
	}
	switch e.Kind {
	case KindFill:
		b = e.appendFill(b)
	case KindAdopt:
		b = e.Position.Cost.Append(append(e.appendPosition(b), " cost="...))
		b = strconv.AppendQuote(append(b, " why="...), e.Text)
	default:
		b = text(b, " asset=", e.postings[0].Asset)
		b = e.postings[0].Amount.Append(append(b, " amount="...))
		if e.Kind == KindTransfer {
			b = text(b, " reason=", reasonName(e.Reason))
		}
		if e.Kind == KindAdjust {
			b = strconv.AppendQuote(append(b, " why="...), e.Text)
		}
		b = e.Wallet.Append(append(b, " wallet="...))
	}
	return append(b, '\n')
}

func (e *Event) appendFill(b []byte) []byte {
	f, in := &e.Fill, e.Instrument
	b = number(b, " order=", int64(f.Order))
	b = number(b, " trade=", f.Trade)
	b = text(b, " side=", f.Side.String())
	b = in.Price(f.Px).AppendFixed(append(b, " px="...), in.PricePlaces)
	b = in.Quantity(f.Qty).AppendFixed(append(b, " qty="...), in.QtyPlaces)
	b = f.Commission.Append(append(b, " fee="...))
	b = text(b, " asset=", f.Asset)
	b = f.Realised.Append(append(b, " realised="...))
	if f.Maker {
		b = append(b, " maker=1"...)
	} else {
		b = append(b, " maker=0"...)
	}
	b = e.appendPosition(b)
	return e.Wallet.Append(append(b, " wallet="...))
}

func (e *Event) appendPosition(b []byte) []byte {
	in := e.Instrument
	b = e.Position.appendSide(b)
	return in.Quantity(e.Position.Qty).AppendFixed(append(b, " pos="...), in.QtyPlaces)
}

// append makes the final line of one asset's balances.
func (a *balances) append(b []byte) []byte {
	b = text(append(b, "balance"...), " asset=", a.asset)
	for acc, v := range a.of {
		b = append(append(b, ' '), Account(acc).String()...)
		b = said(Account(acc), v).Append(append(b, '='))
	}
	return append(b, '\n')
}

// append makes the final line of one position.
func (p *Position) append(b []byte) []byte {
	in := p.Instrument
	b = p.appendSide(text(append(b, "position"...), " sym=", in.Symbol))
	b = in.Quantity(p.Qty).AppendFixed(append(b, " pos="...), in.QtyPlaces)
	b = p.Cost.Append(append(b, " cost="...))
	b = p.Realised.Append(append(b, " realised="...))
	return append(b, '\n')
}

// appendSide names the side of a position of hedge mode.
func (p *Position) appendSide(b []byte) []byte {
	if p.Side == market.Both {
		return b
	}
	return text(b, " ps=", p.Side.String())
}

func number(b []byte, key string, n int64) []byte { return strconv.AppendInt(append(b, key...), n, 10) }

func text(b []byte, key, v string) []byte { return append(append(b, key...), v...) }

func reasonName(r market.Reason) string {
	switch r {
	case market.ReasonDeposit:
		return "DEPOSIT"
	case market.ReasonWithdraw:
		return "WITHDRAW"
	case market.ReasonTransfer:
		return "TRANSFER"
	case market.ReasonInsurance:
		return "INSURANCE_CLEAR"
	case market.ReasonFunding:
		return "FUNDING_FEE"
	case market.ReasonOrder:
		return "ORDER"
	}
	return "OTHER"
}
