package torture_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"baton/internal/torture"
)

func TestTry(t *testing.T) {
	from, _ := strconv.Atoi(os.Getenv("FROM"))
	n, _ := strconv.Atoi(os.Getenv("N"))
	mode := torture.Mode(os.Getenv("MODE"))
	ids, err := torture.ParseFaults(os.Getenv("FAULTS"))
	if err != nil {
		t.Fatal(err)
	}
	reached := map[string]int{}
	began := time.Now()
	for s := from; s < from+n; s++ {
		b := time.Now()
		r := torture.Run(torture.Config{Seed: uint64(s), Mode: mode, Faults: ids})
		t.Logf("seed %d: %d events, %d orders, %d fills, %d lives, took %s, real %s, %d violations %s", s, r.Events, r.Orders, r.Fills, r.Lives, r.Took, time.Since(b), len(r.Violations), r.Digest[:8])
		for k, v := range r.Reached {
			reached[k] += v
		}
		if r.Failed() {
			for _, i := range r.Incidents {
				t.Log("   ", i)
			}
			for _, v := range r.Violations {
				t.Error("   ", v)
			}
			if os.Getenv("TRACE") != "" {
				for _, l := range r.Trace {
					t.Log(l)
				}
			}
		}
	}
	t.Log(time.Since(began), reached)
}
