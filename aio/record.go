package aio

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Recording says that the run writes an ingress log.
func (l *Loop) Recording() bool { return l.rec != nil }

// Replaying says that what comes from outside comes from an ingress log: inlets refuse all else, so a library need not open
// what it would read from.
func (l *Loop) Replaying() bool { return l.rep != nil }

// logged: only what is in the log may come in.
func (l *Loop) logged() bool { return l.rec != nil || l.rep != nil }

// openLog begins to record or to replay.
func (l *Loop) openLog(cfg Config) error {
	switch {
	case cfg.Record != nil && cfg.Replay != nil:
		return errors.New("aio: Record and Replay in one run; the log of a replay is the one that it replays")
	case cfg.Record != nil:
		h := logHeader{seed: l.seed, virtual: l.virtual, start: l.now}
		if l.ctx.Err() != nil {
			h.cancelled, h.cause = true, fmt.Sprint(context.Cause(l.ctx))
			h.cause = h.cause[:min(len(h.cause), headerCauses)]
		}
		l.rec = &logWriter{w: cfg.Record}
		if err := l.rec.header(h); err != nil {
			return fmt.Errorf("aio: write the ingress log: %w", err)
		}
	case cfg.Replay != nil:
		return l.openReplay(cfg)
	}
	return nil
}

// recordPass writes what the pass that begins depends on: the last n events, or that the clock moved.
func (l *Loop) recordPass(n int, moved bool) {
	if n == 0 && !moved {
		return
	}
	e := Entry{Kind: EntryClock, Pass: l.stats.Passes + 1, Steps: l.stats.Handles, Now: l.now}
	if n == 0 {
		l.rec.add(e)
	}
	for i := l.events.len() - n; i < l.events.len(); i++ {
		ev := l.events.at(i)
		if ev.in == nil {
			continue // of the library's own; nothing of it can be seen
		}
		e.Kind, e.Inlet, e.Payload = ev.in.kind, ev.in.id, ev.payload
		l.rec.add(e)
	}
	l.writeLog()
}

func (l *Loop) writeLog() {
	if err := l.rec.flush(); err != nil {
		l.rec.w = io.Discard
		err = fmt.Errorf("aio: write the ingress log: %w", err)
		l.err = errors.Join(l.err, err)
		if !l.ending {
			l.end(err)
		}
	}
}

// recordMark writes that the loop is deadlocked, or closed.
func (l *Loop) recordMark(k EntryKind) {
	if l.rec != nil {
		l.rec.add(Entry{Kind: k, Pass: l.stats.Passes, Steps: l.stats.Handles, Now: l.now})
		l.writeLog()
	}
}
