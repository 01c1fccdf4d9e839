package main

import (
	"errors"
	"io"
	"testing"
	"time"
)

// rounds made of one p99 each.
func made(p99 ...float64) (s sample) {
	for _, v := range p99 {
		s.add([]time.Duration{time.Duration(v * 1e3)}, 0)
	}
	return s
}

// Tabs that cost more than two measurements of nobody lie apart are told; what is less, or happens in one round of many, is not.
func TestJudge(t *testing.T) {
	a, b := made(30, 31, 29, 33, 30, 30, 32), made(31, 30, 33, 30, 31, 30, 30)
	for _, c := range []struct {
		name   string
		tabs   sample
		missed bool
	}{
		{"the same", made(31, 30, 30, 31, 32, 31, 30), false},
		{"a little more", made(32, 31, 33, 32, 33, 31, 32), false},
		{"one bad round", made(31, 30, 300, 31, 32, 31, 30), false},
		{"much more", made(60, 61, 58, 300, 59, 62, 60), true},
	} {
		err := judge(io.Discard, []int{0, 0, 20}, []sample{a, b, c.tabs})
		if errors.Is(err, errMissed) != c.missed {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
