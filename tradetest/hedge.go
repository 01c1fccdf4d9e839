package tradetest

import (
	"errors"
	"testing"

	"baton/aio"
	"baton/journal"
	"baton/market"
	"baton/order"
	"baton/risk"
	"baton/trade"
)

// Hedge runs what package trade expects of a venue whose account is in hedge mode: each instrument has a long and a short position,
// which do not offset each other.
func Hedge(t *testing.T, newRig func(*testing.T) Rig) {
	t.Run("two positions", func(t *testing.T) { onRig(t, newRig(t), twoPositions) })
	t.Run("two positions over a restart", func(t *testing.T) { hedgeOverRestart(t, newRig(t)) })
}

// both opens a long position of 5 and a short one of 3.
func (b *bench) both() error {
	for _, r := range []trade.Request{
		{Side: market.Buy, Px: b.ask, Qty: 5, TIF: market.IOC, PositionSide: market.Long},
		{Side: market.Sell, Px: b.bid, Qty: 3, TIF: market.IOC, PositionSide: market.Short},
	} {
		o, err := b.place(r)
		if err != nil {
			return err
		}
		if err := o.Wait(b.co); err != nil {
			return err
		}
	}
	b.market(depth, depth)
	return b.held(5, -3)
}

// held looks at both positions, here and at the venue.
func (b *bench) held(long, short market.Lots) error {
	if l, s := b.s.PositionOf(market.Long), b.s.PositionOf(market.Short); l != long || s != short || b.s.Position() != long+short {
		b.Errorf("positions %d and %d, net %d, want %d and %d", l, s, b.s.Position(), long, short)
	}
	acc, err := b.Venue().Account(b.co)
	if err != nil {
		return err
	}
	for _, p := range acc.Positions {
		if want := map[market.PositionSide]market.Lots{market.Long: long, market.Short: short}[p.Side]; p.Qty != want {
			b.Errorf("the venue has a %s position of %d, want %d", p.Side, p.Qty, want)
		}
	}
	return nil
}

func twoPositions(b *bench) error {
	if err := b.both(); err != nil {
		return err
	}
	var e *risk.Error
	over := trade.Request{Side: market.Sell, Px: b.bid, Qty: 6, TIF: market.IOC, PositionSide: market.Long}
	if _, err := b.s.Place(over); !errors.As(err, &e) || e.Reason != risk.NotReducing {
		b.Errorf("a sale of more than the long position: %v", err)
	}
	stop, err := b.protect(trade.Request{Side: market.Sell, Type: market.StopMarket, Trigger: b.bid - gap, Qty: 5, PositionSide: market.Long})
	if err != nil {
		return err
	}
	if !stop.Protects() {
		b.Error("a stop of the long position does not count as protective")
	}
	if err := b.fall(gap + 2); err != nil {
		return err
	}
	if err := stop.Wait(b.co); err != nil {
		return err
	}
	if stop.State() != order.Filled {
		b.Errorf("the stop is %s", stop.State())
	}
	if err := b.held(0, -3); err != nil {
		return err
	}
	cover, err := b.place(trade.Request{Side: market.Buy, Px: b.ask, Qty: 3, TIF: market.IOC, PositionSide: market.Short})
	if err != nil {
		return err
	}
	if err := cover.Wait(b.co); err != nil {
		return err
	}
	if st := b.t.Ledger().Stats(); st.Disputed != 0 {
		b.Errorf("%d of %d realised profits disputed", st.Disputed, st.Fills)
	}
	return b.held(0, 0)
}

func hedgeOverRestart(t *testing.T, rig Rig) {
	rig.Run(t, func(co *aio.Co) error {
		tape, feed := &keeping{}, &handover{Feed: rig.Feed(), loop: co.Loop()}
		b := &bench{T: t, Rig: rig}
		if err := b.life(co, feed, tape, nil, func(b *bench) error {
			if err := b.begin(); err != nil {
				return err
			}
			return b.both()
		}); err != nil {
			return err
		}
		state, err := journal.Fold(tape.all)
		if err != nil {
			return err
		}
		before := &trade.Recovered{Next: state.Next, Last: state.Last, Orders: state.Orders, Books: state.Books}
		return b.life(co, feed, tape, before, func(b *bench) error {
			if b.t.Mode() != risk.Normal {
				t.Errorf("mode %s, notes %q", b.t.Mode(), b.t.Notes())
			}
			return b.held(5, -3)
		})
	})
}
