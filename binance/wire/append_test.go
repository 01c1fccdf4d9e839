package wire

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"baton/decimal"
)

// TestNumbersAsTheStandardWritesThem compares the fast writers with strconv and decimal.
func TestNumbersAsTheStandardWritesThem(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	check := func(u uint64) {
		if got, want := string(appendUint([]byte("x"), u)), "x"+strconv.FormatUint(u, 10); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
		d := decimal.FromUnits(int64(u >> 1))
		for _, d := range []decimal.Decimal{d, d.Neg()} {
			if got, want := string(appendShortest(nil, d)), d.String(); got != want {
				t.Fatalf("%s, want %s", got, want)
			}
			for places := range 9 {
				if got, want := string(appendFixed(nil, d, places)), d.Fixed(places); got != want {
					t.Fatalf("%d places: %s, want %s", places, got, want)
				}
			}
		}
	}
	for _, u := range []uint64{0, 1, 9, 10, 99, 100, 9999, 10000, 99999999, 100000000, 1e16 - 1, 1e16, math.MaxUint64} {
		check(u)
	}
	for range 200_000 {
		check(r.Uint64() >> r.Uint64N(64))
	}
	for n := range uint64(10000) {
		check(n * 10001)
		check(n * 1000 * 2)
	}
}
