package exchange_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// vectors are published results of other engines, with their sources.
type vectors struct {
	Liquidation struct {
		Cases []struct {
			Name                     string
			WB, Cum, Qty, Entry, MMR json.Number
			Side                     int
			Want                     json.Number
			Want2                    json.Number `json:"want_2dp"`
		}
	} `json:"liquidation_usdm"`
	Funding struct {
		Mark  map[string]json.Number `json:"mark_open"`
		Rate  map[string]json.Number
		Cases []struct {
			Open, Close string
			Qty         json.Number
			Short       json.Number `json:"short_pnl"`
		}
	}
	Queue struct {
		Cases []struct {
			Model            string
			Front, Prev, New float64
			Traded           float64 `json:"cum_trade"`
			Want             float64 `json:"front_after"`
		}
	}
}

func loadVectors(t *testing.T) *vectors {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "shared", "spec", "vectors.json"))
	if err != nil {
		t.Skip("the published vectors are not here: ", err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return &v
}

// rounded is a number of a vector to 8 decimals: some carry the float noise of their source.
func rounded(t *testing.T, n json.Number, places int) decimal.Decimal {
	t.Helper()
	f, err := n.Float64()
	if err != nil {
		t.Fatal(err)
	}
	return dec(strconv.FormatFloat(f, 'f', places, 64))
}

// coin is a contract of one bracket, without fees and limits, fine enough for the vectors.
func coin(tick, lot, mmr, cum decimal.Decimal) *market.Instrument {
	return &market.Instrument{Symbol: "XYZUSDT", Base: "XYZ", Quote: "USDT", Margin: "USDT", Tick: tick, Lot: lot, PricePlaces: 8, QtyPlaces: 8,
		Brackets: []market.Bracket{{Cap: dec("1000000000"), Leverage: 100, Maintenance: mmr, Cum: cum}}, Status: "TRADING"}
}

// hold gives account 1 a position in a fresh matched market, with exactly so much money.
func hold(t *testing.T, in *market.Instrument, money decimal.Decimal, side market.Side, px, qty decimal.Decimal) *desk {
	t.Helper()
	d := openWith(t, exchange.Matched, 2, in, exchange.Config{Start: start, Leverage: 100})
	p, err := in.Ticks(px)
	if err != nil {
		t.Fatal(err)
	}
	q, whole := qty.Multiple(in.Lot)
	if !whole {
		t.Fatal("quantity", qty)
	}
	if diff, _ := money.Sub(dec("1000000")); diff.Sign() != 0 {
		if err := d.x.Deposit(d.now, 1, diff); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.x.Deposit(d.now, 2, dec("1000000000")); err != nil {
		t.Fatal(err)
	}
	d.meet(2, 1, side, p, market.Lots(q))
	return d
}

// The price at which a position is liquidated is the published one, and the exchange liquidates it there, not before.
func TestLiquidationVectors(t *testing.T) {
	for k, c := range loadVectors(t).Liquidation.Cases {
		in := coin(dec("0.01"), dec("0.001"), rounded(t, c.MMR, 8), rounded(t, c.Cum, 8))
		entry, side := rounded(t, c.Entry, 8), market.Side(c.Side)
		d := hold(t, in, rounded(t, c.WB, 8), side, entry, rounded(t, c.Qty, 8))
		got := d.x.LiquidationPrice(1, 0, market.Both)
		if c.Want2 != "" {
			if got.Fixed(2) != rounded(t, c.Want2, 2).Fixed(2) {
				// Fixed cuts: half a cent more rounds
				up, _ := got.Add(dec("0.005"))
				if up.Fixed(2) != rounded(t, c.Want2, 2).Fixed(2) {
					t.Errorf("%d %s: %s, want %s", k, c.Name, got, c.Want2)
				}
			}
		} else if diff, _ := got.Sub(rounded(t, c.Want, 8)); diff.Abs().Cmp(dec("0.00000001")) > 0 {
			// one unit: the wallet of a case is rounded to 8 decimals first, the published result is of the unrounded one
			t.Errorf("%d %s: %s, want %s", k, c.Name, got, c.Want)
		}
		if side == market.Sell {
			continue // a rise to there is beyond the bound of what a mark price may be told of below
		}
		safe, _ := got.Add(dec("0.000001"))
		d.mark(safe.String())
		if d.x.Position(1, 0).Qty == 0 {
			t.Errorf("%d %s: liquidated above %s", k, c.Name, got)
		}
		gone, _ := got.Sub(dec("0.000001"))
		d.mark(gone.String())
		if d.x.Position(1, 0).Qty != 0 {
			t.Errorf("%d %s: not liquidated below %s", k, c.Name, got)
		}
		d.check()
	}
}

// Funding that a short position earned over a span, settled by the exchange, is the published sum.
func TestFundingVectors(t *testing.T) {
	v := loadVectors(t)
	for k, c := range v.Funding.Cases {
		from, to := instant(t, c.Open), instant(t, c.Close)
		in := coin(dec("0.01"), dec("0.01"), dec("0.01"), decimal.Zero)
		d := hold(t, in, dec("1000"), market.Sell, dec("2.77"), rounded(t, c.Qty, 8))
		before := d.acc(1).Wallet
		for _, slot := range []string{"2021-09-01T00:00Z", "2021-09-01T08:00Z"} {
			at := instant(t, slot)
			if at < from || at > to {
				continue
			}
			d.now += second
			m := market.Mark{Mark: rounded(t, v.Funding.Mark[slot], 8), Index: rounded(t, v.Funding.Mark[slot], 8), Rate: rounded(t, v.Funding.Rate[slot], 8), Next: d.now + 5}
			d.x.Mark(d.now, 0, &m)
			d.now += 5
			d.x.Timer(d.now)
		}
		if got, _ := d.acc(1).Wallet.Sub(before); got != rounded(t, c.Short, 8) {
			t.Errorf("%d: %s, want %s", k, got, c.Short)
		}
		d.check()
	}
}

func instant(t *testing.T, text string) int64 {
	t.Helper()
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UnixNano()
		}
	}
	t.Fatal(text)
	return 0
}

// models are the vectors' names of the queue models.
var models = map[string]exchange.QueueModel{
	"power_n2": {Kind: exchange.QueuePower, Power: 2}, "power2_n2": {Kind: exchange.QueuePower2, Power: 2},
	"power3_n3": {Kind: exchange.QueuePower3, Power: 3}, "log": {Kind: exchange.QueueLog}, "log2": {Kind: exchange.QueueLog2},
	"risk_averse": {},
}

// Queue positions are the published ones to 1e-12.
func TestQueueVectors(t *testing.T) {
	for k, c := range loadVectors(t).Queue.Cases {
		m, ok := models[c.Model]
		if !ok {
			t.Errorf("%d: no model %s", k, c.Model)
			continue
		}
		if got := m.Front(c.Front, c.Prev, c.New, c.Traded); math.Abs(got-c.Want) > 1e-12*math.Max(math.Abs(c.Want), 1) {
			t.Errorf("%d %s: %v, want %v", k, c.Model, got, c.Want)
		}
	}
}

// A documented walk through a queue: behind 100; trades of 80, 30 and 50 at its price fill 0, 10 and 40 of 50.
func TestQueueWalk(t *testing.T) {
	d := open(t, exchange.Recorded, 1)
	d.quote(618_000, 100, 618_001, 100)
	o := d.place(limit(1, market.Buy, 618_000, 50))
	for _, step := range []struct{ trade, filled market.Lots }{{80, 0}, {30, 10}, {50, 50}} {
		d.trade(618_000, step.trade, market.Sell)
		if got := d.order(o).Filled; got != step.filled {
			t.Fatalf("after %d: filled %d, want %d", step.trade, got, step.filled)
		}
	}
}

// A documented walk through consumption: of 100 offered, 30 and 50 are taken; a new quantity of the level makes it whole.
func TestConsumptionWalk(t *testing.T) {
	d := open(t, exchange.Recorded, 1)
	d.quote(618_000, 100, 618_001, 100)
	take := func(qty, want market.Lots) {
		t.Helper()
		r := limit(1, market.Buy, 618_001, qty)
		r.TIF = market.IOC
		if o := d.order(d.place(r)); o.Filled != want {
			t.Fatalf("filled %d, want %d", o.Filled, want)
		}
	}
	take(30, 30)
	take(50, 50)
	take(50, 20)
	d.quote(618_000, 100, 618_001, 120)
	take(200, 120)
}

// A queue model other than the default moves own orders up when somebody may have cancelled ahead.
func TestQueueModelInReplay(t *testing.T) {
	for name, want := range map[string]market.Lots{"risk-averse": 0, "power": 14, "log": 10} {
		m, err := exchange.ParseQueue(name, 2)
		if err != nil {
			t.Fatal(err)
		}
		d := openWith(t, exchange.Recorded, 1, btc(), exchange.Config{Start: start, Queue: m})
		d.quote(618_000, 60, 618_001, 100)
		o := d.place(limit(1, market.Buy, 618_000, 50))
		d.quote(618_000, 100, 618_001, 100) // 40 join behind
		d.quote(618_000, 80, 618_001, 100)  // 20 leave: power reckons 47 ahead, log 50
		d.trade(618_000, 60, market.Sell)
		if got := d.order(o).Filled; got < want-1 || got > want+1 {
			t.Errorf("%s: filled %d, want about %d", name, got, want)
		}
	}
	for _, bad := range []struct {
		name  string
		power float64
	}{{"lifo", 1}, {"power", 0}, {"power3", math.NaN()}} {
		if _, err := exchange.ParseQueue(bad.name, bad.power); err == nil {
			t.Error("parsed", bad)
		}
	}
}

// Every group of vectors is either proven here, or somewhere else, or is not a statement about an exchange; a new group must be
// placed.
func TestVectorsArePlaced(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "shared", "spec", "vectors.json"))
	if err != nil {
		t.Skip("the published vectors are not here: ", err)
	}
	var groups map[string]json.RawMessage
	if err := json.Unmarshal(text, &groups); err != nil {
		t.Fatal(err)
	}
	places := map[string]string{
		"_how_to_compare":          "text",
		"liquidation_usdm":         "TestLiquidationVectors",
		"funding":                  "TestFundingVectors",
		"queue":                    "TestQueueVectors",
		"latency_interp":           "exchange/local, TestRowsVectors",
		"nautilus_queue_doc":       "TestQueueWalk",
		"nautilus_consumption_doc": "TestConsumptionWalk; the last step (an order that rests at a price takes from a level that comes within it) is the rule of crossed books: we fill at our price whatever the new level holds, as its size is no bound for a maker",
		"end_to_end":               "not of an exchange: results of whole strategies in other engines",
		"raw_usdm_sample":          "not of an exchange: counts of recorded files, the catalog's",
	}
	for name := range groups { // order: only names errors
		if places[name] == "" {
			t.Errorf("nothing proves the vectors of %s", name)
		} else {
			t.Logf("%s: %s", name, places[name])
		}
	}
}
