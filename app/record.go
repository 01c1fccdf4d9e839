package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/core"
	"baton/binance/wire"
	"baton/catalog"
	"baton/market"
	"baton/netio"
)

// Record is what `baton data record` does: raw frames of a few streams of some symbols, to files.
type Record struct {
	Symbols []string
	Streams []string // as Binance names them after the symbol, "@aggTrade"; empty: RecordStreams
	REST    string   // base URLs
	WS      string
	Dir     string
	Every   time.Duration // a file ends with this much of UTC
	For     time.Duration // 0: until the context ends
	Say     func(string)
	Watch   func(RecordStatus) // nil, or called about ten times a second
}

// RecordStreams are what is recorded where nothing else is said: all that a backtest can use.
func RecordStreams() []string {
	return []string{wire.StreamDepth, wire.StreamBookTicker, wire.StreamAggTrade, wire.StreamTrade, wire.StreamMark}
}

// RecordStatus is how a recording is doing, and what it came to.
type RecordStatus struct {
	Schema     string   `json:"schema"`
	Symbols    []string `json:"symbols"`
	Frames     int      `json:"frames"`
	Snapshots  int      `json:"snapshots"`
	Bytes      int64    `json:"bytes"` // of frames
	Connects   int      `json:"connects"`
	Reconnects int      `json:"reconnects"`
	Unknown    int      `json:"unknown"` // frames of no symbol asked for: they are not kept
	Silent     []string `json:"silent"`  // streams asked for that have not delivered
	Files      []string `json:"files"`
}

// What a recorder waits for.
const (
	recordSilence = 30 * time.Second // a connection without a frame is made anew
	recordFlush   = time.Second      // so much is lost at most when the machine goes down
	recordSoon    = time.Second      // before a lost connection is made anew, at first
	recordLate    = 30 * time.Second // and at last
	snapshotDepth = 1000             // levels a side (Binance USD-M, Order Book)
	symbolsMost   = 200
)

// Validate checks what a flag can get wrong.
func (r *Record) Validate() error {
	switch {
	case len(r.Symbols) == 0:
		return errors.New("no symbol is named: baton data record BTCUSDT")
	case len(r.Symbols) > symbolsMost:
		return fmt.Errorf("%d symbols are more than the %d that one recorder takes: run several", len(r.Symbols), symbolsMost)
	}
	for i, s := range r.Symbols {
		if s == "" || strings.ContainsAny(s, "/\\. \t\n@") {
			return fmt.Errorf("symbol %q cannot be recorded: write it like BTCUSDT", s)
		}
		r.Symbols[i] = strings.ToUpper(s)
	}
	if len(r.Streams) == 0 {
		r.Streams = RecordStreams()
	}
	for _, s := range r.Streams {
		if !strings.HasPrefix(s, "@") || strings.ContainsAny(s, "/ ?&") {
			return fmt.Errorf("stream %q cannot be recorded: write it like @aggTrade", s)
		}
	}
	return nil
}

// RunRecord records over the machine's network until r.For has passed or ctx ends; both end it in order.
func RunRecord(ctx context.Context, r Record) (*RecordStatus, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	at := binance.Environment{REST: r.REST, Streams: r.WS, API: r.WS} // no key goes anywhere, but diffs and snapshots must be of one book
	if _, err := at.Realm(); err != nil {
		return nil, err
	}
	return aio.Run(ctx, aio.Config{}, func(co *aio.Co) (*RecordStatus, error) {
		return r.On(co, netio.Sockets(co.Loop(), netio.SocketConfig{}))
	})
}

// On records on a loop and a network until the coroutine is cancelled or r.For has passed.
func (r Record) On(co *aio.Co, network netio.Network) (*RecordStatus, error) {
	k := &recorder{Record: r, net: network, rest: network.Doer(r.REST), books: map[string]*recordBook{}, heard: map[string]bool{}}
	k.status = RecordStatus{Schema: "baton.data.record/1", Symbols: r.Symbols, Silent: []string{}, Files: []string{}}
	var names []string
	for _, s := range r.Symbols {
		w, err := catalog.NewWriter(catalog.WriterConfig{Dir: r.Dir, Symbol: s, Every: r.Every})
		if err != nil {
			return nil, fmt.Errorf("record into %s: %w", r.Dir, err)
		}
		k.books[s] = &recordBook{symbol: s, out: w}
		for _, stream := range r.Streams {
			names = append(names, strings.ToLower(s)+stream)
		}
	}
	plan, err := core.Plan(names)
	if err != nil {
		return nil, err
	}
	body := func(co *aio.Co, _ *aio.Scope) error {
		return aio.Group(co, func(co *aio.Co) error {
			for i, p := range plan {
				c := &recordConn{k: k, plan: p}
				aio.Start(co, fmt.Sprintf("connection %d", i), c.keep)
			}
			aio.Start(co, "flush", k.flush)
			if r.Watch != nil {
				aio.Start(co, "watch", k.watch)
			}
			return nil
		})
	}
	if r.For > 0 {
		err = aio.Timeout(co, r.For, body)
	} else {
		err = body(co, nil)
	}
	if k.failed == nil {
		err = nil // its time is over, or the caller has ended it: a lost connection never does
	}
	for _, s := range r.Symbols {
		err = errors.Join(err, k.books[s].out.Close())
	}
	k.sum(names)
	return &k.status, err
}

// recorder owns the files and the counts.
type recorder struct {
	Record
	net    netio.Network
	rest   netio.Doer
	books  map[string]*recordBook
	heard  map[string]bool // streams that have delivered
	status RecordStatus
	failed error // of a file: ends the recording
}

// recordBook is one symbol's file.
type recordBook struct {
	symbol string
	out    *catalog.Writer
	wanted bool // a snapshot is due: its chain of diffs has begun anew
}

// sum fills in what is known at the end.
func (k *recorder) sum(names []string) {
	for _, n := range names {
		if !k.heard[n] {
			k.status.Silent = append(k.status.Silent, n)
		}
	}
	for _, s := range k.Symbols {
		k.status.Files = append(k.status.Files, k.books[s].out.Paths()...)
	}
}

func (k *recorder) flush(co *aio.Co) error {
	for {
		if err := co.Sleep(recordFlush); err != nil {
			return err
		}
		for _, s := range k.Symbols {
			k.failed = errors.Join(k.failed, k.books[s].out.Flush())
		}
		if k.failed != nil {
			return k.failed
		}
	}
}

func (k *recorder) watch(co *aio.Co) error {
	for {
		if err := co.Sleep(statusEvery); err != nil {
			return err
		}
		k.Watch(k.status)
	}
}

// keepFrame writes one frame.
func (k *recorder) keepFrame(b *recordBook, at market.Nanos, frame []byte) {
	if bytes.IndexByte(frame, '\n') >= 0 { // a line of a capture is one frame
		frame = bytes.ReplaceAll(frame, []byte{'\n'}, []byte{' '})
	}
	if err := b.out.Add(at, frame); err != nil && k.failed == nil {
		k.failed = err
	}
	k.status.Bytes += int64(len(frame))
}

// recordConn keeps one connection.
type recordConn struct {
	k    *recorder
	plan core.Connection
	conn *netio.Conn
	last market.Nanos // when the last frame came
	lost aio.Waiter
	down bool
	why  error
	loop *aio.Loop
}

// keep makes the connection again and again; a loss is a pause, never an end.
func (c *recordConn) keep(co *aio.Co) error {
	c.loop = co.Loop()
	backoff := core.NewBackoff(market.Nanos(recordSoon), market.Nanos(recordLate), rand.New(rand.NewPCG(co.Rand(), co.Rand())))
	root := wire.RootPublic
	if c.plan.Root == core.MarketRoot {
		root = wire.RootMarket
	}
	url := c.k.WS + root + wire.PathStream + "?" + wire.QueryStreams + "=" + strings.Join(c.plan.Streams, "/")
	for {
		c.down, c.why = false, nil
		conn, err := c.k.net.Dial(co, url, c)
		if err == nil {
			c.conn, c.last = conn, co.Now()
			c.k.status.Connects++
			err = c.serve(co)
			conn.Close(1000, "")
		}
		if co.Err() != nil {
			return co.Err()
		}
		if c.k.failed != nil {
			return c.k.failed
		}
		if c.last != 0 && co.Now()-c.last < market.Nanos(recordSilence) {
			backoff.Reset()
		}
		pause := time.Duration(backoff.Next())
		c.k.say("connection of %s lost: %v; made anew in %.1f s", c.plan.Streams[0], err, pause.Seconds())
		c.k.status.Reconnects++
		if err := co.Sleep(pause); err != nil {
			return err
		}
	}
}

func (k *recorder) say(format string, args ...any) {
	if k.Say != nil {
		k.Say(fmt.Sprintf(format, args...))
	}
}

// serve fetches the snapshots that the connection's diffs need, and watches over it until it is lost or silent.
func (c *recordConn) serve(co *aio.Co) error {
	for _, s := range c.k.Symbols {
		b := c.k.books[s]
		b.wanted = b.wanted || slices.ContainsFunc(c.plan.Streams, func(n string) bool {
			symbol, stream, _ := strings.Cut(n, "@")
			return symbol == strings.ToLower(s) && strings.HasPrefix(stream, "depth")
		})
	}
	for !c.down {
		if err := c.snapshots(co); err != nil {
			return err
		}
		err := aio.Timeout(co, recordSilence/3, func(co *aio.Co, _ *aio.Scope) error { return c.lost.Wait(co) })
		if co.Err() != nil || err != nil && !errors.Is(err, aio.ErrTimeout) {
			return err
		}
		if co.Now()-c.last > market.Nanos(recordSilence) {
			return fmt.Errorf("no frame for %v", recordSilence)
		}
	}
	return c.why
}

// snapshots fetches the books that are due. One that fails is tried again later.
func (c *recordConn) snapshots(co *aio.Co) error {
	if c.plan.Root != core.Public {
		return nil
	}
	for _, s := range c.k.Symbols {
		b := c.k.books[s]
		if !b.wanted || c.down {
			continue
		}
		method, path := wire.CallDepth.HTTP()
		res, err := c.k.rest.Do(co, &netio.Request{Method: method, Path: path,
			Query: string(wire.AppendArgs(nil, &wire.Args{Symbol: s, Limit: snapshotDepth}))})
		switch {
		case co.Err() != nil:
			return co.Err()
		case err != nil:
			c.k.say("snapshot of %s: %v; tried again later", s, err)
		case res.Status/100 != 2:
			c.k.say("snapshot of %s: status %d: %.100s; tried again later", s, res.Status, res.Body)
		default:
			b.wanted = false
			c.k.status.Snapshots++
			c.k.keepFrame(b, co.Now(), res.Body)
		}
	}
	return nil
}

// Message writes a frame to its symbol's file.
func (c *recordConn) Message(_ *netio.Conn, data []byte) {
	c.last = c.loop.Now()
	f, err := wire.Peek(data)
	stream := string(f.Stream)
	symbol, _, _ := strings.Cut(stream, "@")
	b := c.k.books[strings.ToUpper(symbol)]
	if err != nil && len(f.Stream) == 0 || b == nil {
		c.k.status.Unknown++
		return
	}
	c.k.status.Frames++
	if !c.k.heard[stream] {
		c.k.heard[stream] = true
	}
	c.k.keepFrame(b, c.last, data)
}

// Closed wakes the keeper.
func (c *recordConn) Closed(_ *netio.Conn, err error) {
	if err == nil {
		err = errors.New("closed")
	}
	c.down, c.why = true, err
	c.lost.Wake()
}
