//go:build unix

package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"baton/app"
)

// patience is how long a child may take to get anywhere on a busy machine.
const patience = time.Minute

// child is a baton in a process of its own. Its lines' file grows as it trades, a few kilobytes at a time: that is how far it is.
type child struct {
	t         *testing.T
	cmd       *exec.Cmd
	events    string
	out, errs bytes.Buffer
}

func startChild(t *testing.T, args ...string) *child {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	c := &child{t: t, events: filepath.Join(t.TempDir(), "events")}
	c.cmd = exec.CommandContext(ctx, os.Args[0], append(args, "--json", "--events", c.events)...)
	c.cmd.Env = append(os.Environ(), childEnv+"=1")
	c.cmd.Stdout, c.cmd.Stderr = &c.out, &c.errs
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *child) signal(s syscall.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		c.t.Fatalf("%v: %v; it said %s", s, err, &c.errs)
	}
}

// written is the size of its lines' file.
func (c *child) written() int64 {
	st, err := os.Stat(c.events)
	if err != nil {
		return 0
	}
	return st.Size()
}

// trades waits until so much was written.
func (c *child) trades(size int64) {
	c.t.Helper()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	late := time.After(patience)
	for c.written() < size {
		select {
		case <-look.C:
		case <-late:
			c.t.Fatalf("after %s it has written %d bytes; it said %s", patience, c.written(), &c.errs)
		}
	}
}

// end waits for its exit code and its one object.
func (c *child) end() (code int, r *app.Report) {
	c.t.Helper()
	err := c.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		c.t.Fatal(err)
	}
	if strings.Count(c.out.String(), "\n") != 1 {
		c.t.Fatalf("exit code %d, output %q, errors %s", code, &c.out, &c.errs)
	}
	if err := json.Unmarshal(c.out.Bytes(), &r); err != nil {
		c.t.Fatal(err)
	}
	return code, r
}

// A process that stands still for two seconds in the middle carries on from there: nothing is stale, nothing is lost.
func TestStoppedForTwoSeconds(t *testing.T) {
	slow(t)
	for _, s := range sources() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			speed := map[string]string{"made": "10", "BTCUSDT": "200"}[s.name]
			c := startChild(t, "demo", "--speed", speed, "--seed", "7", "--data", s.files(t)[0])
			c.trades(1)
			c.signal(syscall.SIGSTOP)
			moment := time.NewTimer(100 * time.Millisecond) // until every thread stands
			<-moment.C
			stopped := c.written()
			moment.Reset(1900 * time.Millisecond)
			<-moment.C
			if now := c.written(); now != stopped {
				t.Errorf("it did not stand still: %d bytes, then %d", stopped, now)
			}
			c.signal(syscall.SIGCONT)
			code, r := c.end()
			green(t, r, s.wrong(r))
			if code != 0 {
				t.Errorf("exit code %d, errors %s", code, &c.errs)
			}
			if c.written() <= stopped {
				t.Error("it was stopped after its last fill, not in the middle")
			}
		})
	}
	t.Run("red", func(t *testing.T) {
		t.Parallel()
		s := sources()[0]
		c := startChild(t, "demo", "--speed", "1000", "--data", s.files(t)[0], "--fault", "drop-frame:depth:200")
		code, r := c.end()
		red(t, s.wrong(r), "depth_diffs", "gaps", "resyncs")
		if code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
}

// Ctrl-C ends a demo without an end in order: orders cancelled, reconciled, one object, exit 0.
func TestCtrlC(t *testing.T) {
	slow(t)
	c := startChild(t, "demo", "--speed", "100", "--seed", "7")
	c.trades(1)
	c.signal(syscall.SIGINT)
	code, r := c.end()
	green(t, r, want{}.wrong(r))
	if code != 0 || r.Digest != nil || r.Schema != "baton.demo/1" {
		t.Errorf("exit code %d, %+v, errors %s", code, r, &c.errs)
	}
	c = startChild(t, "demo", "--speed", "100", "--seed", "7", "--fault", "lose-fill")
	c.trades(1)
	c.signal(syscall.SIGINT)
	code, r = c.end()
	red(t, want{}.wrong(r), "reconciled", "differences")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
}

// A digest is the same in another process.
func TestDigestOfAnotherProcess(t *testing.T) {
	slow(t)
	files := sources()[0].files(t)
	code, r := startChild(t, "demo", "--net", "memory", "--speed", "1000", "--seed", "7", "--data", files[0]).end()
	here := demo(t, app.NetMemory, files, nil)
	if code != 0 || r.Digest == nil || *r.Digest != *here.Digest {
		t.Errorf("exit code %d, %+v, here %+v", code, r, here.Report)
	}
}
