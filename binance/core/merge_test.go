package core_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"baton/binance/core"
)

// sequence has what was delivered, by stream.
type sequence map[string][]string

func (s sequence) merge() *core.Merge {
	return &core.Merge{Deliver: func(frame []byte) { s[string(frame[:1])] = append(s[string(frame[:1])], string(frame[2:])) }}
}

func bring(m *core.Merge, id int, stream string, n int) bool {
	return m.Frame(id, []byte(stream), fmt.Appendf(nil, "%s %d", stream, n))
}

func (s sequence) want(t *testing.T, stream string, from, to int) {
	t.Helper()
	var want []string
	for n := from; n <= to; n++ {
		want = append(want, fmt.Sprint(n))
	}
	if !slices.Equal(s[stream], want) {
		t.Errorf("stream %s: %v, want %d to %d", stream, s[stream], from, to)
	}
}

// TestMergeAhead: a new connection that is ahead of the old one waits for it; from the frame on that both have brought it leads.
func TestMergeAhead(t *testing.T) {
	s := sequence{}
	m := s.merge()
	old := m.Begin()
	bring(m, old, "a", 1)
	next := m.Begin()
	bring(m, next, "a", 4)
	bring(m, next, "a", 5)
	bring(m, next, "b", 1)
	for n := 2; n <= 3; n++ {
		bring(m, old, "a", n)
	}
	s.want(t, "a", 1, 3)
	bring(m, old, "a", 4)
	s.want(t, "a", 1, 5)
	if n, done := m.Joined(next); n != 1 || done {
		t.Error(n, done)
	}
	bring(m, next, "a", 6)
	if !bring(m, old, "a", 5) || !bring(m, old, "a", 6) {
		t.Error("a twin was not found")
	}
	s.want(t, "a", 1, 6)
	s.want(t, "b", 1, 0)
	m.End(old) // it never brought b
	s.want(t, "b", 1, 1)
	bring(m, old, "a", 7) // late, of a connection that was given up
	s.want(t, "a", 1, 6)
}

// TestMergeBehind: one that is behind is joined by its first frame that the old one brought too.
func TestMergeBehind(t *testing.T) {
	s := sequence{}
	m := s.merge()
	old, next := m.Begin(), m.Begin()
	for n := 1; n <= 5; n++ {
		bring(m, old, "a", n)
	}
	if !bring(m, next, "a", 3) {
		t.Error("a twin was not found")
	}
	m.End(old)
	for n := 4; n <= 7; n++ { // alone, and still behind
		if twin := bring(m, next, "a", n); twin != (n <= 5) {
			t.Error(n, twin)
		}
	}
	s.want(t, "a", 1, 7)
	if !m.Single() {
		t.Error("twins are looked for that cannot come")
	}
}

// TestMergeSettles: time is up, or too much is held.
func TestMergeSettles(t *testing.T) {
	s := sequence{}
	m := s.merge()
	old, next := m.Begin(), m.Begin()
	for n := range 2049 { // one more than is held
		bring(m, next, "a", n)
	}
	s.want(t, "a", 0, 2048)
	third := m.Begin()
	bring(m, third, "b", 1)
	bring(m, third, "c", 0)
	m.Lost("c")
	bring(m, third, "c", 1)
	s.want(t, "b", 1, 0)
	s.want(t, "c", 1, 1)
	m.Settle(third)
	s.want(t, "b", 1, 1)
	m.End(old)
	m.End(next)
	bring(m, third, "b", 2)
	s.want(t, "b", 1, 2)
}

// TestMergeRandom: connections come and go, each as far behind the market as it likes; every stream comes once and in order, as long
// as a connection ends only when another one is joined.
func TestMergeRandom(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := sequence{}
		m := s.merge()
		streams := []string{"a", "b", "c"}
		made := map[string]int{}
		type line struct {
			id int
			at map[string]int // the last that it brought
		}
		open := func() *line {
			l := &line{m.Begin(), map[string]int{}}
			for _, x := range streams {
				l.at[x] = made[x]
			}
			return l
		}
		lines := []*line{open()}
		for range 3000 {
			x := streams[r.IntN(3)]
			switch k := r.IntN(100); {
			case k < 40:
				made[x]++
			case k < 41 && len(lines) < 3:
				lines = append(lines, open())
			case k < 42 && len(lines) > 1:
				// The eldest goes when the next is joined in all.
				next := lines[1]
				if n, done := m.Joined(next.id); done || n == 3 {
					m.Settle(next.id)
					m.End(lines[0].id)
					lines = lines[1:]
				}
			default:
				l := lines[r.IntN(len(lines))]
				if l.at[x] < made[x] {
					l.at[x]++
					bring(m, l.id, x, l.at[x])
				}
			}
		}
		for _, l := range lines {
			for _, x := range streams {
				for l.at[x] < made[x] {
					l.at[x]++
					bring(m, l.id, x, l.at[x])
				}
			}
		}
		for _, x := range streams {
			s.want(t, x, 1, made[x])
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
