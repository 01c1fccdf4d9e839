package trade_test

import (
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/market"
	"baton/trade"
)

// The decision log holds a burst, then a line a second, and says what it left out; a line is journaled with its instrument.
func TestNote(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			for i := range 1000 {
				s.Note("no order: the spread is %d ticks", i)
			}
			if err := co.Sleep(2 * time.Second); err != nil {
				return err
			}
			s.Note("later")
			s.Note("%s", strings.Repeat("é", 1000))
			s.Note("too much again")
			return nil
		})
		b.stop(t)
		got := b.j.texts(market.RecordNote)
		if len(got) != 62 || got[0] != "BTCUSDT: no order: the spread is 0 ticks" {
			t.Fatalf("%d lines, the first %q", len(got), got[0])
		}
		if want := "BTCUSDT: later (940 lines before it were left out: too many at once)"; got[60] != want {
			t.Errorf("%q, want %q", got[60], want)
		}
		if n := len(got[61]); n > 520 {
			t.Errorf("a line of %d bytes", n)
		}
		return err
	})
}

// A refusal is written with its reason, once; the same again is counted and written after a while.
func TestRefusalsAreNoted(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		err := b.run(func(co *aio.Co, s *trade.Session) error {
			for range 11 {
				for range 100 {
					if _, err := s.Place(buy(1 << 20)); err == nil {
						t.Error("an order beyond every limit was placed")
					}
				}
				if err := co.Sleep(time.Second); err != nil {
					return err
				}
			}
			return nil
		})
		b.stop(t)
		got := b.j.texts(market.RecordNote)
		if len(got) != 2 || !strings.HasPrefix(got[0], "BTCUSDT: order not sent: ") || !strings.HasSuffix(got[1], "(and 999 more like the one before)") {
			t.Errorf("%q", got)
		}
		return err
	})
}

// A line that is not written costs nothing, and neither does a refusal that is only counted, beside the error itself.
func TestNoteAllocates(t *testing.T) {
	on(t, trade.Config{}, nil, func(b *bench) error {
		err := b.run(func(_ *aio.Co, s *trade.Session) error {
			for range 100 {
				s.Note("x")
			}
			if n := testing.AllocsPerRun(100, func() { s.Note("y") }); n != 0 {
				t.Errorf("%v allocations a line that is left out", n)
			}
			return nil
		})
		b.stop(t)
		return err
	})
}
