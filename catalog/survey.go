package catalog

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"baton/market"
)

// peekLines is how many lines of a file may pass before one says of which symbol it is.
const peekLines = 2_000

// head is what the first lines of a file say.
type head struct {
	of    *market.Instrument
	first market.Nanos // receive time of the first good line
}

// peek reads a file until a line names its symbol. A file in which no line makes sense is refused, and so is one of a symbol
// that is not among the instruments.
func peek(path string, opt Options) (h head, err error) {
	in, err := openLines(path)
	if err != nil {
		return h, err
	}
	defer in.close()
	dec := newDecoder(opt.Instruments)
	var why, readErr error
	for in.line < peekLines {
		line, err := in.next()
		if err != nil && err != errLongLine {
			readErr = err
			break
		}
		at, ev, err := look(line, &dec)
		if err != nil && !errors.Is(err, errOther) && !errors.Is(err, errNameless) {
			if errors.Is(err, ErrSymbol) {
				return h, fmt.Errorf("%s %w", path, err)
			}
			if why == nil {
				why = &LineError{File: path, Line: in.line, Offset: in.offset, Err: err}
			}
			continue
		}
		if h.first == 0 {
			h.first = at
		}
		if err == nil {
			h.of = ev.Instrument
			return h, nil
		}
	}
	return h, nothingNamed(path, h, why, readErr)
}

// look decodes one line on its own.
func look(line []byte, dec *decoder) (market.Nanos, *market.Event, error) {
	at, frame, err := split(line)
	if err != nil {
		return 0, nil, err
	}
	var ev market.Event
	return at, &ev, dec.frame(frame, nil, &ev)
}

// nothingNamed is the verdict on a file whose first lines name no symbol.
func nothingNamed(path string, h head, why, readErr error) error {
	switch {
	case errors.Is(readErr, ErrTruncated):
		return readErr
	case why != nil:
		return fmt.Errorf("%s: %w: no line of its first %s can be used; a line is `<receive time> <JSON frame>`: %w",
			path, ErrFormat, commas(peekLines), why)
	case h.first == 0:
		return fmt.Errorf("%s: %w: it has no line", path, ErrEmpty)
	}
	return fmt.Errorf("%s: %w: no line of its first %s is an event that names its symbol", path, ErrFormat, commas(peekLines))
}

// survey is what a look at every line of a recording finds, before the first event of it is delivered.
type survey struct {
	only      *market.Instrument // whose snapshot a frame is that names no symbol; nil where the recording is of several
	latency   market.Nanos       // the least receive time minus event time; zero where no event has both
	last      market.Nanos
	snapshots map[*market.Instrument]market.Snapshot // the first of each
}

// survey looks at every line once. Errors are left to the pass that follows, which meets them in their place.
func (r *Recording) survey() *survey {
	if r.surveyed != nil {
		return r.surveyed
	}
	s := &survey{only: r.first.of, latency: math.MaxInt64, snapshots: map[*market.Instrument]market.Snapshot{}}
	r.surveyed = s
	c := newPass(r, new(Report))
	defer c.close()
	for c.next() {
		s.look(&c.ev)
	}
	if s.latency == math.MaxInt64 {
		s.latency = 0
	}
	s.rebase()
	return s
}

func (s *survey) look(ev *market.Event) {
	s.last = ev.Received
	if ev.Instrument != s.only {
		s.only = nil
	}
	if ev.Kind == market.EventSnapshot {
		if _, known := s.snapshots[ev.Instrument]; !known {
			c := ev.Snapshot
			c.Bids, c.Asks = slices.Clone(c.Bids), slices.Clone(c.Asks)
			s.snapshots[ev.Instrument] = c
		}
		return
	}
	if t := eventTime(ev); t != 0 {
		s.latency = min(s.latency, ev.Received-t)
	}
}

// rebase shifts the snapshots as the passes will shift every event. A snapshot without a symbol of a recording that turned out
// to be of several is dropped: whose it is cannot be known.
func (s *survey) rebase() {
	if s.only == nil {
		clear(s.snapshots)
	}
	for in, c := range s.snapshots {
		earlier(max(-s.latency, 0), &c.Event, &c.Transact)
		s.snapshots[in] = c
	}
}

func eventTime(ev *market.Event) market.Nanos {
	switch ev.Kind {
	case market.EventQuote:
		return ev.Quote.Event
	case market.EventTrade, market.EventAgg:
		return ev.Trade.Event
	case market.EventDiff, market.EventGap:
		return ev.Diff.Event
	case market.EventMark:
		return ev.Mark.Event
	}
	return 0 // a snapshot is an answer: its E is older than a round trip
}
