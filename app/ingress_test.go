package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baton/app"
	"baton/tape"
)

// What the disk does to a recording never reaches the run: it says so once, takes nothing more, and tells at the end.
func TestRecordingOnABadDisk(t *testing.T) {
	var said []string
	disk := tape.NewFaulty(tape.Mem(), tape.Faults{})
	w, flush, finish, err := app.NewScribe(disk, func(s string) { said = append(said, s) })
	if err != nil {
		t.Fatal(err)
	}
	write := func(n int) {
		t.Helper()
		if k, err := w.Write(make([]byte, n)); k != n || err != nil {
			t.Fatal(k, err)
		}
	}
	write(100_000)
	flush()
	if len(said) != 0 {
		t.Fatal(said)
	}
	disk.Faults.FailSync = disk.Syncs + 1
	write(100)
	flush()
	write(100)
	flush()
	if len(said) != 1 || !strings.Contains(said[0], "the run goes on") {
		t.Errorf("it said %q", said)
	}
	if err := finish(); err == nil || !strings.Contains(err.Error(), "not whole") {
		t.Error(err)
	}
}

// A disk that is too slow ends the recording, not the memory.
func TestRecordingIsBounded(t *testing.T) {
	w, _, finish, err := app.NewScribe(tape.Mem(), func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, app.IngressPending/4)
	for range 6 {
		if n, err := w.Write(b); n != len(b) || err != nil {
			t.Fatal(n, err)
		}
	}
	if err := finish(); err == nil || !strings.Contains(err.Error(), "wait for the disk") {
		t.Error(err)
	}
}

// The oldest recordings of an account go, but none that may belong to a run that goes on.
func TestOldRecordingsGo(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-48 * time.Hour)
	for i := range 30 {
		name := filepath.Join(dir, fmt.Sprintf("20260101-0000%02d-paper-1", i))
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(name, "0000000001.tape")
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			continue // written to just now
		}
		if err := os.Chtimes(file, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := app.ClearRecordings(dir); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 20 || !strings.Contains(left[0].Name(), "-000000-") || !strings.Contains(left[1].Name(), "-000011-") {
		t.Errorf("%d are left, from %v on", len(left), left[:2])
	}
}
