package server_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/exchange/server"
	"baton/market"
)

// TestChancesOnTheUserStream: with probability 1 each fault shows on the events of an order that is placed and expires.
func TestChancesOnTheUserStream(t *testing.T) {
	const good = "NEW EXPIRED"
	for name, want := range map[string]string{
		"": good, "user-lost": "", "user-twice": "NEW NEW EXPIRED EXPIRED", "user-reorder": "EXPIRED NEW", "user-delay": good, "half-open": "",
		"accepted-late": good, "ack-lost": good, "slow": good,
	} {
		cfg := synthetic()
		if name != "" {
			cfg.Chances = []server.Chance{{Name: name, Probability: 1, Wait: 2 * time.Second}}
		}
		run(t, cfg, func(co *aio.Co, r *rig) error {
			u, err := r.user(co)
			if err != nil {
				return err
			}
			begun := co.Now()
			_, lost := r.place(co, limit(market.Buy, "59000", "0.01", market.IOC, "c1"))
			if took := time.Duration(co.Now() - begun); (lost != nil) != (name == "accepted-late" || name == "ack-lost") || name == "slow" && took < 2*time.Second {
				t.Errorf("%s: after %s the answer is lost: %v", name, took, lost)
			}
			if err := co.Sleep(5 * time.Second); err != nil {
				return err
			}
			if got := kindsOf(u.frames); got != want {
				t.Errorf("%s: the user stream brought %q, want %q", name, got, want)
			}
			return nil
		})
	}
}

// TestChanceOfExpiredKey: the stream ends with listenKeyExpired and stays open and silent.
func TestChanceOfExpiredKey(t *testing.T) {
	cfg := synthetic()
	cfg.Chances = []server.Chance{{Name: "key-expired", Probability: 1}}
	run(t, cfg, func(co *aio.Co, r *rig) error {
		u, err := r.user(co)
		if err != nil {
			return err
		}
		for _, id := range []string{"c1", "c2"} {
			if _, err := r.place(co, limit(market.Buy, "59000", "0.01", market.IOC, id)); err != nil {
				return err
			}
			if err := co.Sleep(1e9); err != nil {
				return err
			}
		}
		if got := strings.Join(u.frames, "\n"); strings.Count(got, "listenKeyExpired") != 1 || strings.Contains(got, `"c2"`) {
			t.Errorf("the user stream brought\n%s", got)
		}
		return nil
	})
}

// TestChancesOfStreams: missing diffs, and connections that are closed.
func TestChancesOfStreams(t *testing.T) {
	cfg := synthetic()
	cfg.Chances = []server.Chance{{Name: "book-gap", Probability: 1}}
	run(t, cfg, func(co *aio.Co, r *rig) error {
		h := &heard{}
		if _, err := r.dial(co, "/public/ws/btcusdt@depth@100ms/btcusdt@bookTicker", h); err != nil {
			return err
		}
		if err := co.Sleep(3e9); err != nil {
			return err
		}
		if len(h.frames) == 0 || slices.ContainsFunc(h.frames, func(f string) bool { return strings.Contains(f, "depthUpdate") }) {
			t.Errorf("%d frames, diffs among them", len(h.frames))
		}
		return r.s.SetChance(server.Chance{Name: "close", Probability: 1})
	})
	for name, whole := range map[string]bool{"trickle": true, "reset": false} {
		cfg.Chances = []server.Chance{{Name: name, Probability: 1}}
		run(t, cfg, func(co *aio.Co, r *rig) error {
			h := &heard{}
			if _, err := r.dial(co, "/public/ws/btcusdt@bookTicker", h); err != nil {
				return err
			}
			if err := co.Sleep(3e9); err != nil {
				return err
			}
			if (len(h.frames) > 0) != whole || h.closed == whole {
				t.Errorf("%s: %d frames came, and the connection ended: %v", name, len(h.frames), h.closed)
			}
			return nil
		})
	}
	for _, bad := range []string{"", "none 1", "busy 2", "busy x", "busy 1 x", "busy 1 -1s", "busy"} {
		if _, err := server.ParseChance(bad); err == nil {
			t.Errorf("%q is a fault", bad)
		}
	}
	if c, err := server.ParseChance("user-delay 0.25 3s"); err != nil || c != (server.Chance{Name: "user-delay", Probability: 0.25, Wait: 3 * time.Second}) {
		t.Error(c, err)
	}
}

// FuzzChance: a fault that is read is one that there is, with a probability.
func FuzzChance(f *testing.F) {
	f.Add("user-delay 0.25 3s")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := server.ParseChance(text); err == nil && (!slices.Contains(server.Chances(), c.Name) || !(c.Probability >= 0 && c.Probability <= 1) || c.Wait < 0) {
			t.Fatal(c)
		}
	})
}
