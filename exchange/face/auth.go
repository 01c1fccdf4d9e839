package face

import "baton/binance/wire"

// maxKey is the longest API key; Binance's have 64 characters.
const maxKey = 64

// authorise finds the account of a call (an index into Face.accounts; -1 for an open one) and checks key, signature and
// time, in this order. verify checks the signature, which REST and the WebSocket API make differently.
func (f *Face) authorise(c *call, key string, verify func(verifier) *wire.APIError) (int, *wire.APIError) {
	s := c.what.Security()
	if s == wire.Open {
		return -1, nil
	}
	if key == "" || len(key) > maxKey {
		return -1, wire.Fault(wire.CodeBadKeyFormat)
	}
	k := f.findAPIKey(key)
	switch {
	case k == nil:
		return -1, wire.Fault(wire.CodeRejectedKey)
	case s == wire.KeyOnly:
		return k.account, nil
	case c.p.Value("timestamp") == nil:
		return -1, wire.Fault(wire.CodeMandatoryParam, "timestamp")
	}
	if fault := verify(k.verifier); fault != nil {
		return -1, fault
	}
	if fault := legal(c.p); fault != nil {
		return -1, fault
	}
	return k.account, c.inTime()
}

func (f *Face) findAPIKey(key string) *apiKey {
	if i, ok := f.byKey[key]; ok {
		return &f.keys[i]
	}
	return nil
}

// codeMatchingTime is -1021 of the matching engine, which looks again when an order gets there.
const codeMatchingTime = -5028

// inTime checks the timestamp as the request came in, and for what places or amends orders again as it gets to matching.
func (c *call) inTime() *wire.APIError {
	came := c.now
	if c.came != 0 {
		came = c.came
	}
	if fault := wire.CheckTime(&c.args, came); fault != nil {
		return fault
	}
	if c.what.Orders() > 0 && wire.CheckTime(&c.args, c.now) != nil {
		return &wire.APIError{Code: codeMatchingTime, Msg: "Timestamp for this request is outside of the ME recvWindow."}
	}
	return nil
}
