package face

import (
	"strconv"

	"baton/binance/wire"
	"baton/market"
)

// call answers one request of the WebSocket API (Binance USD-M, WebSocket API General Info).
func (s *Session) call(now market.Nanos, data []byte, came market.Nanos) {
	f, q := s.f, &s.request
	c := &call{f: f, now: now, account: -1, came: came}
	if wire.DecodeRequest(data, q) != nil { // who asked, and for what limits, nobody knows
		s.answer(Answer, wire.AppendFailure(f.buf[:0], q.ID, statusBad, &wire.APIError{Code: wire.CodeUnknown, Msg: "Invalid JSON request."}, nil))
		return
	}
	c.p, c.what = q.Params, wire.FindMethod(q.Method)
	fault := s.serve(c)
	kind := Answer
	if c.what.Orders() > 0 {
		kind = Ack
	}
	if fault != nil {
		status := fault.HTTP()
		if f.addressOf(s.remote).banned(now) != nil {
			status = statusBanned
		}
		s.answer(kind, wire.AppendFailure(f.buf[:0], q.ID, status, fault, s.rateLimits(c)))
		return
	}
	s.answer(kind, wire.AppendResponse(f.buf[:0], q.ID, c.body, s.rateLimits(c)))
}

// serve carries out a request. Methods without a REST counterpart, and those that clients only probe with, are answered here.
func (s *Session) serve(c *call) *wire.APIError {
	switch string(s.request.Method) {
	case "ping":
		c.what, c.body = wire.CallPing, wire.AppendEmpty(nil)
		s.f.addressOf(s.remote).weight.add(c.now, 1)
		return nil
	case "time":
		c.what, c.body = wire.CallTime, wire.AppendServerTime(nil, wire.Millis(c.now))
		s.f.addressOf(s.remote).weight.add(c.now, 1)
		return nil
	}
	switch c.what {
	case wire.CallNone:
		return &wire.APIError{Code: wire.CodeUnknown, Msg: "Unknown method '" + string(s.request.Method) + "'."}
	case wire.CallSessionStatus, wire.CallLogout:
		s.f.addressOf(s.remote).weight.add(c.now, c.what.Weight(&c.args))
		if c.what == wire.CallLogout {
			s.logon, s.loggedOn = 0, 0
		}
		c.body = s.status(c.now)
		return nil
	case wire.CallLogon:
		return s.logOn(c)
	}
	key := string(c.p.Value("apiKey"))
	if key == "" && s.logon > 0 {
		return s.f.run(c, s.remote, s.f.keys[s.logon-1].Key(), func(v verifier) *wire.APIError {
			if c.p.Value("signature") == nil {
				return nil // the session is authenticated
			}
			return v.VerifyParams(c.p)
		})
	}
	return s.f.run(c, s.remote, key, func(v verifier) *wire.APIError { return v.VerifyParams(c.p) })
}

// logOn serves session.logon, which takes Ed25519 keys alone (Binance USD-M, WebSocket API General Info).
func (s *Session) logOn(c *call) *wire.APIError {
	key := string(c.p.Value("apiKey"))
	fault := s.f.run(c, s.remote, key, func(v verifier) *wire.APIError {
		if k, ok := v.(*wire.PublicKey); !ok || !k.Ed25519() {
			return &wire.APIError{Code: codeKeyType, Msg: "Invalid api key type."}
		}
		return v.VerifyParams(c.p)
	})
	if fault != nil {
		return fault
	}
	if i, ok := s.f.byKey[key]; ok {
		s.logon, s.loggedOn = i+1, c.now
	}
	c.body = s.status(c.now)
	return nil
}

// codeKeyType is INVALID_API_KEY_TYPE.
const codeKeyType = -4056

// status is the result of the three session calls.
func (s *Session) status(now market.Nanos) []byte {
	b := append([]byte(nil), `{"apiKey":`...)
	if s.logon > 0 {
		b = strconv.AppendQuote(b, s.f.keys[s.logon-1].Key())
		b = strconv.AppendInt(append(b, `,"authorizedSince":`...), wire.Millis(s.loggedOn), 10)
	} else {
		b = append(b, `null,"authorizedSince":null`...)
	}
	b = strconv.AppendInt(append(b, `,"connectedSince":`...), wire.Millis(s.since), 10)
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
	weight := wire.RateLimit{Kind: wire.LimitWeight, Interval: minute, Limit: WeightPerMinute, Count: s.f.addressOf(s.remote).weight.add(c.now, 0)}
	if c.what.Orders() == 0 {
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
