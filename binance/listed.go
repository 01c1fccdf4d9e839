package binance

import (
	"slices"
	"strings"
	"time"

	"baton/aio"
	"baton/binance/wire"
	"baton/market"
)

// listAfter is how long after the last subscribe message a connection is asked what it is subscribed to.
const listAfter = 5 * time.Second

// check asks the exchange, a while after the last message about subscriptions, which streams a connection has. A subscription that
// came to nothing says so nowhere else: a stream of trades may be silent for as long as nobody trades.
func (ln *line) check() {
	if running(ln.listing) {
		return
	}
	ln.listing = ln.c.start("binance.list", func(co *aio.Co) error {
		for conn := ln.conn; ; {
			if co.Sleep(listAfter) != nil || ln.conn == nil {
				return nil
			}
			if ln.conn == conn && len(ln.queue) == 0 {
				break
			}
			conn = ln.conn
		}
		if co.SleepUntil(ln.pace.Turn(co.Now())) != nil || ln.conn == nil {
			return nil
		}
		ln.c.control++
		ln.listed = ln.c.control
		_ = ln.conn.Send(wire.AppendControl(nil, ln.listed, wire.ListSubscriptions, nil)) // one that fails ends the connection
		return nil
	})
}

// compare takes the exchange's list. What is missing is subscribed again, once; what is missing then too is told: there is no such
// stream, or the exchange does not want to give it.
func (ln *line) compare(has []string) {
	ln.listed = 0
	var missing []string
	for _, st := range ln.shard.streams {
		if st.asked+market.Nanos(listAfter) <= ln.c.loop.Now() && !slices.Contains(has, st.name) {
			missing = append(missing, st.name)
		}
	}
	again := slices.DeleteFunc(slices.Clone(missing), func(name string) bool { return slices.Contains(ln.missing, name) })
	if len(missing) > len(again) {
		ln.c.note("%s: the exchange has not subscribed %s, asked twice: nothing will come of it", ln.name, strings.Join(missing, ", "))
	}
	ln.missing = missing
	if len(again) > 0 {
		ln.c.stats.Resubscribed += len(again)
		ln.c.note("%s: the exchange has not subscribed %s: asked again", ln.name, strings.Join(again, ", "))
		ln.say(wire.Subscribe, again)
		ln.check()
	}
}
