package aio_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"baton/aio"
)

// Equal times: market, then timers, then responses; within a class in order of arming.
func TestTimersByClass(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		var got []string
		arm := func(c aio.Class, when aio.Nanos, name string) *aio.Timer {
			tm := aio.NewTimer(l, c, func() { got = append(got, name) })
			tm.Arm(when)
			return tm
		}
		arm(aio.ClassResponse, 10, "r1")
		arm(aio.ClassTimer, 10, "t1")
		arm(aio.ClassMarket, 10, "m1")
		arm(aio.ClassResponse, 10, "r2")
		arm(aio.ClassMarket, 10, "m2")
		arm(aio.ClassResponse, 9, "early")
		again := arm(aio.ClassTimer, 10, "t3")
		arm(aio.ClassTimer, 10, "t2")
		again.Arm(10) // arming again goes to the end of its class
		if again.When() != 10 {
			t.Errorf("when %d", again.When())
		}
		must(t, co.Sleep(11))
		if s := strings.Join(got, " "); s != "early m1 m2 t1 t2 t3 r1 r2" {
			t.Error(s)
		}
		return nil
	}))
}

// A callback can stop, or move, a timer that is due at the same time.
func TestStopAtTheSameTime(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		var got []string
		var stopped, moved *aio.Timer
		aio.NewTimer(l, aio.ClassTimer, func() {
			if !stopped.Stop() || stopped.Stop() {
				t.Error("Stop does not tell the truth")
			}
			moved.Arm(20)
		}).Arm(10)
		stopped = aio.NewTimer(l, aio.ClassTimer, func() { got = append(got, "stopped") })
		stopped.Arm(10)
		moved = aio.NewTimer(l, aio.ClassTimer, func() { got = append(got, fmt.Sprint("moved ", l.Now())) })
		moved.Arm(10)
		must(t, co.Sleep(30))
		if s := strings.Join(got, " "); s != "moved 20" || moved.When() != aio.Never {
			t.Error(s, moved.When())
		}
		return nil
	}))
}

// The heap against a sorted list.
func TestTimerHeap(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		rng := rand.New(rand.NewPCG(1, 2))
		var fired, want []int64
		var ts []*aio.Timer
		for range 500 {
			when := rng.Int64N(1000)
			tm := aio.NewTimer(l, aio.ClassTimer, func() { fired = append(fired, when) })
			tm.Arm(when)
			ts = append(ts, tm)
			if k := rng.IntN(len(ts)); rng.IntN(3) == 0 {
				ts[k].Stop()
			}
		}
		for _, tm := range ts {
			if w := tm.When(); w != aio.Never {
				want = append(want, w)
			}
		}
		slices.Sort(want)
		must(t, co.Sleep(2000))
		if !slices.Equal(fired, want) {
			t.Errorf("fired %v\nwant %v", fired, want)
		}
		return nil
	}))
}

func TestTimerDoesNotAllocate(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		tm := aio.NewTimer(co.Loop(), aio.ClassTimer, func() {})
		if n := testing.AllocsPerRun(1000, func() {
			tm.Arm(co.Now() + 10)
			tm.Stop()
			tm.Arm(co.Now() + 1)
			co.Sleep(2)
			co.Yield()
		}); n > 0 {
			t.Errorf("%v allocations", n)
		}
		return nil
	}))
}

// day is a program with nothing but timers; the trace is all it does.
func day(t *testing.T, src aio.Source) (trace string, took time.Duration) {
	began := time.Now()
	var b strings.Builder
	must(t, runOn(t, src, func(co *aio.Co) error {
		return aio.Group(co, func(co *aio.Co) error {
			for i := range 4 {
				aio.Start(co, "t", func(co *aio.Co) error {
					for range 50 {
						must(t, co.Sleep(time.Duration(co.Rand()%1000)*time.Microsecond))
						fmt.Fprintln(&b, i, co.Now())
					}
					return nil
				})
			}
			return nil
		})
	}))
	return b.String(), time.Since(began)
}

// What happens, and when in virtual time, does not depend on the pace; how long it takes does.
func TestPacing(t *testing.T) {
	want, _ := day(t, aio.Virtual(1000))
	for _, speed := range []float64{1, 3, 1e9} {
		got, took := day(t, aio.Paced(1000, speed))
		if got != want {
			t.Errorf("speed %v changes what happens", speed)
		}
		if least := 20 * time.Millisecond; speed <= 1 && took < least {
			t.Errorf("speed %v took %v", speed, took)
		}
	}
	if _, err := aio.Run(t.Context(), aio.Config{Source: aio.Paced(0, 0)}, func(*aio.Co) (int, error) { return 0, nil }); err == nil {
		t.Error("speed 0 is accepted")
	}
}

// A process that was stopped goes on from where it was: it does not catch up.
func TestPacedAfterAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := aio.Config{Source: aio.Paced(0, 1), PortableTimer: true}
		_, err := aio.Run(t.Context(), cfg, func(co *aio.Co) (none, error) {
			began := time.Now()
			for range 10 {
				must(t, co.Sleep(time.Second))
			}
			if d := time.Since(began); d < 10*time.Second || d > 11*time.Second {
				t.Errorf("10 s took %v", d)
			}
			wake := make(chan struct{})
			time.AfterFunc(time.Hour, func() { close(wake) })
			<-wake // stopped
			began = time.Now()
			for range 10 {
				must(t, co.Sleep(time.Second))
			}
			if d := time.Since(began); d < 9*time.Second || d > 11*time.Second {
				t.Errorf("10 s after the stop took %v", d)
			}
			return none{}, nil
		})
		must(t, err)
	})
}

// The real loop in a bubble of testing/synctest: ten hours at once.
func TestRealInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := aio.Run(t.Context(), aio.Config{PortableTimer: true}, func(co *aio.Co) (none, error) {
			err := aio.Timeout(co, 10*time.Hour, func(co *aio.Co, _ *aio.Scope) error { return wait(co) })
			if !errors.Is(err, aio.ErrDeadlock) && !errors.Is(err, aio.ErrTimeout) {
				t.Error(err)
			}
			return none{}, nil
		})
		must(t, err)
		if d := time.Since(began); d < 10*time.Hour || d > 10*time.Hour+time.Second {
			t.Errorf("took %v", d)
		}
	})
}

// market is a driver with events at given times.
type market struct {
	l     *aio.Loop
	times []aio.Nanos
	on    func(at aio.Nanos)
	end   func()
}

func (m *market) Run(until aio.Nanos) bool {
	for len(m.times) > 0 && m.times[0] <= until {
		at := m.times[0]
		m.times = m.times[1:]
		m.l.Advance(at)
		m.on(at)
		if m.l.Ready() {
			return true
		}
	}
	if len(m.times) == 0 && m.end != nil {
		m.end()
		m.end = nil
		return m.l.Ready()
	}
	return false
}

// Market data at a time comes before timers at that time; a timer armed by a delivery is not overrun.
func TestDriveOrder(t *testing.T) {
	var got []string
	note := func(l *aio.Loop, what string) { got = append(got, fmt.Sprint(what, l.Now())) }
	m := &market{times: []aio.Nanos{5, 10, 10, 15, 30}}
	must(t, runOn(t, aio.Drive(1, m), func(co *aio.Co) error {
		l := co.Loop()
		m.l = l
		var w, end aio.Waiter
		m.on = func(at aio.Nanos) {
			note(l, "m")
			if at == 5 {
				l.CallLater(7, func() { note(l, "late") }) // 12: before the 15 that follows
			}
			if at == 10 {
				w.Wake()
			}
		}
		m.end = end.Wake
		for _, d := range []time.Duration{9, 19} {
			l.CallLater(d, func() { note(l, "t") })
		}
		must(t, w.Wait(co))
		note(l, "task")
		must(t, end.Wait(co))
		note(l, "end")
		return nil
	}))
	if s := strings.Join(got, " "); s != "m5 m10 task10 m10 t10 late12 m15 t20 m30 end30" {
		t.Error(s)
	}
}

// A driver must stop at a timer that its own delivery armed, where nothing else is due.
func TestDriveStopsAtANewTimer(t *testing.T) {
	var got []aio.Nanos
	m := &market{times: []aio.Nanos{5, 15}}
	must(t, runOn(t, aio.Drive(1, m), func(co *aio.Co) error {
		var end aio.Waiter
		m.l, m.end = co.Loop(), end.Wake
		m.on = func(at aio.Nanos) {
			got = append(got, at)
			if at == 5 {
				m.l.CallLater(2, func() { got = append(got, m.l.Now()) })
			}
		}
		return end.Wait(co)
	}))
	if !slices.Equal(got, []aio.Nanos{5, 7, 15}) {
		t.Error(got)
	}
}

// Visible time is at most a millisecond and a step old, however long the steps are.
func TestVisibleTimeIsFresh(t *testing.T) {
	must(t, runOn(t, nil, func(co *aio.Co) error {
		var age []time.Duration
		for range 500 { // the clock is read seldom now
			must(t, co.Yield())
		}
		for range 300 {
			for start := time.Now(); time.Since(start) < 100*time.Microsecond; {
			}
			must(t, co.Yield())
			age = append(age, time.Duration(time.Now().UnixNano()-co.Now()))
		}
		age = age[100:]
		slices.Sort(age)
		if p50 := age[len(age)/2]; p50 > 1500*time.Microsecond {
			t.Errorf("age p50 %v, p90 %v", p50, age[len(age)*9/10])
		}
		return nil
	}))
}

func TestDriveEndsInADeadlock(t *testing.T) {
	err := runOn(t, aio.Drive(0, &market{}), wait)
	if !errors.Is(err, aio.ErrDeadlock) {
		t.Error(err)
	}
}

// A lone task that the market wakes costs no switch and no allocation an event.
func TestDriveCostsNoSwitch(t *testing.T) {
	d := &ticks{}
	must(t, runOn(t, aio.Drive(0, d), func(co *aio.Co) error {
		d.l = co.Loop()
		must(t, d.to.Wait(co))
		before := d.l.Stats().Switches
		if n := testing.AllocsPerRun(1000, func() { d.to.Wait(co) }); n > 0 {
			t.Errorf("%v allocations", n)
		}
		if n := d.l.Stats().Switches - before; n > 0 {
			t.Errorf("%d switches", n)
		}
		return nil
	}))
}

// The real clock wakes an idle loop soon after the time, and never before.
func TestRealTimersAreOnTime(t *testing.T) {
	for _, portable := range []bool{false, true} {
		var late []time.Duration
		_, err := aio.Run(t.Context(), aio.Config{PortableTimer: portable}, func(co *aio.Co) (none, error) {
			for range 50 {
				due := co.Now() + int64(300*time.Microsecond)
				must(t, co.SleepUntil(due))
				late = append(late, time.Duration(co.Now()-due))
			}
			return none{}, nil
		})
		must(t, err)
		slices.Sort(late)
		if late[0] < 0 || late[len(late)/2] > 10*time.Millisecond {
			t.Errorf("late by %v to %v", late[0], late[len(late)-1])
		}
		t.Logf("portable %v: late p50 %v, max %v", portable, late[len(late)/2], late[len(late)-1])
	}
}

// A sleep without an end is ended by cancellation alone, and says so.
func TestSleepForEver(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		for _, sleep := range []func(co *aio.Co) error{
			func(co *aio.Co) error { return co.SleepUntil(aio.Never) },
			func(co *aio.Co) error { return co.Sleep(1<<63 - 1) },
		} {
			task := aio.Start(co, "sleeper", sleep)
			if err := co.Sleep(time.Hour); err != nil {
				return err
			}
			task.Cancel(errBoom)
			if _, err := task.Await(co); !errors.Is(err, errBoom) || !errors.Is(err, aio.ErrCancelled) {
				t.Error(err)
			}
		}
		return nil
	}))
}
