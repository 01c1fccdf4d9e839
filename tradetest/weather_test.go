package tradetest_test

import (
	"hash/maphash"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"baton/aio"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
	"baton/trade"
)

// weather is what goes wrong on a storm's line, and the record of what the exchange's book was.
type weather struct {
	s        *storm
	rng      *rand.Rand
	on       bool
	silent   bool // frames of the user stream are lost without a sign, too
	breaker  netio.Breaker
	blackout *aio.Timer
	happened map[string]int
	deaf     market.Nanos // when the user stream was last interrupted
	hears    bool         // it has been made again since
	frames   []emitted    // every depth frame that the exchange sent
	next     int          // the first one that the strategy's book has not reached
	diff     market.Diff
	hash     maphash.Hash
}

// emitted is a depth frame: when it was sent, and the book behind it.
type emitted struct {
	at, last int64
	sum      uint64
}

// odds are the chances of a fault, in 10,000, at each message of a kind.
type odds struct {
	drop, cut, delay int
}

func (w *weather) begin(l *aio.Loop) {
	w.on, w.hears = true, true
	w.blackout = aio.NewTimer(l, aio.ClassTimer, w.flip)
	w.blackout.Arm(l.Now() + w.pause(40*time.Second))
}

func (w *weather) end() {
	w.on = false
	w.blackout.Stop()
	w.breaker.Restore()
}

func (w *weather) pause(most time.Duration) market.Nanos { return 1 + w.rng.Int64N(int64(most)) }

// flip begins a blackout, or ends it.
func (w *weather) flip() {
	now := w.s.co.Loop().Now()
	if w.happened["blackouts"] == w.happened["ends of blackouts"] {
		w.happened["blackouts"]++
		w.s.note("weather: the line is cut")
		w.deaf, w.hears = now, false
		w.breaker.Cut()
		w.blackout.Arm(now + w.pause(4*time.Second))
		return
	}
	w.happened["ends of blackouts"]++
	w.s.note("weather: the line is restored")
	w.breaker.Restore()
	w.blackout.Arm(now + w.pause(40*time.Second))
}

func (w *weather) judge(t *netio.Transit) netio.Action {
	name, o := w.kind(t)
	if name == "depth" {
		w.remember(t.Data)
	}
	if !w.on || name == "" {
		return netio.Action{}
	}
	now := w.s.co.Loop().Now()
	switch k := w.rng.IntN(10_000); {
	case k < o.drop:
		w.did(t, name+" dropped")
		return netio.Action{Verdict: netio.Drop}
	case k < o.drop+o.cut:
		w.did(t, name+" cut")
		if name == "user" {
			w.deaf, w.hears = now, false
		}
		return netio.Action{Verdict: netio.Cut}
	case k < o.drop+o.cut+o.delay:
		w.happened[name+" delayed"]++
		return netio.Action{Delay: time.Duration(w.pause(3 * time.Second))}
	}
	return netio.Action{}
}

func (w *weather) did(t *netio.Transit, what string) {
	w.happened[what]++
	w.s.note("weather: " + what + " " + string(t.Data[:min(len(t.Data), 160)]))
}

// kind names a message and gives the chances of its faults.
func (w *weather) kind(t *netio.Transit) (string, odds) {
	switch {
	case t.Kind == netio.Ask:
		return "request", odds{drop: 100, cut: 200}
	case t.Kind == netio.Answer:
		return "response", odds{drop: 100, cut: 200, delay: 200}
	case t.Path == wire.PathAPI && t.ToServer:
		return "command", odds{drop: 100, cut: 50}
	case t.Path == wire.PathAPI:
		return "answer", odds{drop: 300, cut: 50, delay: 200}
	case strings.HasPrefix(t.Path, wire.RootPrivate):
		if w.silent {
			return "user", odds{drop: 150, cut: 100}
		}
		return "user", odds{cut: 100}
	case strings.HasPrefix(t.Path, wire.RootMarket):
		return "market", odds{drop: 50, cut: 10}
	}
	f, err := wire.Peek(t.Data)
	if err != nil || f.Kind != wire.KindDepth {
		return "quote", odds{drop: 50, cut: 2}
	}
	return "depth", odds{drop: 50, cut: 10}
}

// remember keeps what the exchange's book was behind a depth frame, which is the whole book of that moment.
func (w *weather) remember(frame []byte) {
	codec := wire.NewCodec(w.s.srv.Exchange().Instruments()[0])
	if err := codec.DecodeDepth(frame, &w.diff); err != nil {
		w.s.Errorf("seed %d: %v in %s", w.s.seed, err, frame)
		return
	}
	book := w.s.srv.Book("BTCUSDT")
	if book.Last() != w.diff.Last {
		w.s.Errorf("seed %d: a depth frame ends at %d, the exchange's book is at %d", w.s.seed, w.diff.Last, book.Last())
	}
	w.frames = append(w.frames, emitted{w.s.co.Loop().Now(), w.diff.Last, w.sum(book)})
}

// levels that are compared on each side.
const levels = 50

func (w *weather) sum(b *market.Book) uint64 {
	var sn market.Snapshot
	b.Snapshot(&sn, levels)
	w.hash.Reset()
	for _, side := range [][]market.Level{sn.Bids, sn.Asks} {
		for _, l := range side {
			maphash.WriteComparable(&w.hash, l)
		}
	}
	return w.hash.Sum64()
}

// fresh is how long an exact book may be behind a frame that was sent: some may be lost before one shows the hole.
const fresh = 500 * time.Millisecond

// look compares a book that counts as exact with what the exchange's book was, and how long ago.
func (w *weather) look(ss *trade.Session) {
	if !ss.Exact() {
		return
	}
	book, now := ss.Book(), ss.Now()
	for w.next < len(w.frames) && w.frames[w.next].last < book.Last() {
		w.next++
	}
	if w.next == len(w.frames) || w.frames[w.next].last != book.Last() || w.frames[w.next].sum != w.sum(book) {
		w.s.Errorf("seed %d: at %.3f an exact book at %d is not what the exchange's book was", w.s.seed, float64(now-start)/1e9, book.Last())
		return
	}
	if k := w.next + 1; k < len(w.frames) && now-w.frames[k].at > int64(fresh) {
		w.s.Errorf("seed %d: at %.3f an exact book is %s old", w.s.seed, float64(now-start)/1e9, time.Duration(now-w.frames[k].at))
	}
}

func base36(n int64) string { return strconv.FormatInt(n, 36) }

// connected notes a connection of the user stream.
func (w *weather) connected() {
	if !w.hears {
		w.hears, w.deaf = true, w.s.co.Loop().Now()
	}
}

// deafSince says whether the user stream was down at some time since then.
func (w *weather) deafSince(at market.Nanos) bool { return !w.hears || w.deaf >= at }
