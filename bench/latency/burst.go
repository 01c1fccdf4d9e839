package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"baton/aio"
	"baton/app"
	"baton/binance/wire"
	"baton/journal"
	"baton/market"
	"baton/trade"
)

// The budget of a burst: from the writing of a frame to the strategy that has it, p99, in microseconds.
const limitBurst = 5000

// burstsRound is how many bursts a round has: 11 rounds of two give a p99 of some 30,000 frames.
const burstsRound = 2

// burstWait bounds the wait for a burst's last message.
const burstWait = 30 * time.Second

func sortDurations(d []time.Duration) { slices.SortFunc(d, cmp.Compare[time.Duration]) }

// loadBurst is the recorded burst, or where there is no recording one of the same shape.
func loadBurst(path string) (*burst, error) {
	c := wire.NewCodec(app.Instruments()[0])
	b, err := recordedBurst(path, c)
	if errors.Is(err, os.ErrNotExist) {
		b, err = madeBurst(c)
	}
	if b != nil {
		b.wait = burstWait
	}
	return b, err
}

// counted is what the client has told so far: how many events of each kind, and whether each was the one that had to come.
type counted struct {
	trade.Feed
	market.MarketSink
	want  [kinds][]int64
	told  [kinds]int
	total int
	err   error
}

// Open opens the feed with the counter before the session's sink.
func (n *counted) Open(in *market.Instrument, to market.MarketSink) (*market.Book, error) {
	n.MarketSink = to
	return n.Feed.Open(in, n)
}

func (n *counted) take(kind int, id int64) {
	k := n.told[kind]
	if k >= len(n.want[kind]) || n.want[kind][k] != id {
		n.err = cmp.Or(n.err, fmt.Errorf("event %d of kind %d came as number %d: dropped, doubled or out of order", id, kind, k))
		return
	}
	n.told[kind]++
	n.total++
}

// Quote counts a quote.
func (n *counted) Quote(q *market.Quote) {
	n.take(kindQuote, q.Update)
	n.MarketSink.Quote(q)
}

// Trade counts a trade.
func (n *counted) Trade(t *market.Trade) {
	n.take(kindTrade, t.ID)
	n.MarketSink.Trade(t)
}

// Depth counts a change of the book.
func (n *counted) Depth(b *market.Book, d *market.Diff) {
	n.take(kindDepth, d.Last)
	n.MarketSink.Depth(b, d)
}

// seen is when the strategy had each event, by kind; written on the loop, read when all is over.
type seen [kinds][]time.Time

// watcher is a strategy that notes when it has what.
func (l *lab) watcher(n *counted, at *seen, total int) func(co *aio.Co, s *trade.Session) error {
	return func(co *aio.Co, s *trade.Session) error {
		w := s.Watch(trade.OnQuote | trade.OnBook | trade.OnTrade)
		if err := exact(co, s, w); err != nil {
			return err
		}
		l.ready <- struct{}{}
		for n.total < total && n.err == nil {
			if _, err := w.Next(co); err != nil {
				return err
			}
			now := time.Now()
			for range w.Trades() { // as a strategy reads them
			}
			for k := range at {
				for len(at[k]) < n.told[k] {
					at[k] = append(at[k], now)
				}
			}
		}
		l.ready <- struct{}{}
		return co.Sleep(burstWait) // until it is stopped
	}
}

// run sends a burst to a client of its own, and gives the time of each message to the strategy.
func (b *burst) run() ([]time.Duration, error) {
	n, at := &counted{}, &seen{}
	for _, m := range b.messages {
		n.want[m.kind] = append(n.want[m.kind], m.id)
	}
	l := &lab{peer: newPeer(b.snapshot, b.at), journal: journal.NewMemory(0)}
	l.wrap = func(f trade.Feed) trade.Feed {
		n.Feed = f
		return n
	}
	l.strategy = l.watcher(n, at, len(b.messages))
	l.start()
	sent, err := b.send(l)
	err = errors.Join(err, l.stop(), n.err)
	if err != nil {
		return nil, err
	}
	if l.stats.Gaps != 0 || l.stats.Duplicates != 0 || l.stats.Bad != 0 {
		return nil, fmt.Errorf("the client counted %d gaps, %d duplicates, %d bad frames", l.stats.Gaps, l.stats.Duplicates, l.stats.Bad)
	}
	var took []time.Duration
	var next [kinds]int
	for i, m := range b.messages {
		took = append(took, at[m.kind][next[m.kind]].Sub(sent[i]))
		next[m.kind]++
	}
	return took, nil
}

// send writes the messages at their times, on the connections on which the exchange would.
func (b *burst) send(l *lab) ([]time.Time, error) {
	public, err := l.accepted("public")
	if err != nil {
		return nil, err
	}
	trades, err := l.accepted("market")
	if err != nil {
		return nil, err
	}
	if _, err := public.Write(frame("btcusdt@depth@100ms", l.codec.AppendDepth(nil, &b.bridge))); err != nil {
		return nil, err
	}
	if err := l.wait(); err != nil {
		return nil, err
	}
	lines := [kinds]net.Conn{public, public, trades}
	sent := make([]time.Time, len(b.messages))
	began := time.Now()
	for i := range b.messages {
		m := &b.messages[i]
		time.Sleep(time.Until(began.Add(m.after)))
		sent[i] = time.Now()
		if _, err := lines[m.kind].Write(m.bytes); err != nil {
			return nil, err
		}
	}
	select {
	case <-l.ready:
		return sent, nil
	case err := <-l.gone:
		l.gone <- err
		return nil, errors.Join(errors.New("the client ended"), err)
	case <-time.After(b.wait):
		return nil, fmt.Errorf("not all of %d messages came within %s", len(b.messages), b.wait)
	}
}

// measureBurst runs the bursts.
func measureBurst(b *burst, rounds, perRound int) ([]row, error) {
	var p50, p99 []float64
	for range rounds {
		var all []time.Duration
		for range perRound {
			took, err := b.run()
			if err != nil {
				return nil, fmt.Errorf("the burst: %w", err)
			}
			all = append(all, took...)
		}
		p50, p99 = append(p50, percentile(all, 50)), append(p99, percentile(all, 99))
	}
	return []row{
		within(fmt.Sprintf("burst of %d in %s, frame to strategy, p50", len(b.messages), burstSpan), p50, 0),
		within(fmt.Sprintf("burst of %d in %s, frame to strategy, p99", len(b.messages), burstSpan), p99, limitBurst),
	}, nil
}
