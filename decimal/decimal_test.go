package decimal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"baton/decimal"
)

var dec = decimal.MustParse

func Example() {
	px, qty := dec("61800.10"), dec("0.005")
	notional, err := px.Mul(qty, decimal.HalfEven)
	fmt.Println(notional, err)
	fee, _ := notional.Mul(dec("0.0002"), decimal.HalfEven)
	fmt.Println(fee, fee.Fixed(4))
	down, _ := dec("61800.25").Quantize(dec("0.10"), decimal.Down)
	fmt.Println(down)
	_, err = decimal.Parse("1e5")
	fmt.Println(err)
	// Output:
	// 309.0005 <nil>
	// 0.0618001 0.0618
	// 61800.2
	// decimal: not a number: "1e5"
}

func TestParse(t *testing.T) {
	for in, want := range map[string]int64{
		"0": 0, "-0": 0, "+1": 1e8, "1.": 1e8, ".5": 5e7, "-.5": -5e7, "0.00000001": 1, "-0.00000001": -1, "00012.3400": 1234e6,
		"1.0000000000000000": 1e8, "92233720368.54775807": math.MaxInt64, "-92233720368.54775807": -math.MaxInt64,
		"0000000000000000000000000000000001": 1e8,
	} {
		if d, err := decimal.Parse(in); err != nil || d.Units() != want {
			t.Errorf("%q: %d units, %v; want %d", in, d.Units(), err, want)
		}
	}
	for in, want := range map[string]error{
		"": decimal.ErrSyntax, "-": decimal.ErrSyntax, ".": decimal.ErrSyntax, "+.": decimal.ErrSyntax, "1e5": decimal.ErrSyntax,
		" 1": decimal.ErrSyntax, "1 ": decimal.ErrSyntax, "1..2": decimal.ErrSyntax, "1.2.3": decimal.ErrSyntax, "--1": decimal.ErrSyntax,
		"NaN": decimal.ErrSyntax, "0x1": decimal.ErrSyntax, "1,5": decimal.ErrSyntax, "１": decimal.ErrSyntax,
		"0.000000001": decimal.ErrPrecision, "1.123456789": decimal.ErrPrecision,
		"92233720368.54775808": decimal.ErrOverflow, "100000000000": decimal.ErrOverflow, "9223372036854775807": decimal.ErrOverflow,
		"99999999999999999999999999999999999999": decimal.ErrOverflow, "-92233720368.54775808": decimal.ErrOverflow,
	} {
		if d, err := decimal.Parse(in); !errors.Is(err, want) || d != decimal.Zero {
			t.Errorf("%q: %s, %v; want %v", in, d, err, want)
		}
	}
}

func TestParseCap(t *testing.T) {
	for in, want := range map[string]int64{"9223372036854775807": math.MaxInt64, "-9223372036854775807": -math.MaxInt64, "2": 2e8} {
		if d, err := decimal.ParseCap(in); err != nil || d.Units() != want {
			t.Errorf("%q: %d, %v", in, d.Units(), err)
		}
	}
	if _, err := decimal.ParseCap("many"); !errors.Is(err, decimal.ErrSyntax) {
		t.Error(err)
	}
}

func TestPrint(t *testing.T) {
	for _, c := range []struct{ in, short, two, none string }{
		{"61800.10", "61800.1", "61800.10", "61800"}, {"-0.00000001", "-0.00000001", "0.00", "0"}, {"0", "0", "0.00", "0"},
		{"-1.999", "-1.999", "-1.99", "-1"}, {"100", "100", "100.00", "100"}, {"-0.05", "-0.05", "-0.05", "0"},
	} {
		d := dec(c.in)
		if d.String() != c.short || d.Fixed(2) != c.two || d.Fixed(0) != c.none || d.Fixed(-3) != c.none || d.Fixed(99) != d.Fixed(8) {
			t.Errorf("%s: %s, %s, %s", c.in, d, d.Fixed(2), d.Fixed(0))
		}
	}
	type row struct{ Px decimal.Decimal }
	b, err := json.Marshal(row{dec("1.50")})
	if err != nil || string(b) != `{"Px":"1.5"}` {
		t.Error(string(b), err)
	}
	var r row
	if err := json.Unmarshal([]byte(`{"Px":"-2.25"}`), &r); err != nil || r.Px != dec("-2.25") {
		t.Error(r, err)
	}
}

// rounded is x/y rounded to a whole number in direction r, by the definitions and with big integers.
func rounded(x, y *big.Int, r decimal.Rounding) *big.Int {
	q, m := new(big.Int).QuoRem(x, y, new(big.Int))
	if m.Sign() == 0 {
		return q
	}
	away := big.NewInt(int64(x.Sign() * y.Sign()))
	twice := new(big.Int).Abs(new(big.Int).Lsh(m, 1)).Cmp(new(big.Int).Abs(y))
	grow := false
	switch r {
	case decimal.Up:
		grow = true
	case decimal.Floor:
		grow = away.Sign() < 0
	case decimal.Ceil:
		grow = away.Sign() > 0
	case decimal.HalfEven:
		grow = twice > 0 || twice == 0 && q.Bit(0) == 1
	}
	if grow {
		q.Add(q, away)
	}
	return q
}

// units draws numbers of every magnitude, and the ends of the range.
func units(rng *rand.Rand) int64 {
	if rng.IntN(10) == 0 {
		return []int64{0, 1, -1, decimal.Scale, -decimal.Scale, math.MaxInt64, -math.MaxInt64}[rng.IntN(7)]
	}
	n := rng.Int64() >> rng.IntN(63)
	if rng.IntN(2) == 0 {
		return -n
	}
	return n
}

// same says whether d, err is the exact result want, or ErrOverflow where that does not fit.
func same(d decimal.Decimal, err error, want *big.Int) bool {
	if new(big.Int).Abs(want).Cmp(big.NewInt(math.MaxInt64)) > 0 {
		return errors.Is(err, decimal.ErrOverflow) && d == decimal.Zero
	}
	return err == nil && d.Units() == want.Int64()
}

// Every operation and every rounding against big integers.
func TestArithmeticAgainstBig(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 6))
	scale := big.NewInt(decimal.Scale)
	rounds := 300_000
	if testing.Short() {
		rounds = 30_000
	}
	for range rounds {
		x, y, z, r := units(rng), units(rng), units(rng), decimal.Rounding(rng.IntN(5))
		dx, dy, dz := decimal.FromUnits(x), decimal.FromUnits(y), decimal.FromUnits(z)
		bx, by, bz := big.NewInt(x), big.NewInt(y), big.NewInt(z)
		product := new(big.Int).Mul(bx, by)
		if d, err := dx.Add(dy); !same(d, err, new(big.Int).Add(bx, by)) {
			t.Fatal(x, "+", y, d.Units(), err)
		}
		if d, err := dx.Sub(dy); !same(d, err, new(big.Int).Sub(bx, by)) {
			t.Fatal(x, "-", y, d.Units(), err)
		}
		if d, err := dx.MulInt(y); !same(d, err, product) {
			t.Fatal(x, "* int", y, d.Units(), err)
		}
		if d, err := dx.Mul(dy, r); !same(d, err, rounded(product, scale, r)) {
			t.Fatal(x, "*", y, r, d.Units(), err)
		}
		if dx.Cmp(dy) != bx.Cmp(by) || dx.Less(dy) != (x < y) || dx.Sign() != bx.Sign() {
			t.Fatal("order of", x, y)
		}
		if z == 0 {
			continue
		}
		if d, err := dx.MulDiv(dy, dz, r); !same(d, err, rounded(product, bz, r)) {
			t.Fatal(x, "*", y, "/", z, r, d.Units(), err)
		}
		if d, err := dx.Div(dz, r); !same(d, err, rounded(new(big.Int).Mul(bx, scale), bz, r)) {
			t.Fatal(x, "/", z, r, d.Units(), err)
		}
		step := dz.Abs()
		if d, err := dx.Quantize(step, r); !same(d, err, new(big.Int).Mul(rounded(bx, big.NewInt(step.Units()), r), big.NewInt(step.Units()))) {
			t.Fatal(x, "to a multiple of", step, r, d.Units(), err)
		}
	}
}

// The quotient 2^64 - 1 with a remainder rounds up to 2^64, which must not come out as zero.
func TestQuotientThatWraps(t *testing.T) {
	d, err := decimal.FromUnits(1<<63-2).MulDiv(decimal.FromUnits(1<<62+1), decimal.FromUnits(1<<61), decimal.HalfEven)
	if !errors.Is(err, decimal.ErrOverflow) {
		t.Fatal(d, err)
	}
}

func TestEdges(t *testing.T) {
	lowest := decimal.FromUnits(math.MinInt64)
	if _, err := decimal.One.Sub(lowest); !errors.Is(err, decimal.ErrOverflow) {
		t.Error(err)
	}
	if _, err := decimal.One.Div(decimal.Zero, decimal.Down); !errors.Is(err, decimal.ErrDivideByZero) {
		t.Error(err)
	}
	if _, err := decimal.One.Quantize(decimal.Zero, decimal.Down); !errors.Is(err, decimal.ErrDivideByZero) {
		t.Error(err)
	}
	if _, err := decimal.FromInt(92_233_720_369); !errors.Is(err, decimal.ErrOverflow) {
		t.Error(err)
	}
	if d, err := decimal.FromInt(-92_233_720_368); err != nil || d.Units() != -92_233_720_368*decimal.Scale {
		t.Error(d, err)
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e11, -1e11} {
		if _, err := decimal.FromFloat(f); !errors.Is(err, decimal.ErrOverflow) {
			t.Error(f, err)
		}
	}
	if d, err := decimal.FromFloat(0.1); err != nil || d != dec("0.1") {
		t.Error(d, err)
	}
	if n, whole := dec("0.3").Multiple(dec("0.1")); n != 3 || !whole {
		t.Error(n, whole)
	}
	if _, whole := dec("0.35").Multiple(dec("0.1")); whole {
		t.Error("0.35 is a multiple of 0.1")
	}
	if _, whole := dec("0.35").Multiple(decimal.Zero); whole {
		t.Error("a multiple of zero")
	}
}

func TestAllocates(t *testing.T) {
	text, buf := []byte("61800.10"), make([]byte, 0, 64)
	n := testing.AllocsPerRun(1000, func() {
		d, err := decimal.ParseBytes(text)
		m, err2 := d.MulDiv(d, d, decimal.HalfEven)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		buf = m.AppendFixed(m.Append(buf[:0]), 2)
	})
	if n != 0 {
		t.Fatal(n, "allocations")
	}
}

// What Parse takes, Append writes in the shortest form, which parses to the same and prints the same; what it refuses is Zero.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"0", "-1.5", "61800.10", "0.00000001", "92233720368.54775807", "1e5", ".", "+.5", "1.000000000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := decimal.Parse(s)
		e, err2 := decimal.ParseBytes([]byte(s))
		if d != e || (err == nil) != (err2 == nil) {
			t.Fatalf("%q: Parse %s %v, ParseBytes %s %v", s, d, err, e, err2)
		}
		if err != nil {
			if d != decimal.Zero {
				t.Fatalf("%q: %s beside %v", s, d, err)
			}
			return
		}
		again, err := decimal.Parse(d.String())
		if err != nil || again != d || again.String() != d.String() {
			t.Fatalf("%q: %s, again %s, %v", s, d, again, err)
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok || new(big.Rat).SetFrac64(d.Units(), decimal.Scale).Cmp(want) != 0 {
			t.Fatalf("%q is %s, not %s", s, want, d)
		}
		if fixed, err := decimal.Parse(d.Fixed(8)); err != nil || fixed != d {
			t.Fatalf("%q: fixed %s, %v", s, d.Fixed(8), err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := []byte("61800.10")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decimal.ParseBytes(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMul(b *testing.B) {
	px, qty := dec("61800.10"), dec("0.005")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := px.Mul(qty, decimal.HalfEven); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	px, buf := dec("61800.10"), make([]byte, 0, 32)
	b.ReportAllocs()
	for b.Loop() {
		buf = px.AppendFixed(buf[:0], 2)
	}
}
