package aio

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// pool runs blocking calls on a bounded number of goroutines. It is the holder's; a worker touches only its own channel.
type pool struct {
	workers []*worker
	free    []*worker
	waiting ring[*job]
}

type worker struct {
	jobs chan *job
	lost bool // its goroutine has ended by Goexit
}

// job is one call of RunBlocking. pack, where the run is recorded, makes bytes of its result for the inlet.
type job struct {
	run      func()
	waiter   *task
	panicked *Panic
	returned bool
	in       *Inlet
	pack     func() []byte
}

var errBlockingGoexit = errors.New("aio: the function of RunBlocking called runtime.Goexit")

// RunBlocking runs fn on a goroutine of a bounded pool and suspends co until it is done, also when co is cancelled: then fn's
// context is, and fn should return soon. A virtual clock stands still meanwhile. A panic of fn goes on in co, as
// a [*Panic] with both stacks.
//
// While the run is recorded or replayed, it needs a codec (the first of codecs counts), or is refused with [ErrRecording]. A
// replay does not call fn: the result is that of the log. An error is a [*RecordedError] in both, and so is a panic.
func RunBlocking[T any](co *Co, fn func(context.Context) (T, error), codecs ...Codec[T]) (T, error) {
	var result struct {
		val T
		err error
	}
	t, err := co.enter()
	if err != nil {
		return result.val, err
	}
	l, c := t.l, one(codecs)
	if l.logged() && c == nil {
		return result.val, fmt.Errorf("RunBlocking: %w", ErrRecording)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(l.ctx))
	defer cancel()
	defer co.AfterFunc(cancel)()
	j := &job{waiter: t}
	j.run = func() { result.val, result.err = fn(ctx) }
	if l.logged() {
		j.pack = func() []byte {
			if !j.returned {
				return c.pack(result.val, j.failure())
			}
			return c.pack(result.val, result.err)
		}
		j.in = l.newInlet("blocking", func(b []byte) {
			j.in.open.Store(false)
			if l.rep != nil {
				delete(l.rep.inlets, j.in.id) // it brings one result: a long replay keeps nothing of it
			}
			j.panicked, j.returned = nil, true
			result.val, result.err = c.unpack(b)
			l.jobDone(j)
		})
	}
	l.Hold(1)
	if l.rep == nil {
		l.submit(j)
	}
	t.await = awaitBlocking
	t.park(nil) // only jobDone wakes it
	if j.panicked != nil {
		j.panicked.raise()
	}
	if !j.returned {
		return result.val, errBlockingGoexit
	}
	return result.val, result.err
}

// failure is the end of a function that did not return.
func (j *job) failure() error {
	if j.panicked != nil {
		return fmt.Errorf("aio: the function of RunBlocking panicked: %w", j.panicked)
	}
	return errBlockingGoexit
}

// submit gives j to a worker, or lets it wait for one.
func (l *Loop) submit(j *job) {
	p := &l.pool
	if n := len(p.free); n > 0 {
		w := p.free[n-1]
		p.free = p.free[:n-1]
		w.jobs <- j
		return
	}
	if len(p.workers) >= l.blocking {
		p.waiting.push(j)
		return
	}
	w := &worker{jobs: make(chan *job, 1)}
	p.workers = append(p.workers, w)
	w.jobs <- j
	l.Spawn(func() { w.serve(l) })
}

// serve runs one job after another. The end of each is delivered after its call has returned, at the top of the stack, so
// this goroutine may lead.
func (w *worker) serve(l *Loop) {
	for j := range w.jobs {
		ended := false
		func() {
			defer func() {
				if v := recover(); v != nil {
					j.panicked = &Panic{Value: v, Stack: debug.Stack()}
					ended = true
				} else if !ended { // Goexit: this goroutine is lost
					w.lost = true
					l.post(j.end(l, w))
				}
			}()
			j.run()
			j.returned, ended = true, true
		}()
		n := j.end(l, w)
		l.deliver(n, n, 1)
	}
}

// end is the entry that says that the job is done.
func (j *job) end(l *Loop, w *worker) *node {
	if j.in != nil {
		return &node{in: j.in, payload: j.pack(), worker: w}
	}
	return &node{fn: func() { l.jobDone(j) }, worker: w}
}

// jobDone resumes the task.
func (l *Loop) jobDone(j *job) {
	l.makeReady(j.waiter)
	l.Release(1)
}

// workerFree gives a worker its next job.
func (l *Loop) workerFree(w *worker) {
	p := &l.pool
	switch {
	case w.lost:
		for i, x := range p.workers {
			if x == w {
				p.workers = append(p.workers[:i], p.workers[i+1:]...)
				break
			}
		}
		if p.waiting.len() > 0 {
			l.submit(p.waiting.pop())
		}
	case p.waiting.len() > 0:
		w.jobs <- p.waiting.pop()
	default:
		p.free = append(p.free, w)
	}
}

func (p *pool) close() {
	for _, w := range p.workers {
		close(w.jobs)
	}
}
