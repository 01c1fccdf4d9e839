//go:build !unix

package app

import (
	"errors"
	"os"
)

// killSignal is the one signal there is; the latch and the socket do what it does elsewhere.
var killSignal = os.Interrupt

// ErrRunning: another trader runs on the same state.
var ErrRunning = errors.New("a trader of this account runs already")

// lock does not keep a second trader off here: the comparison with the venue finds it by its orders.
func (d stateDir) lock() (*os.File, error) {
	return os.OpenFile(d.file(lockName), os.O_CREATE|os.O_RDWR, 0o600)
}

// noCore has nothing to do here: there are no core files.
func noCore() {}

// signalRun cannot be done here: the latch is looked at just as often.
func signalRun(*runFile) error {
	return errors.New("this system has no such signal; the latch does the same")
}
