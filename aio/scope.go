package aio

import (
	"context"
	"sync"
)

// Scope is a cancel scope with a movable deadline. Scopes form a tree: cancelling one cancels all below it, and every await
// in a cancelled scope fails until the scope is left.
type Scope struct {
	t           *task // the task whose awaits it ends; nil for the root
	parent      *Scope
	first, last *Scope // children, oldest first
	prev, next  *Scope
	err         *cancelError // nil while it lives
	timer       *Timer       // deadline; nil where it can have none
	expired     bool
	ext         *outside // nil until somebody uses it as a context
}

// outside is the part of a scope that other goroutines may see, as a context.Context.
type outside struct {
	mu    sync.Mutex
	err   error // what Err returns
	done  chan struct{}
	after []*func()
	why   context.Context // once it is cancelled: where context.Cause finds the cause
}

// Reset moves the deadline to t; Never takes it away. [ErrInvalidState], and nothing done, once the scope is cancelled or left.
func (s *Scope) Reset(t Nanos) error {
	if s.err != nil || s.timer == nil || s.parent == nil {
		return errScopeOver
	}
	s.timer.Arm(t)
	return nil
}

// Expired says whether the deadline has passed, and so ended the scope.
func (s *Scope) Expired() bool { return s.expired }

// Cancel ends the scope: awaits inside fail with an error that is [ErrCancelled], and cause.
func (s *Scope) Cancel(cause error) {
	if s.err == nil {
		s.cancel(&cancelError{cause: cause})
	}
}

func (s *Scope) expire() {
	if s.err == nil {
		s.expired = true
		s.cancel(&cancelError{cause: errTimeout})
	}
}

// enter makes s a child of parent and inherits its cancellation.
func (s *Scope) enter(parent *Scope, t *task) {
	if s.t != t {
		s.t = t
	}
	s.parent = parent
	if parent.err != nil {
		s.err = parent.err
	}
	s.prev = parent.last
	if parent.last != nil {
		parent.last.next = s
	} else {
		parent.first = s
	}
	parent.last = s
}

// leave takes s out of the tree.
func (s *Scope) leave() {
	p := s.parent
	if p == nil {
		return
	}
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		p.first = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	} else {
		p.last = s.prev
	}
	s.parent, s.prev, s.next = nil, nil, nil
}

// cancel marks s and all below, parents first and older children first, and wakes the tasks that wait inside.
func (s *Scope) cancel(err *cancelError) {
	if s.err != nil {
		return
	}
	s.err = err
	if s.timer != nil {
		s.timer.Stop()
	}
	if t := s.t; t != nil && t.parked == s {
		t.interrupt()
	}
	if s.ext != nil {
		s.ext.cancel(err)
	}
	for c := s.first; c != nil; c = c.next {
		c.cancel(err)
	}
}

// context gives the part that other goroutines may use; the first call must be on the loop.
func (s *Scope) context() *outside {
	if s.ext == nil {
		s.ext = &outside{done: make(chan struct{})}
		if s.err != nil {
			s.ext.cancel(s.err)
		}
	}
	return s.ext
}

func (o *outside) cancel(err *cancelError) {
	o.mu.Lock()
	o.err = context.Canceled
	if err.cause == errTimeout {
		o.err = context.DeadlineExceeded
	}
	close(o.done)
	why, cancel := context.WithCancelCause(context.Background())
	cancel(err.cause)
	o.why = why
	after := o.after
	o.after = nil
	o.mu.Unlock()
	for _, f := range after {
		(*f)()
	}
}

func (o *outside) add(f func()) (stop func() bool) {
	p := &f
	o.mu.Lock()
	dead := o.err != nil
	if !dead {
		o.after = append(o.after, p)
	}
	o.mu.Unlock()
	if dead {
		f()
	}
	return func() bool { return o.drop(p) }
}

// value answers context.Cause, which asks a cancelled context for a part of package context's own.
func (o *outside) value(key any) any {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.why == nil {
		return nil
	}
	return o.why.Value(key)
}

func (o *outside) drop(p *func()) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, x := range o.after {
		if x == p {
			o.after = append(o.after[:i], o.after[i+1:]...)
			return true
		}
	}
	return false
}
