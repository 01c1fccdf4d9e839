package aio_test

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"baton/aio"
)

// A Select that was cancelled before its future was set takes nothing, though it has not run yet.
func TestSelectIsCancelledFirst(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		f := aio.NewFuture[int](l)
		task := aio.Start(co, "select", func(co *aio.Co) error {
			return aio.Select(co,
				aio.OnFuture(f, func(int, error) error { t.Error("the future was taken"); return nil }),
				aio.OnRecv(aio.NewQueue[int](l, 0), func(int, bool) error { return nil }))
		})
		if err := co.Yield(); err != nil {
			return err
		}
		task.Cancel(errBoom)
		must(t, f.Set(1))
		if _, err := task.Await(co); !errors.Is(err, errBoom) || !errors.Is(err, aio.ErrCancelled) {
			t.Error(err)
		}
		return nil
	}))
}

// A Get that waits when the queue is closed hears of it, and so does a Put.
func TestQueueCloseWakesBothSides(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		empty, full := aio.NewQueue[int](l, 1), aio.NewQueue[int](l, 0)
		get := aio.Go(co, "get", func(co *aio.Co) (int, error) { return empty.Get(co) })
		put := aio.Start(co, "put", func(co *aio.Co) error { return full.Put(co, 1) })
		if err := co.Yield(); err != nil {
			return err
		}
		empty.Close()
		full.Close()
		_, err1 := get.Await(co)
		_, err2 := put.Await(co)
		if !errors.Is(err1, aio.ErrClosed) || !errors.Is(err2, aio.ErrClosed) {
			t.Error(err1, err2)
		}
		return nil
	}))
}

// What the scheduler kept of a cancelled task does not cancel the next.
func TestTheNextTaskIsNotCancelled(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		for range 3 {
			task := aio.Start(co, "cancelled", wait)
			if err := co.Yield(); err != nil {
				return err
			}
			task.Cancel(errBoom)
			if _, err := task.Await(co); !errors.Is(err, errBoom) {
				t.Error(err)
			}
			next := aio.Start(co, "next", func(co *aio.Co) error { return co.Sleep(1) })
			if _, err := next.Await(co); err != nil {
				t.Error("the next:", err)
			}
		}
		return nil
	}))
}

// A generator that calls its own Next is told so.
func TestGeneratorResumesItself(t *testing.T) {
	var g *aio.Generator[int, int]
	g = aio.NewGenerator(func(yield func(int) (int, error)) error {
		defer func() {
			if v := recover(); v != "aio: a generator resumes itself" {
				t.Error("recovered", v)
			}
		}()
		g.Next()
		return nil
	})
	if _, ok := g.Next(); ok || !g.Done() {
		t.Error("it goes on")
	}
}

// A Timeout and a deadline end a Read, each before what comes later.
func TestConnReadEndsInTime(t *testing.T) {
	must(t, runOn(t, nil, func(co *aio.Co) error {
		l := co.Loop()
		b := make([]byte, 1)
		a, far := net.Pipe()
		c := aio.NewConn(l, a)
		peer := aio.NewConn(l, far)
		later := func() { l.CallLater(time.Second, func() { peer.Write([]byte{1}) }) }
		later()
		err := aio.Timeout(co, time.Millisecond, func(co *aio.Co, _ *aio.Scope) error {
			_, err := c.Read(b)
			return err
		})
		if !errors.Is(err, aio.ErrTimeout) {
			t.Error("the timeout:", err)
		}
		later()
		must(t, c.SetReadDeadline(time.Now().Add(time.Millisecond)))
		if _, err := c.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the deadline:", err)
		}
		return errors.Join(c.Close(), peer.Close())
	}))
}

// No more calls run at a time than the pool has goroutines, also where one of them is lost by Goexit.
func TestRunBlockingIsBounded(t *testing.T) {
	const most = 2
	_, err := aio.Run(t.Context(), aio.Config{Blocking: most}, func(co *aio.Co) (none, error) {
		running := make(chan struct{}, most)
		return none{}, aio.Group(co, func(co *aio.Co) error {
			for i := range 20 {
				aio.Start(co, "", func(co *aio.Co) error {
					_, err := aio.RunBlocking(co, func(context.Context) (int, error) {
						select {
						case running <- struct{}{}:
						default:
							t.Error("one too many runs")
							return 0, nil
						}
						runtime.Gosched()
						<-running
						if i < 5 {
							runtime.Goexit()
						}
						return 0, nil
					})
					if (err != nil) != (i < 5) {
						t.Error(i, err)
					}
					return nil
				})
			}
			return nil
		})
	})
	must(t, err)
}
