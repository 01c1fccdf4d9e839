package aio_test

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/aio"
)

// row is one behaviour that asyncio's own tests fix, kept here as a test of ours: what it says, in Go terms, and the proof.
type row struct {
	id   string
	what string
	test func(t *testing.T)
}

// TestConformance runs every row as a subtest with its id as name, so `go test -run 'Conformance/A001'` runs one, and holds the
// rows against the list in testdata: each behaviour that applies has a row, each that does not has a reason there.
func TestConformance(t *testing.T) {
	rows := slices.Concat(rowsFirst, rowsSecond)
	t.Run("list", func(t *testing.T) { checkRows(t, rows) })
	for _, r := range rows {
		t.Run(r.id, r.test)
	}
}

// behaviour is a line of testdata/conformance.tsv.
type behaviour struct{ id, applies, what, reason string }

// behaviours reads the list of all behaviours: id, applies (yes, changed, no, wrong), wording, reason.
func behaviours(t *testing.T) []behaviour {
	t.Helper()
	text, err := os.ReadFile("testdata/conformance.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var list []behaviour
	for _, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n")[1:] {
		f := strings.Split(line, "\t")
		if len(f) != 4 {
			t.Fatalf("%q has %d fields, want 4", line, len(f))
		}
		list = append(list, behaviour{f[0], f[1], f[2], f[3]})
	}
	return list
}

// checkRows holds the rows against the list.
func checkRows(t *testing.T, rows []row) {
	have := map[string]bool{}
	for _, r := range rows {
		if have[r.id] {
			t.Errorf("%s has two rows", r.id)
		}
		if have[r.id] = true; r.what == "" || r.test == nil {
			t.Errorf("%s says nothing or tests nothing", r.id)
		}
	}
	listed := map[string]bool{}
	for _, b := range behaviours(t) {
		if listed[b.id] {
			t.Errorf("%s is listed twice", b.id)
		}
		listed[b.id] = true
		switch b.applies {
		case "yes", "changed":
			if !have[b.id] {
				t.Errorf("%s has no row: %s", b.id, b.what)
			}
		case "no", "wrong":
			if b.reason == "" {
				t.Errorf("%s is left out without a reason", b.id)
			}
			if have[b.id] {
				t.Errorf("%s is left out and has a row", b.id)
			}
		default:
			t.Errorf("%s: applies is %q", b.id, b.applies)
		}
		if b.what == "" {
			t.Errorf("%s has no wording", b.id)
		}
	}
	for id := range have {
		if !listed[id] {
			t.Errorf("%s has a row and is not in the list", id)
		}
	}
}

// rowLimit is the wall time that one loop of a row may take before it counts as hung.
const rowLimit = 20 * time.Second

// runRow runs main on a virtual clock that starts at 0, or as cfg says, and fails rather than hangs: after rowLimit the run is
// cancelled, and if even that does not end it the process stops with every stack.
func runRow[T any](t *testing.T, cfg aio.Config, main func(*aio.Co) (T, error)) (T, error) {
	t.Helper()
	if cfg.Source == nil {
		cfg.Source = aio.Virtual(0)
	}
	ctx, cancel := context.WithTimeout(context.Background(), rowLimit)
	defer cancel()
	hung := time.AfterFunc(2*rowLimit, func() {
		debug.SetTraceback("all")
		panic("conformance: " + t.Name() + " hangs")
	})
	defer hung.Stop()
	v, err := aio.Run(ctx, cfg, main)
	if ctx.Err() != nil {
		t.Fatalf("the loop did not end within %v: %v", rowLimit, err)
	}
	return v, err
}

// onLoop runs a row's body on a virtual clock and fails the row if it returns an error.
func onLoop(body func(t *testing.T, co *aio.Co) error) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		_, err := runRow(t, aio.Config{}, func(co *aio.Co) (none, error) { return none{}, body(t, co) })
		if err != nil {
			t.Error("Run:", err)
		}
	}
}

// reportsOf runs a body and returns what Config.Report was told, and Run's error.
func reportsOf(t *testing.T, cfg aio.Config, body func(*aio.Co) error) ([]aio.Report, error) {
	t.Helper()
	var told []aio.Report
	cfg.Report = func(r aio.Report) { told = append(told, r) }
	_, err := runRow(t, cfg, func(co *aio.Co) (none, error) { return none{}, body(co) })
	return told, err
}

// wantIs fails the test unless err is each of the targets.
func wantIs(t *testing.T, err error, targets ...error) {
	t.Helper()
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("error %v is not %v", err, target)
		}
	}
}

// wantNot fails the test if err is one of the targets.
func wantNot(t *testing.T, err error, targets ...error) {
	t.Helper()
	for _, target := range targets {
		if errors.Is(err, target) {
			t.Errorf("error %v is %v", err, target)
		}
	}
}

// want fails the test unless got is equal to want.
func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
