package aio

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// timerfdWaker is a timerfd in the runtime's netpoller: its goroutine is just another reader. It is late by some tens of
// microseconds, where the runtime's own timers wait for whole milliseconds.
type timerfdWaker struct {
	fd   uintptr
	file *os.File
}

const clockMonotonic = 1

// newSystemWaker gives nil where the system has no timerfd.
func newSystemWaker(l *Loop) waker {
	fd, _, errno := syscall.Syscall(syscall.SYS_TIMERFD_CREATE, clockMonotonic, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		return nil
	}
	w := &timerfdWaker{fd: fd, file: os.NewFile(fd, "timerfd")}
	l.Spawn(func() {
		var ticks [8]byte
		for {
			if _, err := w.file.Read(ticks[:]); err != nil {
				return // closed
			}
			l.kick()
		}
	})
	return w
}

// set arms the timer once, relative to now. The call does not block and cannot fail with these arguments.
func (w *timerfdWaker) set(in time.Duration) {
	spec := struct{ interval, value syscall.Timespec }{value: syscall.NsecToTimespec(int64(in))}
	syscall.RawSyscall6(syscall.SYS_TIMERFD_SETTIME, w.fd, 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
}

func (w *timerfdWaker) close() { w.file.Close() }
