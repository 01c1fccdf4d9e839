package aio_test

import (
	"math/rand/v2"
	"slices"
)

// The steps that a program is made of.
const (
	opYield = iota
	opSleep
	opFail // an error of the program's own
	opPut
	opGet
	opTryPut
	opTryGet
	opClose // a queue
	opSet   // a future
	opSpoil // fail or cancel a future
	opAwait // a future
	opGo    // a child
	opGoNow // a child, up to its first await
	opJoin  // a child
	opShield
	opCancel // a child
	opGroup
	opTimeout
	opWaitFor
	opSelect
	opSeveral // several futures and tasks
	opEvent   // wait for it
	opRaise   // set and clear it
	opFlag    // set it, or clear it
	opLock
	opAcquire // a semaphore's permit
	opCond    // wait for a notice
	opNotify
	opBarrier
	opReset // the barrier
	opKinds
)

// What came of steps is counted behind them.
const (
	sawCancel = opKinds + iota
	sawTimeout
	sawGroupError
	sawGroupErrors
	sawGroupCancelled
	sawNotice
	sawBarrier
	sawBroken
	sawSelect // and one for each of selectable
	sawKinds  = sawSelect + len(selectable)
)

// counts says how often each step was reached, and each outcome.
type counts [sawKinds]int

var opNames = [sawKinds]string{
	"yield", "sleep", "fail", "put", "get", "try put", "try get", "close", "set", "spoil", "await", "go", "go now", "join", "shield",
	"cancel", "group", "timeout", "wait for", "select", "wait", "event", "raise", "flag", "lock", "semaphore", "cond", "notify", "barrier",
	"reset", "cancels that arrived", "timeouts that did", "groups with an error", "groups with several", "groups cancelled",
	"notices", "barriers passed", "barriers broken", "selected get", "selected put", "selected future", "selected task",
	"selected time", "selected default",
}

// selectable is what a select chooses between; a yield stands for the default case.
var selectable = [...]int{opGet, opPut, opAwait, opJoin, opSleep, opYield}

// step is one of them. a picks what it works on, d is a time, body what it contains.
type step struct {
	op, a int
	d     int64
	body  []step
}

// What programs share.
const (
	nQueues    = 3 // of sizes 0, 1, 2
	nFutures   = 4
	nTasks     = 16 // at most
	nPermits   = 2  // of the semaphore
	nParties   = 3  // of the barrier
	leastSteps = 20
)

// newProgram makes a program of at least 20 steps: four tasks, and main.
func newProgram(rng *rand.Rand) []step {
	var p []step
	for range 4 {
		p = append(p, step{op: opGo, body: newSteps(rng, 4+rng.IntN(6))})
	}
	return append(p, newSteps(rng, 5+rng.IntN(8))...)
}

func sizeOf(p []step) int {
	n := len(p)
	for _, s := range p {
		n += sizeOf(s.body)
	}
	return n
}

// waits are steps that may wait for ever.
var waits = []int{opPut, opGet, opAwait, opEvent, opJoin, opShield, opSelect, opSeveral, opCond, opBarrier}

func newSteps(rng *rand.Rand, budget int) (p []step) {
	for budget > 0 {
		s := newStep(rng, &budget, 3)
		if slices.Contains(waits, s.op) && rng.IntN(4) > 0 {
			s = step{op: opTimeout, d: int64(rng.IntN(6)), body: []step{s}} // else little would go on for long
		}
		p = append(p, s)
	}
	return p
}

func newStep(rng *rand.Rand, budget *int, depth int) step {
	*budget--
	s := step{op: rng.IntN(opKinds), a: rng.IntN(60), d: int64(rng.IntN(6))}
	switch s.op {
	case opClose, opFail, opReset:
		if rng.IntN(4) > 0 {
			s.op = opYield
		}
	case opSelect:
		for range 1 + rng.IntN(4) {
			s.body = append(s.body, newCase(rng))
		}
	case opGo, opGoNow, opGroup, opTimeout, opWaitFor, opLock, opAcquire, opCond:
		if depth == 0 {
			s.op = opSleep
			break
		}
		if s.op == opGroup { // one that has tasks, some of which fail also when they are cancelled
			for range 1 + rng.IntN(3) {
				child := newBody(rng, budget, depth-1)
				if rng.IntN(2) > 0 {
					child = append(child, step{op: opFail})
				}
				s.body = append(s.body, step{op: opGo, body: child})
			}
		}
		s.body = append(s.body, newBody(rng, budget, depth-1)...)
	}
	return s
}

func newBody(rng *rand.Rand, budget *int, depth int) (p []step) {
	for range 1 + rng.IntN(5) {
		p = append(p, newStep(rng, budget, depth))
	}
	return p
}

func newCase(rng *rand.Rand) step {
	c := step{op: selectable[rng.IntN(len(selectable))], a: rng.IntN(60), d: int64(rng.IntN(6))}
	if c.op == opYield && rng.IntN(2) > 0 {
		c.op = opSleep
	}
	return c
}
