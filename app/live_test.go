package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"baton/aio"
	"baton/app"
	"baton/binance"
	"baton/decimal"
	"baton/market"
	"baton/strategy"
	"baton/trade"
)

// liveOn is a live run of a strategy on an exchange, with a state folder of its own.
func liveOn(t *testing.T, info *app.ExchangeInfo, st trade.Strategy) app.Live {
	t.Helper()
	name := filepath.Join(t.TempDir(), "key")
	text := fmt.Sprintf("key: %s\nrealm: local\nsecret: %s\n", info.Key, info.Secret)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := app.LoadKeys(name)
	if err != nil {
		t.Fatal(err)
	}
	return app.Live{
		Access:   app.Access{Environment: binance.Environment{REST: info.REST, Streams: info.Streams, API: info.API}, Keys: keys, KeyFile: name},
		Strategy: st, Symbols: []string{"BTCUSDT"}, State: filepath.Join(t.TempDir(), "state"),
		MaxLoss: decimal.MustParse("500"), MaxNotional: decimal.MustParse("3000"), Confirm: func(*app.Card) error { return nil },
	}
}

// A live run trades, ends clean, and begins again from its journal where it ended.
func TestLive(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds of the wall's clock")
	}
	withExchange(t, app.DefaultExchange(), func(v *venue) {
		var said strings.Builder
		var card *app.Card
		cfg := liveOn(t, v.info, strategy.Maker())
		cfg.For = 4 * time.Second
		cfg.Say = func(s string) { said.WriteString(s + "\n") }
		cfg.Confirm = func(c *app.Card) error { card = c; return nil }
		first, err := app.RunLive(t.Context(), cfg)
		if err != nil || !first.Reconciled || first.Orders == 0 {
			t.Fatalf("%v, %+v; it said\n%s", err, first, &said)
		}
		if card.Mode != "one-way" || len(card.Symbols) != 1 || card.Symbols[0].Mark.Sign() <= 0 || card.Caps["max_loss"] != "500" || card.Journal {
			t.Errorf("the card is %+v", card)
		}
		if _, body := v.signed("GET", "/fapi/v1/openOrders", ""); body != "[]" {
			t.Errorf("after the first run the exchange holds %s", body)
		}
		cfg.For = 2 * time.Second
		said.Reset()
		second, err := app.RunLive(t.Context(), cfg)
		if err != nil || !second.Reconciled || !card.Journal || !strings.Contains(said.String(), "journal of earlier runs") {
			t.Fatalf("%v, %+v; it said\n%s", err, second, &said)
		}
		if strings.Contains(said.String(), "no-increase") {
			t.Errorf("the second run did not begin clean:\n%s", &said)
		}
		noSecret(t, cfg.State, v.info.Secret)
	})
}

// The fills of a live run come by its user stream: one that a query had to bring has been missed.
func TestLiveHearsItsFills(t *testing.T) {
	withExchange(t, app.DefaultExchange(), func(v *venue) {
		var fills []market.Fill
		cfg := liveOn(t, v.info, trade.Strategy{Name: "once", Run: func(co *aio.Co, s *trade.Session) error {
			w := s.Watch(trade.OnTop | trade.OnFill)
			for placed := false; len(fills) == 0; {
				if _, err := w.Next(co); err != nil {
					return err
				}
				for f := range w.Fills() {
					fills = append(fills, *f)
				}
				if !placed && s.Exact() {
					_, err := s.Place(trade.Request{Side: market.Buy, Type: market.Market, Qty: 1})
					placed = err == nil // not before the mark price is known
				}
			}
			return nil
		}})
		r, err := app.RunLive(t.Context(), cfg)
		if err != nil || !r.Reconciled || len(fills) == 0 || fills[0].Recovered {
			t.Fatalf("%v, %+v, fills %+v", err, r, fills)
		}
	})
}

// noSecret looks through all files of a folder.
func noSecret(t *testing.T, dir, secret string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), secret) {
			t.Errorf("%s holds the secret", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// What must not begin does not, and says why.
func TestLiveRefuses(t *testing.T) {
	withExchange(t, app.DefaultExchange(), func(v *venue) {
		for _, c := range []struct {
			name string
			with func(*app.Live)
			is   error
			says string
		}{
			{"no limit of loss", func(l *app.Live) { l.MaxLoss = decimal.Decimal{} }, nil, "--max-loss is missing"},
			{"no limit of worth", func(l *app.Live) { l.MaxNotional = decimal.Decimal{} }, nil, "--max-notional is missing"},
			{"declined", func(l *app.Live) { l.Confirm = func(*app.Card) error { return app.ErrDeclined } }, app.ErrDeclined, "nothing was begun"},
			{"a key of another exchange", func(l *app.Live) { l.Keys.Realm = binance.Production }, nil, "the key is for production"},
			{"a state folder that is open", func(l *app.Live) { _ = os.MkdirAll(l.State, 0o755) }, nil, "chmod 700"},
			{"no such symbol", func(l *app.Live) { l.Symbols = []string{"DOGEUSDT"} }, nil, "DOGEUSDT"},
		} {
			cfg := liveOn(t, v.info, strategy.Maker())
			c.with(&cfg)
			r, err := app.RunLive(t.Context(), cfg)
			if r != nil || err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %+v, %v", c.name, r, err)
			}
			if err != nil && strings.Contains(err.Error(), v.info.Secret) {
				t.Errorf("%s: the error holds the secret", c.name)
			}
		}
	})
}

// spinner places orders that rest, and then computes without ever awaiting, until it is freed.
type spinner struct {
	spins, free atomic.Bool
}

func (p *spinner) strategy() trade.Strategy {
	return trade.Strategy{Name: "spinner", Run: func(co *aio.Co, s *trade.Session) error {
		w := s.Watch(trade.OnTop)
		for !s.Exact() {
			if _, err := w.Next(co); err != nil {
				return err
			}
		}
		for n := 0; n < 3; {
			o, err := s.Place(trade.Request{Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: s.Top().Bid - 100, Qty: 2})
			if err == nil {
				o.Outcome(co)
				n++
			} else if _, err := w.Next(co); err != nil { // the mark price is not known yet
				return err
			}
		}
		p.spins.Store(true)
		for !p.free.Load() {
		}
		_, err := w.Next(co)
		return err
	}}
}

// The trader spins and answers nothing: kill closes its gate, empties the account, proves it, and nothing starts until a person has
// cleared the latch.
func TestKillOfASpinningTrader(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds of the wall's clock")
	}
	withExchange(t, app.DefaultExchange(), func(v *venue) {
		p := &spinner{}
		cfg := liveOn(t, v.info, p.strategy())
		ended := make(chan error, 1)
		go func() {
			_, err := app.RunLive(t.Context(), cfg)
			ended <- err
		}()
		for !p.spins.Load() {
			select {
			case err := <-ended:
				t.Fatal(err)
			case <-t.Context().Done():
				t.Fatal("it never began")
			case <-time.After(10 * time.Millisecond):
			}
		}
		var open []json.RawMessage
		if _, body := v.signed("GET", "/fapi/v1/openOrders", ""); json.Unmarshal([]byte(body), &open) != nil || len(open) != 3 {
			t.Fatalf("before, the exchange holds %s", body)
		}
		access, err := app.LastAccess(cfg.State)
		if err != nil {
			t.Fatal(err)
		}
		r, err := app.RunKill(t.Context(), app.Kill{State: cfg.State, Access: access, Reason: "a test", Settle: 100 * time.Millisecond})
		if err != nil || !r.Clean || r.Cancelled != 3 {
			t.Errorf("%v, %+v", err, r)
		}
		if _, body := v.signed("GET", "/fapi/v1/openOrders", ""); body != "[]" {
			t.Errorf("after the kill the exchange holds %s", body)
		}
		p.free.Store(true)
		if err := <-ended; !errors.Is(err, app.ErrLatched) {
			t.Errorf("the trader ended with %v", err)
		}
		if _, err := app.RunLive(t.Context(), cfg); !errors.Is(err, app.ErrLatched) || !strings.Contains(err.Error(), "a test") {
			t.Errorf("a start behind the latch: %v", err)
		}
		if err := app.ClearLatch(cfg.State); err != nil {
			t.Fatal(err)
		}
		cfg.Confirm = func(*app.Card) error { return app.ErrDeclined }
		if _, err := app.RunLive(t.Context(), cfg); !errors.Is(err, app.ErrDeclined) {
			t.Errorf("a start after it was cleared: %v", err)
		}
	})
}

// What cannot be proven is not said: an exchange that does not answer, and a key that it refuses.
func TestKillIsNotClean(t *testing.T) {
	withExchange(t, app.DefaultExchange(), func(v *venue) {
		cfg := liveOn(t, v.info, strategy.Maker())
		away := cfg.Access
		away.REST, away.Streams, away.API = "http://127.0.0.1:1", "ws://127.0.0.1:1", "ws://127.0.0.1:1"
		foreign := cfg.Access
		name := filepath.Join(t.TempDir(), "foreign")
		if err := os.WriteFile(name, []byte("key: nobody\nrealm: local\nsecret: nothing\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		foreign.Keys, _ = app.LoadKeys(name)
		for what, a := range map[string]*app.Access{"away": &away, "foreign": &foreign, "none": nil} {
			r, err := app.RunKill(t.Context(), app.Kill{State: cfg.State, Access: a, Timeout: time.Second, Settle: time.Millisecond})
			if !errors.Is(err, app.ErrNotClean) || r.Clean || !r.Steps[0].OK {
				t.Errorf("%s: %v, %+v", what, err, r)
			}
		}
	})
}
