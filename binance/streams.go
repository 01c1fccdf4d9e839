package binance

import (
	"errors"
	"slices"
	"strings"

	"baton/aio"
	"baton/binance/core"
	"baton/binance/wire"
	"baton/market"
)

// The bounds of stream connections.
const (
	maxInAddress  = 200      // streams that a connection's address names; the rest is subscribed
	maxOnMessage  = 200      // streams of one subscribe message
	roomy         = 400      // a connection with fewer streams takes new ones, live
	maxCopies     = 3        // of a connection
	maxPatience   = 10       // doublings of a stream's limit while it stays silent
	lookEvery     = 1e9      // how often ages are looked at
	retryRotation = 5 * 60e9 // after a replacement that could not be made
)

// errSilent: a stream that is open, and brings nothing.
var errSilent = errors.New("it is open and brings nothing")

// stream is one subscribed stream: of an instrument's own market data, of subscribers, or of both.
type stream struct {
	name     string
	own      *symbol
	kind     wire.Kind // of its events, where it has an owner
	subs     []subscriber
	shard    *shard
	asked    market.Nanos // when it was subscribed on a connection that was open
	heard    market.Nanos // when the last frame came
	limit    market.Nanos // the age of data at which it counts as silent; 0: never
	patience int
}

// subscriber takes the frames of a stream; they are borrowed.
type subscriber interface {
	frame(data []byte)
	end()
}

// shard is the streams that share a connection, or its copies.
type shard struct {
	c       *Client
	root    core.Root
	streams []*stream
	lines   []*line
	merge   core.Merge
	since   market.Nanos // when it came alive: a connection was made, and there was none
}

// line is one connection of a shard, and what is to be said on it.
type line struct {
	*link
	shard   *shard
	pace    core.Pace
	queue   [][]byte
	talking *task
	beyond  []string // streams that the address has no room for
	listing *task    // asks what the exchange has subscribed
	listed  int64    // id of the question that waits for its answer; 0: none
	missing []string // what an answer lacked, and was subscribed again
}

// want asks for a stream, which is opened when the caller has finished its breath.
func (c *Client) want(name string) (*stream, error) {
	if st, ok := c.streams[name]; ok {
		return st, nil
	}
	if len(c.opened) == 0 && c.start("binance.open", c.openStreams) == nil {
		return nil, aio.ErrClosed
	}
	st := &stream{name: name, limit: c.quiet(name)}
	c.streams[name] = st
	c.opened = append(c.opened, st)
	return st, nil
}

// quiet is how old a stream's data may grow: depth changes and mark prices come all the time, trades do not.
func (c *Client) quiet(name string) market.Nanos {
	switch {
	case strings.HasSuffix(name, wire.StreamMark), name == wire.StreamAllMarks:
		return market.Nanos(c.cfg.MarkQuiet)
	case strings.HasSuffix(name, wire.StreamDepth), strings.HasPrefix(name, "!") && strings.Contains(name, "icker"):
		return market.Nanos(c.cfg.DepthQuiet)
	}
	return 0
}

// openStreams opens everything that was asked for since it was started: on connections that have room, else on new ones. Each
// connection is made and kept by its own task, so that one that cannot be made holds up no other.
func (c *Client) openStreams(*aio.Co) error {
	batch := c.opened
	c.opened = nil
	var names []string
	for _, st := range batch {
		if sh := c.roomIn(core.RootOf(st.name)); sh != nil && c.streams[st.name] == st {
			sh.add(st)
		} else if c.streams[st.name] == st { // not given up meanwhile
			names = append(names, st.name)
		}
	}
	plan, err := core.Plan(names)
	if err != nil {
		return err
	}
	for _, p := range plan {
		c.newShard(p)
	}
	for _, sh := range c.shards {
		sh.flush()
	}
	return nil
}

// roomIn is a shard of a root that takes another stream, nil where there is none.
func (c *Client) roomIn(root core.Root) *shard {
	for _, sh := range c.shards {
		if sh.root == root && len(sh.streams) < roomy {
			return sh
		}
	}
	return nil
}

func (c *Client) newShard(p core.Connection) {
	sh := &shard{c: c, root: p.Root, merge: core.Merge{Deliver: c.onMarket}}
	for _, name := range p.Streams {
		st := c.streams[name]
		st.shard = sh
		sh.streams = append(sh.streams, st)
	}
	c.shards = append(c.shards, sh)
	for range c.cfg.Copies {
		ln := &line{shard: sh}
		ln.link = c.newLink(&link{name: [...]string{"public", "market"}[p.Root], merge: &sh.merge, stream: wire.StreamName})
		ln.streams = func() int { return len(sh.streams) }
		ln.url = func(*aio.Co) (string, error) { return ln.address(), nil }
		ln.up = func() { sh.up(ln) }
		ln.down = sh.down
		ln.renewed = func() { ln.rest() }
		ln.retired = func(market.Nanos) {}
		sh.lines = append(sh.lines, ln)
		c.start("binance."+ln.name, ln.keep)
	}
}

// address is a connection's address with its streams. What it asks for stands in the query, which netio shows in no error.
func (ln *line) address() string {
	var names []string
	for _, st := range ln.shard.streams {
		names = append(names, st.name)
	}
	first := names[:min(len(names), maxInAddress)]
	ln.beyond = names[len(first):]
	root := [...]string{wire.RootPublic, wire.RootMarket}[ln.shard.root]
	return address(ln.c.cfg.Streams, root+wire.PathStream, wire.QueryStreams, strings.Join(first, "/"))
}

// address builds a stream's address.
func address(base, path, name, value string) string {
	return strings.TrimSuffix(base, "/") + path + "?" + name + "=" + value
}

// rest subscribes what the address had no room for.
func (ln *line) rest() {
	ln.queue, ln.listed, ln.missing = nil, 0, nil
	ln.say(wire.Subscribe, ln.beyond)
	ln.check()
}

// say sends a subscribe or unsubscribe message, at the pace that a connection allows.
func (ln *line) say(m wire.ControlMethod, names []string) {
	for part := range slices.Chunk(names, maxOnMessage) {
		ln.c.control++
		ln.queue = append(ln.queue, wire.AppendControl(nil, ln.c.control, m, part))
	}
	if len(ln.queue) > 0 && !running(ln.talking) {
		ln.talking = ln.c.start("binance.subscribe", ln.talk)
	}
}

// talk sends what is queued. What is queued for a connection that is lost is of no use: the next one's address names it.
func (ln *line) talk(co *aio.Co) error {
	for ln.conn != nil && len(ln.queue) > 0 {
		if err := co.SleepUntil(ln.pace.Turn(co.Now())); err != nil {
			return nil
		}
		if ln.conn == nil || len(ln.queue) == 0 {
			return nil
		}
		text := ln.queue[0]
		ln.queue = ln.queue[1:]
		_ = ln.conn.Send(text) // one that fails ends the connection
	}
	return nil
}

// add puts a stream on an open shard; flush tells the exchange.
func (sh *shard) add(st *stream) {
	st.shard, st.asked = sh, sh.c.loop.Now()
	sh.streams = append(sh.streams, st)
	sh.merge.Lost(st.name)
	for _, ln := range sh.lines {
		ln.beyond = append(ln.beyond, st.name)
	}
	sh.c.added = append(sh.c.added, st)
}

// flush subscribes what was added since.
func (sh *shard) flush() {
	var names []string
	var books []*symbol
	for _, st := range sh.c.added {
		if st.shard != sh {
			continue
		}
		names = append(names, st.name)
		if st.isDepth() {
			books = append(books, st.own)
		}
	}
	sh.c.added = slices.DeleteFunc(sh.c.added, func(st *stream) bool { return st.shard == sh })
	for _, ln := range sh.lines {
		if ln.conn != nil {
			ln.say(wire.Subscribe, names)
			ln.check()
		}
	}
	if sh.alive() {
		sh.c.begin(books)
	}
}

// remove gives a stream up.
func (sh *shard) remove(st *stream) {
	sh.streams = slices.DeleteFunc(sh.streams, func(x *stream) bool { return x == st })
	for _, ln := range sh.lines {
		if ln.conn != nil {
			ln.say(wire.Unsubscribe, []string{st.name})
		}
	}
}

func (st *stream) isDepth() bool {
	return st.own != nil && strings.HasSuffix(st.name, wire.StreamDepth)
}

// books are the symbols whose diffs are among the streams.
func (sh *shard) books() (all []*symbol) {
	for _, st := range sh.streams {
		if st.isDepth() {
			all = append(all, st.own)
		}
	}
	return all
}

// alive says whether a connection is open.
func (sh *shard) alive() bool {
	return slices.ContainsFunc(sh.lines, func(ln *line) bool { return ln.conn != nil })
}

// up: a connection is made. The first of a shard begins its books.
func (sh *shard) up(ln *line) {
	ln.rest()
	for _, other := range sh.lines {
		if other != ln && other.conn != nil {
			return
		}
	}
	sh.since = sh.c.loop.Now()
	sh.c.begin(sh.books())
}

// down: a connection is lost. Without another one the books are stale, and the numbers of events may begin anew.
func (sh *shard) down() {
	if sh.alive() {
		return
	}
	for _, st := range sh.streams {
		if st.own == nil {
			continue
		}
		switch st.kind { // those of this shard alone: the symbol's other streams go on elsewhere
		case wire.KindBookTicker:
			st.own.lastQuote = 0
		case wire.KindAggTrade:
			st.own.lastTrade = 0
		case wire.KindMark:
			st.own.lastMark = 0
		}
	}
	sh.c.stale(sh.books())
}

// watch looks at the ages of connections and of the data of each stream.
func (c *Client) watch(co *aio.Co) error {
	for {
		if err := co.Sleep(lookEvery); err != nil {
			return nil
		}
		for _, l := range c.links {
			if l.conn != nil && co.Now() >= l.until {
				l.renew()
			}
		}
		for _, sh := range c.shards {
			sh.look(co.Now())
		}
		if c.apiSince != 0 && co.Now()-c.apiSince > apiQuiet {
			c.api.again(errSilent) // half-open: every further order would be Unknown until TCP notices
		}
	}
}

// look finds streams that bring nothing although they are open: a handshake is no proof of data. Their book is stale, and the
// connection is replaced; if that does not help, the next attempt waits twice as long.
func (sh *shard) look(now market.Nanos) {
	if !sh.alive() {
		return
	}
	for _, st := range sh.streams {
		since := max(st.heard, st.asked, sh.since) // a connection that replaced another is no news
		if st.limit <= 0 || now-since <= st.limit<<min(st.patience, maxPatience) {
			continue
		}
		st.patience++
		sh.c.stats.Silences++
		sh.c.note("stream %s: %v: its connection is replaced", st.name, errSilent)
		if st.isDepth() {
			sh.c.stale([]*symbol{st.own})
			sh.c.begin([]*symbol{st.own})
		}
		for _, ln := range sh.lines {
			ln.renew()
		}
		sh.unheard(now)
	}
}

// unheard has nobody wait for the connection that is replaced in what it has not just brought.
func (sh *shard) unheard(now market.Nanos) {
	for _, st := range sh.streams {
		if now-st.heard > lookEvery {
			sh.merge.Lost(st.name)
		}
	}
}

// closeStreams tells every reader of a subscription that nothing more will come.
func (c *Client) closeStreams() {
	for _, sh := range c.shards {
		for _, st := range sh.streams {
			for _, sub := range st.subs {
				sub.end()
			}
		}
	}
}

// connectTurn waits until another connection may be made.
func (c *Client) connectTurn(co *aio.Co) error {
	if at := c.connects.Turn(co.Now()); at > co.Now() {
		return co.SleepUntil(at)
	}
	return nil
}
