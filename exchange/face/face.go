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
	APIKey, Secret string
	Account        int // as [exchange.Exchange.AddAccount] numbered it
}

// Config of a face.
type Config struct {
	Exchange *exchange.Exchange // whose face it is; its instruments are listed already
	Keys     []Key              // who may trade
	Seed     uint64             // of listenKeys and of the order ids that clients leave out
}

// Face is the exchange as its clients see it. One owner calls it, with times that never run backwards.
type Face struct {
	x        *exchange.Exchange
	keys     []apiKey
	accounts []account // one for each account that has a key
	symbols  []symbol  // by the exchange's index
	byLower  map[string]int
	streams  map[string]*stream
	slowed   []*stream // streams with a frame in preparation, in the order in which they began
	listen   []*listenKey
	weights  map[string]*window // by address
	rand     *rand.Rand

	unsynced    []unsynced
	watchedOnce bool

	// Scratch, good until the next use.
	buf, wrapped []byte // one event, raw and wrapped
	bids, asks   []market.Level
	orders       []exchange.Order
	fills        []exchange.Fill
}

type apiKey struct {
	signer  *wire.Signer
	account int // index into Face.accounts
}

// account is what the face keeps of an account: its order counters and its listenKey.
type account struct {
	index  int // the exchange's
	orders orderWindows
	key    *listenKey
}

// New makes the face of an exchange. Instruments that are listed afterwards are not seen.
func New(cfg Config) *Face {
	f := &Face{
		x:       cfg.Exchange,
		byLower: map[string]int{},
		streams: map[string]*stream{},
		weights: map[string]*window{},
		rand:    rand.New(rand.NewPCG(cfg.Seed, 0x66616365)),
	}
	for i, in := range cfg.Exchange.Instruments() {
		lower := strings.ToLower(in.Symbol)
		f.byLower[lower] = i
		f.symbols = append(f.symbols, symbol{index: i, in: in, codec: wire.NewCodec(in), recorded: cfg.Exchange.Kind(i) == exchange.Recorded})
	}
	for _, k := range cfg.Keys {
		f.keys = append(f.keys, apiKey{wire.NewSigner(k.APIKey, []byte(k.Secret)), f.account(k.Account)})
	}
	return f
}

// account is the place of the exchange's account in f.accounts, made if there is none.
func (f *Face) account(index int) int {
	for i := range f.accounts {
		if f.accounts[i].index == index {
			return i
		}
	}
	f.accounts = append(f.accounts, account{index: index, orders: newOrderWindows()})
	return len(f.accounts) - 1
}

// Next is when [Face.Timer] wants to be called; exchange.Never when nothing is pending.
func (f *Face) Next() market.Nanos {
	next := exchange.Never
	for _, st := range f.slowed {
		next = min(next, st.due)
	}
	for _, k := range f.listen {
		next = min(next, k.expires)
	}
	return next
}

// Timer sends what is due at now: frames of slowed streams, and the end of listenKeys.
func (f *Face) Timer(now market.Nanos) {
	f.flush(now)
	for i := 0; i < len(f.listen); {
		k := f.listen[i]
		if k.expires > now {
			i++
			continue
		}
		f.expire(now, k)
	}
}
