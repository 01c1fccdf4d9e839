package ledger

import (
	"errors"
	"fmt"

	"baton/decimal"
	"baton/market"
)

// State is everything that a ledger carries over to the next process: balances, positions, and the trades by which it knows a
// fill again. The digest is not in it: a restored ledger begins a new one, with the state as its first lines.
type State struct {
	Events   int64 // booked so far, so that a ledger that was restored does not count as empty
	Assets   []AssetState
	Holdings []HoldingState
}

// AssetState is one asset's accounts, with their signs as they are booked (see [Account]).
type AssetState struct {
	Asset    string
	Balances [int(accounts)]decimal.Decimal
}

// HoldingState is one instrument's position and the memory of its trades.
type HoldingState struct {
	Position  Position
	Forgotten int64 // trade ids up to here are not remembered any more; 0: all are
	Trades    []TradeState
}

// TradeState is what is remembered of a booked fill.
type TradeState struct {
	Trade int64
	Px    market.Ticks
	Qty   market.Lots
	Order market.OrderID
	Side  market.Side
}

// ErrState: a state that cannot be: it does not sum to zero, names something twice, or comes to a ledger that is not empty.
var ErrState = errors.New("ledger: this state cannot be restored")

// State is a copy of what has to be carried over.
func (l *Ledger) State() State {
	s := State{Events: l.stats.Events}
	for i := range l.assets {
		s.Assets = append(s.Assets, AssetState{l.assets[i].asset, l.assets[i].of})
	}
	for _, h := range l.holdings {
		hs := HoldingState{Position: h.pos}
		if h.trades.forgot {
			hs.Forgotten = h.trades.floor
		}
		for _, t := range h.trades.ids {
			hs.Trades = append(hs.Trades, TradeState{t.id, t.px, t.qty, t.order, t.side})
		}
		s.Holdings = append(s.Holdings, hs)
	}
	return s
}

// Restore puts a state into an empty ledger, or nothing of it. Each asset and each position becomes a line of the digest, so
// that the books of a run say what they began with.
func (l *Ledger) Restore(s *State) error {
	if l.stats.Events != 0 || len(l.assets) > 0 || len(l.holdings) > 0 || l.finished {
		return fmt.Errorf("%w: the ledger is not empty", ErrState)
	}
	fresh := New(nil)
	for i := range s.Assets {
		b, err := fresh.asset(s.Assets[i].Asset)
		if err != nil {
			return err
		}
		b.of = s.Assets[i].Balances
	}
	for i := range s.Holdings {
		if err := fresh.restoreHolding(&s.Holdings[i]); err != nil {
			return err
		}
	}
	if len(fresh.assets) != len(s.Assets) || len(fresh.holdings) != len(s.Holdings) {
		return fmt.Errorf("%w: it names an asset or an instrument twice", ErrState)
	}
	if err := fresh.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	l.assets, l.holdings, l.index, l.hedged, l.stats.Events = fresh.assets, fresh.holdings, fresh.index, fresh.hedged, s.Events
	for i := range l.assets {
		l.write(l.assets[i].append(append(l.buf[:0], "carried "...)))
	}
	for _, h := range l.holdings {
		l.write(h.pos.append(append(l.buf[:0], "carried "...)))
	}
	return nil
}

func (l *Ledger) restoreHolding(s *HoldingState) error {
	if s.Position.Instrument == nil {
		return fmt.Errorf("%w: a position without an instrument", ErrState)
	}
	h, err := l.holding(s.Position.Instrument, s.Position.Side)
	if err != nil {
		return err
	}
	h.pos = s.Position
	h.trades = trades{forgot: s.Forgotten > 0, floor: s.Forgotten}
	for i, t := range s.Trades {
		if i > 0 && t.Trade < s.Trades[i-1].Trade || t.Trade <= s.Forgotten {
			return fmt.Errorf("%w: trade %d of %s is out of order", ErrState, t.Trade, s.Position.Instrument.Symbol)
		}
		h.trades.ids = append(h.trades.ids, trade{t.Trade, t.Px, t.Qty, t.Order, t.Side})
	}
	return nil
}
