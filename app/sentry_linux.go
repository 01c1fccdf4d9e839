package app

import (
	"encoding/binary"
	"runtime"
	"syscall"
	"time"
)

// latchEvery is how often the sentry looks for the latch itself, beside being told by the system: a latch that another machine sets
// on a shared disk is not told.
const latchEvery = 50 * time.Millisecond

// sentryNice is the priority that the sentry's thread asks for, so that a machine which is busy with other things wakes it first.
// Without the right to it (systemd: LimitNICE=) it stays as it is.
const sentryNice = -10

// notice waits for entries of the state folder to appear (inotify) on a thread of its own, so that neither the loop nor the
// runtime's poller stands between the latch file and the gate.
type notice struct {
	fd, watch int
	over      chan struct{} // run has returned
}

// newNotice begins to watch: what appears in the folder from now on is not missed. nil: the system does not tell, as where it has
// no more watches to give; the sentry's own looks remain.
func (d stateDir) newNotice() *notice {
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC)
	if err != nil {
		return nil
	}
	watch, err := syscall.InotifyAddWatch(fd, string(d), syscall.IN_CREATE|syscall.IN_MOVED_TO)
	if err != nil {
		_ = syscall.Close(fd)
		return nil
	}
	return &notice{fd, watch, make(chan struct{})}
}

// run calls heard after each time that something appeared, until end. Its thread is its own and ends with it.
func (n *notice) run(heard func()) {
	defer close(n.over)
	runtime.LockOSThread() // and never unlocked: the priority is the thread's
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, sentryNice)
	events := make([]byte, noticeBytes)
	for {
		size, err := syscall.Read(n.fd, events)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return
		}
		heard()
		if unwatched(events[:size]) {
			return
		}
	}
}

// noticeBytes holds some events at once; more wait in the kernel.
const noticeBytes = 16 * (syscall.SizeofInotifyEvent + syscall.NAME_MAX + 1)

// unwatched says whether one of the events is the end of the watch: by end, or because the folder is gone (inotify(7), IN_IGNORED).
func unwatched(events []byte) bool {
	for len(events) >= syscall.SizeofInotifyEvent {
		mask := binary.NativeEndian.Uint32(events[4:])
		if mask&syscall.IN_IGNORED != 0 {
			return true
		}
		events = events[min(len(events), syscall.SizeofInotifyEvent+int(binary.NativeEndian.Uint32(events[12:]))):]
	}
	return false
}

// end stops the watching and returns when run has.
func (n *notice) end() {
	_, _ = syscall.InotifyRmWatch(n.fd, uint32(n.watch)) // gone already where the folder is
	<-n.over
	_ = syscall.Close(n.fd)
}
