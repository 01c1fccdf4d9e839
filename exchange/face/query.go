package face

import (
	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

// symbol is the instrument that a call names.
func (c *call) symbol() (int, *wire.APIError) {
	if c.args.Symbol == "" {
		return -1, wire.Fault(wire.CodeMandatoryParam, "symbol")
	}
	return c.anySymbol()
}

// anySymbol is the same where the symbol may be left out: -1 then.
func (c *call) anySymbol() (int, *wire.APIError) {
	if c.args.Symbol == "" {
		return -1, nil
	}
	if i, ok := c.f.x.Index(c.args.Symbol); ok {
		return i, nil
	}
	return -1, wire.Fault(wire.CodeBadSymbol)
}

// chosen are the instruments that a call is about: the one it names, else all.
func (c *call) chosen() ([]symbol, *wire.APIError) {
	i, fault := c.anySymbol()
	if fault != nil || i < 0 {
		return c.f.symbols, fault
	}
	return c.f.symbols[i : i+1], nil
}

// depthDefault is the number of levels that depth gives (Binance USD-M, Order Book).
const depthDefault = 500

func (c *call) depth() *wire.APIError {
	i, fault := c.symbol()
	if fault != nil {
		return fault
	}
	if !validDepth(c.args.Limit) {
		return wire.Fault(wire.CodeBadDepthLimit, string(c.p.Value("limit")))
	}
	limit := c.args.Limit
	if limit == 0 {
		limit = depthDefault
	}
	var s market.Snapshot
	c.f.x.Book(i).Snapshot(&s, limit)
	s.Event, s.Transact = c.now, c.now
	c.body = c.f.symbols[i].codec.AppendSnapshot(nil, &s)
	c.f.fetched(i)
	return nil
}

func validDepth(limit int) bool {
	for _, l := range wire.DepthLimits {
		if l == limit {
			return true
		}
	}
	return false
}

// interest is the interest rate of premiumIndex (Binance USD-M, funding rate: 0.01 % for eight hours).
var interest = decimal.MustParse("0.0001")

func (c *call) premium() *wire.APIError {
	list, fault := c.chosen()
	if fault != nil {
		return fault
	}
	c.rows(len(list), func(b []byte, n int) []byte {
		m := c.f.x.MarkNow(list[n].index)
		return wire.AppendPremiumIndex(b, &wire.PremiumIndex{
			Symbol: list[n].in.Symbol, Mark: m.Mark, Index: m.Index, Settle: m.Index, Rate: m.Rate, Interest: interest,
			NextMs: wire.Millis(m.Next), CurrentMs: wire.Millis(c.now),
		})
	})
	return nil
}

// rows writes one row as it is where a symbol was named, else a list of them.
func (c *call) rows(n int, row func(b []byte, n int) []byte) {
	if c.args.Symbol != "" && n == 1 {
		c.body = row(nil, 0)
		return
	}
	b := []byte{'['}
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = row(b, i)
	}
	c.body = append(b, ']')
}

func (c *call) bookTicker() *wire.APIError {
	list, fault := c.chosen()
	if fault != nil {
		return fault
	}
	c.rows(len(list), func(b []byte, n int) []byte {
		s, in := &list[n], list[n].in
		q, _ := c.f.x.Top(s.index)
		return wire.AppendRow(b, &wire.BookRow{
			Symbol: in.Symbol, Bid: s.price(in.Price(q.Bid)), BidQty: s.qty(in.Quantity(q.BidQty)),
			Ask: s.price(in.Price(q.Ask)), AskQty: s.qty(in.Quantity(q.AskQty)), TimeMs: wire.Millis(q.Transact), Last: q.Update,
		})
	})
	return nil
}

func (c *call) brackets() *wire.APIError {
	list, fault := c.chosen()
	if fault != nil {
		return fault
	}
	out := make([]wire.SymbolBrackets, len(list))
	for i := range list {
		out[i] = wire.SymbolBrackets{Symbol: list[i].in.Symbol, Brackets: list[i].in.Brackets}
	}
	c.body = wire.AppendBrackets(nil, out)
	return nil
}
