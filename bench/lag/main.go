// Command lag measures how late the loop of a demo runs what is posted to it each millisecond, while nobody, one tab, four or twenty
// watch its page, and says whether the tabs make a difference. The tabs are WebSocket clients in another process, on all four screens
// in turn, which read every frame: what they cost is not the run's, beside the machine they share. Four tabs ask the loop for the
// same view as twenty do: what lies between those two is the sockets' and the readers' share alone.
//
//	cd bench && go run ./lag [-rounds 11] [-for 4s] [-speed 10]
//
// Cases take turns, round after round, each round beginning with another one, so that a machine that gets slower does so for all.
// "Nobody" is measured twice a round: how far such pairs lie apart is the noise. A number of tabs makes a difference where the lower
// end of the 95 % bootstrap interval of (p99 with the tabs - p99 with nobody in the same round) lies above the noise. Then the
// exit code is 1; it is 2 where nothing could be measured.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"baton/aio"
	"baton/app"
	"baton/strategy"
	"baton/trade"
)

var (
	rounds = flag.Int("rounds", 11, "how often each case is measured")
	span   = flag.Duration("for", 4*time.Second, "wall time of one measurement")
	speed  = flag.Float64("speed", 10, "of the run's clock, times the wall's")
)

// cases are the numbers of tabs; the first two are the same, for the noise.
var cases = []int{0, 0, 1, 4, 20}

// tabsArg makes this program the process with the tabs.
const tabsArg = "tabs"

func main() {
	flag.Parse()
	run := measure
	if flag.Arg(0) == tabsArg {
		run = func() error { return tabs(flag.Arg(1), flag.Arg(2)) }
	}
	switch err := run(); {
	case errors.Is(err, errMissed):
		fmt.Fprintln(os.Stderr, "lag:", err)
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "lag:", err)
		os.Exit(2)
	}
}

func measure() error {
	dir, err := os.MkdirTemp("", "lag")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Setenv("XDG_RUNTIME_DIR", dir); err != nil { // `baton status` is to find other runs
		return err
	}
	took := make([]sample, len(cases))
	for r := range *rounds {
		for i := range cases {
			at := (r + i) % len(cases)
			late, seen, err := one(cases[at])
			if err != nil {
				return err
			}
			took[at].add(late, seen)
		}
	}
	return judge(os.Stdout, cases, took)
}

// one runs a demo with a page and n tabs. It gives the delays from when all tabs had a view, and how many frames they read.
func one(n int) (late []time.Duration, frames int, err error) {
	cfg := app.DefaultDemo()
	cfg.Strategy, cfg.Net, cfg.Speed = strategy.Maker(), app.NetMemory, *speed
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	links, loops := make(chan string, 1), make(chan *aio.Loop, 1)
	inner, once := cfg.Strategy.Run, sync.Once{}
	cfg.Strategy.Run = func(co *aio.Co, s *trade.Session) error {
		once.Do(func() { loops <- co.Loop() })
		return inner(co, s)
	}
	cfg.Page = &app.Page{Addr: "127.0.0.1:0", Open: func(l string) { links <- l }}
	type end struct {
		late   []time.Duration
		frames int
		err    error
	}
	done := make(chan end, 1)
	go func() {
		defer cancel()
		var e end
		e.late, e.frames, e.err = beside(ctx, links, loops, n)
		done <- e
	}()
	_, err = app.RunDemo(ctx, cfg)
	cancel()
	e := <-done
	if e.err != nil {
		return nil, 0, e.err
	}
	if len(e.late) == 0 {
		return nil, 0, fmt.Errorf("the demo ended before it was measured: %w", err)
	}
	return e.late, e.frames, nil
}

// beside starts the tabs and probes the loop.
func beside(ctx context.Context, links <-chan string, loops <-chan *aio.Loop, n int) (late []time.Duration, frames int, err error) {
	var link string
	var loop *aio.Loop
	for link == "" || loop == nil {
		select {
		case link = <-links:
		case loop = <-loops:
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
	}
	if n == 0 {
		return probe(loop), 0, nil
	}
	me, err := os.Executable()
	if err != nil {
		return nil, 0, err
	}
	c := exec.CommandContext(ctx, me, tabsArg, link, strconv.Itoa(n))
	c.Stderr = os.Stderr
	stop, err := c.StdinPipe()
	if err != nil {
		return nil, 0, err
	}
	said, err := c.StdoutPipe()
	if err != nil {
		return nil, 0, err
	}
	if err := c.Start(); err != nil {
		return nil, 0, err
	}
	lines := bufio.NewScanner(said)
	if !lines.Scan() { // every tab has its first view
		return nil, 0, fmt.Errorf("the process with the tabs did not begin: %w", c.Wait())
	}
	late = probe(loop)
	if err := stop.Close(); err != nil {
		return nil, 0, err
	}
	if lines.Scan() {
		frames, err = strconv.Atoi(lines.Text())
	}
	if waited := c.Wait(); err == nil {
		err = waited
	}
	return late, frames, err
}

// probe posts to the loop each millisecond.
func probe(loop *aio.Loop) []time.Duration {
	var late []time.Duration
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for till := time.Now().Add(*span); time.Now().Before(till); <-tick.C {
		at := time.Now()
		if !loop.Post(func() { late = append(late, time.Since(at)) }) {
			break
		}
	}
	all := make(chan []time.Duration, 1)
	if !loop.Post(func() { all <- late }) {
		return nil
	}
	return <-all
}

// tabs opens a session and n tabs, says so when each has a view, and reads until its input ends. Then it says how many frames came.
func tabs(link, number string) error {
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	client := &http.Client{Jar: jar}
	res, err := client.Get(link)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if err := res.Body.Close(); err != nil {
		return err
	}
	base, _, _ := strings.Cut(link, "/?")
	dialer := &websocket.Dialer{Jar: jar}
	var frames atomic.Int64
	first := make(chan error, n)
	for i := range n {
		c, _, err := dialer.Dial("ws"+strings.TrimPrefix(base, "http")+"/ws", http.Header{"Origin": {base}})
		if err != nil {
			return fmt.Errorf("tab %d: %w", i+1, err)
		}
		screen := []string{"live", "coroutines", "report", "health"}[i%4]
		if err := c.WriteMessage(websocket.TextMessage, []byte(`{"type":"screen","screen":"`+screen+`"}`)); err != nil {
			return err
		}
		go read(c, &frames, first)
	}
	for range n {
		if err := <-first; err != nil {
			return err
		}
	}
	frames.Store(0)
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	fmt.Println(frames.Load())
	return nil
}

// read counts the frames of one tab.
func read(c *websocket.Conn, frames *atomic.Int64, first chan<- error) {
	for seen := false; ; {
		_, _, err := c.ReadMessage()
		if !seen {
			seen = true
			first <- err
		}
		if err != nil {
			return
		}
		frames.Add(1)
	}
}
