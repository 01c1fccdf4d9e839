package wire

import (
	"encoding/binary"
	"math/bits"
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
	if v < 0 {
		return strconv.AppendInt(append(b, key...), v, 10)
	}
	return appendUint(append(b, key...), uint64(v))
}

// appendUint is strconv.AppendUint, eight digits at a time.
func appendUint(b []byte, u uint64) []byte {
	if u >= 1e16 {
		return strconv.AppendUint(b, u, 10)
	}
	if u >= 1e8 {
		b = appendUint(b, u/1e8)
		return binary.LittleEndian.AppendUint64(b, eightDigits(u%1e8)|zeros)
	}
	v := eightDigits(u)
	none := bits.TrailingZeros64(v|1<<56) >> 3 // leading zeros, not counting the last digit
	b = binary.LittleEndian.AppendUint64(b, v>>(8*none)|zeros)
	return b[:len(b)-none]
}

// eightDigits splits a number below 1e8 into its digits, the first in the lowest byte: into fours, twos, ones, all at once.
func eightDigits(n uint64) uint64 {
	v := n/1e4 | n%1e4<<32
	t := v * 10486 >> 20 & 0x0000007f0000007f // by 100
	v = t | (v-t*100)<<16
	t = v * 103 >> 10 & 0x000f000f000f000f // by 10
	return t | (v-t*10)<<8
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

// appendShortest is [decimal.Decimal.Append], eight digits at a time.
func appendShortest(b []byte, d decimal.Decimal) []byte {
	b, frac := appendWhole(b, d)
	if frac == 0 {
		return b
	}
	v := eightDigits(frac)
	b = binary.LittleEndian.AppendUint64(append(b, '.'), v|zeros)
	return b[:len(b)-bits.LeadingZeros64(v)>>3]
}

// appendFixed is [decimal.Decimal.AppendFixed] for 0 to 8 places.
func appendFixed(b []byte, d decimal.Decimal, places int) []byte {
	if d.Sign() < 0 || places == 0 {
		return d.AppendFixed(b, places)
	}
	b, frac := appendWhole(b, d)
	b = binary.LittleEndian.AppendUint64(append(b, '.'), eightDigits(frac)|zeros)
	return b[:len(b)-decimal.Places+places]
}

func appendWhole(b []byte, d decimal.Decimal) (_ []byte, frac uint64) {
	u := uint64(d.Units())
	if d.Units() < 0 {
		b, u = append(b, '-'), -u
	}
	return appendUint(b, u/decimal.Scale), u % decimal.Scale
}

// appendMoney appends a quoted decimal with eight places, as Binance writes money.
func appendMoney(b []byte, key string, d decimal.Decimal) []byte {
	return append(appendFixed(append(append(b, key...), '"'), d, decimal.Places), '"')
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
