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
	frac := [1 + decimal.Places]byte{0: '.'}
	hi, lo := f/1e4, f%1e4
	putFour(frac[1:5], hi)
	putFour(frac[5:9], lo)
	n := len(frac)
	for frac[n-1] == '0' {
		n--
	}
	return append(b, frac[:n]...)
}

// putFour writes the four digits of n.
func putFour(b []byte, n uint32) {
	b[3], b[2] = byte('0'+n%10), byte('0'+n/10%10)
	b[1], b[0] = byte('0'+n/100%10), byte('0'+n/1000)
}

// appendMoney appends a quoted decimal with eight places, as Binance writes money.
func appendMoney(b []byte, key string, d decimal.Decimal) []byte {
	return append(d.AppendFixed(append(append(b, key...), '"'), decimal.Places), '"')
}

// appendText appends a JSON string.
func appendText[T string | []byte](b []byte, s T) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		if plain(s[i]) {
			continue
		}
		b = append(b, s[from:i]...)
		if from = i + 1; s[i] >= ' ' {
			b = append(b, '\\', s[i])
		} else {
			b = append(b, '\\', 'u', '0', '0', hexDigits[s[i]>>4], hexDigits[s[i]&15])
		}
	}
	return append(append(b, s[from:]...), '"')
}

const hexDigits = "0123456789abcdef"

func appendString[T string | []byte](b []byte, key string, s T) []byte {
	return appendText(append(b, key...), s)
}
