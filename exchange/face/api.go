package face

import (
	"strconv"

	"baton/binance/wire"
	"baton/market"
)

// call answers one request of the WebSocket API (Binance USD-M, WebSocket API General Info).
func (s *Session) call(now market.Nanos, data []byte) {
	f, q := s.f, &s.request
	c := &call{f: f, now: now, account: -1}
	var fault *wire.APIError
	switch err := wire.DecodeRequest(data, q); {
	case err != nil:
		fault = &wire.APIError{Code: wire.CodeUnknown, Msg: "Invalid JSON request."}
	default:
		c.p, c.what = q.Params, wire.FindMethod(q.Method)
		fault = s.serve(c)
	}
	kind := Answer
	if c.what == wire.CallPlace {
		kind = Ack
	}
	if fault != nil {
		s.answer(kind, wire.AppendFailure(f.buf[:0], q.ID, fault.HTTP(), fault, s.rateLimits(c)))
		return
	}
	s.answer(kind, wire.AppendResponse(f.buf[:0], q.ID, c.body, s.rateLimits(c)))
}

// serve carries out a request. Methods without a REST counterpart, and those that clients only probe with, are answered here.
func (s *Session) serve(c *call) *wire.APIError {
	switch string(s.request.Method) {
	case "ping":
		c.what, c.body = wire.CallPing, wire.AppendEmpty(nil)
		s.f.weightOf(s.remote).add(c.now, 1)
		return nil
	case "time":
		c.what, c.body = wire.CallTime, wire.AppendServerTime(nil, wire.Millis(c.now))
		s.f.weightOf(s.remote).add(c.now, 1)
		return nil
	}
	switch c.what {
	case wire.CallNone:
		return &wire.APIError{Code: wire.CodeUnknown, Msg: "Unknown method '" + string(s.request.Method) + "'."}
	case wire.CallSessionStatus:
		s.f.weightOf(s.remote).add(c.now, c.what.Weight(&c.args))
		c.body = s.status(c.now)
		return nil
	}
	key := string(c.p.Value("apiKey"))
	return s.f.run(c, s.remote, key, func(signer *wire.Signer) *wire.APIError { return signer.VerifyParams(c.p) })
}

// status is the result of session.status. Nobody is ever logged on: that takes Ed25519 keys, and here are none.
func (s *Session) status(now market.Nanos) []byte {
	b := append([]byte(nil), `{"apiKey":null,"authorizedSince":null,"connectedSince":`...)
	b = strconv.AppendInt(b, wire.Millis(s.since), 10)
	b = strconv.AppendBool(append(b, `,"returnRateLimits":`...), s.limits)
	b = strconv.AppendInt(append(b, `,"serverTime":`...), wire.Millis(now), 10)
	return append(b, '}')
}

// rateLimits are the limits that an answer tells: the address's weight, or -1 where the call costs none, and for a placement
// the account's orders. nil where the client wants none.
func (s *Session) rateLimits(c *call) []wire.RateLimit {
	want := s.limits
	switch string(c.p.Value("returnRateLimits")) {
	case "true":
		want = true
	case "false":
		want = false
	}
	if !want {
		return nil
	}
	weight := wire.RateLimit{Kind: wire.LimitWeight, Interval: minute, Limit: WeightPerMinute, Count: s.f.weightOf(s.remote).add(c.now, 0)}
	if c.what != wire.CallPlace {
		return []wire.RateLimit{weight}
	}
	weight.Limit, weight.Count = -1, -1
	if c.account < 0 {
		return []wire.RateLimit{weight}
	}
	w := &s.f.accounts[c.account].orders
	return []wire.RateLimit{
		weight,
		{Kind: wire.LimitOrders, Interval: 10 * second, Limit: OrdersPer10s, Count: w.tenSeconds.add(c.now, 0)},
		{Kind: wire.LimitOrders, Interval: minute, Limit: OrdersPerMinute, Count: w.minute.add(c.now, 0)},
	}
}

func (s *Session) answer(k Kind, frame []byte) {
	s.f.buf = frame
	s.out.Frame(k, frame)
}
