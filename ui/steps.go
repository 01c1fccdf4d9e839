package ui

import "baton/market"

// stepFold keeps what ran, while it is recorded.
type stepFold struct {
	steps  ring[Step]
	slow   ring[SlowStep]
	shown  uint64 // number of the last step in the view before
	busyNs int64  // in steps, since the view before
	wall   market.Nanos
	counts map[uint64]uint64 // wakes by task, at the view before
	before uint64            // handles, then
}

// SlowNanos is from which on a step is slow: everybody else waits meanwhile.
const SlowNanos = 5e6

func newSteps() stepFold {
	return stepFold{steps: newRing[Step](StepsKept), slow: newRing[SlowStep](SlowKept), counts: map[uint64]uint64{}}
}

// Ran tells of one step: see [Step]. Times are in nanoseconds; began is wall time since the loop was made.
func (f *Fold) Ran(task uint64, name string, by uint64, from string, began, took, now market.Nanos) {
	s := &f.steps
	s.busyNs += took
	s.steps.push(Step{
		N: uint64(s.steps.all + 1), Task: task, Name: name, By: by, From: from, AtUs: began / 1e3, TookUs: float64(took) / 1e3, NowMs: float64(now) / 1e6,
	})
	if took >= SlowNanos {
		if name == "" {
			name = "a callback"
		}
		f.steps.slow.push(SlowStep{AtMs: now / 1e6, Task: name, TookMs: float64(took) / 1e6})
	}
}

// coroutines is the section, made of the tasks and counts that the loop told.
func (f *Fold) coroutines(s *State) *Coroutines {
	x := &f.steps
	out := &Coroutines{Loop: s.Loop, Tasks: tree(s.Tasks), SlowUs: SlowNanos / 1e3, Slow: x.slow.list(SlowKept), StepSeq: uint64(x.steps.all)}
	if n := len(s.Tasks); n > TasksKept {
		out.More = n - TasksKept
	}
	out.Steps = x.steps.list(StepsKept)
	if len(out.Steps) > 0 && x.shown > 0 && out.Steps[0].N > x.shown+1 {
		out.Skipped = out.Steps[0].N - x.shown - 1
	}
	span := float64(s.Wall-x.wall) / 1e9
	if x.wall > 0 && span > 0 {
		out.Loop.Rate = new(float64(s.Loop.Handles-x.before) / span)
		if uint64(x.steps.all) > x.shown {
			out.Loop.Busy = new(min(1, float64(x.busyNs)/1e9/span))
		}
		for i := range out.Tasks {
			t := &out.Tasks[i]
			if was, ok := x.counts[t.ID]; ok {
				t.WakeRate = float64(t.Wakes-was) / span
			}
		}
	}
	clear(x.counts)
	for _, t := range out.Tasks {
		x.counts[t.ID] = t.Wakes
	}
	x.shown, x.busyNs, x.wall, x.before = uint64(x.steps.all), 0, s.Wall, s.Loop.Handles
	return out
}

// tree gives each task its depth, and puts children behind their parents. A task whose parent has ended stands at the top.
func tree(tasks []Task) []Task {
	if len(tasks) > TasksKept {
		tasks = tasks[:TasksKept]
	}
	place := make(map[uint64]int, len(tasks))
	children := make([][]int, len(tasks)+1) // the last: of those at the top
	for i := range tasks {
		above, ok := place[tasks[i].Parent]
		if !ok {
			tasks[i].Parent, above = 0, len(tasks)
		}
		children[above] = append(children[above], i)
		place[tasks[i].ID] = i
	}
	out := make([]Task, 0, len(tasks))
	var walk func(of, depth int)
	walk = func(of, depth int) {
		for _, i := range children[of] {
			t := tasks[i]
			t.Depth = depth
			out = append(out, t)
			walk(i, depth+1)
		}
	}
	walk(len(tasks), 0)
	return out
}
