//go:build unix

package app

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// killSignal closes the gate of the trader that gets it.
const killSignal = syscall.SIGUSR1

// ErrRunning: another trader runs on the same state.
var ErrRunning = errors.New("a trader of this account runs already")

// lock keeps other traders off the folder until the file is closed, or the process is gone, however that came.
func (d stateDir) lock() (*os.File, error) {
	f, err := os.OpenFile(d.file(lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the state folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%w: %s is locked", ErrRunning, d.file(lockName))
	}
	return f, nil
}

// noCore keeps a crash from writing the process's memory, in which the key is, to a file. A system that does not let it stays as it is:
// the unit in packaging forbids it too.
func noCore() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) }

// signalRun tells the trader of the folder, whose lock proves that it lives, to stop trading at once.
func signalRun(r *runFile) error { return syscall.Kill(r.PID, killSignal) }
