package binance

import (
	"errors"
	"fmt"

	"baton/aio"
	"baton/binance/wire"
	"baton/market"
)

// ErrNotConnected: the connection for orders is down, so that nothing left.
var ErrNotConnected = errors.New("order not sent: the connection for orders is down; it is being made again")

// ErrPending: too many commands wait for their answer, or too many orders are live, so that nothing left.
var ErrPending = errors.New("order not sent: too many commands wait for their answer, or too many orders are live")

// pending is a command that has left and was not answered.
type pending struct {
	request  int64 // 0: the place is free
	id       market.OrderID
	op       market.Op
	sent     market.Nanos
	revision int32 // of an amendment
}

// liveOrder is what the client remembers of an order until it hears of its end.
type liveOrder struct {
	in     *market.Instrument
	sent   market.Nanos // the timestamp of its request, in server time
	first  market.Nanos // the earliest that it can be; 0: sent
	epoch  int          // of the user stream, when it was sent
	seen   int          // nothing of it was missed up to this epoch
	proven bool         // the exchange has shown that it has it

	algo    bool         // a conditional order
	child   int64        // the exchange's number of the order that it became; 0: none that is known
	amended market.Nanos // the timestamp of its last amendment, in server time; 0: none was sent
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
	amend   wire.Amend
	ref     wire.Ref
}

// openAPI opens the connection for orders.
func (c *Client) openAPI(co *aio.Co) error {
	c.api = c.newLink(&link{name: "orders", message: c.onAPI, up: c.apiUp, down: c.loseAnswers, renewed: c.logOn, retired: c.loseAnswersBefore})
	c.api.url = func(*aio.Co) (string, error) { return c.cfg.API, nil }
	return c.api.connect(co)
}

// Send signs and writes a command at once, on the caller's stack. An error is the proof that nothing left: there is no answer to
// wait for. After nil the answer arrives at the sink, or never.
func (c *Client) Send(cmd *market.Command) error {
	s, ok := c.bySymbol[cmd.Instrument.Symbol]
	switch {
	case !ok:
		return fmt.Errorf("order not sent: the exchange does not trade %s", cmd.Instrument.Symbol)
	case cmd.Op != market.OpPlace && cmd.Op != market.OpCancel && cmd.Op != market.OpAmend:
		return fmt.Errorf("order not sent: %s is no command", cmd.Op)
	case cmd.Op == market.OpPlace && len(c.live) >= maxLive:
		return ErrPending
	}
	now := c.loop.Now()
	if err := c.clockFit(cmd, now); err != nil {
		return err
	}
	if c.api.conn == nil {
		return c.sendREST(s, cmd, now)
	}
	p := &c.pending[(c.lastID+1)%maxPending]
	if p.request != 0 && now-p.sent < answerLife {
		return ErrPending
	}
	if err := c.reserve(cmd, now); err != nil {
		return err
	}
	c.buf = c.encode(c.buf[:0], s, cmd)
	if err := c.api.conn.Send(c.buf); err != nil {
		return fmt.Errorf("order not sent: %w", err)
	}
	if c.apiSince == 0 && cmd.Op == market.OpPlace {
		c.apiSince = now
	}
	c.sent(p, cmd, now)
	return nil
}

// reserve takes a command's place within the limits. A cancel is always let out, and a close may use what is spared from others.
func (c *Client) reserve(cmd *market.Command, now market.Nanos) error {
	switch {
	case cmd.Op == market.OpCancel:
		c.budget.Count(now, wire.CallCancel.Weight(nil))
		return nil
	case cmd.Reduces():
		return c.budget.Close(now)
	}
	return c.budget.Order(now)
}

// sent remembers what has left.
func (c *Client) sent(p *pending, cmd *market.Command, now market.Nanos) {
	if old := *p; old.request != 0 { // its answer never came
		c.loop.CallSoon(func() { c.answer(old, market.Unknown()) })
	}
	c.lastID++
	*p = pending{c.lastID, cmd.ID, cmd.Op, now, cmd.Revision}
	c.follow(cmd)
}

// follow remembers an order that leaves.
func (c *Client) follow(cmd *market.Command) {
	switch cmd.Op {
	case market.OpPlace:
		c.live[cmd.ID] = liveOrder{in: cmd.Instrument, sent: c.server(), epoch: c.epoch, seen: c.epoch, algo: cmd.Type.Conditional()}
	case market.OpAmend:
		if l, ok := c.live[cmd.ID]; ok {
			l.amended = c.server()
			c.live[cmd.ID] = l
		}
	}
}

// proven remembers that the exchange has an order.
func (c *Client) proven(id market.OrderID) {
	if l, ok := c.live[id]; ok && !l.proven {
		l.proven = true
		c.live[id] = l
	}
}

// encode appends the signed request of a command.
func (c *Client) encode(b []byte, s *symbol, cmd *market.Command) []byte {
	c.clientID = c.names.Append(c.clientID[:0], cmd.ID)
	n, at := c.lastID+1, c.stamp()
	switch {
	case cmd.Op == market.OpAmend:
		return c.signer.AppendAmend(b, n, c.amendOf(s, cmd), at)
	case cmd.Op == market.OpPlace && cmd.Type.Conditional():
		return c.signer.AppendPlaceAlgo(b, n, c.algoOf(s, cmd), at)
	case cmd.Op == market.OpPlace:
		return c.signer.AppendPlace(b, n, c.placeOf(s, cmd), at)
	case cmd.Type.Conditional() && c.live[cmd.ID].child == 0:
		return c.signer.AppendCancelAlgo(b, n, c.clientID, at)
	}
	return c.signer.AppendCancel(b, n, c.refOf(s, cmd), at)
}

// refOf names the order of a cancel: of a conditional one that was triggered, the order that it became.
func (c *Client) refOf(s *symbol, cmd *market.Command) *wire.Ref {
	c.scratch.ref = wire.Ref{Symbol: s.in.Symbol, ClientID: c.clientID}
	if cmd.Type.Conditional() {
		c.scratch.ref.OrderID = c.live[cmd.ID].child
	}
	return &c.scratch.ref
}

func (c *Client) placeOf(s *symbol, cmd *market.Command) *wire.Place {
	c.scratch.place = wire.Place{
		Symbol: s.in.Symbol, Side: cmd.Side, Type: cmd.Type, TIF: cmd.TIF, Qty: s.in.Quantity(cmd.Qty), Price: s.in.Price(cmd.Px),
		ReduceOnly: cmd.ReduceOnly, ClientID: c.clientID, PositionSide: cmd.PositionSide, SelfTrade: cmd.SelfTrade,
		PriceMatch: cmd.PriceMatch, GoodTill: cmd.GoodTill,
	}
	return &c.scratch.place
}

func (c *Client) amendOf(s *symbol, cmd *market.Command) *wire.Amend {
	c.scratch.amend = wire.Amend{Symbol: s.in.Symbol, Side: cmd.Side, Qty: s.in.Quantity(cmd.Qty), Price: s.in.Price(cmd.Px),
		ClientID: c.clientID, ModifyID: int64(cmd.Revision)}
	return &c.scratch.amend
}

func (c *Client) algoOf(s *symbol, cmd *market.Command) *wire.PlaceAlgo {
	return &wire.PlaceAlgo{
		Symbol: s.in.Symbol, Side: cmd.Side, Type: cmd.Type, TIF: cmd.TIF, Qty: s.in.Quantity(cmd.Qty), Price: s.in.Price(cmd.Px),
		Trigger: s.in.Price(cmd.Trigger), Activate: s.in.Price(cmd.Activate), Callback: cmd.Callback, ClosePosition: cmd.ClosePosition,
		PriceProtect: cmd.PriceProtect, ReduceOnly: cmd.ReduceOnly, Working: cmd.Working, PositionSide: cmd.PositionSide,
		SelfTrade: cmd.SelfTrade, PriceMatch: cmd.PriceMatch, GoodTill: cmd.GoodTill, ClientID: c.clientID,
	}
}

// onAPI takes one answer.
func (c *Client) onAPI(data []byte) {
	r := &c.scratch.reply
	c.apiSince = 0
	if err := wire.DecodeResponse(data, r); err != nil {
		c.bad("orders", err)
		return // what it answered stays unanswered: Unknown
	}
	c.learnCounts(r)
	id, ok := r.Number()
	if ok && id != 0 && id == c.logOnID {
		c.loggedOn(r)
		return
	}
	p := &c.pending[id%maxPending]
	if !ok || id == 0 || p.request != id {
		c.note("orders: an answer to nothing that was asked, status %d code %d", r.Status, r.Code)
		return
	}
	was := *p
	*p = pending{}
	c.answer(was, c.outcome(was.op, r))
}

// outcome is what an answer proves.
func (c *Client) outcome(op market.Op, r *wire.Response) market.Outcome {
	text := string(r.Msg)
	o := c.refusals.Outcome(r.Status, r.Code, text)
	switch {
	case o.Kind() == market.IsAccepted && op == market.OpAmend && endedInstead(r.Result):
		return market.Refused(0, "the exchange cancelled the order in place of amending it")
	case o.Kind() != market.IsRefused:
		return o
	case op == market.OpPlace && r.Code == wire.CodeDuplicateClientID:
		return market.Unknown() // this request had no effect, but the exchange has an order of that id: an earlier copy of it arrived
	case r.Code == wire.CodeBadTimestamp:
		c.askTimeSoon()
	}
	return market.Refused(r.Code, c.clean(text))
}

// endedInstead says whether the answer to an amendment, a success, tells of an order that has been cancelled with its old figures: so a
// post-only order ends whose new price would trade (Binance USD-M, Modify Order).
func endedInstead(result []byte) bool {
	var o wire.Order
	return len(result) > 0 && wire.DecodeOrder(result, &o) == nil && o.Status.Final() && o.Status != market.StatusFilled
}

// learnCounts takes what an answer says of the limits.
func (c *Client) learnCounts(r *wire.Response) {
	now := c.loop.Now()
	weight, tenSec, minute := -1, -1, -1
	for _, l := range r.Limits {
		switch {
		case l.Kind == wire.LimitWeight && l.Interval == 60e9:
			weight = l.Count
		case l.Kind == wire.LimitOrders && l.Interval == 10e9:
			tenSec = l.Count
		case l.Kind == wire.LimitOrders && l.Interval == 60e9:
			minute = l.Count
		}
	}
	c.budget.Used(now, weight, tenSec, minute)
	if r.Status == 429 || r.Status == 418 || r.Status == 403 {
		c.budget.Stop(now, r.Status, 0)
	}
}

// answer tells the sink. A refused cancel leaves its order as it is: it may be filled, gone, or never have been.
func (c *Client) answer(p pending, o market.Outcome) {
	switch {
	case o.Kind() == market.IsAccepted:
		c.proven(p.id)
	case p.op == market.OpPlace && o.Kind() == market.IsRefused:
		delete(c.live, p.id)
	}
	if c.sink != nil {
		o.Revision = p.revision
		c.sink.Reply(p.id, p.op, o)
	}
}

// loseAnswersBefore makes Unknown of what was sent before a time: the connection that it was sent on is given up.
func (c *Client) loseAnswersBefore(at market.Nanos) {
	for n := max(c.lastID-maxPending, 0) + 1; n <= c.lastID; n++ {
		p := &c.pending[n%maxPending]
		if was := *p; was.request != 0 && was.sent < at {
			*p = pending{}
			c.answer(was, market.Unknown())
		}
	}
}

// loseAnswers makes Unknown of everything that waits for an answer on the connection that was lost, in the order of sending.
func (c *Client) loseAnswers() {
	for n := max(c.lastID-maxPending, 0) + 1; n <= c.lastID; n++ {
		p := &c.pending[n%maxPending]
		if was := *p; was.request != 0 {
			*p = pending{}
			c.answer(was, market.Unknown())
		}
	}
}
