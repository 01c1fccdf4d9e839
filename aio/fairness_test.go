package aio_test

import (
	"testing"

	"baton/aio"
)

// What comes from outside reaches its task beside tasks that yield for ever: it is taken in the pass after the one in which it
// came, and the task that it wakes runs in the next. So it waits for no more than the rest of one pass and two whole ones,
// however long the others go on. Measured in time by `cd bench && go run ./frame`.
func TestBusyTasksStarveNobody(t *testing.T) {
	for _, src := range []aio.Source{aio.Real(), aio.Virtual(0)} {
		for _, busy := range []int{1, 2, 100} {
			const frames = 50
			must(t, runOn(t, src, func(co *aio.Co) error {
				l := co.Loop()
				var frame aio.Waiter
				var sent, taken, got uint64 // in passes
				in := aio.NewInlet(l, "frames", func([]byte) { taken = l.Stats().Passes; frame.Wake() })
				idle := true
				for i := range busy {
					aio.Start(co, "busy", func(co *aio.Co) error {
						for n := 0; ; n++ {
							if err := co.Yield(); err != nil {
								return nil
							}
							if i == busy/2 && idle && n%7 == 0 {
								idle, sent = false, l.Stats().Passes
								in.Post([]byte{1})
							}
						}
					})
				}
				for range frames {
					if err := frame.Wait(co); err != nil {
						return err
					}
					if got = l.Stats().Passes; taken != sent+1 || got != sent+2 {
						t.Errorf("%d busy: came in pass %d, was taken in %d, at its task in %d", busy, sent, taken, got)
					}
					idle = true
				}
				return nil
			}))
		}
	}
}

// A flood is taken in bites, one a pass, so that tasks that are ready have their turn between two of them.
func TestAFloodIsTakenInBites(t *testing.T) {
	const bites = 5
	must(t, virtual(t, func(co *aio.Co) error {
		l := co.Loop()
		handled, most, before := 0, 0, 0
		in := aio.NewInlet(l, "flood", func([]byte) { handled++ })
		for range bites * aio.TakeMax {
			in.Post([]byte{1})
		}
		turns := 0
		for handled < bites*aio.TakeMax {
			if err := co.Yield(); err != nil {
				return err
			}
			turns++
			most, before = max(most, handled-before), handled
		}
		if most > aio.TakeMax || turns < bites {
			t.Errorf("%d entries between two turns of a task that was ready, %d turns in all", most, turns)
		}
		return nil
	}))
}
