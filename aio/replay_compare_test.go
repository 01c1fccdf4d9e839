package aio_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"baton/aio"
)

// variant is how a program differs from the one that was recorded, before and after the one thing that comes in.
type variant struct {
	sleepBefore, sleepAfter time.Duration
	extraBefore, extraAfter int // steps of a second task, in passes that there are anyhow
}

func (v variant) run(co *aio.Co, _ func(string, ...any)) error {
	l := co.Loop()
	var w aio.Waiter
	in := aio.NewInlet(l, "in", func([]byte) { w.Wake() })
	part := func(d time.Duration, extra int) error {
		aio.Start(co, "beside", func(co *aio.Co) error {
			for range extra {
				if err := co.Yield(); err != nil {
					return err
				}
			}
			return nil
		})
		for range 10 {
			if err := co.Yield(); err != nil {
				return err
			}
		}
		return co.Sleep(d)
	}
	if err := part(10+v.sleepBefore, v.extraBefore); err != nil {
		return err
	}
	in.Post([]byte{1}) // a replay refuses it, and takes that of the log
	if err := w.Wait(co); err != nil {
		return err
	}
	return part(10+v.sleepAfter, v.extraAfter)
}

// A replay that differs in no more than the number of steps or the time is stopped at the next entry, not later.
func TestReplayComparesStepsAndTime(t *testing.T) {
	var log bytes.Buffer
	_, err := traced(t, aio.Config{Source: aio.Virtual(0), Record: &log}, variant{}.run)
	must(t, err)
	for _, c := range []struct {
		name string
		v    variant
		seq  uint64 // 1: what comes in, 2: the end
	}{
		{"the same", variant{}, 0},
		{"another time before it", variant{sleepBefore: 5}, 1},
		{"more steps before it", variant{extraBefore: 3}, 1},
		{"another time after it", variant{sleepAfter: 5}, 2},
		{"more steps after it", variant{extraAfter: 3}, 2},
	} {
		_, err := traced(t, aio.Config{Source: aio.Virtual(0), Replay: bytes.NewReader(log.Bytes())}, c.v.run)
		at := uint64(0)
		if re, ok := errors.AsType[*aio.ReplayError](err); ok {
			at = re.Seq
		}
		if at != c.seq {
			t.Errorf("%s: stopped at entry %d, want %d: %v", c.name, at, c.seq, err)
		}
	}
}

// lastWrite knows where the last write began.
type lastWrite struct {
	bytes.Buffer
	at int
}

func (w *lastWrite) Write(p []byte) (int, error) {
	w.at = w.Len()
	return w.Buffer.Write(p)
}

// A log that was cut between two entries is whole as far as it goes, and no log of a run that has ended.
func TestReplayWantsTheEnd(t *testing.T) {
	var log lastWrite
	_, err := traced(t, aio.Config{Source: aio.Virtual(0), Record: &log}, variant{}.run)
	must(t, err)
	cut := log.Bytes()[:log.at]
	for _, err := range aio.ReadLog(bytes.NewReader(cut)) {
		must(t, err)
	}
	_, err = traced(t, aio.Config{Source: aio.Virtual(0), Replay: bytes.NewReader(cut)}, variant{}.run)
	if re, ok := errors.AsType[*aio.ReplayError](err); !ok || re.Seq != 2 {
		t.Error(err)
	}
}

// A promise that is settled twice is one entry of the log.
func TestPromiseIsSettledOnce(t *testing.T) {
	var log bytes.Buffer
	_, err := traced(t, aio.Config{Source: aio.Virtual(0), Record: &log}, func(co *aio.Co, _ func(string, ...any)) error {
		f, settle := aio.Promise(co.Loop(), "promise", aio.StringCodec())
		settle("first", nil)
		settle("second", io.EOF)
		v, err := f.Await(co)
		if v != "first" || err != nil {
			t.Error(v, err)
		}
		return nil
	})
	must(t, err)
	n := 0
	for e, err := range aio.ReadLog(&log) {
		must(t, err)
		if e.Kind == aio.EntryInput {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
}
