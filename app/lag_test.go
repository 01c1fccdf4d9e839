package app_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"baton/aio"
	"baton/app"
	"baton/strategy"
	"baton/trade"
)

// BenchmarkLag measures how late the loop of a demo at ten times the market's pace runs what is posted to it, each millisecond, while
// nobody, one tab or twenty tabs watch. Run it alone on a quiet machine: go test -run none -bench Lag -benchtime 3x ./app
func BenchmarkLag(b *testing.B) {
	for _, tabs := range []int{0, 1, 20} {
		b.Run(fmt.Sprint(tabs), func(b *testing.B) {
			b.Setenv("XDG_RUNTIME_DIR", b.TempDir())
			var late []time.Duration
			for b.Loop() {
				late = append(late, lagOf(b, tabs)...)
			}
			slices.Sort(late)
			for _, q := range []float64{.5, .99, .999} {
				b.ReportMetric(float64(late[int(q*float64(len(late)-1))].Nanoseconds())/1e3, fmt.Sprintf("p%g-us", q*100))
			}
		})
	}
}

// lagOf runs one demo of four seconds, and gives the delays.
func lagOf(b *testing.B, tabs int) (late []time.Duration) {
	cfg := app.DefaultDemo()
	cfg.Strategy, cfg.Net, cfg.For, cfg.Speed = strategy.Maker(), app.NetMemory, 40*time.Second, 10
	inner, probing := cfg.Strategy.Run, sync.Once{}
	cfg.Strategy.Run = func(co *aio.Co, s *trade.Session) error {
		probing.Do(func() {
			loop := co.Loop()
			loop.Spawn(func() { probe(loop, &late) })
		})
		return inner(co, s)
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	links := make(chan string, 1)
	if tabs > 0 {
		cfg.Page = &app.Page{Addr: "127.0.0.1:0", Open: func(l string) { links <- l }}
		go func() {
			v := open(b, <-links)
			for i := range tabs {
				go watchTab(ctx, v, i)
			}
		}()
	}
	if _, err := app.RunDemo(ctx, cfg); err != nil {
		b.Fatal(err)
	}
	return late
}

// probe posts each millisecond until the loop is closed. late is the loop's.
func probe(loop *aio.Loop, late *[]time.Duration) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		at := time.Now()
		if !loop.Post(func() { *late = append(*late, time.Since(at)) }) {
			return
		}
	}
}
