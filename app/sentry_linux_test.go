package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The system tells of the latch by itself, and stops telling when it is asked to, or when the folder is gone.
func TestNotice(t *testing.T) {
	for _, remove := range []bool{false, true} {
		dir := t.TempDir()
		d, err := openStateDir(filepath.Join(dir, "s"))
		if err != nil {
			t.Fatal(err)
		}
		n := d.newNotice()
		if n == nil {
			t.Skip("this system has no inotify to give")
		}
		heard := make(chan struct{}, 8)
		go n.run(func() { heard <- struct{}{} })
		if err := d.latch(Latch{Time: time.Now(), Reason: "a test"}); err != nil {
			t.Fatal(err)
		}
		<-heard
		if remove {
			if err := os.RemoveAll(string(d)); err != nil {
				t.Fatal(err)
			}
			<-n.over
		}
		n.end()
	}
}

// A latch is there from the moment that its file is, whatever it says yet, and says afterwards who set it and why.
func TestLatchIsItsPresence(t *testing.T) {
	d, err := openStateDir(filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.file(latchName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if !d.latched() || d.latchText() != "it does not say why" {
		t.Errorf("latched %v: %s", d.latched(), d.latchText())
	}
	if err := ClearLatch(string(d)); err != nil || d.latched() {
		t.Errorf("%v, latched %v", err, d.latched())
	}
	for _, why := range []string{"first", "second"} {
		if err := d.latch(Latch{Time: time.Unix(0, 0), Reason: why, By: "a test"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.latchText(); got != "first (a test, 1970-01-01 00:00:00 UTC)" {
		t.Error(got)
	}
}
