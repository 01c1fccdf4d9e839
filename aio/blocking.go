package aio

import (
	"context"
	"errors"
	"runtime/debug"
)

// pool runs blocking calls on at most blockingMax goroutines. It is the holder's; a worker touches only its own channel.
type pool struct {
	workers []*worker
	free    []*worker
	waiting ring[*job]
}

type worker struct{ jobs chan *job }

// job is one call of RunBlocking.
type job struct {
	run      func()
	waiter   *task
	panicked *Panic
	returned bool
}

var errBlockingGoexit = errors.New("aio: the function of RunBlocking called runtime.Goexit")

// RunBlocking runs fn on a goroutine of a bounded pool and suspends co until it is done, also when co is cancelled: then fn's
// context is, and fn should return soon. A virtual clock stands still meanwhile. A panic of fn goes on in co.
func RunBlocking[T any](co *Co, fn func(context.Context) (T, error)) (T, error) {
	t, err := co.enter()
	if err != nil {
		var zero T
		return zero, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.l.ctx))
	defer cancel()
	defer co.AfterFunc(cancel)()
	var result struct {
		val T
		err error
	}
	j := &job{waiter: t}
	j.run = func() { result.val, result.err = fn(ctx) }
	t.l.submit(j)
	t.await = awaitBlocking
	t.park(nil) // only jobDone wakes it
	if j.panicked != nil {
		panic(j.panicked)
	}
	if !j.returned {
		return result.val, errBlockingGoexit
	}
	return result.val, result.err
}

// submit gives j to a worker, or lets it wait for one.
func (l *Loop) submit(j *job) {
	l.Hold(1)
	p := &l.pool
	if n := len(p.free); n > 0 {
		w := p.free[n-1]
		p.free = p.free[:n-1]
		w.jobs <- j
		return
	}
	if len(p.workers) == blockingMax {
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
					l.post(&node{fn: func() { l.jobDone(j, nil, w) }})
				}
			}()
			j.run()
			j.returned, ended = true, true
		}()
		n := &node{fn: func() { l.jobDone(j, w, nil) }}
		l.deliver(n, n, 1)
	}
}

// jobDone resumes the task, and gives the worker its next job. lost: a worker that is no more.
func (l *Loop) jobDone(j *job, w, lost *worker) {
	p := &l.pool
	l.makeReady(j.waiter)
	l.Release(1)
	if lost != nil {
		for i, x := range p.workers {
			if x == lost {
				p.workers = append(p.workers[:i], p.workers[i+1:]...)
				break
			}
		}
		if p.waiting.len() > 0 {
			next := p.waiting.pop()
			l.Release(1)
			l.submit(next)
		}
		return
	}
	if p.waiting.len() > 0 {
		w.jobs <- p.waiting.pop()
		return
	}
	p.free = append(p.free, w)
}

func (p *pool) close() {
	for _, w := range p.workers {
		close(w.jobs)
	}
}
