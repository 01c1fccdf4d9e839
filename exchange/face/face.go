package face

import (
	"math/rand/v2"
	"strings"

	"baton/binance/wire"
	"baton/exchange"
	"baton/market"
)

// Key is one API key of an account of the exchange.
type Key struct {
	APIKey  string
	Secret  string // of an HMAC key
	Public  string // PEM text of an RSA or Ed25519 key, in place of a secret
	Account int    // as [exchange.Exchange.AddAccount] numbered it
}

// Config of a face.
type Config struct {
	Exchange *exchange.Exchange // whose face it is; its instruments are listed already
	Keys     []Key              // who may trade
	Seed     uint64             // of listenKeys and of the order ids that clients leave out
	Amended  int64              // how many amendments have a number already
	Legacy   bool               // un-routed stream paths deliver everything, as the demo venue's do
	Life     market.Nanos       // of a connection; 0: 24 hours
}

// Face is the exchange as its clients see it. One owner calls it, with times that never run backwards.
type Face struct {
	x          *exchange.Exchange
	keys       []apiKey
	byKey      map[string]int // index into keys, by the key's text
	accounts   []account      // one for each account that has a key
	places     map[int]int    // index into accounts, by the exchange's number
	symbols    []symbol       // by the exchange's index
	byLower    map[string]int
	streams    map[string]*stream
	slowed     []*stream // streams with a frame in preparation, in the order in which they began
	all        []*stream // streams of no single symbol
	periodic   []*stream // streams that speak at times of their own
	sessions   []*Session
	listen     []*listenKey
	expiry     market.Nanos // no listenKey ends before
	remotes    map[string]*address
	rand       *rand.Rand
	legacy     bool
	life       market.Nanos
	amendments int64
	lag        market.Nanos // how old a fill must be for userTrades to know it
	now        market.Nanos // of the last subscription

	unsynced    []unsynced
	watchedOnce bool

	// Scratch, good until the next use.
	buf, wrapped []byte // one event, raw and wrapped
	bids, asks   []market.Level
	orders       []exchange.Order
	fills        []exchange.Fill
}

type apiKey struct {
	verifier
	account int // index into Face.accounts
}

// verifier checks signatures: a [wire.Signer] or a [wire.PublicKey].
type verifier interface {
	Key() string
	VerifyQuery(query, body []byte) *wire.APIError
	VerifyParams(wire.Params) *wire.APIError
}

// account is what the face keeps of an account: its order counters and its listenKey.
type account struct {
	index  int // the exchange's
	orders orderWindows
	key    *listenKey
	amends []wire.AmendRow // its last amendments, oldest first
	signed bool            // it has signed the agreement of stock contracts
}

// lifeOf is how long a connection lives (Binance USD-M, WebSocket Market Streams).
const lifeOf = 24 * 60 * minute

// New makes the face of an exchange. Instruments that are listed afterwards are not seen. A key whose public text is none is
// left out: check it with [Key.Check].
func New(cfg Config) *Face {
	f := &Face{
		x:       cfg.Exchange,
		byLower: map[string]int{},
		byKey:   map[string]int{},
		places:  map[int]int{},
		expiry:  exchange.Never,
		streams: map[string]*stream{},
		remotes: map[string]*address{},
		legacy:  cfg.Legacy,
		life:    cfg.Life,

		amendments: cfg.Amended,
		rand:       rand.New(rand.NewPCG(cfg.Seed, 0x66616365)),
	}
	if f.life == 0 {
		f.life = lifeOf
	}
	for i, in := range cfg.Exchange.Instruments() {
		lower := strings.ToLower(in.Symbol)
		f.byLower[lower] = i
		f.symbols = append(f.symbols, symbol{index: i, in: in, codec: wire.NewCodec(in), recorded: cfg.Exchange.Kind(i) == exchange.Recorded})
		if s := &f.symbols[i]; !s.recorded {
			s.aggs = cfg.Exchange.LastTrade(i) // there are never more aggregates than trades
		}
	}
	for _, k := range cfg.Keys {
		_ = f.AddKey(k)
	}
	return f
}

// AddKey adds a key; one that exists already is replaced. The error is of [wire.NewPublicKey].
func (f *Face) AddKey(k Key) error {
	v, err := k.verifier()
	if err != nil {
		return err
	}
	if have := f.findAPIKey(k.APIKey); have != nil {
		*have = apiKey{v, f.account(k.Account)}
		return nil
	}
	f.byKey[k.APIKey] = len(f.keys)
	f.keys = append(f.keys, apiKey{v, f.account(k.Account)})
	return nil
}

// Check says whether the key can be used.
func (k *Key) Check() error {
	_, err := k.verifier()
	return err
}

func (k *Key) verifier() (verifier, error) {
	if k.Public != "" {
		return wire.NewPublicKey(k.APIKey, []byte(k.Public))
	}
	return wire.NewSigner(k.APIKey, []byte(k.Secret)), nil
}

// account is the place of the exchange's account in f.accounts, made if there is none.
func (f *Face) account(index int) int {
	if i, ok := f.places[index]; ok {
		return i
	}
	f.places[index] = len(f.accounts)
	f.accounts = append(f.accounts, account{index: index, orders: newOrderWindows()})
	return len(f.accounts) - 1
}

// Amendments is how many amendments have a number so far.
func (f *Face) Amendments() int64 { return f.amendments }

// Lag lets userTrades know fills only when they are so old, as a replica that is behind does; 0 ends it.
func (f *Face) Lag(by market.Nanos) { f.lag = by }

// Next is when [Face.Timer] wants to be called; exchange.Never when nothing is pending.
func (f *Face) Next() market.Nanos {
	next := exchange.Never
	for _, st := range f.slowed {
		next = min(next, st.due)
	}
	for _, st := range f.periodic {
		next = min(next, st.next)
	}
	next = min(next, f.expiry)
	for _, s := range f.sessions[:min(1, len(f.sessions))] { // the oldest
		next = min(next, s.since+f.life)
	}
	return next
}

// Timer sends what is due at now: frames of slowed streams, streams with times of their own, and the end of listenKeys and of
// connections that have lived their day.
func (f *Face) Timer(now market.Nanos) {
	f.flush(now)
	f.speak(now)
	for len(f.sessions) > 0 && f.sessions[0].since+f.life <= now {
		f.sessions[0].drop(closeAway, "the connection has lived its 24 hours")
	}
	if f.expiry > now {
		return
	}
	defer f.nextExpiry()
	for i := 0; i < len(f.listen); {
		k := f.listen[i]
		if k.expires > now {
			i++
			continue
		}
		f.expire(now, k)
	}
}
