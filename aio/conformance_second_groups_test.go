package aio_test

import (
	"errors"
	"runtime"
	"testing"
	"time"
	"weak"

	"baton/aio"
)

var errOther = errors.New("other")

// sleepOn sleeps for a second each time until an await fails, and returns that error.
func sleepOn(co *aio.Co) error {
	for {
		if err := co.Sleep(time.Second); err != nil {
			return err
		}
	}
}

// fails is a task that fails after d.
func fails(d time.Duration, with error) func(*aio.Co) error {
	return func(co *aio.Co) error {
		if err := co.Sleep(d); err != nil {
			return err
		}
		return with
	}
}

// rowsGroups: what tasks, body and caller of a Group tell each other when one of them fails or is cancelled.
var rowsGroups = []row{
	{"A123", "a group's failure is the body error of the group around it", onLoop(func(t *testing.T, co *aio.Co) error {
		outerHeard := false
		err := aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "sibling", func(co *aio.Co) error {
				err := sleepOn(co)
				outerHeard = errors.Is(err, errBoom)
				return err
			})
			return aio.Group(co, func(co *aio.Co) error {
				aio.Start(co, "inner", fails(5, errBoom))
				return sleepOn(co)
			})
		})
		wantIs(t, err, errBoom)
		want(t, "the outer group was cancelled by it", outerHeard, true)
		return co.Yield()
	})},
	{"A124", "a child that fails while its cancelled parent cleans up is what the group returns", onLoop(func(t *testing.T, co *aio.Co) error {
		task := aio.Start(co, "parent", func(co *aio.Co) error {
			return aio.Group(co, func(co *aio.Co) error {
				aio.Start(co, "child", func(co *aio.Co) error {
					if err := co.Detach().Sleep(10); err != nil {
						return err
					}
					return errBoom
				})
				err := sleepOn(co)
				return errors.Join(co.Detach().Sleep(50), err)
			})
		})
		must(t, co.Sleep(1))
		task.Cancel(nil)
		_, err := task.Await(co)
		wantIs(t, err, errBoom)
		want(t, "ended at", co.Now(), 51)
		return nil
	})},
	{"A125", "a cancelled group without children says so, after its body has cleaned up", onLoop(func(t *testing.T, co *aio.Co) error {
		cleaned := false
		task := aio.Start(co, "parent", func(co *aio.Co) error {
			return aio.Group(co, func(co *aio.Co) error {
				err := sleepOn(co)
				must(t, co.Detach().Sleep(10))
				cleaned = true
				return err
			})
		})
		must(t, co.Sleep(1))
		task.Cancel(nil)
		_, err := task.Await(co)
		wantIs(t, err, aio.ErrCancelled)
		want(t, "cleaned", cleaned, true)
		want(t, "cancelled", task.Cancelled(), true)
		return nil
	})},
	{"A126", "a body that answers a cancel with an error of its own returns that", onLoop(func(t *testing.T, co *aio.Co) error {
		task := aio.Start(co, "parent", func(co *aio.Co) error {
			return aio.Group(co, func(co *aio.Co) error {
				wantIs(t, sleepOn(co), aio.ErrCancelled)
				return errBoom
			})
		})
		must(t, co.Sleep(1))
		task.Cancel(nil)
		_, err := task.Await(co)
		want(t, "error", err, errBoom)
		want(t, "cancelled", task.Cancelled(), false)
		return nil
	})},
	{"A127", "the errors of a child and of the body are both returned", onLoop(func(t *testing.T, co *aio.Co) error {
		err := aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "child", fails(0, errBoom))
			wantIs(t, sleepOn(co), aio.ErrCancelled, errBoom)
			return errOther
		})
		wantIs(t, err, errBoom, errOther)
		wantNot(t, err, aio.ErrCancelled)
		return nil
	})},
	{"A128", "a panic in the body cancels and awaits the children, then goes on", onLoop(func(t *testing.T, co *aio.Co) error {
		childEnded := false
		defer func() {
			p, ok := recover().(*aio.Panic)
			if !ok || p.Value != errBoom || !childEnded {
				t.Errorf("recovered %v, child ended: %v", p, childEnded)
			}
		}()
		return aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "child", func(co *aio.Co) error {
				err := sleepOn(co)
				childEnded = true
				return err
			})
			must(t, co.Yield())
			panic(errBoom)
		})
	})},
	{"A129", "a group keeps nothing of a child that has ended", onLoop(func(t *testing.T, co *aio.Co) error {
		return aio.Group(co, func(co *aio.Co) error {
			result := func() weak.Pointer[[64]byte] {
				task := aio.Go(co, "child", func(*aio.Co) (*[64]byte, error) { return new([64]byte), nil })
				v, err := task.Await(co)
				must(t, err)
				return weak.Make(v)
			}()
			for range 3 { // its stack and its task are used by others now
				_, err := aio.Go(co, "next", func(co *aio.Co) (int, error) { return 0, co.Yield() }).Await(co)
				must(t, err)
				runtime.GC()
			}
			if result.Value() != nil {
				t.Error("the child's result is still held")
			}
			left := 0
			for range co.Loop().Tasks() {
				left++
			}
			want(t, "tasks that are left, main among them", left, 1)
			return nil
		})
	})},
	{"A130", "a child may start further children in its parent's group", onLoop(func(t *testing.T, co *aio.Co) error {
		ended := 0
		must(t, aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "child", func(co *aio.Co) error {
				for range 3 {
					aio.Start(co, "grandchild", func(co *aio.Co) error { ended++; return co.Sleep(10) })
				}
				return nil
			})
			return nil
		}))
		want(t, "grandchildren", ended, 3)
		want(t, "the group waited until", co.Now(), 10)
		return nil
	})},
	{"A131", "children that go on spawning do not outlive a failure of the group", onLoop(func(t *testing.T, co *aio.Co) error {
		var spawn func(*aio.Co) error
		started := 0
		spawn = func(co *aio.Co) error {
			started++
			err := co.Sleep(1)
			aio.Start(co, "one more", spawn) // also when it is cancelled itself
			return err
		}
		err := aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "spawner", spawn)
			aio.Start(co, "fails", fails(10, errBoom))
			return sleepOn(co)
		})
		want(t, "error", err, errBoom)
		want(t, "ended at", co.Now(), 10)
		if started < 10 || started > 11 {
			t.Errorf("%d were started in 10 ns", started)
		}
		return nil
	})},
	{"A132", "a child of a group keeps the name it was given", onLoop(func(t *testing.T, co *aio.Co) error {
		return aio.Group(co, func(co *aio.Co) error {
			task := aio.Start(co, "yolo", func(co *aio.Co) error {
				want(t, "inside", co.Task().Name, "yolo")
				return nil
			})
			want(t, "outside", task.Name(), "yolo")
			_, err := task.Await(co)
			want(t, "after its end", task.Name(), "yolo")
			return err
		})
	})},
	{"A133", "a child started in a failing group is cancelled at birth and leaves nothing", onLoop(func(t *testing.T, co *aio.Co) error {
		var late *aio.Task[none]
		err := aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "fails", fails(0, errBoom))
			wantIs(t, sleepOn(co), errBoom)
			late = aio.Start(co, "late", func(*aio.Co) error { t.Error("it ran"); return nil })
			return nil
		})
		want(t, "error", err, errBoom)
		want(t, "ended with the group", late.Done() && late.Cancelled(), true)
		wantIs(t, late.Err(), aio.ErrCancelled, errBoom)
		return nil
	})},
	{"A134", "an error of the body's cleanup and one of a child are both told, and no cancel is left over", onLoop(func(t *testing.T, co *aio.Co) error {
		err := aio.Group(co, func(co *aio.Co) (err error) {
			defer func() {
				must(t, co.Detach().Yield())
				err = errOther
			}()
			aio.Start(co, "fails", fails(0, errBoom))
			return sleepOn(co)
		})
		wantIs(t, err, errBoom, errOther)
		want(t, "state around", co.Err(), nil)
		return co.Sleep(1)
	})},
	{"A135", "starting a child in a group that has returned is refused", onLoop(func(t *testing.T, co *aio.Co) error {
		var kept *aio.Co
		must(t, aio.Group(co, func(co *aio.Co) error { kept = co; return nil }))
		late := func() { aio.Start(kept, "late", func(*aio.Co) error { t.Error("it ran"); return nil }) }
		wantIs(t, panicOf(late), aio.ErrGroupClosed)
		return co.Yield()
	})},
	{"A136", "a group is opened by the task that runs, and by nobody else", onLoop(func(t *testing.T, co *aio.Co) error {
		refused := 0
		attempt := func() {
			defer func() {
				if recover() != nil {
					refused++
				}
			}()
			_ = aio.Group(co, func(*aio.Co) error { t.Error("the body ran"); return nil })
		}
		co.Loop().CallSoon(attempt)                                           // no task at all
		aio.Start(co, "thief", func(*aio.Co) error { attempt(); return nil }) // another task's Co
		must(t, co.Yield())
		want(t, "refused", refused, 2)
		return aio.Group(co, func(co *aio.Co) error { return co.Yield() })
	})},
}
