package aio

import (
	"errors"
	"iter"
	"runtime/debug"
)

// ErrGeneratorExit is what yield returns in a [Generator] that is being closed; the function should return then.
var ErrGeneratorExit = errors.New("aio: generator is being closed")

// Generator is the other kind of coroutine: it has no loop, and runs only while its caller waits in Next, Send or Throw. Values
// come up by yield and go down by Send. It is Python's generator; the tasks of a loop are Python's async functions.
//
//	average := aio.NewGenerator(func(yield func(float64) (float64, error)) error {
//		sum, n := 0.0, 0.0
//		for {
//			x, err := yield(sum / max(n, 1))
//			if err != nil {
//				return err
//			}
//			sum, n = sum+x, n+1
//		}
//	})
//	defer average.Close()
//	average.Next()         // to the first yield
//	mean, _ := average.Send(10)
//
// A generator is used by one goroutine at a time. One that was begun and neither closed nor run to its end keeps its goroutine.
type Generator[In, Out any] struct {
	fn     func(yield func(Out) (In, error)) error
	next   func() (Out, bool)
	stop   func()
	in     In
	thrown error
	inside bool // it runs
	done   bool
	err    error
	panic  *Panic
}

// NewGenerator makes a generator of fn, which begins at the first Next. yield gives a value to the caller and returns what the
// caller sends, or the error that it throws; that is [ErrGeneratorExit] when the generator is being closed.
func NewGenerator[In, Out any](fn func(yield func(Out) (In, error)) error) *Generator[In, Out] {
	return &Generator[In, Out]{fn: fn}
}

// Next runs to the next yield and returns its value; the yield before returns the zero In. false: fn has returned, see Err.
func (g *Generator[In, Out]) Next() (Out, bool) {
	var zero In
	return g.resume(zero, nil)
}

// Send makes the yield that fn waits in return v, runs to the next, and returns its value. It panics if fn has not begun: no
// yield waits for v then.
func (g *Generator[In, Out]) Send(v In) (Out, bool) {
	if g.next == nil && !g.done {
		panic("aio: Send to a generator that has not begun; call Next first")
	}
	return g.resume(v, nil)
}

// Throw makes the yield that fn waits in return err. fn may handle it and yield again, or return. Thrown into a generator that
// has not begun, err ends it.
func (g *Generator[In, Out]) Throw(err error) (Out, bool) {
	var zero In
	if g.next == nil && !g.done {
		g.done, g.err = true, err
	}
	return g.resume(zero, err)
}

// Close makes the yield that fn waits in return [ErrGeneratorExit], and returns fn's error, if that is another. A function
// that yields again instead of returning is an [ErrInvalidState], and is ended at its next yield. Closing twice is fine.
func (g *Generator[In, Out]) Close() error {
	switch {
	case g.done:
		return nil
	case g.next == nil:
		g.done = true
		return nil
	}
	var zero In
	_, again := g.resume(zero, ErrGeneratorExit)
	if again {
		g.done = true
		g.stop()
		return errors.Join(&stateError{"aio: a generator yielded while it was being closed"}, g.result())
	}
	return g.result()
}

func (g *Generator[In, Out]) result() error {
	if errors.Is(g.err, ErrGeneratorExit) {
		return nil
	}
	return g.err
}

// Err is the error that fn returned; nil before.
func (g *Generator[In, Out]) Err() error { return g.err }

// Done says whether fn has returned.
func (g *Generator[In, Out]) Done() bool { return g.done }

// All ranges over the values that are left, and closes the generator when the loop is left early.
func (g *Generator[In, Out]) All() iter.Seq[Out] {
	return func(yield func(Out) bool) {
		defer func() { _ = g.Close() }()
		for v, ok := g.Next(); ok; v, ok = g.Next() {
			if !yield(v) {
				return
			}
		}
	}
}

// Delegate lets inner speak in place of the generator that calls it: its values go up through yield, what is sent or thrown goes
// down to it, and it is closed with the outer one. It returns inner's error once that has ended: Python's yield from.
func Delegate[In, Out any](yield func(Out) (In, error), inner *Generator[In, Out]) error {
	v, ok := inner.Next()
	for ok {
		in, err := yield(v)
		switch {
		case errors.Is(err, ErrGeneratorExit):
			return errors.Join(err, inner.Close())
		case err != nil:
			v, ok = inner.Throw(err)
		default:
			v, ok = inner.Send(in)
		}
	}
	return inner.Err()
}

func (g *Generator[In, Out]) resume(in In, thrown error) (Out, bool) {
	if g.inside {
		panic("aio: a generator resumes itself")
	}
	if g.done {
		var zero Out
		return zero, false
	}
	if g.next == nil {
		g.next, g.stop = iter.Pull(g.run)
	}
	g.in, g.thrown, g.inside = in, thrown, true
	v, ok := g.next()
	g.inside = false
	if g.panic != nil {
		p := g.panic
		g.panic = nil
		p.raise()
	}
	return v, ok
}

// run is fn on its own stack. A panic is caught there, since iter.Pull would lose the stack, and goes on in the caller.
func (g *Generator[In, Out]) run(up func(Out) bool) {
	defer func() {
		g.done = true
		if v := recover(); v != nil {
			if p, ok := v.(*Panic); ok {
				g.panic = p
			} else {
				g.panic = &Panic{Value: v, Stack: debug.Stack()}
			}
		}
	}()
	g.err = g.fn(func(v Out) (In, error) {
		var zero In
		if g.done || !up(v) {
			return zero, ErrGeneratorExit
		}
		in, thrown := g.in, g.thrown
		g.in, g.thrown = zero, nil
		if thrown != nil {
			return zero, thrown
		}
		return in, nil
	})
}
