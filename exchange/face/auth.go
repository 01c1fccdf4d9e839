package face

import "baton/binance/wire"

// maxKey is the longest API key; Binance's have 64 characters.
const maxKey = 64

// authorise finds the account of a call (an index into Face.accounts; -1 for an open one) and checks key, signature and
// time, in this order. verify checks the signature, which REST and the WebSocket API make differently.
func (f *Face) authorise(c *call, key string, verify func(*wire.Signer) *wire.APIError) (int, *wire.APIError) {
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
	if fault := verify(k.signer); fault != nil {
		return -1, fault
	}
	if fault := legal(c.p); fault != nil {
		return -1, fault
	}
	return k.account, wire.CheckTime(&c.args, c.now)
}

func (f *Face) findAPIKey(key string) *apiKey {
	for i := range f.keys {
		if f.keys[i].signer.Key() == key {
			return &f.keys[i]
		}
	}
	return nil
}
