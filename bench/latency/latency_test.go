package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/app"
	"baton/binance/wire"
)

// BenchmarkOrder is one order's way, for profiles.
func BenchmarkOrder(b *testing.B) {
	written, err := openUnsynced(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer written.f.Close()
	o, err := newOrders(written, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := o.order(); err != nil {
			b.Fatal(err)
		}
	}
	if err := o.stop(); err != nil {
		b.Fatal(err)
	}
}

// TestShort runs everything, small: the figures are not judged here, but every order is signed as it must be, and no event of a burst
// is dropped, doubled or out of order.
func TestShort(t *testing.T) {
	var out, errs bytes.Buffer
	code := run([]string{"-short", "-json", "-recording", filepath.Join("..", recordingFile)}, &out, &errs)
	if code == exitFail {
		t.Fatal(errs.String())
	}
	var res result
	if err := json.Unmarshal(out.Bytes(), &res); err != nil {
		t.Fatal(err)
	}
	if len(res.Rows) != 10 || res.Rounds != 3 || res.Burst == "" {
		t.Errorf("%+v", res)
	}
	for _, r := range res.Rows {
		if r.Median <= 0 {
			t.Errorf("%+v", r)
		}
	}
}

func TestFlags(t *testing.T) {
	for want, args := range map[int][]string{exitOK: {"-h"}, exitFail: {"-rounds", "2"}} {
		var errs bytes.Buffer
		if code := run(args, &bytes.Buffer{}, &errs); code != want || errs.Len() == 0 {
			t.Errorf("%v: %d, %s", args, code, errs.String())
		}
	}
}

func TestVerdicts(t *testing.T) {
	ours, floor := []float64{12, 12, 12}, []float64{10, 10, 10}
	for limit, want := range map[float64]string{0: verdictShown, 1.2: verdictOK, 1.1: verdictMiss} {
		if r := against("x", ours, floor, limit); r.Verdict != want || r.Ratio != 1.2 || r.Lower != 1.2 || r.Median != 12 {
			t.Errorf("limit %g: %+v", limit, r)
		}
	}
	// One round that was better than its budget by chance changes nothing; half of them do.
	if r := within("x", []float64{9, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11}, 10); r.Verdict != verdictMiss {
		t.Errorf("%+v", r)
	}
	if r := within("x", []float64{9, 9, 9, 9, 9, 11, 11, 11, 11, 11, 11}, 10); r.Verdict != verdictOK || r.Median != 11 {
		t.Errorf("%+v", r)
	}
	if exitCode([]row{{Verdict: verdictOK}, {Verdict: verdictMiss}}) != exitMiss || exitCode([]row{{Verdict: verdictShown}}) != exitOK {
		t.Error("the exit code")
	}
	if p := percentile([]time.Duration{3000, 1000, 2000}, 99); p != 3 {
		t.Error(p)
	}
}

// TestBurstsAreJudged: an event that is missing, twice or out of order is found.
func TestBurstsAreJudged(t *testing.T) {
	for name, spoil := range map[string]func(b *burst){
		"missing": func(b *burst) { b.messages = slices.Delete(b.messages, spot(b, kindDepth), spot(b, kindDepth)+1) },
		"order": func(b *burst) {
			i := spot(b, kindQuote)
			b.messages[i].bytes, b.messages[i+1].bytes = b.messages[i+1].bytes, b.messages[i].bytes
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := madeBurst(wire.NewCodec(app.Instruments()[0]))
			if err != nil {
				t.Fatal(err)
			}
			if len(b.messages) != madeMessages || !strings.HasPrefix(b.source, "made") {
				t.Error(len(b.messages), b.source)
			}
			spoil(b)
			b.wait = time.Second
			if _, err := b.run(); err == nil {
				t.Error("nothing was found")
			} else {
				t.Log(err)
			}
		})
	}
}

// spot is the first message of a kind in the middle of a burst that another of its kind follows.
func spot(b *burst, kind int) int {
	for i := len(b.messages) / 2; ; i++ {
		if b.messages[i].kind == kind && b.messages[i+1].kind == kind || kind == kindDepth && b.messages[i].kind == kind {
			return i
		}
	}
}

// TestRecordedBurst: where the data is, its busiest tenth of a second is found.
func TestRecordedBurst(t *testing.T) {
	path := filepath.Join("..", recordingFile)
	if _, err := os.Stat(path); err != nil {
		t.Skip("no ../shared/data here")
	}
	b, err := loadBurst(path)
	if err != nil {
		t.Fatal(err)
	}
	var n [kinds]int // the budget's figure, 1,344, is of the busiest tenth by the clock; this one may begin anywhere
	for _, m := range b.messages {
		n[m.kind]++
	}
	if len(b.messages) < 1344 || n[kindDepth] == 0 || n[kindQuote] == 0 || n[kindTrade] == 0 {
		t.Error(len(b.messages), n)
	}
}
