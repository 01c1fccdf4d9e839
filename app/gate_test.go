package app

import (
	"sync"
	"sync/atomic"
	"testing"

	"baton/market"
	"baton/trade"
)

// counter is a venue that counts what is written.
type counter struct {
	trade.Venue
	writes atomic.Int64
}

func (c *counter) Send(*market.Command) error {
	c.writes.Add(1)
	return nil
}

// After close has returned no new order is written, whoever is in the middle of writing; cancels are.
func TestNothingBehindTheGate(t *testing.T) {
	for range 200 {
		var g gate
		c := &counter{}
		v := g.before(c, c)
		var writers sync.WaitGroup
		var began, halt atomic.Bool
		writers.Go(func() {
			for !halt.Load() {
				if v.Send(&market.Command{Op: market.OpPlace}) == nil {
					began.Store(true)
				}
			}
		})
		for !began.Load() {
		}
		g.close()
		n := c.writes.Load()
		for range 1000 {
			if v.Send(&market.Command{Op: market.OpPlace}) == nil {
				t.Fatal("an order passed a closed gate")
			}
		}
		halt.Store(true)
		writers.Wait()
		if c.writes.Load() != n || !g.shut() {
			t.Fatalf("%d orders were written after close had returned", c.writes.Load()-n)
		}
		if err := v.Send(&market.Command{Op: market.OpCancel}); err != nil || c.writes.Load() != n+1 {
			t.Fatalf("a cancel did not pass: %v", err)
		}
	}
}

// heirVenue and historianVenue can do more than every venue must.
type heirVenue struct {
	trade.Venue
	trade.Inheritor
}
type historianVenue struct {
	trade.Venue
	trade.Historian
}

// A gate takes nothing from a venue, and gives it nothing that it cannot do.
func TestGateKeepsAbilities(t *testing.T) {
	var g gate
	for _, v := range []trade.Venue{&counter{}, heirVenue{}, historianVenue{}} {
		got := g.before(&counter{}, v)
		_, heir := v.(trade.Inheritor)
		_, historian := v.(trade.Historian)
		_, gotHeir := got.(trade.Inheritor)
		_, gotHistorian := got.(trade.Historian)
		if heir != gotHeir || historian != gotHistorian {
			t.Errorf("%T: %v %v behind the gate, %v %v before", v, gotHeir, gotHistorian, heir, historian)
		}
	}
}

// BenchmarkGate is what the gate adds to an order.
func BenchmarkGate(b *testing.B) {
	var g gate
	v, c := g.before(&counter{}, &counter{}), &market.Command{Op: market.OpPlace}
	b.ReportAllocs()
	for b.Loop() {
		_ = v.Send(c)
	}
}
