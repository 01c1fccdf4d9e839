package app

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"time"
)

// sentry stops a trader from outside its loop. It runs on goroutines of its own, so that a strategy which spins, a loop that waits
// on a disk, and a page that is dead are all the same to it: it is told of the latch file, hears the signal, and answers the socket.
// What it does first is close the gate; only then is the loop told, if it listens.
type sentry struct {
	dir    stateDir
	notice *notice           // nil: the latch is looked for alone
	close  func()            // closes the gates; returns when nothing more can leave
	told   func(text string) // hears once, after that, why; on the sentry's goroutine
	stop   func()            // ends the run in order
	socket net.Listener
	done   chan struct{}
	closed atomic.Bool
}

// newSentry opens the socket and begins to watch, with goroutines of spawn, until end.
func newSentry(dir stateDir, spawn func(func()), closeGates func(), told func(string), stop func()) (*sentry, error) {
	w := &sentry{dir: dir, close: closeGates, told: told, stop: stop, done: make(chan struct{})}
	_ = os.Remove(dir.file(socketName)) // of a run that ended badly: the lock is ours
	var err error
	if w.socket, err = net.Listen("unix", dir.file(socketName)); err != nil {
		return nil, fmt.Errorf("the control socket: %w; a shorter --state may help", err)
	}
	if err := os.Chmod(dir.file(socketName), 0o600); err != nil {
		return nil, errors.Join(err, w.socket.Close())
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, killSignal)
	if w.notice = dir.newNotice(); w.notice != nil {
		spawn(func() { w.notice.run(w.look) })
	}
	spawn(func() { w.watch(signals) })
	spawn(w.serve)
	return w, nil
}

// watch waits for a signal or the latch file.
func (w *sentry) watch(signals chan os.Signal) {
	defer signal.Stop(signals)
	look := time.NewTicker(latchEvery)
	defer look.Stop()
	for {
		select {
		case <-w.done:
			return
		case <-signals:
			w.trip("signal")
		case <-look.C:
			w.look()
		}
	}
}

// look trips where the latch is set.
func (w *sentry) look() {
	if !w.closed.Load() && w.dir.latched() {
		w.trip("latch file")
	}
}

// trip closes the gate, sets the latch, and tells the loop.
func (w *sentry) trip(by string) {
	w.close()
	if w.closed.Swap(true) {
		return
	}
	if err := w.dir.latch(Latch{Time: time.Now(), Reason: "stopped by " + by, By: "the trader"}); err != nil {
		by += fmt.Sprintf("; the latch file could not be written: %v", err)
	}
	w.told(by)
}

// The bounds of the control socket.
const (
	socketWait  = 2 * time.Second
	socketBytes = 256 // of a request or an answer
)

// answered is what the socket says to a command.
type answered struct {
	OK   bool   `json:"ok"`
	Text string `json:"text"`
}

// serve takes one word a connection, one connection after the other: only this user can reach the socket.
func (w *sentry) serve() {
	for {
		c, err := w.socket.Accept()
		if err != nil {
			return
		}
		_ = c.SetDeadline(time.Now().Add(socketWait))
		line, err := bufio.NewReaderSize(c, socketBytes).ReadSlice('\n')
		if err == nil {
			b, _ := json.Marshal(w.obey(strings.TrimSpace(string(line)))) // of two plain fields
			_, _ = c.Write(append(b, '\n'))
		}
		_ = c.Close()
	}
}

func (w *sentry) obey(word string) answered {
	switch word {
	case "kill":
		w.trip("the control socket")
		return answered{true, "the gate is closed: no order leaves any more"}
	case "stop":
		w.stop()
		return answered{true, "the run ends in order"}
	}
	return answered{false, "the words are kill and stop"}
}

// end stops watching.
func (w *sentry) end() {
	close(w.done)
	if w.notice != nil {
		w.notice.end()
	}
	_ = w.socket.Close() // removes the file too
}

// say sends one word to the trader of a state folder and gives its answer.
func (d stateDir) say(word string, wait time.Duration) (string, error) {
	c, err := net.DialTimeout("unix", d.file(socketName), wait)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(wait))
	if _, err := fmt.Fprintln(c, word); err != nil {
		return "", err
	}
	line, err := bufio.NewReaderSize(c, socketBytes).ReadSlice('\n')
	if err != nil {
		return "", err
	}
	var a answered
	if err := json.Unmarshal(line, &a); err != nil {
		return "", err
	}
	if !a.OK {
		return "", errors.New(a.Text)
	}
	return a.Text, nil
}

// Stop asks the trader of a state folder to end in order: its orders are cancelled and its books compared. It answers at once.
func Stop(path string) (string, error) {
	d, err := openStateDir(path)
	if err != nil {
		return "", err
	}
	text, err := d.say("stop", socketWait)
	if err != nil {
		return "", fmt.Errorf("no trader answers in %s: %w", path, err)
	}
	return text, nil
}
