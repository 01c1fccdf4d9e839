package aio_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baton/aio"
)

// flood starts n goroutines that each send count numbered payloads, and returns after the last has been refused or sent.
type flood struct {
	accepted atomic.Uint64
	wg       sync.WaitGroup
}

func (f *flood) start(n, count int, send func(source int, p []byte) bool) {
	for s := range n {
		f.wg.Go(func() {
			buf := make([]byte, 16)
			for i := range count {
				binary.LittleEndian.PutUint64(buf, uint64(i))
				binary.LittleEndian.PutUint64(buf[8:], uint64(s))
				if !send(s, buf) {
					return
				}
				f.accepted.Add(1)
			}
		})
	}
}

// Payloads of each source arrive in its order, none is lost, while tasks hand over to each other.
func TestFloodKeepsOrderAndLosesNothing(t *testing.T) {
	const sources = 8
	count := 20000
	if testing.Short() {
		count = 3000
	}
	for _, mode := range []string{"deliver", "post", "mixed"} {
		for _, src := range []aio.Source{aio.Real(), aio.Virtual(0)} {
			var f flood
			var loop *aio.Loop
			must(t, runOn(t, src, func(co *aio.Co) error {
				loop = co.Loop()
				got := aio.NewQueue[int](loop, 1<<20)
				next := make([]uint64, sources)
				var inlets []*aio.Inlet
				for s := range sources {
					inlets = append(inlets, aio.NewInlet(loop, fmt.Sprint(s), func(p []byte) {
						if v := binary.LittleEndian.Uint64(p); v != next[s] || binary.LittleEndian.Uint64(p[8:]) != uint64(s) {
							t.Errorf("%s: source %d: got %d, want %d", mode, s, v, next[s])
						}
						next[s]++
						got.TryPut(s)
					}))
				}
				f.start(sources, count, func(s int, p []byte) bool {
					if mode == "post" || mode == "mixed" && p[0]&1 == 1 {
						return inlets[s].Post(bytes.Clone(p))
					}
					ok := inlets[s].Deliver(p)
					clear(p) // the reader uses its buffer again
					return ok
				})
				return aio.Group(co, func(co *aio.Co) error {
					hand := aio.NewQueue[int](loop, 0)
					aio.Start(co, "a", func(co *aio.Co) error {
						for range sources * count {
							v, err := got.Get(co)
							if err != nil {
								return err
							}
							if err := hand.Put(co, v); err != nil {
								return err
							}
						}
						hand.Close()
						return nil
					})
					n := 0
					for range hand.Each(co) {
						n++
					}
					if n != sources*count {
						t.Errorf("%s: %d arrived", mode, n)
					}
					return nil
				})
			}))
			f.wg.Wait()
			if st := loop.Stats(); st.Ran != f.accepted.Load() || st.Dropped != 0 {
				t.Errorf("%s: accepted %d, %+v", mode, f.accepted.Load(), st)
			}
		}
	}
}

// What was accepted was handled or is counted as dropped, also when the loop ends under fire.
func TestEndUnderFire(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 50
	}
	for round := range rounds {
		var f flood
		var loop *aio.Loop
		must(t, runOn(t, nil, func(co *aio.Co) error {
			loop = co.Loop()
			in := aio.NewInlet(loop, "in", func([]byte) {})
			f.start(4, 1<<30, func(s int, p []byte) bool {
				if s&1 == 0 {
					return in.Post(bytes.Clone(p))
				}
				return in.Deliver(p, p, p)
			})
			for range round % 7 {
				if err := co.Yield(); err != nil {
					return err
				}
			}
			return co.Sleep(time.Duration(round%5) * 20 * time.Microsecond)
		}))
		f.wg.Wait()
		// a Deliver counts once above, but brings three
		st := loop.Stats()
		if st.Ran+st.Dropped < f.accepted.Load() || st.Ran+st.Dropped > 3*f.accepted.Load() {
			t.Fatalf("accepted %d, %+v", f.accepted.Load(), st)
		}
	}
}

// The same, exactly.
func TestEndUnderFireCountsExactly(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 50
	}
	for round := range rounds {
		var f flood
		var loop *aio.Loop
		must(t, runOn(t, aio.Virtual(0), func(co *aio.Co) error {
			loop = co.Loop()
			in := aio.NewInlet(loop, "in", func([]byte) {})
			f.start(4, 1<<30, func(s int, p []byte) bool {
				if s&1 == 0 {
					return in.Post(bytes.Clone(p))
				}
				return in.Deliver(p)
			})
			for range round {
				if err := co.Yield(); err != nil {
					return err
				}
			}
			return nil
		}))
		f.wg.Wait()
		if st := loop.Stats(); st.Ran+st.Dropped != f.accepted.Load() {
			t.Fatalf("round %d: accepted %d, %+v", round, f.accepted.Load(), st)
		}
	}
}

// A reader that leads is not kept for as long as others send: it gives the baton away after its budget.
func TestReaderIsNotCaptured(t *testing.T) {
	must(t, runOn(t, nil, func(co *aio.Co) error {
		l := co.Loop()
		in := aio.NewInlet(l, "in", func([]byte) {})
		var spin func()
		stop := false
		spin = func() {
			if !stop {
				for start := time.Now(); time.Since(start) < 5*time.Microsecond; {
				}
				l.CallSoon(spin)
			}
		}
		var back aio.Waiter
		start := aio.NewInlet(l, "start", func([]byte) { spin() })
		idle := make(chan struct{})
		l.CallLater(time.Millisecond, func() { close(idle) })
		l.Spawn(func() {
			<-idle
			for began := time.Now(); time.Since(began) < time.Millisecond; { // until the baton is down: else it would not lead
				runtime.Gosched()
			}
			start.Deliver([]byte{1}) // leads into work that never ends
			in.Deliver([]byte{2})
			l.Post(func() { stop = true; back.Wake() })
		})
		err := back.Wait(co)
		if l.Stats().Gives == 0 {
			t.Error("the baton was not given away")
		}
		return err
	}))
}

// A leader's borrowed payloads are copied before it gives the baton away.
func TestBorrowedPayloadsSurviveTheGiveaway(t *testing.T) {
	must(t, runOn(t, nil, func(co *aio.Co) error {
		l := co.Loop()
		const n = 1000
		got := 0
		var first uint64
		var all aio.Waiter
		in := aio.NewInlet(l, "in", func(p []byte) {
			if int(binary.LittleEndian.Uint16(p)) != got {
				t.Errorf("payload %d is %v", got, p)
			}
			for start := time.Now(); time.Since(start) < time.Microsecond; {
			}
			if got++; got == 1 {
				first = l.Stats().Passes
			} else if got == n {
				if took := l.Stats().Passes - first + 1; took < n/aio.TakeMax {
					t.Errorf("%d entries in %d passes", n, took)
				}
				all.Wake()
			}
		})
		l.Spawn(func() {
			ps := make([][]byte, n)
			for i := range ps {
				ps[i] = binary.LittleEndian.AppendUint16(nil, uint16(i))
			}
			in.Deliver(ps...)
			for _, p := range ps {
				clear(p)
			}
		})
		err := all.Wait(co)
		if l.Stats().Gives == 0 {
			t.Error("the budget was not reached: the test shows nothing")
		}
		return err
	}))
}

// One pass takes a bounded number of entries, so that timers and tasks get their turn.
func TestTakeIsBounded(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		seen := 0
		in := aio.NewInlet(co.Loop(), "in", func([]byte) { seen++ })
		for range 3 * aio.TakeMax {
			in.Post(nil)
		}
		for pass := range 4 {
			if seen != pass*aio.TakeMax && pass > 0 {
				t.Errorf("after %d passes %d were taken", pass, seen)
			}
			must(t, co.Yield())
			if pass == 0 && seen > aio.TakeMax {
				t.Errorf("first pass took %d", seen)
			}
			if pass == 0 && seen == 0 {
				must(t, co.Yield()) // the pass had begun
			}
		}
		return nil
	}))
}

// A reader that runs ahead of the loop is slowed down.
func TestBackPressure(t *testing.T) {
	must(t, runOn(t, nil, func(co *aio.Co) error {
		l := co.Loop()
		in := aio.NewInlet(l, "in", func([]byte) {})
		var fast, slow time.Duration
		full := make(chan struct{})
		l.Spawn(func() {
			defer close(full)
			began := time.Now()
			for range aio.InboxMax - 1 {
				in.Deliver(nil)
			}
			fast = time.Since(began)
			began = time.Now()
			for range 5 {
				in.Deliver(nil)
			}
			slow = time.Since(began)
		})
		<-full // the loop stands still
		if slow < 40*time.Millisecond {
			t.Errorf("%d deliveries took %v, 5 more %v", aio.InboxMax, fast, slow)
		}
		return nil
	}))
}

func TestClosedInletDrops(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		in := aio.NewInlet(co.Loop(), "in", func([]byte) { t.Error("handled") })
		in.Post([]byte{1})
		in.Deliver([]byte{2})
		in.Close()
		if in.Post(nil) || in.Deliver([]byte{3}) {
			t.Error("a closed inlet took a payload")
		}
		must(t, co.Sleep(1))
		if st := co.Loop().Stats(); st.Dropped != 2 {
			t.Errorf("%+v", st)
		}
		return nil
	}))
}

// A held virtual clock stands still until the message is there; Release from outside lets it go on.
func TestHoldStopsTheVirtualClock(t *testing.T) {
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	for round := range rounds {
		must(t, virtual(t, func(co *aio.Co) error {
			l := co.Loop()
			var at aio.Nanos = -1
			in := aio.NewInlet(l, "in", func([]byte) { at = l.Now() })
			l.Hold(1)
			l.Spawn(func() {
				for range round % 50 {
					runtime.Gosched()
				}
				if round&1 == 0 {
					in.Deliver([]byte{1})
				} else {
					in.Post([]byte{1})
				}
				l.Release(1)
			})
			must(t, co.Sleep(time.Second))
			if at != 0 || l.Now() != int64(time.Second) {
				t.Errorf("handled at %d, now %d", at, l.Now())
			}
			return nil
		}))
	}
}

// Release races with the loop that puts the baton down because of Hold: neither a wake-up nor the order may be lost.
func TestReleaseRaces(t *testing.T) {
	rounds := uint64(10000)
	if testing.Short() {
		rounds = 2000
	}
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		var round, handled atomic.Uint64
		in := aio.NewInlet(l, "in", func([]byte) { handled.Add(1) })
		l.Spawn(func() {
			spins := 0
			for done := uint64(0); done < rounds; {
				if round.Load() <= done {
					if spins++; spins%4096 == 0 {
						runtime.Gosched() // there may be one processor only
					}
					continue
				}
				done++
				for range done * 7 % 512 {
					_ = round.Load()
				}
				if done&1 == 0 {
					in.Post(nil)
				}
				l.Release(1)
			}
		})
		for n := uint64(1); n <= rounds; n++ {
			l.Hold(1)
			round.Store(n)
			for range n * 13 % 2048 {
				_ = round.Load()
			}
			must(t, co.Sleep(1))
			if got := handled.Load(); got != n/2 {
				t.Fatalf("round %d: time moved with %d of %d messages handled", n, got, n/2)
			}
		}
		return nil
	}))
}

// Run's goroutines are waited for, after what they block on was closed, later closers first.
func TestSpawnedGoroutinesEnd(t *testing.T) {
	var order []string
	ended := false
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		quit := make(chan struct{})
		l.AtClose(func() { order = append(order, "first"); close(quit) })
		l.AtClose(func() { order = append(order, "second") })
		l.Spawn(func() { <-quit; ended = true })
		return nil
	}))
	if !ended || fmt.Sprint(order) != "[second first]" {
		t.Error(ended, order)
	}
}

// An allocation a frame would be one too many.
func TestDeliverDoesNotAllocate(t *testing.T) {
	must(t, runOn(t, nil, func(co *aio.Co) error {
		l := co.Loop()
		var w, end aio.Waiter
		in := aio.NewInlet(l, "in", func([]byte) { w.Wake() })
		aio.Start(co, "task", func(co *aio.Co) error {
			for {
				if err := w.Wait(co); err != nil {
					return err
				}
			}
		})
		l.Spawn(func() {
			frame := make([]byte, 64)
			if n := testing.AllocsPerRun(1000, func() { in.Deliver(frame, frame) }); n > 0 && !raceEnabled {
				t.Errorf("%v allocations", n)
			}
			l.Post(end.Wake)
		})
		return end.Wait(co)
	}))
}
