package binance

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"baton/aio"
	"baton/binance/core"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

// Error is a REST call that the exchange answered, but not with success. For an order's fate it proves nothing by itself.
type Error struct {
	Call   string // "GET /fapi/v1/order"
	Status int
	Code   int // 0 where the body was not Binance's
	Msg    string
}

// Error names the call, the status and what was said.
func (e *Error) Error() string {
	if e.Code == 0 {
		return fmt.Sprintf("%s: status %d", e.Call, e.Status)
	}
	return fmt.Sprintf("%s: status %d: %d %s", e.Call, e.Status, e.Code, e.Msg)
}

// call makes a REST call within the limits: it waits for its turn, and never tries twice.
func (c *Client) call(co *aio.Co, call wire.Call, a *wire.Args) ([]byte, error) {
	if err := c.turn(co, call.Weight(a)); err != nil {
		return nil, err
	}
	r := &netio.Request{}
	r.Method, r.Path = call.HTTP()
	switch call.Security() {
	case wire.Open:
		r.Query = string(wire.AppendArgs(nil, a))
	case wire.KeyOnly:
		r.Query = string(wire.AppendArgs(nil, a))
		r.Header = [][2]string{{wire.HeaderKey, c.signer.Key()}}
	case wire.Signed:
		r.Query = string(c.signer.AppendSigned(nil, a, c.stamp()))
		r.Header = [][2]string{{wire.HeaderKey, c.signer.Key()}}
	}
	return c.do(co, r)
}

// do sends a request once and gives the body of its success, else an [Error], or *netio.Lost.
func (c *Client) do(co *aio.Co, r *netio.Request) ([]byte, error) {
	res, err := c.rest.Do(co, r)
	if err != nil {
		return nil, c.hide(fmt.Errorf("%s %s: %w", r.Method, r.Path, err))
	}
	c.learn(res)
	if res.Status/100 != 2 {
		e := &Error{Call: r.Method + " " + r.Path, Status: res.Status}
		if said, ok := wire.DecodeError(res.Body); ok {
			if e.Code, e.Msg = said.Code, c.clean(said.Msg); e.Code == wire.CodeBadTimestamp {
				c.askTimeSoon()
			}
		} else if text := string(res.Body); text == wire.TextServiceUnavailable || text == wire.TextUnknownError {
			e.Msg = text
		}
		return nil, e
	}
	return res.Body, nil
}

// stamp is the time of a request, by the exchange's clock.
func (c *Client) stamp() wire.Stamp {
	return wire.Stamp{Time: c.server(), Window: market.Nanos(c.cfg.Window)}
}

// turn waits until a request of that weight may be sent.
func (c *Client) turn(co *aio.Co, weight int) error {
	for {
		err := c.budget.Request(co.Now(), weight)
		var limit *core.LimitError
		if !errors.As(err, &limit) {
			return err
		}
		if err := co.SleepUntil(limit.Until); err != nil {
			return err
		}
	}
}

// learn takes what an answer says of the limits.
func (c *Client) learn(r *netio.Response) {
	number := func(name string) int {
		for _, h := range r.Header {
			if strings.EqualFold(h[0], name) {
				if n, err := strconv.Atoi(h[1]); err == nil {
					return n
				}
			}
		}
		return -1
	}
	now := c.loop.Now()
	c.budget.Used(now, number(wire.HeaderWeight), number(wire.HeaderOrders10s), number(wire.HeaderOrders1m))
	if r.Status == 429 || r.Status == 418 || r.Status == 403 {
		c.budget.Stop(now, r.Status, number(wire.HeaderRetryAfter))
	}
}

// askTime takes one sample of the clock's offset.
func (c *Client) askTime(co *aio.Co) error { return c.sample(co, &c.offset) }

func (c *Client) sample(co *aio.Co, into *core.Offset) error {
	sent := co.Now()
	body, err := c.call(co, wire.CallTime, &wire.Args{})
	if err != nil {
		return err
	}
	ms, err := wire.DecodeServerTime(body)
	if err != nil {
		return err
	}
	into.Sample(sent, co.Now(), wire.Nanos(ms))
	return nil
}

// askTimeSoon measures the offset anew, without the samples so far: a clock has jumped.
func (c *Client) askTimeSoon() {
	if running(c.timing) {
		return
	}
	c.timing = c.start("binance.time", func(co *aio.Co) error {
		var fresh core.Offset
		if err := c.sample(co, &fresh); err == nil {
			c.offset = fresh
		}
		return nil
	})
}

// readInstruments reads the instruments that are wanted, their margin tiers and our fee rates.
func (c *Client) readInstruments(co *aio.Co) error {
	body, err := c.call(co, wire.CallExchangeInfo, &wire.Args{})
	if err != nil {
		return err
	}
	info, err := wire.DecodeInfo(body)
	if err != nil {
		return err
	}
	c.limits(info.Limits)
	for _, in := range info.Instruments {
		if len(c.cfg.Symbols) == 0 || slices.Contains(c.cfg.Symbols, in.Symbol) {
			c.add(in)
		}
	}
	for _, name := range c.cfg.Symbols {
		s, ok := c.bySymbol[name]
		if !ok {
			return fmt.Errorf("the exchange does not trade %s", name)
		}
		if err := c.readFees(co, s.in); err != nil {
			return err
		}
	}
	return c.readBrackets(co)
}

func (c *Client) add(in *market.Instrument) {
	c.instruments = append(c.instruments, in)
	book := market.NewBook(in)
	book.HoldsOwn = !c.cfg.Replayed
	c.bySymbol[in.Symbol] = &symbol{in: in, codec: wire.NewCodec(in), sync: core.NewSync(book)}
}

func (c *Client) readBrackets(co *aio.Co) error {
	body, err := c.call(co, wire.CallBrackets, &wire.Args{})
	if err != nil {
		return err
	}
	all, err := wire.DecodeBrackets(body)
	for _, b := range all {
		if s, ok := c.bySymbol[b.Symbol]; ok {
			s.in.Brackets = b.Brackets
		}
	}
	return err
}

func (c *Client) readFees(co *aio.Co, in *market.Instrument) error {
	body, err := c.call(co, wire.CallCommission, &wire.Args{Symbol: in.Symbol})
	if err != nil {
		return err
	}
	fees, err := wire.DecodeCommission(body)
	in.MakerFee, in.TakerFee = fees.Maker, fees.Taker
	return err
}

// limits learns the exchange's own limits.
func (c *Client) limits(limits []wire.RateLimit) {
	weight, tenSec, minute := 0, 0, 0
	for _, l := range limits {
		switch {
		case l.Kind == wire.LimitWeight && l.Interval == 60e9:
			weight = l.Limit
		case l.Kind == wire.LimitOrders && l.Interval == 10e9:
			tenSec = l.Limit
		case l.Kind == wire.LimitOrders && l.Interval == 60e9:
			minute = l.Limit
		}
	}
	c.budget.SetLimits(weight, tenSec, minute)
}

// startListenKey gets the user stream's key; the exchange gives the same one while it is alive.
func (c *Client) startListenKey(co *aio.Co) (string, error) {
	body, err := c.call(co, wire.CallStartListenKey, &wire.Args{})
	if err != nil {
		return "", err
	}
	return wire.DecodeListenKey(body)
}

func (c *Client) keepListenKey(co *aio.Co) error {
	_, err := c.call(co, wire.CallKeepListenKey, &wire.Args{})
	if said, ok := errors.AsType[*Error](err); ok && said.Code == wire.CodeBadListenKey {
		c.user.again(errKeyExpired)
		return nil
	}
	return err
}

// depth fetches the snapshot of a book.
func (c *Client) depth(co *aio.Co, s *symbol) error {
	body, err := c.call(co, wire.CallDepth, &wire.Args{Symbol: s.in.Symbol, Limit: snapshotLimit})
	if err != nil {
		return err
	}
	return s.codec.DecodeSnapshot(body, &s.snapshot)
}
