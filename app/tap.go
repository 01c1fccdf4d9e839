package app

import (
	"strings"
	"time"

	"baton/aio"
	"baton/market"
	"baton/trade"
	"baton/ui"
)

// tap sits between a trader and its feed, venue and journal, and tells the page's fold what passes. It passes on everything at
// once and unchanged, takes no task and no number, and so changes nothing of the run. It belongs to the run's loop.
type tap struct {
	fold  *ui.Fold
	loop  *aio.Loop
	base  time.Time // wall times below are since then
	books []*market.Book

	watching bool
	framed   time.Duration // wall time of the newest message of market data while watching; 0: none since the last step
	framedAt market.Nanos  // the loop's, then

	decided map[market.OrderID]time.Duration // intents that have not left
	sent    map[asked]market.Nanos           // commands without an answer
	run     string                           // the strategy.s name and a space: how the names of its tasks begin
}

// asked names a command.
type asked struct {
	id market.OrderID
	op market.Op
}

// tapMax bounds what waits for its counterpart; when it is reached all is forgotten, and a few latencies are not counted.
const tapMax = 4096

func newTap(loop *aio.Loop, fold *ui.Fold, strategy string) *tap {
	return &tap{
		fold: fold, loop: loop, base: time.Now(), run: strategy + " ",
		decided: map[market.OrderID]time.Duration{}, sent: map[asked]market.Nanos{},
	}
}

// wrap gives what the trader is to be made with.
func (t *tap) wrap(f trade.Feed, v trade.Venue, j trade.Journal) (trade.Feed, trade.Venue, trade.Journal) {
	return &tapFeed{f, t}, &tapVenue{v, t}, &tapJournal{j, t}
}

func (t *tap) wall() time.Duration { return time.Since(t.base) }

// frame notes that market data came.
func (t *tap) frame() {
	if t.watching {
		t.framed, t.framedAt = t.wall(), t.loop.Now()
	}
}

// looks is how the loop names what the page posts to it, after its function: no name for people.
const looks = "app.shown.poll"

// ran hears of every step while somebody watches.
func (t *tap) ran(s aio.Step) {
	if s.Task == 0 && s.Name == looks {
		s.Name = "the page"
	}
	t.fold.Ran(s.Task, s.Name, s.By, s.From, s.Began, s.Took, s.Now)
	if t.framed == 0 || !strings.HasPrefix(s.Name, t.run) {
		return
	}
	if s.Now == t.framedAt { // woken by what came, and not by a timer later on
		t.fold.Health.ToStrategy.Add(int64(t.wall()-t.framed) - s.Took)
	}
	t.framed = 0
}

// watch turns the record of steps on and off.
func (t *tap) watch(on bool) {
	if on == t.watching {
		return
	}
	t.watching, t.framed = on, 0
	if on {
		t.loop.Observe(t.ran)
	} else {
		t.loop.Observe(nil)
	}
}

type tapFeed struct {
	trade.Feed
	t *tap
}

func (f *tapFeed) Open(in *market.Instrument, to market.MarketSink) (*market.Book, error) {
	b, err := f.Feed.Open(in, &tapSink{to, f.t, f.t.fold.Open(in)})
	f.t.books = append(f.t.books, b)
	return b, err
}

type tapSink struct {
	to market.MarketSink
	t  *tap
	i  int
}

func (s *tapSink) Quote(q *market.Quote) {
	s.t.fold.Heard(s.i, s.t.loop.Now())
	s.t.frame()
	s.to.Quote(q)
}

func (s *tapSink) Trade(x *market.Trade) {
	s.t.fold.Trade(s.i, x, s.t.loop.Now())
	s.t.frame()
	s.to.Trade(x)
}

func (s *tapSink) Depth(b *market.Book, d *market.Diff) {
	s.t.fold.Heard(s.i, s.t.loop.Now())
	s.t.frame()
	s.to.Depth(b, d)
}

func (s *tapSink) Mark(m *market.Mark) {
	s.t.fold.Mark(s.i, m, s.t.loop.Now())
	s.t.frame()
	s.to.Mark(m)
}

func (s *tapSink) Status(st market.Status) {
	s.t.fold.Status(s.i, st, s.t.loop.Now())
	s.to.Status(st)
}

type tapVenue struct {
	trade.Venue
	t *tap
}

func (v *tapVenue) Bind(to market.OrderSink) { v.Venue.Bind(&tapOrders{to, v.t}) }

func (v *tapVenue) Send(c *market.Command) error {
	t := v.t
	if at, ok := t.decided[c.ID]; ok && c.Op == market.OpPlace {
		delete(t.decided, c.ID)
		t.fold.Health.DecideSend.Add(int64(t.wall() - at))
	}
	err := v.Venue.Send(c)
	if err == nil {
		if len(t.sent) >= tapMax {
			clear(t.sent)
		}
		t.sent[asked{c.ID, c.Op}] = t.loop.Now()
	}
	return err
}

type tapOrders struct {
	market.OrderSink
	t *tap
}

func (o *tapOrders) Reply(id market.OrderID, op market.Op, out market.Outcome) {
	if at, ok := o.t.sent[asked{id, op}]; ok {
		delete(o.t.sent, asked{id, op})
		o.t.fold.Health.SendAck.Add(o.t.loop.Now() - at)
	}
	o.OrderSink.Reply(id, op, out)
}

type tapJournal struct {
	trade.Journal
	t *tap
}

func (j *tapJournal) Append(r *market.Record) bool {
	if r.Kind == market.RecordIntent && r.Command.Op == market.OpPlace {
		if len(j.t.decided) >= tapMax {
			clear(j.t.decided)
		}
		j.t.decided[r.Command.ID] = j.t.wall()
	}
	return j.Journal.Append(r)
}
