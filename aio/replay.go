package aio

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
)

// replay feeds a loop from an ingress log. A run of the real clock has none then: time is what the log says. A virtual clock
// moves as it did, by its timers and its driver, and the log has to agree.
type replay struct {
	log     *logReader
	follow  func(Entry) bool
	next    Entry
	end     error // instead of next
	inlets  map[uint64]*Inlet
	over    bool        // nothing is compared any more, the loop ends, and time stands still: who still waits then is abandoned
	aborted atomic.Bool // Run's context was cancelled during the replay, which no log tells
}

func (l *Loop) openReplay(cfg Config) error {
	log, h, err := newLogReader(cfg.Replay)
	if err != nil {
		return err
	}
	if h.virtual != l.virtual || l.virtual && h.start != l.now {
		return &ReplayError{What: "Config.Source is not that of the recording: one has the real clock, or another start"}
	}
	l.rep = &replay{log: log, follow: cfg.Follow, inlets: map[uint64]*Inlet{}}
	l.seed, l.now, l.pace = h.seed, h.start, nil
	l.readEvery = 0 // every pass looks into the log
	if h.cancelled {
		l.bornCancelled = &RecordedError{Text: h.cause}
	}
	l.rep.read()
	return nil
}

func (r *replay) read() { r.next, r.end = r.log.next() }

// nextReplayed begins a pass as nextPass does. false: nothing is ready.
func (l *Loop) nextReplayed() bool {
	for {
		if l.overrun || l.finished() {
			return false
		}
		l.alert, l.sinceRead = true, 0
		if l.rep.aborted.Load() && !l.rep.over {
			l.rep.over = true
			l.err = &cancelError{cause: context.Cause(l.ctx)}
			l.end(context.Cause(l.ctx))
		}
		if !l.rep.over {
			l.inject()
		}
		if n := l.ready.len(); n > 0 {
			l.left = n
			l.stats.Passes++
			return true
		}
		if !l.virtual || l.rep.over || !l.advance() {
			return false
		}
	}
}

// inject puts in what the log has for the pass that is about to begin: entries of one time belong together, and timers fire
// after them.
func (l *Loop) inject() {
	r := l.rep
	now, open := l.now, false
	for !r.over {
		e := &r.next
		due := r.end == nil && e.Kind <= EntryContext && e.Pass == l.stats.Passes+1
		if open && !(due && e.Now == now) {
			l.replayClock(now)
			if open = false; l.ready.len() > 0 {
				return
			}
			continue
		}
		switch {
		case r.end != nil && r.end != io.EOF:
			l.diverge(r.end.Error())
		case r.end != nil || e.Kind > EntryContext || e.Pass > l.stats.Passes+1:
			return
		case !due:
			l.diverge("the run has gone past its pass")
		case l.virtual && e.Now > l.now && l.ready.len() == 0:
			return // the clock moves first
		case l.virtual && e.Now != l.now:
			l.diverge("the clock shows another time")
		case e.Steps != l.stats.Handles:
			l.diverge("another number of steps was run before it")
		case l.injectEntry(e):
			now, open = e.Now, true
			r.read()
		}
	}
}

// injectEntry makes the event of an entry.
func (l *Loop) injectEntry(e *Entry) bool {
	in := l.ctxInlet
	switch e.Kind {
	case EntryClock:
		return l.followed(e)
	case EntryInput:
		if in = l.rep.inlets[e.Inlet]; in == nil {
			l.diverge("its inlet has not been opened")
			return false
		}
	}
	if !l.followed(e) {
		return false
	}
	l.takeEvent(event{in: in, payload: e.Payload})
	return true
}

// followed asks whether the replay goes on, and ends it where it does not.
func (l *Loop) followed(e *Entry) bool {
	if l.rep.follow == nil || l.rep.follow(*e) {
		return true
	}
	l.rep.over = true
	l.err = errors.Join(l.err, ErrStopped)
	l.end(ErrStopped)
	return false
}

// replayClock is readClock with the time of the log.
func (l *Loop) replayClock(now Nanos) {
	if l.virtual {
		return
	}
	if l.timers.next() <= now {
		l.fire(now)
	}
	l.now = now
}

// settleReplayed decides what to do when nothing is ready: the end, a deadlock that is in the log, or a difference.
func (l *Loop) settleReplayed() bool {
	r := l.rep
	switch {
	case l.finished():
		l.closeReplay()
		l.close()
		return true
	case l.ready.len() > 0:
		return false
	case r.over: // it could not go on as it did
		l.stuck = true
	case r.end == nil && r.next.Kind == EntryDeadlock && r.next.Pass == l.stats.Passes && r.next.Steps == l.stats.Handles:
		r.read()
		l.deadlock()
	case r.end == io.EOF:
		r.next.Seq = r.log.seq + 1
		l.diverge("the log has no more: it was not written to its end")
	case r.end != nil:
		l.diverge(r.end.Error())
	default:
		l.diverge("nothing is left to run before it")
	}
	return false
}

// diverge stops the replay.
func (l *Loop) diverge(what string) {
	r := l.rep
	if r.over {
		return
	}
	r.over = true
	err := &ReplayError{Seq: r.next.Seq, Pass: l.stats.Passes, What: what}
	l.err = errors.Join(l.err, err)
	l.end(err)
}

// closeReplay compares the end of the run with that of the log.
func (l *Loop) closeReplay() {
	r := l.rep
	for r.end == nil && r.next.Kind <= EntryContext && r.next.Pass == l.stats.Passes+1 {
		r.read() // it came when all was over, for a pass that never was: the end of the log tells whether it was one
	}
	switch e := r.next; {
	case r.over:
	case r.end == io.EOF:
		r.next.Seq = r.log.seq + 1
		l.diverge("the log has no end: it was not written to it")
	case r.end != nil:
		l.diverge(r.end.Error())
	case e.Kind != EntryEnd || e.Pass != l.stats.Passes || e.Steps != l.stats.Handles || e.Now != l.now:
		l.diverge("the run has ended before it")
	}
}
