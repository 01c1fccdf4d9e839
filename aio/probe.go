package aio

import (
	"context"
	"runtime/pprof"
	"time"
)

// The run time of tasks is sampled: about one step in probeStride is timed, by two clock reads, and counts for all. In debug
// each one is.
const probeStride = 64

// beginProbe starts timing the step of h.
func (l *Loop) beginProbe(h handle) {
	l.probing, l.probed, l.probeFn = true, h.t, h.fn
	l.probed0 = l.wall()
	if l.observer != nil {
		l.observe(h.t)
	}
}

// endProbe ends it when the step has; it must come before anything waits.
func (l *Loop) endProbe() {
	took := l.wall() - l.probed0
	l.probing = false
	stride := Nanos(l.stride)
	if l.observer != nil {
		stride = 1
	}
	if t := l.probed; t != nil {
		t.ran += took * stride
	} else if l.probeFn != nil {
		l.inCalls += took * stride
	}
	l.probeAt = l.stats.Handles + 1
	if l.debug == nil {
		l.jitter = l.jitter*1664525 + 1013904223
		l.probeAt += uint64(l.jitter>>26) + probeStride/2 // 32 to 95 more
		l.probed, l.probeFn = nil, nil
		if l.observer != nil {
			l.observed(took)
		}
		return
	}
	if limit := l.debug.slow; took > limit {
		l.tellSlow(time.Duration(took))
	}
	l.probed, l.probeFn = nil, nil
	if l.observer != nil {
		l.observed(took)
	}
}

func (l *Loop) tellSlow(took time.Duration) {
	r := Report{Kind: ReportSlow, Took: took}
	if t := l.probed; t != nil {
		r.Task, r.Site = t.String(), t.site()
	} else {
		name, site := funcSite(l.probeFn)
		r.Task, r.Site = "callback "+name, site
	}
	l.tell(r)
}

// labelMax is how many task names profiles tell apart; those that come later share the label "other".
const labelMax = 1024

// label tells profiles the name of the task that c is about to run, as the label "task".
func (c *coro) label() {
	h := c.task.h
	if h.name == c.named && c.named != "" {
		return
	}
	name := h.name
	if name == "" {
		name = "Task"
	}
	if c.named = h.name; c.named == "" {
		c.named = name
	}
	pprof.SetGoroutineLabels(c.l.labelled(name))
}

func (l *Loop) labelled(name string) context.Context {
	ctx, ok := l.labels[name]
	if !ok {
		if len(l.labels) >= labelMax {
			name = "other"
			if ctx, ok = l.labels[name]; ok {
				return ctx
			}
		}
		ctx = pprof.WithLabels(l.ctx, pprof.Labels("task", name))
		l.labels[name] = ctx
	}
	return ctx
}
