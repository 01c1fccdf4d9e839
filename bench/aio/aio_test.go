package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		xs   []float64
		want float64
	}{{[]float64{7}, 7}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 2}, 2.5}} {
		in := slices.Clone(c.xs)
		if got := median(c.xs); got != c.want || !slices.Equal(in, c.xs) {
			t.Errorf("median(%v) = %g, want %g, input afterwards %v", in, got, c.want, c.xs)
		}
	}
}

func TestLower(t *testing.T) {
	if got := lower([]float64{2, 2, 2}); got != 2 {
		t.Errorf("of equal figures: %g", got)
	}
	xs := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	got := lower(xs)
	if got < 1 || got >= median(xs) {
		t.Errorf("lower end %g is not below the median %g and above the least", got, median(xs))
	}
	// By order statistics the 95 % interval of the median of 11 begins at the 2nd or 3rd.
	if got < 2 || got > 4 {
		t.Errorf("lower end %g, want 2 to 4", got)
	}
	if again := lower(xs); again != got {
		t.Errorf("the same figures gave %g, then %g", got, again)
	}
}

func TestDivide(t *testing.T) {
	if got := divide([]float64{6, 9}, []float64{3, 2}); !slices.Equal(got, []float64{2, 4.5}) {
		t.Error(got)
	}
}

// figuresOf gives each case three rounds of the same figure.
func figuresOf(ns func(c benchCase) float64) []sample {
	took := make([]sample, len(cases))
	for i, c := range cases {
		over := []float64{ns(c) / 50}
		for range 3 {
			took[i].add([]float64{ns(c)}, over, over)
		}
	}
	return took
}

func find(t *testing.T, rows []row, name string) row {
	t.Helper()
	i := slices.IndexFunc(rows, func(r row) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("no row %q", name)
	}
	return rows[i]
}

func TestJudge(t *testing.T) {
	took := figuresOf(func(c benchCase) float64 {
		switch c.name {
		case "yield, 1 task":
			return 11 // more than 10 ns
		case "spawn + join":
			return 150
		default:
			return 50
		}
	})
	slow := &peer{name: "asyncio", times: asyncioTimes, took: map[string][]float64{"queue": {1001, 1001, 1001}, "spawn": {2999, 2999, 2999}}}
	fast := &peer{name: "uvloop", times: uvloopTimes, took: map[string][]float64{"queue": {499, 499, 499}}}
	rows := judge(took, []*peer{slow, fast})
	for name, want := range map[string]string{
		"iter.Pull round trip": "shown", "yield, 1 task": "MISS", "yield, 2 tasks": "ok", "spawn + join": "ok",
		"queue put -> get / asyncio": "ok", "spawn + join / asyncio": "MISS", "queue put -> get / uvloop": "MISS",
	} {
		if r := find(t, rows, name); r.Verdict != want {
			t.Errorf("%+v, want %s", r, want)
		}
	}
	if r := find(t, rows, "spawn + join"); r.Ratio != 3 || r.Lower != 3 || r.Median != 150 {
		t.Errorf("%+v", r)
	}
	if r := find(t, rows, "spawn + join / "+spawnFloor); r.Ratio != 3 {
		t.Errorf("%+v", r)
	}
	if exitCode(rows) != exitMiss {
		t.Error("a missed budget is no failure")
	}
	if code := exitCode(judge(figuresOf(func(benchCase) float64 { return 5 }), nil)); code != exitOK {
		t.Errorf("every budget held, exit code %d", code)
	}
}

func TestFigures(t *testing.T) {
	got, err := figures("asyncio", []byte(`{"queue": 12.5}`))
	if err != nil || got["queue"] != 12.5 {
		t.Error(got, err)
	}
	for _, bad := range []string{"", "Traceback", `{"queue": 0}`, `{"queue": -1}`, `{"queue": "x"}`} {
		if _, err := figures("asyncio", []byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestSample: an odd slice moves the mean, and is told there, not the figure.
func TestSample(t *testing.T) {
	var s sample
	s.add([]float64{10, 40, 10, 10, 10}, []float64{1, 9, 1, 1, 1}, nil)
	if s.ns[0] != 10 || s.mean[0] != 1.6 || s.pull[0] != 1 || s.least != nil {
		t.Errorf("%+v", s)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		c           benchCase
		short       bool
		ops, slices int
	}{
		{benchCase{ops: 100_000}, false, sliceOps, 100}, {benchCase{ops: 100_000}, true, sliceOps, 10}, {benchCase{ops: 5_000}, true, 500, 1},
		{benchCase{ops: 10_000, slice: 10_000}, false, 10_000, 1}, {benchCase{ops: 5}, true, 1, 1},
	} {
		if ops, slices := c.c.cut(c.short); ops != c.ops || slices != c.slices {
			t.Errorf("%+v, short %v: %d slices of %d", c.c, c.short, slices, ops)
		}
	}
}

// TestCases runs every case with few operations: each gives a figure.
func TestCases(t *testing.T) {
	names := map[string]bool{}
	for _, c := range cases {
		got, err := c.run(200)
		if err != nil || !(got > 0) && !c.bytes || math.IsInf(got, 0) {
			t.Errorf("%s: %g, %v", c.name, got, err)
		}
		if names[c.name] {
			t.Errorf("two cases are called %s", c.name)
		}
		names[c.name] = true
	}
}

// TestRun prints both ways; the verdicts are of no interest in a test.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: runs the operations, and Python")
	}
	var out, errs bytes.Buffer
	if code := run([]string{"-short", "-rounds", "3", "-json"}, &out, &errs); code == exitFail {
		t.Fatal(errs.String())
	}
	var res result
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&res); err != nil {
		t.Fatal(err)
	}
	if res.Rounds != 3 || res.Note == "" || len(res.Rows) <= len(cases) {
		t.Errorf("%d rounds, note %q, %d rows", res.Rounds, res.Note, len(res.Rows))
	}
	var table bytes.Buffer
	if err := show(&table, res, false); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(table.String()), "\n")
	if len(lines) != len(res.Rows)+2 || lines[len(lines)-1] != res.Note {
		t.Fatalf("%d lines of %d rows:\n%s", len(lines), len(res.Rows), table.String())
	}
	for i, r := range res.Rows {
		if line := lines[i+1]; !strings.HasPrefix(line, r.Name) || !strings.Contains(line, fmt.Sprintf("%.4g", r.Ratio)) || !strings.HasSuffix(line, r.Verdict) {
			t.Errorf("row %+v is printed as %q", r, line)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	for _, args := range [][]string{{"-rounds", "2"}, {"-rounds", "1002"}, {"-nonsense"}} {
		var out, errs bytes.Buffer
		if code := run(args, &out, &errs); code != exitFail || errs.Len() == 0 || out.Len() > 0 {
			t.Errorf("%v: exit code %d, out %q, err %q", args, code, out.String(), errs.String())
		}
	}
}
