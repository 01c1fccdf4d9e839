package backtest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/backtest"
	"baton/catalog"
	"baton/decimal"
	"baton/exchange/flow"
	"baton/exchange/local"
	"baton/market"
	"baton/strategy"
	"baton/trade"
)

const recorded = "../../shared/data/tick/"

func d(s string) decimal.Decimal { return decimal.MustParse(s) }

func btc() *market.Instrument { return perpetual("BTC", "0.10", "50", 45_297_640) }
func eth() *market.Instrument { return perpetual("ETH", "0.01", "20", 30_617_700) }

// perpetual is a contract with the filters and fees of Binance's large ones.
func perpetual(base, tick, notional string, most market.Ticks) *market.Instrument {
	return &market.Instrument{
		Symbol: base + "USDT", Pair: base + "USDT", Base: base, Quote: "USDT", Margin: "USDT", Status: "TRADING",
		Tick: d(tick), Lot: d("0.001"), PricePlaces: 2, QtyPlaces: 3, MinPrice: 4000, MaxPrice: most,
		MinQty: 1, MaxQty: 1_000_000, MaxMarketQty: 120_000, MinNotional: d(notional), MaxOrders: 200,
		PriceUp: d("1.05"), PriceDown: d("0.95"), TakeBound: d("0.05"), LiquidationFee: d("0.0125"), MakerFee: d("0.0002"), TakerFee: d("0.0005"),
		Brackets: []market.Bracket{
			{Cap: d("300000"), Leverage: 125, Maintenance: d("0.004")},
			{Floor: d("300000"), Cap: d("70000000"), Leverage: 100, Maintenance: d("0.005"), Cum: d("300")},
		},
	}
}

// load reads recorded files, or skips.
func load(t testing.TB, files ...string) *flow.Tape {
	t.Helper()
	ins := []*market.Instrument{btc(), eth()}
	var paths []string
	for _, f := range files {
		path := filepath.Join(recorded, f)
		if _, err := os.Stat(path); err != nil {
			t.Skipf("no recordings here: %v", err)
		}
		paths = append(paths, path)
	}
	recs, err := catalog.OpenAll(paths, catalog.Options{Instruments: ins})
	if err != nil {
		t.Fatal(err)
	}
	tape, err := backtest.Load(recs...)
	if err != nil {
		t.Fatal(err)
	}
	return tape
}

func run(t testing.TB, cfg backtest.Config) *backtest.Result {
	t.Helper()
	r, err := backtest.Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// synthetic is a quiet minute of a made-up market.
func synthetic(st trade.Strategy, seed uint64) backtest.Config {
	return backtest.Config{
		Strategy: st, Seed: seed, Start: 1_700_000_000_000_000_000, For: 20 * time.Second,
		Openings: []backtest.Opening{{Instrument: btc(), Price: decimal.MustParse("60000")}},
	}
}

func TestRecordedBTC(t *testing.T) {
	tape := load(t, "usdm_BTCUSDT_20240808.gz")
	for _, st := range strategy.All() {
		t.Run(st.Name, func(t *testing.T) {
			r := run(t, backtest.Config{Strategy: st, Tape: tape, Seed: 7})
			t.Logf("%d messages, %d diffs, %d orders, %d fills, equity %s, fees %s, %+v", r.Messages, r.DepthDiffs, r.Orders, r.Fills, r.Equity, r.Fees, r.Trades)
			if r.Fills == 0 || !r.Reconciled || r.Gaps != 0 || r.RecordingGaps != 0 || r.Trades.StaleReads != 0 {
				t.Errorf("%+v", r)
			}
			in := r.Markets[0].Instrument
			bid, ask := in.Price(r.Markets[0].Bid.Px), in.Price(r.Markets[0].Ask.Px)
			if bid.Fixed(2) != "61659.70" || ask.Fixed(2) != "61659.80" {
				t.Errorf("ends at %s, %s", bid, ask)
			}
			if r.DepthDiffs != 6547 {
				t.Errorf("%d diffs were applied, want 6547", r.DepthDiffs)
			}
		})
	}
}

func TestSynthetic(t *testing.T) {
	for _, st := range strategy.All() {
		t.Run(st.Name, func(t *testing.T) {
			r := run(t, synthetic(st, 7))
			t.Logf("%d messages, %d diffs, %d orders, %d fills, equity %s, fees %s, %+v", r.Messages, r.DepthDiffs, r.Orders, r.Fills, r.Equity, r.Fees, r.Trades)
			if r.Fills == 0 || !r.Reconciled || r.End-r.Start < 20e9 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// The digest is the SHA-256 of the lines, and depends on the seed and nothing else.
func TestDigest(t *testing.T) {
	lines := func(seed uint64) (string, string) {
		var b bytes.Buffer
		cfg := synthetic(strategy.Maker(), seed)
		cfg.Line = func(l []byte) { b.Write(l) }
		r := run(t, cfg)
		sum := sha256.Sum256(b.Bytes())
		if hex.EncodeToString(sum[:]) != r.Digest {
			t.Error("the digest is not that of the lines")
		}
		return r.Digest, b.String()
	}
	first, text := lines(1)
	if again, _ := lines(1); again != first {
		t.Error("the same seed gave another digest")
	}
	if other, _ := lines(2); other == first {
		t.Error("another seed gave the same digest")
	}
	if !strings.HasPrefix(text, "deposit ") || !strings.Contains(text, "\nfill ") {
		t.Errorf("lines begin with %.200q", text)
	}
}

// Two recordings, merged by receive time, a coroutine each: the same digest again and again.
func TestTwoInstruments(t *testing.T) {
	if testing.Short() {
		t.Skip("reads two recordings")
	}
	tape := load(t, "usdm_BTCUSDT_20240808.gz", "usdm_ETHUSDT_20240808.gz")
	cfg := backtest.Config{Strategy: strategy.Maker(), Tape: tape, Seed: 7}
	r := run(t, cfg)
	if len(r.Markets) != 2 || r.Fills == 0 || !r.Reconciled || r.Trades.StaleReads != 0 {
		t.Errorf("%+v", r)
	}
	if again := run(t, cfg); again.Digest != r.Digest {
		t.Error("the same run gave another digest")
	}
}

// A planted bug must be found, and only it.
func TestLostFillIsFound(t *testing.T) {
	cfg := synthetic(strategy.Maker(), 7)
	cfg.LoseFill = 2
	r := run(t, cfg)
	if r.Reconciled || len(r.Differences) == 0 {
		t.Errorf("%+v", r)
	}
	t.Log(r.Differences)
}

// A cancelled run ends in order too.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cfg := synthetic(trade.Strategy{Name: "stops", Run: func(co *aio.Co, s *trade.Session) error {
		w := s.Watch(trade.OnTop | trade.OnOrder)
		slot := s.Slot(market.Buy, 0)
		for {
			if _, err := w.Next(co); err != nil {
				return err
			}
			if s.Exact() {
				slot.Keep(s.Top().Bid-100, 5)
			}
			if o := slot.Order(); o != nil && s.Now() > 1_700_000_005_000_000_000 {
				cancel()
				// It comes from another goroutine: the virtual clock stands still until it is here.
				if _, err := aio.RunBlocking(co, func(ctx context.Context) (struct{}, error) {
					<-ctx.Done()
					return struct{}{}, ctx.Err()
				}); err != nil {
					return err
				}
			}
		}
	}}, 7)
	r, err := backtest.Run(ctx, cfg)
	if !errors.Is(err, context.Canceled) || r == nil || !r.Reconciled {
		t.Errorf("%v, %+v", err, r)
	}
}

func TestRefusedConfigs(t *testing.T) {
	for want, cfg := range map[string]backtest.Config{
		"no strategy": {}, "no market": {Strategy: strategy.Maker()}, "tape is empty": {Strategy: strategy.Maker(), Tape: new(flow.Tape)},
	} {
		if _, err := backtest.Run(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The line goes down under both strategies, and takes answers and fills with it: nobody reads a stale book, nothing is sent
// twice, and at the end all is accounted for.
func TestBrokenLine(t *testing.T) {
	for _, st := range strategy.All() {
		for seed := range uint64(4) {
			cfg := synthetic(st, seed)
			cfg.Break = func(co *aio.Co, venue *local.Driver) error {
				for range 3 {
					if err := co.Sleep(4 * time.Second); err != nil {
						return err
					}
					venue.LoseAck(2)
					venue.LoseFill(1)
					if err := co.Sleep(500 * time.Millisecond); err != nil {
						return err
					}
					venue.Cut()
					if err := co.Sleep(700 * time.Millisecond); err != nil {
						return err
					}
					venue.Restore()
				}
				return nil
			}
			r := run(t, cfg)
			if !r.Reconciled || r.Gaps != 3 || r.Trades.StaleReads != 0 || st.Name == "maker" && r.Trades.StaleWakes < 3 {
				t.Errorf("%s, seed %d: %+v", st.Name, seed, r)
			}
		}
	}
}
