package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"baton/aio"
	"baton/app"
	"baton/market"
	"baton/strategy"
	"baton/trade"
	"baton/ui"
)

// replayed plays a recording with the strategies of the shipped binary.
func replayed(t *testing.T, path string, change func(*app.Replay)) (*app.Replayed, error) {
	t.Helper()
	cfg := app.Replay{Path: path, Strategies: strategy.All()}
	if change != nil {
		change(&cfg)
	}
	return app.RunReplay(t.Context(), cfg)
}

// same wants a replay that came to the recorded end.
func same(t *testing.T, out *app.Replayed, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if !out.Same || !out.Whole || out.Diverged != nil || out.Entries == 0 || out.Lines == 0 || out.Digest == nil || *out.Digest != *out.Recorded {
		t.Errorf("%+v", out)
	}
}

// recordedDemo is the recording of a demo over sockets.
func recordedDemo(t *testing.T, change func(*app.Demo)) (path string, r *app.Report) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "run")
	out := demo(t, app.NetSockets, nil, func(d *app.Demo) {
		d.For, d.Record = 20*time.Second, path
		if change != nil {
			change(d)
		}
	})
	return path, out.Report
}

// batonRun runs the shipped baton in a process of its own.
func batonRun(t *testing.T, args ...string) (out []byte, err error) {
	t.Helper()
	return outputOf(t, batonCommand(t, args...))
}

func batonCommand(t *testing.T, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"=1")
	return cmd
}

func outputOf(t *testing.T, cmd *exec.Cmd) (out []byte, err error) {
	t.Helper()
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if out, err = cmd.Output(); err != nil && errs.Len() == 0 {
		t.Error("no word of why")
	}
	return out, err
}

// A demo over sockets that one process recorded does the same in another that has no network: where the system lets a test take it
// away, not even the loopback device is up, and every dial would fail.
func TestReplayInAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	if _, err := batonRun(t, "demo", "--headless", "--for", "20s", "--speed", "1000", "--seed", "7", "--record", path, "--json"); err != nil {
		t.Fatal(err)
	}
	b := alone(t, "replay", path, "--json")
	var out app.Replayed
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	same(t, &out, nil)
	if out.Report.Orders == 0 || out.Report.Fills == 0 || !out.Report.Reconciled {
		t.Errorf("%+v", out.Report)
	}
	t.Logf("%d entries, %d lines, digest %s", out.Entries, out.Lines, *out.Digest)
}

// One flipped byte stops the replay at the entry that cannot be read, wherever it is.
func TestReplayOfADamagedRecording(t *testing.T) {
	path, _ := recordedDemo(t, nil)
	whole, err := replayed(t, path, nil)
	same(t, whole, err)
	name := filepath.Join(path, "0000000001.tape")
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	last := uint64(0)
	for part := 1; part < 10; part++ {
		bad := bytes.Clone(good)
		bad[len(bad)*part/10] ^= 4
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := replayed(t, path, nil)
		if !errors.Is(err, app.ErrDiverged) || out.Diverged == nil || out.Diverged.Seq == 0 || out.Same {
			t.Fatalf("byte %d: %v, %+v", len(bad)*part/10, err, out)
		}
		if out.Diverged.Seq < last || out.Diverged.Seq > whole.Entries+1 {
			t.Errorf("byte %d of %d: entry %d of %d, after %d", len(bad)*part/10, len(bad), out.Diverged.Seq, whole.Entries, last)
		}
		last = out.Diverged.Seq
	}
	if last < whole.Entries/2 {
		t.Errorf("a byte at nine tenths of the file stops at entry %d of %d", last, whole.Entries)
	}
}

// A program that does something else than the recorded one is found out where it does.
func TestReplayByAnotherProgram(t *testing.T) {
	path, _ := recordedDemo(t, nil)
	other := strategy.Maker()
	run := other.Run
	n := 0
	other.Run = func(co *aio.Co, s *trade.Session) error {
		n++
		return run(co, s)
	}
	_, err := replayed(t, path, func(r *app.Replay) { r.Strategies = []trade.Strategy{other} })
	if err != nil || n == 0 {
		t.Fatalf("the same under another cover: %v, %d", err, n)
	}
	other.Run = func(co *aio.Co, s *trade.Session) error {
		if err := co.Sleep(time.Millisecond); err != nil {
			return err
		}
		return run(co, s)
	}
	out, err := replayed(t, path, func(r *app.Replay) { r.Strategies = []trade.Strategy{other} })
	if !errors.Is(err, app.ErrDiverged) || out.Diverged.Seq == 0 || out.Diverged.Seq > 200 {
		t.Errorf("%v, %+v", err, out.Diverged)
	}
	if _, err := replayed(t, path, func(r *app.Replay) { r.Strategies = nil }); err == nil || !strings.Contains(err.Error(), `"maker"`) {
		t.Error(err)
	}
}

// A replay stops where it is told to, and shows how things stood.
func TestReplayStops(t *testing.T) {
	path, _ := recordedDemo(t, nil)
	at := func(until, on string) *app.Moment {
		t.Helper()
		out, err := replayed(t, path, func(r *app.Replay) { r.Until, r.BreakOn = until, on })
		if err != nil || out.Stopped == nil || out.Same {
			t.Fatalf("%q %q: %v, %+v", until, on, err, out)
		}
		return out.Stopped
	}
	if m := at("300", ""); m.Seq != 300 || m.Wallet == "" {
		t.Errorf("%+v", m)
	}
	five := at("5s", "")
	if m := at(five.Time.Add(time.Nanosecond).Format(time.RFC3339Nano), ""); m.Seq != five.Seq {
		t.Errorf("entry %d by the time, %d by the span", m.Seq, five.Seq)
	}
	if m := at("", "ledger fill"); !strings.HasPrefix(m.Why, "ledger fill ") || len(m.Positions) != 1 {
		t.Errorf("%+v", m)
	}
	if out, err := replayed(t, path, func(r *app.Replay) { r.BreakOn = "no such thing" }); err != nil || !out.Same {
		t.Errorf("%v, %+v", err, out)
	}
	for _, until := range []string{"0", "-1", "soon", "-5s"} {
		if _, err := replayed(t, path, func(r *app.Replay) { r.Until = until }); err == nil || !strings.Contains(err.Error(), "--until") {
			t.Errorf("%s: %v", until, err)
		}
	}
}

// A recording that was cut short, as by a crash, plays up to where it breaks off.
func TestReplayOfAPart(t *testing.T) {
	path, _ := recordedDemo(t, nil)
	name := filepath.Join(path, "0000000001.tape")
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, good[:len(good)*2/3], 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := replayed(t, path, nil)
	if err != nil || out.Whole || out.Diverged != nil || out.Entries < 100 {
		t.Errorf("%v, %+v", err, out)
	}
}

// What is no recording is none, and a recording does not go into a folder that is in use.
func TestReplayRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("no tape"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "nowhere"), file, t.TempDir()} {
		if _, err := replayed(t, path, nil); !errors.Is(err, app.ErrNoRecording) {
			t.Errorf("%s: %v", path, err)
		}
	}
	cfg := app.DefaultDemo()
	cfg.Strategy, cfg.Net, cfg.For, cfg.Record = strategy.Maker(), app.NetMemory, time.Second, dir
	if _, err := app.RunDemo(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Error(err)
	}
}

// recordings are those in a state folder.
func recordings(t *testing.T, state string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(state, "ingress", "*"))
	if err != nil || len(all) == 0 {
		t.Fatal("no recording: ", err)
	}
	return all
}

// A live run is recorded, and does the same again without its exchange, its key and its journal: also one that began from what an
// earlier run had left.
func TestReplayOfALiveRun(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds of the wall's clock")
	}
	var state, secret string
	withExchange(t, app.DefaultExchange(), func(v *venue) {
		cfg := liveOn(t, v.info, strategy.Maker())
		cfg.For = 2 * time.Second
		state, secret = cfg.State, v.info.Secret
		for range 2 {
			if r, err := app.RunLive(t.Context(), cfg); err != nil || !r.Reconciled || r.Orders == 0 {
				t.Fatalf("%v, %+v", err, r)
			}
		}
	})
	noSecret(t, state, secret)
	for _, path := range recordings(t, state) {
		out, err := replayed(t, path, nil)
		same(t, out, err)
		t.Logf("%s: %d entries, %d lines of the ledger", filepath.Base(path), out.Entries, out.Lines)
	}
}

// A paper run is recorded too.
func TestReplayOfAPaperRun(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds of the wall's clock")
	}
	cfg := app.DefaultPaper()
	withExchange(t, app.DefaultExchange(), func(v *venue) {
		live := liveOn(t, v.info, strategy.Maker())
		cfg.Access, cfg.State = live.Access, live.State
		cfg.Strategy, cfg.Symbols, cfg.For = strategy.Maker(), []string{"BTCUSDT"}, 2*time.Second
		if r, err := app.RunPaper(t.Context(), cfg); err != nil || !r.Reconciled || r.Orders == 0 {
			t.Fatalf("%v, %+v", err, r)
		}
	})
	out, err := replayed(t, recordings(t, cfg.State)[0], nil)
	same(t, out, err)
}

// A run with a page was watched and steered by people: that too is in its recording, and a replay shows it to nobody.
func TestReplayOfAWatchedRun(t *testing.T) {
	if testing.Short() {
		t.Skip("a second of the wall's clock")
	}
	ownFolder(t)
	path := filepath.Join(t.TempDir(), "run")
	cfg := app.DefaultDemo()
	cfg.Strategy, cfg.Speed, cfg.Record = strategy.Maker(), 50, path
	link, stop := start(t, cfg)
	r, err := app.FindRunning(t.Context(), strings.TrimPrefix(strings.Split(link, "/?")[0], "http://"))
	if err != nil {
		t.Fatal(err)
	}
	until(t, r, func(v *ui.View) bool { return v.Header.Phase == ui.PhaseRunning && v.Account.FillCount > 0 })
	b := open(t, link)
	if a := b.command(`{"name":"pause"}`); !a.OK {
		t.Errorf("pause: %+v", a)
	}
	until(t, r, func(v *ui.View) bool { return v.Header.Paused })
	ask := b.command(`{"name":"resume"}`)
	if a := b.command(`{"name":"resume","token":"` + ask.Token + `"}`); !a.OK {
		t.Errorf("resume: %+v", a)
	}
	at := until(t, r, func(v *ui.View) bool { return !v.Header.Paused })
	until(t, r, func(v *ui.View) bool { return v.Account.FillCount > at.Account.FillCount })
	if end, err := stop(); err != nil || !end.Reconciled {
		t.Fatalf("%v, %+v", err, end)
	}
	out, err := replayed(t, path, nil)
	same(t, out, err)
	noSecret(t, path, ask.Token)
}

// placer places orders and never awaits until it is stopped. It counts how often it tried.
type placer struct{ tries atomic.Int64 }

func (p *placer) strategy() trade.Strategy {
	return trade.Strategy{Name: "placer", Run: func(co *aio.Co, s *trade.Session) error {
		w := s.Watch(trade.OnTop)
		for !s.Exact() {
			if _, err := w.Next(co); err != nil {
				return err
			}
		}
		for {
			p.tries.Add(1)
			_, err := s.Place(trade.Request{Side: market.Buy, Type: market.Limit, TIF: market.GTC, Px: s.Top().Bid - 100, Qty: 2})
			if errors.Is(err, trade.ErrStopped) {
				_, err = w.Next(co)
				return err
			}
		}
	}}
}

// A run that was killed ends in its replay as it did then, to the very call of Place that was refused: the watcher that closed the gate
// stood outside the loop, and so do the hands of its clock.
func TestReplayOfAKilledRun(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds of the wall's clock")
	}
	var state string
	p := &placer{}
	withExchange(t, app.DefaultExchange(), func(v *venue) {
		cfg := liveOn(t, v.info, p.strategy())
		state = cfg.State
		ended := make(chan error, 1)
		go func() {
			_, err := app.RunLive(t.Context(), cfg)
			ended <- err
		}()
		for p.tries.Load() < 1000 {
			select {
			case err := <-ended:
				t.Fatal(err)
			case <-time.After(10 * time.Millisecond):
			}
		}
		if r, err := app.RunKill(t.Context(), app.Kill{State: state, Access: &cfg.Access, Reason: "a test", Settle: 100 * time.Millisecond}); err != nil {
			t.Errorf("%v, %+v", err, r)
		}
		if err := <-ended; !errors.Is(err, app.ErrLatched) {
			t.Errorf("the trader ended with %v", err)
		}
	})
	tries := p.tries.Swap(0)
	out, err := replayed(t, recordings(t, state)[0], func(r *app.Replay) { r.Strategies = []trade.Strategy{p.strategy()} })
	same(t, out, err)
	if again := p.tries.Load(); again != tries || tries < 1000 {
		t.Errorf("Place was called %d times, and %d times in the replay", tries, again)
	}
}
