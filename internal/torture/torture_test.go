package torture_test

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"baton/internal/torture"
)

// What an ordinary run tries of each mode; BATON_TORTURE says how many seeds of each in its place.
const (
	wireSeeds   = 6
	directSeeds = 10
	firstSeed   = 1
	allReached  = 1000 // so many seeds reach every fault of the catalogue
)

func seeds(t *testing.T, n int) int {
	t.Helper()
	if v := os.Getenv("BATON_TORTURE"); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// campaign runs seeds and fails with the report of what was found.
func campaign(t *testing.T, mode torture.Mode, n int) torture.Report {
	t.Helper()
	rep := torture.Campaign{Mode: mode, From: firstSeed, Seeds: n}.Run()
	t.Logf("%s: %d seeds, %.0f a minute, the smallest %d events and %d orders", mode, rep.Seeds, rep.PerMin, rep.LeastEvt, rep.LeastOrd)
	if rep.Failed > 0 {
		t.Error(rep.String())
	}
	return rep
}

func TestWire(t *testing.T) {
	rep := campaign(t, torture.Wire, seeds(t, wireSeeds))
	if rep.LeastEvt < 3000 {
		t.Errorf("the smallest seed had %d events", rep.LeastEvt)
	}
	if m := rep.Missing(); len(m) > 0 && rep.Seeds >= allReached {
		t.Errorf("not reached in %d seeds: %s", rep.Seeds, strings.Join(m, ", "))
	}
}

func TestDirect(t *testing.T) { campaign(t, torture.Direct, seeds(t, directSeeds)) }

// A seed without any incident breaks nothing, has the size that it should have, and settles.
func TestQuiet(t *testing.T) {
	r := torture.Run(torture.Config{Seed: 3, Faults: []string{}})
	if r.Failed() || r.Orders < 50 || r.Fills == 0 || r.Lives != 1 {
		t.Errorf("%d orders, %d fills, %d lives, %v", r.Orders, r.Fills, r.Lives, r.Violations)
	}
}

// The same seed gives the same digest: in this process, and in others under other schedulers and collectors.
func TestSameDigest(t *testing.T) {
	child := os.Getenv("BATON_TORTURE_CHILD") != ""
	var lines []string
	for _, mode := range []torture.Mode{torture.Wire, torture.Direct} {
		for _, seed := range []uint64{4, 11, 12} {
			r := torture.Run(torture.Config{Seed: seed, Mode: mode})
			lines = append(lines, fmt.Sprintf("digest %s %d %s", mode, seed, r.Digest))
		}
	}
	if child {
		fmt.Println(strings.Join(lines, "\n"))
		return
	}
	for _, under := range [][]string{{"GOMAXPROCS=1", "GOGC=20"}, {"GOMAXPROCS=2", "GOGC=off"}, {"GOMAXPROCS=4"}} {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestSameDigest$", "-test.v")
		cmd.Env = append(append(os.Environ(), "BATON_TORTURE_CHILD=1"), under...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, line := range lines {
			if !strings.Contains(string(out), line) {
				t.Errorf("%s here; under %v another process says:\n%s", line, under, out)
			}
		}
	}
}

// A list of faults is read, and refused where it names none.
func TestParseFaults(t *testing.T) {
	if ids, err := torture.ParseFaults("N2,E9"); err != nil || len(ids) != 2 {
		t.Errorf("got %v, %v", ids, err)
	}
	for _, bad := range []string{"N2,XX", "E12"} {
		if _, err := torture.ParseFaults(bad); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
	for s := range uint64(50) {
		for _, i := range torture.Draw(s, torture.Wire, []string{"E8"}) {
			if i.ID != "E8" {
				t.Errorf("seed %d: %s was drawn", s, i)
			}
		}
	}
}

// TestHunt runs seeds until a promise is broken, and says which: for the planted bugs, which are built into a copy of this test.
func TestHunt(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("BATON_HUNT"))
	if n == 0 {
		t.Skip("package planted runs it")
	}
	ids, err := torture.ParseFaults(os.Getenv("BATON_HUNT_FAULTS"))
	if err != nil {
		t.Fatal(err)
	}
	for s := range uint64(n) {
		r := torture.Run(torture.Config{Seed: firstSeed + s, Mode: torture.Mode(os.Getenv("BATON_HUNT_MODE")), Faults: ids})
		if r.Failed() {
			fmt.Printf("CAUGHT %s at seed %d: %s\n", r.Violations[0].Promise, r.Seed, strings.ReplaceAll(r.Violations[0].Text, "\n", " "))
			return
		}
	}
	fmt.Printf("NOT CAUGHT in %d seeds\n", n)
}
