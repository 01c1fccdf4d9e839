//go:build unix

package netio_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"baton/aio"
	"baton/netio"
)

// A run over real sockets that was recorded in one process is replayed in another, which has no network: what it asks for is
// refused wherever it would leave the process.

// The environment of the second process.
const (
	replayLog  = "NETIO_REPLAY_LOG"
	replayAddr = "NETIO_REPLAY_ADDR"
	replayWhat = "NETIO_REPLAY_PROGRAM"
)

// programs are what is recorded: each writes what it sees to d.
var programs = map[string]func(co *aio.Co, n netio.Network, addr string, d hash.Hash) error{
	"client":    talk,
	"both ends": talkToItself,
}

// talk is a client that does everything once: a WebSocket with echoes and a peer's close, requests that are answered, and
// too late, a refused handshake, and a server that is not there; with timers between them.
func talk(co *aio.Co, n netio.Network, addr string, d hash.Hash) error {
	note := func(format string, args ...any) {
		fmt.Fprintf(d, "%d "+format+"\n", append([]any{co.Now()}, args...)...)
	}
	return aio.Group(co, func(co *aio.Co) error {
		aio.Start(co, "ticks", func(co *aio.Co) error {
			for range 20 {
				if err := co.Sleep(300 * time.Microsecond); err != nil {
					return err
				}
				note("tick")
			}
			return nil
		})
		aio.Start(co, "http", func(co *aio.Co) error {
			doer := n.Doer("http://" + addr)
			for _, path := range []string{"/a", "/b", "/late", "/c"} {
				res, err := doer.Do(co, &netio.Request{Method: "POST", Path: path, Query: "q=1", Body: []byte("body")})
				lost, is := errors.AsType[*netio.Lost](err)
				note("%s: %v %v lost %v sent %v late %v", path, res, err, is, is && lost.Sent, errors.Is(err, aio.ErrTimeout))
			}
			_, err := n.Doer("http://127.0.0.1:1").Do(co, &netio.Request{Method: "GET", Path: "/"})
			lost, is := errors.AsType[*netio.Lost](err)
			note("nobody: %v %v", is && !lost.Sent, err)
			return nil
		})
		_, err := n.Dial(co, "ws://"+addr+"/refused", &ear{})
		refused, is := errors.AsType[*netio.Refused](err)
		note("refused %v %v %v", is, is && refused.Status == http.StatusTeapot, err)
		var seen aio.Waiter
		e := &listener{note: note, heard: &seen}
		c, err := n.Dial(co, "ws://"+addr+"/stream", e)
		if err != nil {
			return err
		}
		for i := range 50 {
			if err := c.Send(fmt.Append(nil, "message ", i)); err != nil {
				return err
			}
		}
		if err := c.Send([]byte("bye")); err != nil { // the peer closes then
			return err
		}
		for !e.over {
			if err := seen.Wait(co); err != nil {
				return err
			}
		}
		note("after the end: %v", c.Send(nil))
		return nil
	})
}

// talkToItself is talk with the server on the same loop.
func talkToItself(co *aio.Co, n netio.Network, _ string, d hash.Hash) error {
	l, err := n.Listen(co, "127.0.0.1:0", replayHost(co))
	if err != nil {
		return err
	}
	defer l.Close()
	fmt.Fprintln(d, l.Addr())
	return talk(co, n, l.Addr(), d)
}

// listener notes all that a connection brings.
type listener struct {
	note  func(string, ...any)
	heard *aio.Waiter
	over  bool
}

func (e *listener) Message(_ *netio.Conn, data []byte) { e.note("%s", data) }
func (e *listener) Closed(_ *netio.Conn, err error) {
	e.note("closed: %v", err)
	e.over = true
	e.heard.Wake()
}

// replayHost is the server that talk talks to.
func replayHost(co *aio.Co) netio.Service {
	return &host{
		serve: func(r *netio.Request, answer func(*netio.Response)) {
			res := &netio.Response{Status: http.StatusOK, Header: [][2]string{{"X-Path", r.Path}}, Body: append([]byte(r.Query+" "), r.Body...)}
			switch r.Path {
			case "/b":
				co.Loop().CallLater(time.Millisecond, func() { answer(res) })
			case "/late": // never
			default:
				answer(res)
			}
		},
		accept: func(r *netio.Request, _ *netio.Conn) (netio.Handler, *netio.Response) {
			if r.Path == "/refused" {
				return nil, &netio.Response{Status: http.StatusTeapot, Body: []byte("no")}
			}
			return echoer{}, nil
		},
	}
}

// echoer sends back what comes, until "bye".
type echoer struct{}

func (echoer) Message(c *netio.Conn, data []byte) {
	if string(data) == "bye" {
		c.Close(1001, "going")
		return
	}
	_ = c.Send(data)
}
func (echoer) Closed(*netio.Conn, error) {}

// play runs a program on a loop over sockets, and gives the digest of what it saw.
func play(t *testing.T, cfg aio.Config, what, addr string) (string, error) {
	t.Helper()
	d := sha256.New()
	_, err := aio.Run(t.Context(), cfg, func(co *aio.Co) (struct{}, error) {
		return struct{}{}, programs[what](co, netio.Sockets(co.Loop(), netio.SocketConfig{Limit: 20 * time.Millisecond, Proxy: netio.Direct}), addr, d)
	})
	return fmt.Sprintf("%x", d.Sum(nil)), err
}

// outside serves on a loop of its own, which is another process to the client, and gives the address.
func outside(t *testing.T) string {
	at, done := make(chan string, 1), make(chan struct{})
	end := make(chan struct{})
	go func() {
		defer close(done)
		_, err := aio.Run(context.Background(), aio.Config{}, func(co *aio.Co) (struct{}, error) { // its end is close(end)
			l, err := sockets(co, netio.SocketConfig{}).Listen(co, "127.0.0.1:0", replayHost(co))
			if err != nil {
				close(at)
				return struct{}{}, err
			}
			at <- l.Addr()
			f, settle := aio.Promise[struct{}](co.Loop(), "the end of the test")
			co.Loop().Spawn(func() { <-end; settle(struct{}{}, nil) })
			_, err = f.Await(co)
			l.Close()
			return struct{}{}, err
		})
		if err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { close(end); <-done })
	return <-at
}

func TestASocketRunReplaysInAnotherProcess(t *testing.T) {
	for what := range programs {
		t.Run(what, func(t *testing.T) {
			var log bytes.Buffer
			addr := outside(t)
			want, err := play(t, aio.Config{Seed: 3, Record: &log}, what, addr)
			must(t, err)
			file := filepath.Join(t.TempDir(), "ingress.log")
			must(t, os.WriteFile(file, log.Bytes(), 0o600))
			if got := elsewhere(t, what, file, addr); got != want+" <nil>" {
				t.Errorf("replayed in another process: %s\nrecorded: %s", got, want)
			}
			// One byte of one frame or answer that is another stops it, at the entry where it is.
			bad := bytes.Clone(log.Bytes())
			at := bytes.Index(bad, []byte("message 7"))
			if at < 0 {
				t.Fatal("the log does not have the frame")
			}
			bad[at] ^= 1
			seq := uint64(0)
			for e, err := range aio.ReadLog(bytes.NewReader(bad)) {
				if err != nil {
					seq = e.Seq
				}
			}
			must(t, os.WriteFile(file, bad, 0o600))
			if got := elsewhere(t, what, file, addr); seq == 0 || !strings.Contains(got, fmt.Sprintf("entry %d", seq)) {
				t.Errorf("with a changed byte in entry %d: %s", seq, got)
			}
		})
	}
}

// elsewhere replays in a process of its own, and gives what that prints: the digest and the error.
func elsewhere(t *testing.T, what, file, addr string) string {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe, "-test.run", "^TestReplayProcess$", "-test.v", "-test.timeout", "60s")
	cmd.Env = append(os.Environ(), replayLog+"="+file, replayAddr+"="+addr, replayWhat+"="+what)
	out, err := cmd.CombinedOutput()
	_, answer, ok := strings.Cut(string(out), "replayed: ")
	if !ok {
		t.Fatalf("%v\n%s", err, out)
	}
	answer, _, _ = strings.Cut(answer, "\n")
	return answer
}

// TestReplayProcess is the second process. No socket can be opened in it: it has used up its file descriptors.
func TestReplayProcess(t *testing.T) {
	file := os.Getenv(replayLog)
	if file == "" {
		t.Skip("it is started by TestASocketRunReplaysInAnotherProcess")
	}
	log, err := os.ReadFile(file)
	must(t, err)
	noMoreSockets(t)
	got, err := play(t, aio.Config{Replay: bytes.NewReader(log)}, os.Getenv(replayWhat), os.Getenv(replayAddr))
	fmt.Println("replayed:", got, strings.ReplaceAll(fmt.Sprint(err), "\n", " "))
}

// noMoreSockets sets the limit of file descriptors to what is open.
func noMoreSockets(t *testing.T) {
	t.Helper()
	f, err := os.Open(os.DevNull)
	must(t, err)
	free := uint64(f.Fd())
	must(t, f.Close())
	var limit syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	limit.Cur = free
	must(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
	if c, err := net.Dial("tcp", os.Getenv(replayAddr)); err == nil {
		c.Close()
		t.Fatal("a socket can still be opened")
	}
}
