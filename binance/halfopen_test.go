package binance_test

import (
	"strings"
	"testing"
	"time"
)

// A connection for orders that is open and answers nothing is replaced soon: every order on it would be Unknown until TCP notices. One
// that nothing was placed on may be as silent as it likes.
func TestSilentOrderConnection(t *testing.T) {
	on(t, true, func(r *rig) {
		r.pass(time.Minute)
		before := r.c.Stats()
		r.must(r.place(1))
		r.pass(4 * time.Second)
		if s := r.c.Stats(); s.Losses != before.Losses {
			t.Error("it was given up too soon", s)
		}
		r.pass(4 * time.Second)
		r.want("place 1 unknown 0")
		if s := r.c.Stats(); s.Losses != before.Losses+1 || s.Connects != before.Connects+1 {
			t.Error(s, before)
		}
		if n := len(r.notes); n == 0 || !strings.Contains(r.notes[n-1], "orders: the connection is lost: it is open and brings nothing") {
			t.Error(r.notes)
		}
		r.order = accept
		r.must(r.place(2))
		r.pass(time.Minute)
		if s := r.c.Stats(); s.Losses != before.Losses+1 {
			t.Error("a connection that answers was given up", s)
		}
	})
}
