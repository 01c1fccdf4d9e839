package binance

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"baton/aio"
	"baton/binance/wire"
	"baton/market"
)

// ErrNotConnected: the connection for orders is down, so that nothing left.
var ErrNotConnected = errors.New("order not sent: the connection for orders is down; it is being made again")

// ErrPending: too many commands wait for their answer, so that nothing left.
var ErrPending = errors.New("order not sent: too many commands wait for their answer")

// pending is a command that has left and was not answered.
type pending struct {
	id market.OrderID
	op market.Op
}

// liveOrder is what the client remembers of an order until it hears of its end.
type liveOrder struct {
	in   *market.Instrument
	sent market.Nanos // server time of its request
}

// scratch is what is being delivered: lent to the sink, so that an event costs no memory.
type scratch struct {
	order   wire.OrderUpdate
	account wire.AccountUpdate
	update  market.Update
	fill    market.Fill
	change  market.Change
	reply   wire.Response
	place   wire.Place
	ref     wire.Ref
}

// openAPI opens the connection for orders.
func (c *Client) openAPI(co *aio.Co) error {
	c.api = &link{name: "orders", message: c.onAPI, up: func() {}, down: c.loseAnswers}
	c.api.url = func(*aio.Co) (string, error) { return c.cfg.API, nil }
	return c.connect(co, c.api)
}

// Send signs and writes a command at once, on the caller's stack. An error is the proof that nothing left: there is no answer to
// wait for. After nil the answer arrives at the sink, or never.
func (c *Client) Send(cmd *market.Command) error {
	s, ok := c.bySymbol[cmd.Instrument.Symbol]
	switch {
	case !ok:
		return fmt.Errorf("order not sent: the exchange does not trade %s", cmd.Instrument.Symbol)
	case c.api == nil || c.api.conn == nil:
		return ErrNotConnected
	case len(c.pending) >= maxPending:
		return ErrPending
	}
	now := c.loop.Now()
	if cmd.Op == market.OpCancel {
		c.budget.Count(now, wire.CallCancel.Weight(&wire.Args{}))
	} else if err := c.budget.Order(now); err != nil {
		return err
	}
	c.lastID++
	c.buf = c.encode(c.buf[:0], s, cmd)
	c.pending[c.lastID] = pending{cmd.ID, cmd.Op}
	if err := c.api.conn.Send(c.buf); err != nil {
		delete(c.pending, c.lastID)
		return fmt.Errorf("order not sent: %w", err)
	}
	if cmd.Op == market.OpPlace {
		c.live[cmd.ID] = &liveOrder{s.in, c.server()}
	}
	return nil
}

// encode appends the signed request of a command.
func (c *Client) encode(b []byte, s *symbol, cmd *market.Command) []byte {
	c.clientID = c.names.Append(c.clientID[:0], cmd.ID)
	if cmd.Op == market.OpCancel {
		c.scratch.ref = wire.Ref{Symbol: s.in.Symbol, ClientID: c.clientID}
		return c.signer.AppendCancel(b, c.lastID, &c.scratch.ref, c.stamp())
	}
	c.scratch.place = wire.Place{
		Symbol: s.in.Symbol, Side: cmd.Side, Type: cmd.Type, TIF: cmd.TIF, Qty: s.in.Quantity(cmd.Qty), Price: s.in.Price(cmd.Px),
		ReduceOnly: cmd.ReduceOnly, ClientID: c.clientID,
	}
	return c.signer.AppendPlace(b, c.lastID, &c.scratch.place, c.stamp())
}

// onAPI takes one answer.
func (c *Client) onAPI(data []byte) {
	r := &c.scratch.reply
	if err := wire.DecodeResponse(data, r); err != nil {
		c.bad("orders", err)
		return // what it answered stays unanswered: Unknown
	}
	c.learnCounts(r)
	id, ok := r.Number()
	p, asked := c.pending[id]
	if !ok || !asked {
		c.note("orders: an answer to nothing that was asked, status %d code %d", r.Status, r.Code)
		return
	}
	delete(c.pending, id)
	o := c.refusals.Outcome(r.Status, r.Code, string(r.Msg))
	c.answer(p, o)
}

// learnCounts takes what an answer says of the limits.
func (c *Client) learnCounts(r *wire.Response) {
	now := c.loop.Now()
	weight, tenSec, minute := -1, -1, -1
	for _, l := range r.Limits {
		switch {
		case l.Kind == wire.LimitWeight:
			weight = l.Count
		case l.Interval == 10e9:
			tenSec = l.Count
		case l.Interval == 60e9:
			minute = l.Count
		}
	}
	c.budget.Used(now, weight, tenSec, minute)
	if r.Status == 429 || r.Status == 418 {
		c.budget.Stop(now, r.Status, 0)
	}
}

// answer tells the sink.
func (c *Client) answer(p pending, o market.Outcome) {
	if p.op == market.OpPlace && o.Kind() == market.IsRefused {
		delete(c.live, p.id)
	}
	if c.sink != nil {
		c.sink.Reply(p.id, p.op, o)
	}
}

// loseAnswers makes Unknown of everything that waits for an answer on the connection that was lost, in the order of sending.
func (c *Client) loseAnswers() {
	for _, id := range slices.Sorted(maps.Keys(c.pending)) {
		p := c.pending[id]
		delete(c.pending, id)
		c.answer(p, market.Unknown())
	}
}
