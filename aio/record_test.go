package aio_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// traced runs main with a trace that it writes, and gives the trace with the counts of passes and handles.
func traced(t *testing.T, cfg aio.Config, main func(co *aio.Co, note func(string, ...any)) error) (string, error) {
	t.Helper()
	var b strings.Builder
	var l *aio.Loop
	_, err := aio.Run(t.Context(), cfg, func(co *aio.Co) (none, error) {
		l = co.Loop()
		return none{}, main(co, func(format string, args ...any) {
			fmt.Fprintf(&b, "%d ", l.Now())
			fmt.Fprintf(&b, format+"\n", args...)
		})
	})
	if l != nil {
		st := l.Stats()
		fmt.Fprintln(&b, "passes", st.Passes, "handles", st.Handles, "err", err)
	}
	return b.String(), err
}

// outsideWorld is a program with everything that comes from outside: an inlet that is flooded, blocking calls, a promise,
// channels, a socket, timers on the real clock and a cancel.
func outsideWorld(addr string) func(co *aio.Co, note func(string, ...any)) error {
	return func(co *aio.Co, note func(string, ...any)) error {
		l := co.Loop()
		frames := aio.NewQueue[string](l, 1000)
		in := aio.NewInlet(l, "frames", func(p []byte) { frames.TryPut(string(p)) })
		if !l.Replaying() {
			for s := range 3 {
				l.Spawn(func() {
					for i := range 50 {
						in.Deliver(fmt.Appendf(nil, "%d.%d", s, i), []byte("x"))
					}
				})
			}
		}
		return aio.Group(co, func(co *aio.Co) error {
			aio.Start(co, "frames", func(co *aio.Co) error {
				for range 300 {
					v, err := frames.Get(co)
					if err != nil {
						return err
					}
					note("frame %s", v)
				}
				return nil
			})
			aio.Start(co, "blocking", func(co *aio.Co) error {
				for i := range 10 {
					v, err := aio.RunBlocking(co, func(context.Context) (string, error) {
						if i == 7 {
							return "part", fmt.Errorf("read: %w", io.EOF)
						}
						return fmt.Sprint("result ", i), nil
					}, aio.StringCodec())
					note("blocking %q %v %v", v, err, errors.Is(err, io.EOF))
				}
				return nil
			})
			f, settle := aio.Promise(l, "promise", aio.StringCodec())
			l.Spawn(func() { settle("kept", nil) })
			aio.Start(co, "promise", func(co *aio.Co) error {
				v, err := f.Await(co)
				note("promise %s %v", v, err)
				return err
			})
			ch := make(chan string, 20)
			if !l.Replaying() {
				l.Spawn(func() {
					defer close(ch)
					for i := range 20 {
						ch <- fmt.Sprint("item ", i)
					}
				})
			}
			items := aio.FromChan(l, "items", ch, 2, aio.StringCodec())
			aio.Start(co, "items", func(co *aio.Co) error {
				for v := range items.Each(co) {
					note("%s", v)
				}
				return nil
			})
			aio.Start(co, "sleeper", func(co *aio.Co) error {
				for range 20 {
					if err := co.Sleep(time.Duration(co.Rand() % 300_000)); err != nil {
						return err
					}
					note("slept")
				}
				return nil
			})
			if addr == "" {
				return nil
			}
			c, err := aio.Dial(co, "tcp", addr)
			if err != nil {
				return err
			}
			defer c.Close()
			r := bufio.NewReader(c)
			for i := range 50 {
				fmt.Fprintf(c, "%d\n", i)
				line, err := r.ReadString('\n')
				note("line %q %v", line, err)
			}
			return nil
		})
	}
}

// A run with sockets replays to the same trace with a network that nobody listens on.
func TestRecordAndReplay(t *testing.T) {
	rounds := 10
	if testing.Short() {
		rounds = 2
	}
	for range rounds {
		var log bytes.Buffer
		addr := server(t, echo)
		want, err := traced(t, aio.Config{Seed: 5, Record: &log}, outsideWorld(addr))
		must(t, err)
		if strings.Count(want, "\n") < 300 {
			t.Fatal("a dull run:\n", want)
		}
		for _, hosts := range []int{aio.Flat, 1, 2, 1000} {
			cfg := aio.WithInline(aio.Config{Seed: 99, Replay: bytes.NewReader(log.Bytes())}, hosts)
			got, err := traced(t, cfg, outsideWorld("127.0.0.1:1"))
			if err != nil {
				t.Error(hosts, err)
			}
			if at, diff := firstDiff(strings.Split(want, "\n"), strings.Split(got, "\n")); at >= 0 {
				t.Fatalf("%d hosts, line %d:\n%s", hosts, at, diff)
			}
		}
	}
}

// So does a run on a virtual clock, which moves by itself.
func TestRecordAndReplayVirtual(t *testing.T) {
	for _, src := range []aio.Source{aio.Virtual(1000), aio.Paced(1000, 1)} {
		var log bytes.Buffer
		want, err := traced(t, aio.Config{Source: src, Seed: 5, Record: &log}, outsideWorld(""))
		must(t, err)
		got, err := traced(t, aio.Config{Source: src, Replay: &log}, outsideWorld(""))
		must(t, err)
		if at, diff := firstDiff(strings.Split(want, "\n"), strings.Split(got, "\n")); at >= 0 {
			t.Fatalf("line %d:\n%s", at, diff)
		}
	}
}

// A changed byte anywhere stops the replay, at its entry or, where it lies in a length, not later than the next.
// The last task ends in the middle of a pass, and what is behind it in the pass outlasts the budget of the reader that leads: the pass
// is run to its end by whoever holds the baton next, or the replay, which has no budget, would count more steps.
func TestReplayOfAnEndInAPassOverBudget(t *testing.T) {
	const behind = 200
	led := 0
	main := func(co *aio.Co, note func(string, ...any)) error {
		l := co.Loop()
		over, ran := aio.NewFuture[none](l), 0
		begun := false
		in := aio.NewInlet(l, "frames", func([]byte) {
			if begun {
				return
			}
			begun = true
			if l.Stats().Leads > 0 { // else Run's own goroutine handles it, which has no budget
				led++
			}
			over.Set(none{})
			for range behind {
				l.CallSoon(func() {
					for began := time.Now(); !l.Replaying() && time.Since(began) < 10*time.Microsecond; {
					}
					if ran++; ran == behind {
						note("all ran")
					}
				})
			}
		})
		if !l.Replaying() {
			l.Spawn(func() {
				for range 1000 { // until main waits
					runtime.Gosched()
				}
				in.Deliver([]byte("x"))
			})
		}
		_, err := over.Await(co)
		return err
	}
	for range 20 {
		var log bytes.Buffer
		recorded, err := traced(t, aio.Config{Record: &log}, main)
		if err != nil || !strings.Contains(recorded, "all ran") {
			t.Fatalf("%v\n%s", err, recorded)
		}
		replayed, err := traced(t, aio.Config{Replay: &log}, main)
		if err != nil || replayed != recorded {
			t.Fatalf("%v\nrecorded\n%sreplayed\n%s", err, recorded, replayed)
		}
	}
	if led == 0 {
		t.Fatal("no reader led in any of the runs")
	}
}

func TestFlippedByte(t *testing.T) {
	var log bytes.Buffer
	_, err := traced(t, aio.Config{Record: &log}, outsideWorld(""))
	must(t, err)
	good := log.Bytes()
	n := 0
	for range aio.ReadLog(bytes.NewReader(good)) {
		n++
	}
	step := 1 + len(good)/60
	for at := 0; at < len(good); at += step {
		bad := bytes.Clone(good)
		bad[at] ^= 0x10
		entry := uint64(0)
		for e, err := range aio.ReadLog(bytes.NewReader(bad)) {
			if err != nil {
				entry = e.Seq
			}
		}
		_, err := traced(t, aio.Config{Replay: bytes.NewReader(bad)}, outsideWorld(""))
		re, ok := errors.AsType[*aio.ReplayError](err)
		if !ok || re.Seq != entry || !errors.Is(err, aio.ErrReplay) {
			t.Fatalf("byte %d of %d: stopped by %v, the log is bad at %d of %d", at, len(good), err, entry, n)
		}
	}
	for _, cut := range []int{len(good) - 1, len(good) / 2, 20, 0} {
		_, err := traced(t, aio.Config{Replay: bytes.NewReader(good[:cut])}, outsideWorld(""))
		if !errors.Is(err, aio.ErrReplay) {
			t.Error("cut at", cut, err)
		}
	}
}

// A program that does something else than the recorded one is stopped at the first entry that does not fit.
func TestReplayFindsADifference(t *testing.T) {
	program := func(extra int) func(co *aio.Co, note func(string, ...any)) error {
		return func(co *aio.Co, note func(string, ...any)) error {
			var w aio.Waiter
			n := 0
			in := aio.NewInlet(co.Loop(), "in", func([]byte) { n++; w.Wake() })
			if !co.Loop().Replaying() {
				co.Loop().Spawn(func() {
					for range 10 {
						in.Post([]byte{1})
					}
				})
			}
			for n < 10 {
				if err := w.Wait(co); err != nil {
					return err
				}
				if n >= 5 {
					for range extra {
						if err := co.Yield(); err != nil {
							return err
						}
					}
				}
			}
			return nil
		}
	}
	var log bytes.Buffer
	_, err := traced(t, aio.Config{Source: aio.Virtual(0), Record: &log}, program(0))
	must(t, err)
	_, err = traced(t, aio.Config{Source: aio.Virtual(0), Replay: bytes.NewReader(log.Bytes())}, program(0))
	must(t, err)
	_, err = traced(t, aio.Config{Source: aio.Virtual(0), Replay: bytes.NewReader(log.Bytes())}, program(3))
	if re, ok := errors.AsType[*aio.ReplayError](err); !ok || re.Seq == 0 {
		t.Error(err)
	}
	_, err = traced(t, aio.Config{Source: aio.Virtual(1), Replay: bytes.NewReader(log.Bytes())}, program(0))
	if !errors.Is(err, aio.ErrReplay) {
		t.Error("another start:", err)
	}
	never := func(co *aio.Co, _ func(string, ...any)) error { return wait(co) }
	_, err = traced(t, aio.Config{Source: aio.Virtual(0), Replay: bytes.NewReader(log.Bytes())}, never)
	if !errors.Is(err, aio.ErrReplay) {
		t.Error("another program:", err)
	}
}

// What cannot be replayed is refused.
func TestRefusedWhileRecording(t *testing.T) {
	_, err := traced(t, aio.Config{Record: io.Discard}, func(co *aio.Co, _ func(string, ...any)) error {
		l := co.Loop()
		if l.Post(func() { t.Error("it ran") }) || !l.Recording() || l.Replaying() {
			t.Error("Post is accepted")
		}
		_, err1 := aio.RunBlocking(co, func(context.Context) (int, error) { t.Error("it ran"); return 0, nil })
		f, _ := aio.Promise[int](l, "promise")
		_, err2 := f.Await(co)
		_, err3 := aio.FromChan(l, "chan", make(chan int), 1).Get(co)
		_, err4 := aio.Submit(context.Background(), l, func(*aio.Co) (int, error) { return 0, nil })
		for i, err := range []error{err1, err2, err3, err4} {
			if !errors.Is(err, aio.ErrRecording) {
				t.Error(i, err)
			}
		}
		return nil
	})
	must(t, err)
	if _, err := aio.Run(t.Context(), aio.Config{Record: io.Discard, Replay: &bytes.Buffer{}}, func(*aio.Co) (int, error) { return 0, nil }); err == nil {
		t.Error("both at once")
	}
}

// A cancellation from outside, before and during the run, a deadlock and a panic of a blocking call replay.
func TestReplayOfEndings(t *testing.T) {
	for name, main := range map[string]func(co *aio.Co, cancel func(), note func(string, ...any)) error{
		"cancel": func(co *aio.Co, cancel func(), note func(string, ...any)) error {
			aio.NewInlet(co.Loop(), "open", func([]byte) {})
			if !co.Loop().Replaying() {
				co.Loop().Spawn(cancel)
			}
			err := wait(co)
			note("%v", err)
			return co.Detach().Sleep(1000)
		},
		"before": func(*aio.Co, func(), func(string, ...any)) error { t.Error("it ran"); return nil },
		"deadlock": func(co *aio.Co, _ func(), note func(string, ...any)) error {
			err := wait(co)
			note("%v", errors.Is(err, aio.ErrDeadlock))
			return nil
		},
		"panic": func(co *aio.Co, _ func(), note func(string, ...any)) error {
			_, err := aio.RunBlocking(co, func(context.Context) (string, error) { explode(); return "", nil }, aio.StringCodec())
			note("%v", strings.Contains(err.Error(), "boom"))
			return nil
		},
	} {
		for _, src := range []aio.Source{aio.Real(), aio.Virtual(0)} {
			var log bytes.Buffer
			var traces []string
			for i := range 2 {
				ctx, cancel := context.WithCancelCause(t.Context())
				cfg := aio.Config{Source: src, Record: &log}
				if i == 1 {
					cfg = aio.Config{Source: src, Replay: &log}
				} else if name == "before" {
					cancel(errBoom)
				}
				trace := ""
				_, err := aio.Run(ctx, cfg, func(co *aio.Co) (none, error) {
					return none{}, main(co, func() { cancel(errBoom) }, func(f string, args ...any) {
						if co.Loop().Replaying() != (i == 1) {
							t.Error("Replaying does not tell the truth")
						}
						trace += fmt.Sprintf(f, args...)
					})
				})
				if errors.Is(err, aio.ErrReplay) {
					t.Error(name, err)
				}
				traces = append(traces, trace+fmt.Sprint(errors.Is(err, aio.ErrDeadlock), errors.Is(err, aio.ErrCancelled)))
				cancel(nil)
			}
			if traces[0] != traces[1] {
				t.Errorf("%s: %s\n%s", name, traces[0], traces[1])
			}
		}
	}
}

// Cancelling the context of a replay ends it, whatever its tasks still wait for: time stands still from then on.
func TestReplayIsAborted(t *testing.T) {
	for _, src := range []aio.Source{aio.Real(), aio.Virtual(0)} {
		var log bytes.Buffer
		rounds := func(abort func(l *aio.Loop)) func(co *aio.Co) (none, error) {
			return func(co *aio.Co) (none, error) {
				l := co.Loop()
				var w aio.Waiter
				in := aio.NewInlet(l, "in", func([]byte) { w.Wake() })
				for i := range 100 {
					if l.Replaying() {
						if i == 50 {
							abort(l)
						}
					} else {
						in.Post([]byte{1})
					}
					if err := w.Wait(co); err != nil {
						return none{}, errors.Join(err, co.Detach().Sleep(1000))
					}
				}
				return none{}, nil
			}
		}
		_, err := aio.Run(t.Context(), aio.Config{Source: src, Record: &log}, rounds(nil))
		must(t, err)
		ctx, cancel := context.WithCancelCause(t.Context())
		_, err = aio.Run(ctx, aio.Config{Source: src, Replay: &log}, rounds(func(l *aio.Loop) {
			for cancel(errBoom); !aio.ReplayAborted(l); {
				runtime.Gosched()
			}
		}))
		if !errors.Is(err, errBoom) || errors.Is(err, aio.ErrReplay) {
			t.Error(err)
		}
	}
}

// A log that cannot be written ends the run.
func TestRecordFails(t *testing.T) {
	_, err := traced(t, aio.Config{Record: &fullDisk{left: 200}}, outsideWorld(""))
	if !errors.Is(err, errFull) {
		t.Error(err)
	}
	if _, err := traced(t, aio.Config{Record: &fullDisk{}}, outsideWorld("")); !errors.Is(err, errFull) {
		t.Error(err)
	}
}

type fullDisk struct{ left int }

var errFull = errors.New("no space left")

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.left -= len(p); d.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// The log can be read by other tools.
func TestReadLog(t *testing.T) {
	var log bytes.Buffer
	_, err := traced(t, aio.Config{Source: aio.Virtual(7), Record: &log}, func(co *aio.Co, _ func(string, ...any)) error {
		var w aio.Waiter
		in := aio.NewInlet(co.Loop(), "in", func([]byte) { w.Wake() })
		in.Post([]byte("hello"))
		return w.Wait(co)
	})
	must(t, err)
	var s steps
	for e, err := range aio.ReadLog(&log) {
		must(t, err)
		s.add("%d:%d:%d:%d:%s", e.Seq, e.Kind, e.Now, e.Inlet, e.Payload)
	}
	s.want(t, fmt.Sprintf("1:%d:7:1:hello 2:%d:7:0:", aio.EntryInput, aio.EntryEnd))
}

func FuzzReadLog(f *testing.F) {
	var log bytes.Buffer
	aio.Run(context.Background(), aio.Config{Source: aio.Virtual(0), Record: &log}, func(co *aio.Co) (none, error) {
		in := aio.NewInlet(co.Loop(), "in", func([]byte) {})
		in.Post([]byte("hello"))
		return none{}, co.Sleep(5)
	})
	f.Add(log.Bytes())
	f.Add([]byte("aio log 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n := 0
		for _, err := range aio.ReadLog(bytes.NewReader(data)) {
			if n++; err != nil && !errors.Is(err, aio.ErrReplay) {
				t.Fatal(err)
			}
		}
	})
}

// Who follows a replay hears every entry, and may end it before any: nothing more comes in then.
func TestFollow(t *testing.T) {
	var log bytes.Buffer
	addr := server(t, echo)
	want, err := traced(t, aio.Config{Seed: 5, Record: &log}, outsideWorld(addr))
	must(t, err)
	var seqs []uint64
	follow := func(e aio.Entry) bool {
		seqs = append(seqs, e.Seq)
		return true
	}
	_, err = traced(t, aio.Config{Replay: bytes.NewReader(log.Bytes()), Follow: follow}, outsideWorld("127.0.0.1:1"))
	must(t, err)
	entries := 0
	for e, err := range aio.ReadLog(bytes.NewReader(log.Bytes())) {
		must(t, err)
		if e.Kind <= aio.EntryContext {
			if entries >= len(seqs) || seqs[entries] != e.Seq {
				t.Fatalf("entry %d was not heard", e.Seq)
			}
			entries++
		}
	}
	if entries != len(seqs) || entries < 50 {
		t.Errorf("%d heard of %d", len(seqs), entries)
	}
	last := uint64(0)
	stop := func(e aio.Entry) bool {
		if e.Seq > uint64(entries/2) {
			return false
		}
		last = e.Seq
		return true
	}
	got, err := traced(t, aio.Config{Replay: bytes.NewReader(log.Bytes()), Follow: stop}, outsideWorld("127.0.0.1:1"))
	if !errors.Is(err, aio.ErrStopped) || last != uint64(entries/2) || errors.Is(err, aio.ErrReplay) {
		t.Errorf("stopped behind entry %d: %v", last, err)
	}
	if n := strings.Count(got, "\n"); n == 0 || n >= strings.Count(want, "\n") {
		t.Errorf("%d lines until then", n)
	}
}
