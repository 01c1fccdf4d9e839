package netio

import (
	"time"

	"baton/aio"
)

// Kind is the kind of a [Transit].
type Kind uint8

// What can be under way: a WebSocket message, a request, its response.
const (
	Frame Kind = iota
	Ask
	Answer
)

// Transit is one message about to leave, as a [Fault] sees it. It is borrowed.
type Transit struct {
	Kind     Kind
	ToServer bool
	Path     string // of the request, or of the connection's handshake
	Query    string
	Data     []byte // the message, or the body
}

// Verdict is what becomes of a message.
type Verdict uint8

// The verdicts. Deliver is the zero value.
const (
	Deliver Verdict = iota
	Drop            // it is lost, and nobody is told: a request's sender waits for its time limit
	Cut             // it is lost, and so is the connection: both ends are told of an error
)

// Action is a verdict, and how much later than usual a message arrives. Messages of one direction of a connection never
// overtake each other, so what comes behind a late one is late too.
type Action struct {
	Verdict Verdict
	Delay   time.Duration
}

// Fault decides on each message, at its sender, on the loop. Pings, pongs and close frames pass unasked.
type Fault func(*Transit) Action

func (f Fault) judge(t *Transit) Action {
	if f == nil {
		return Action{}
	}
	return f(t)
}

// line is one direction's messages that are under way, in order: each arrives at its time, but not before the one ahead.
type line struct {
	l      *aio.Loop
	timer  *aio.Timer
	queue  []parcel // queue[head:] is waiting
	head   int
	last   aio.Nanos // when the newest arrives
	arrive func(what byte, data []byte)
	spare  [][]byte
	shut   bool // parcels wait, until open
}

// parcel is one message under way; what is for the line's owner.
type parcel struct {
	due  aio.Nanos
	what byte
	data []byte
}

// spareMax is how many buffers a line keeps for its next messages.
const spareMax = 64

func newLine(l *aio.Loop, arrive func(what byte, data []byte)) *line {
	d := &line{l: l, arrive: arrive}
	d.timer = aio.NewTimer(l, aio.ClassResponse, d.run).Label("a message that arrives")
	return d
}

// idle says that nothing is under way.
func (d *line) idle() bool { return d.head == len(d.queue) }

// put sends a copy of data off, to arrive in delay.
func (d *line) put(what byte, data []byte, delay time.Duration) {
	var buf []byte
	if n := len(d.spare); n > 0 {
		buf, d.spare = d.spare[n-1], d.spare[:n-1]
	}
	d.last = max(d.last, d.l.Now()+aio.Nanos(delay))
	if d.head > 0 && d.head == len(d.queue) {
		d.queue, d.head = d.queue[:0], 0
	}
	d.queue = append(d.queue, parcel{due: d.last, what: what, data: append(buf[:0], data...)})
	if d.head == len(d.queue)-1 {
		d.arm()
	}
}

func (d *line) arm() {
	if !d.shut && !d.idle() {
		d.timer.Arm(d.queue[d.head].due)
	}
}

// open lets a line that was shut deliver.
func (d *line) open() {
	d.shut = false
	d.arm()
}

// run delivers what is due, but not what is put meanwhile.
func (d *line) run() {
	now := d.l.Now()
	for n := len(d.queue) - d.head; n > 0 && !d.idle() && d.queue[d.head].due <= now; n-- {
		p := d.queue[d.head]
		d.queue[d.head] = parcel{}
		d.head++
		d.arrive(p.what, p.data)
		if len(d.spare) < spareMax && cap(p.data) <= keepFrame {
			d.spare = append(d.spare, p.data)
		}
	}
	d.arm()
}

// clear loses what is under way.
func (d *line) clear() {
	d.timer.Stop()
	clear(d.queue)
	d.queue, d.head = d.queue[:0], 0
}
