package binance

import (
	"errors"
	"fmt"

	"baton/aio"
	"baton/binance/core"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

// ErrClock: how far the exchange's clock is from ours is not known well enough to open a position by it, so that nothing left.
var ErrClock = errors.New("order not sent: the exchange's time is not known within 500 ms; it is being asked again")

// maxREST bounds the commands that are under way by REST.
const maxREST = 64

// Sent says whether a command or a call that gave err may have reached the exchange. Where it is false nothing left, for certain;
// where it is true only a query can tell what became of it, unless err is an [Error] that proves a refusal.
func Sent(err error) bool {
	if h, ok := errors.AsType[*hidden](err); ok {
		return Sent(h.err)
	}
	if lost, ok := errors.AsType[*netio.Lost](err); ok {
		return lost.Sent
	}
	if _, ok := errors.AsType[*core.LimitError](err); ok {
		return false
	}
	for _, unsent := range [...]error{ErrNotConnected, ErrPending, ErrClock, netio.ErrNotOpen, netio.ErrFull} {
		if errors.Is(err, unsent) {
			return false
		}
	}
	return true
}

// clockFit refuses what opens a position while the clock's offset is unknown. Cancels and closes are let out.
func (c *Client) clockFit(cmd *market.Command, now market.Nanos) error {
	if cmd.Op == market.OpCancel || cmd.Reduces() {
		return nil
	}
	if _, ok := c.offset.Bound(now); !ok {
		c.askTimeSoon()
		return ErrClock
	}
	return nil
}

// sendREST sends a command by REST, because the connection for orders is down. It is signed now, and sent once; its answer comes to
// the sink as any other. Nothing that was sent one way is ever sent the other way.
func (c *Client) sendREST(s *symbol, cmd *market.Command, now market.Nanos) error {
	if c.cfg.NoREST || c.underWay >= maxREST {
		return ErrNotConnected
	}
	if err := c.reserve(cmd, now); err != nil {
		return err
	}
	r := c.encodeREST(s, cmd)
	p := pending{id: cmd.ID, op: cmd.Op, sent: now, revision: cmd.Revision}
	t := c.start("binance.order", func(co *aio.Co) error {
		defer func() { c.underWay-- }()
		o, err := c.ask(co, r, p.op)
		if errors.Is(err, aio.ErrCancelled) {
			return nil // the client ends, or its group: the order stays Unknown
		}
		c.answer(p, o)
		return nil
	})
	if t == nil {
		return ErrNotConnected
	}
	c.underWay++
	c.follow(cmd)
	return nil
}

// encodeREST is a command as a signed REST request.
func (c *Client) encodeREST(s *symbol, cmd *market.Command) *netio.Request {
	r := &netio.Request{Header: [][2]string{{wire.HeaderKey, c.signer.Key()}}}
	c.clientID = c.names.Append(c.clientID[:0], cmd.ID)
	call, query := wire.CallPlace, []byte(nil)
	r.Halts = cmd.Op != market.OpCancel
	switch at := c.stamp(); {
	case cmd.Op == market.OpAmend:
		call, query = wire.CallAmend, c.signer.AppendSignedAmend(nil, c.amendOf(s, cmd), at)
	case cmd.Op == market.OpPlace && cmd.Type.Conditional():
		call, query = wire.CallPlaceAlgo, c.signer.AppendSignedAlgo(nil, c.algoOf(s, cmd), at)
	case cmd.Op == market.OpPlace:
		query = c.signer.AppendSignedPlace(nil, c.placeOf(s, cmd), at)
	case cmd.Type.Conditional() && c.live[cmd.ID].child == 0:
		call, query = wire.CallCancelAlgo, c.signer.AppendSignedCancelAlgo(nil, c.clientID, at)
	default:
		ref := c.refOf(s, cmd)
		args := wire.Args{Symbol: ref.Symbol, OrderID: ref.OrderID}
		if ref.OrderID == 0 {
			args.ClientID = string(ref.ClientID)
		}
		call, query = wire.CallCancel, c.signer.AppendSigned(nil, &args, at)
	}
	r.Method, r.Path = call.HTTP()
	r.Query = string(query)
	return r
}

// ask sends one command and says what its answer proves. What never left is refused, by ourselves.
func (c *Client) ask(co *aio.Co, r *netio.Request, op market.Op) (market.Outcome, error) {
	res, err := c.rest.Do(co, r)
	if lost, ok := errors.AsType[*netio.Lost](err); ok && !lost.Sent {
		return market.Refused(0, c.clean(fmt.Sprintf("not sent: %v", lost.Err))), err
	}
	if err != nil {
		return market.Unknown(), err
	}
	c.learn(res)
	answer := wire.Response{Status: res.Status}
	if res.Status/100 != 2 {
		if said, ok := wire.DecodeError(res.Body); ok {
			answer.Code, answer.Msg = said.Code, []byte(said.Msg)
		} else {
			answer.Msg = res.Body // 503's three meanings may stand there as plain text
		}
	} else if _, ok := wire.DecodeError(res.Body); ok || !wire.LooksLikeOrder(res.Body) && !wire.LooksLikeAlgo(res.Body) {
		return market.Unknown(), nil // success, by a text that is no order: a portal's page, a proxy's
	} else {
		answer.Result = res.Body
	}
	return c.outcome(op, &answer), nil
}
