package face

import (
	"baton/binance/wire"
	"baton/exchange"
	"baton/market"
)

// The life of a listenKey (Binance USD-M, Start User Data Stream), and how many there may be at a time: one for an account.
const (
	listenKeyLife = 60 * minute
	listenKeyLen  = 64
)

// listenKey is one account's user stream and the connections that read it, in order of subscription.
type listenKey struct {
	text    string
	account int // index into Face.accounts
	expires market.Nanos
	readers []*Session
}

// startKey gives the account's listenKey, made if there is none, and extends its life: a second POST answers the same key.
func (f *Face) startKey(now market.Nanos, account int) *listenKey {
	k := f.accounts[account].key
	if k == nil {
		k = &listenKey{text: f.newText(listenKeyLen), account: account}
		f.accounts[account].key = k
		f.listen = append(f.listen, k)
	}
	k.expires = now + listenKeyLife
	f.expiry = min(f.expiry, k.expires)
	return k
}

// nextExpiry finds when the next listenKey ends. Extending one makes it later than f.expiry says, which costs a look and no more.
func (f *Face) nextExpiry() {
	f.expiry = exchange.Never
	for _, k := range f.listen {
		f.expiry = min(f.expiry, k.expires)
	}
}

// newText makes a random text of letters and digits.
func (f *Face) newText(n int) string {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[f.rand.IntN(len(letters))]
	}
	return string(b)
}

// findKey is the live listenKey of that text, or nil.
func (f *Face) findKey(text string) *listenKey {
	for _, k := range f.listen {
		if k.text == text {
			return k
		}
	}
	return nil
}

// dropKey ends a listenKey. Its connections stay open and silent.
func (f *Face) dropKey(k *listenKey) {
	f.accounts[k.account].key = nil
	f.listen = without(f.listen, k)
}

// listenKey serves POST, PUT and DELETE of /fapi/v1/listenKey and the userDataStream methods.
func (c *call) listenKey() *wire.APIError {
	k := c.f.accounts[c.account].key
	switch {
	case c.what == wire.CallStartListenKey:
		k = c.f.startKey(c.now, c.account)
	case k == nil:
		return wire.Fault(wire.CodeBadListenKey)
	case c.what == wire.CallKeepListenKey:
		k.expires = c.now + listenKeyLife
	default:
		c.f.dropKey(k)
		c.body = []byte("{}")
		return nil
	}
	c.body = wire.AppendListenKey(nil, k.text)
	return nil
}

// ForgetKeys ends all listenKeys without a word to anybody: their streams fall silent, and who would keep one alive hears -1125.
func (f *Face) ForgetKeys() {
	for len(f.listen) > 0 {
		f.dropKey(f.listen[0])
	}
}

// ExpireKeys ends all listenKeys before their time, as the venue does now and then: their readers are told, and hear no more.
func (f *Face) ExpireKeys(now market.Nanos) {
	for len(f.listen) > 0 {
		f.expire(now, f.listen[0])
	}
}
