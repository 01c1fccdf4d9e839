package wire

import (
	"strconv"

	"baton/decimal"
	"baton/market"
)

const nanosPerMilli = 1_000_000

// Millis is a time as Binance writes it: milliseconds, cut off.
func Millis(t market.Nanos) int64 { return t / nanosPerMilli }

// Nanos is Binance's time in milliseconds as ours.
func Nanos(ms int64) market.Nanos { return ms * nanosPerMilli }

func appendInt(b []byte, key string, v int64) []byte {
	return strconv.AppendInt(append(b, key...), v, 10)
}

func appendMillis(b []byte, key string, t market.Nanos) []byte {
	return appendInt(b, key, t/nanosPerMilli)
}

func appendBool(b []byte, key string, v bool) []byte {
	return strconv.AppendBool(append(b, key...), v)
}

// appendDecimal appends a quoted decimal in its shortest form.
func appendDecimal(b []byte, key string, d decimal.Decimal) []byte {
	return append(appendShortest(append(append(b, key...), '"'), d), '"')
}

// appendShortest is [decimal.Decimal.Append], with divisions by constants only.
func appendShortest(b []byte, d decimal.Decimal) []byte {
	u := uint64(d.Units())
	if d.Units() < 0 {
		b, u = append(b, '-'), -u
	}
	b = strconv.AppendUint(b, u/decimal.Scale, 10)
	f := uint32(u % decimal.Scale)
	if f == 0 {
		return b
	}
	var frac [1 + decimal.Places]byte
	frac[0] = '.'
	n := 0
	for i := decimal.Places; i > 0; i-- {
		if frac[i] = byte('0' + f%10); n == 0 && frac[i] != '0' {
			n = i + 1
		}
		f /= 10
	}
	return append(b, frac[:n]...)
}

// appendMoney appends a quoted decimal with eight places, as Binance writes money.
func appendMoney(b []byte, key string, d decimal.Decimal) []byte {
	return append(d.AppendFixed(append(append(b, key...), '"'), decimal.Places), '"')
}

// appendText appends a JSON string.
func appendText[T string | []byte](b []byte, s T) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

const hexDigits = "0123456789abcdef"

func appendString[T string | []byte](b []byte, key string, s T) []byte {
	return appendText(append(b, key...), s)
}
