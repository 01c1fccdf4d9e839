package main

import (
	"context"
	"errors"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
	"baton/risk"
	"baton/secret"
	"baton/trade"
)

// lab is a client with a trader and a strategy on a real loop, wired as in a demo, and the peer that it trades with.
type lab struct {
	*peer
	journal  trade.Journal
	wrap     func(trade.Feed) trade.Feed // of the feed; nil: none
	strategy func(co *aio.Co, s *trade.Session) error

	ready chan struct{} // a token when the strategy waits for the next event
	end   context.CancelFunc
	gone  chan error
	stats binance.Stats // when the client has ended
}

// start starts the client.
func (l *lab) start() {
	ctx, end := context.WithCancel(context.Background())
	l.ready, l.end, l.gone = make(chan struct{}, 1), end, make(chan error, 1)
	go func() {
		_, err := aio.Run(ctx, aio.Config{}, func(co *aio.Co) (struct{}, error) { return struct{}{}, l.trade(co) })
		l.gone <- err
	}()
}

// stop ends the client and the peer, and says what the client failed with.
func (l *lab) stop() error {
	l.end()
	err := <-l.gone
	l.Close()
	if errors.Is(err, aio.ErrCancelled) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// trade is the client's main task.
func (l *lab) trade(co *aio.Co) error {
	network := netio.Sockets(co.Loop(), netio.SocketConfig{Alive: time.Hour, Silence: time.Hour})
	streams := "ws" + l.URL[len("http"):]
	c, err := binance.Dial(co, network, binance.Config{
		REST: l.URL, Streams: streams, API: streams + wire.PathAPI, Key: peerKey, Secret: secret.New(peerSecret), Run: "l", DepthQuiet: -1, MarkQuiet: -1, Sweep: -1,
	})
	if err != nil {
		return err
	}
	defer func() {
		l.stats = c.Stats()
		c.Close()
	}()
	var feed trade.Feed = c
	if l.wrap != nil {
		feed = l.wrap(c)
	}
	in := c.Instruments()[0]
	trader, err := trade.New(co, trade.Config{Limits: map[string]risk.Limits{in.Symbol: trade.DefaultLimits()}}, feed, c, l.journal)
	if err != nil {
		return err
	}
	if _, err := trader.Open(in); err != nil {
		return err
	}
	if err := trader.Start(co); err != nil {
		return err
	}
	return trader.Run(co, trade.Strategy{Name: "latency", Run: l.strategy}, trader.Sessions()...)
}

// wait takes the token.
func (l *lab) wait() error {
	select {
	case <-l.ready:
		return nil
	case err := <-l.gone:
		l.gone <- err
		return errors.Join(errors.New("the client ended"), err)
	}
}

// exact waits until the session's book is exact.
func exact(co *aio.Co, s *trade.Session, w *trade.Watch) error {
	for !s.Exact() {
		if _, err := w.Next(co); err != nil {
			return err
		}
	}
	return nil
}

// orderOnQuote is two coroutines: one hears each quote and hands it to the other, which orders on it.
func (l *lab) orderOnQuote(co *aio.Co, s *trade.Session) error {
	quotes := aio.NewQueue[market.Quote](co.Loop(), 1)
	aio.Start(co, "order", func(co *aio.Co) error {
		for {
			q, err := quotes.Get(co)
			if err != nil {
				return err
			}
			o, err := s.Place(trade.Request{Side: market.Buy, Px: q.Bid, Qty: 2, TIF: market.GTX})
			if err != nil {
				return err
			}
			if err := o.Wait(co); err != nil {
				return err
			}
			l.ready <- struct{}{} // never blocks: a quote is sent for each token taken
		}
	})
	w := s.Watch(trade.OnQuote)
	if err := exact(co, s, w); err != nil {
		return err
	}
	l.ready <- struct{}{}
	for {
		if _, err := w.Next(co); err != nil {
			return err
		}
		if err := quotes.Put(co, s.Top()); err != nil {
			return err
		}
	}
}
