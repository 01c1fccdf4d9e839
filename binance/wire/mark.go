package wire

import (
	"baton/decimal"
	"baton/market"
)

// DecodeMarkPrice reads a markPriceUpdate (Binance USD-M, <symbol>@markPrice). A delivery contract has an empty rate, which
// reads as zero.
func (c *Codec) DecodeMarkPrice(b []byte, m *market.Mark) error {
	_, err := readEvent(nil, `"markPriceUpdate"`, b, func(k uint64, i int) (int, uint32) {
		switch k {
		case 'E':
			m.Event, i = millis(b, i)
			return i, 1 << 1
		case 's':
			return c.own(b, i), 1 << 2
		case 'p':
			m.Mark, i = money(b, i)
			return i, 1 << 3
		case 'i':
			m.Index, i = money(b, i)
			return i, 1 << 4
		case 'r':
			m.Rate, i = rate(b, i)
			return i, 1 << 5
		case 'T':
			m.Next, i = millis(b, i)
			return i, 1 << 6
		}
		return skip(b, i), 0
	}, "e", "E", "s", "p", "i", "r", "T")
	return err
}

func rate(b []byte, i int) (decimal.Decimal, int) {
	if i = space(b, i); i+1 < len(b) && b[i] == '"' && b[i+1] == '"' {
		return decimal.Zero, i + 2
	}
	return money(b, i)
}

// AppendMarkPrice appends a markPriceUpdate in the raw form, as of 2026. P, the estimated settle price, is the index; ap, the
// mark price's moving average, is the mark price.
func (c *Codec) AppendMarkPrice(b []byte, m *market.Mark) []byte {
	b = appendMillis(b, `{"e":"markPriceUpdate","E":`, m.Event)
	b = appendString(b, `,"s":`, c.in.Symbol)
	b = appendMoney(b, `,"p":`, m.Mark)
	b = appendMoney(b, `,"ap":`, m.Mark)
	b = appendMoney(b, `,"P":`, m.Index)
	b = appendMoney(b, `,"i":`, m.Index)
	b = appendMoney(b, `,"r":`, m.Rate)
	b = appendMillis(b, `,"T":`, m.Next)
	return append(b, `,"st":1}`...)
}
