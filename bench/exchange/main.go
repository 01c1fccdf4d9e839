// Command exchange loads `baton exchange` as many clients would: 200 stream connections, and 125 accounts that place 16 orders a
// second each by the WebSocket API (960 a minute, of the 1,200 that the venue allows), each with its user stream. It reports
// latencies and everything that was lost, refused or out of order.
//
//	go run ./exchange [-for 60s] [-accounts 125] [-clients 200] [-rate 16]
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

var (
	span     = flag.Duration("for", time.Minute, "how long")
	accounts = flag.Int("accounts", 125, "accounts that place orders")
	clients  = flag.Int("clients", 200, "connections that read streams")
	rate     = flag.Int("rate", 16, "orders a second an account")
	ready    = flag.String("baton", "", "a baton binary to load, in place of one that is built")
)

type venue struct {
	Streams, WsApi, Rest string
	pid                  int
	stop                 func()
}

// counts are over all connections.
type counts struct {
	frames, gaps, sent, acked, refused, tooMany, news, ends, disorder atomic.Int64
	mu                                                                sync.Mutex
	waits                                                             []time.Duration
}

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	v, err := start()
	if err != nil {
		return err
	}
	defer v.stop()
	var c counts
	end := time.Now().Add(*span)
	var readers, writers sync.WaitGroup
	for range *clients {
		if err := v.read(&c, &readers); err != nil {
			return err
		}
	}
	for n := range *accounts {
		if err := v.user(&c, n, &readers); err != nil {
			return err
		}
	}
	before := v.memory()
	for n := range *accounts {
		if err := v.trade(&c, n, end, &writers); err != nil {
			return err
		}
	}
	time.Sleep(*span / 2)
	middle := v.memory()
	writers.Wait()
	time.Sleep(2 * time.Second) // what is under way
	c.report(before, middle, v.memory())
	return nil
}

// start builds and starts an exchange with all the accounts.
func start() (*venue, error) {
	dir, err := os.MkdirTemp("", "bench-exchange-")
	if err != nil {
		return nil, err
	}
	var rows []string
	for n := range *accounts {
		rows = append(rows, fmt.Sprintf(`{"name":"a%d","apiKey":"key%d","secret":"secret%d","deposit":"100000"}`, n, n, n))
	}
	file, binary := filepath.Join(dir, "accounts.json"), filepath.Join(dir, "baton")
	err = os.WriteFile(file, []byte("["+strings.Join(rows, ",")+"]"), 0o600)
	if *ready != "" {
		return launch(dir, *ready, file, err)
	}
	build := exec.Command("go", "build", "-o", binary, "./cmd/baton")
	build.Dir, build.Stderr = "..", os.Stderr
	return launch(dir, binary, file, errors.Join(err, build.Run()))
}

// launch starts the exchange, unless something went wrong before.
func launch(dir, binary, file string, err error) (*venue, error) {
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, "exchange", "--listen", "127.0.0.1:0", "--accounts", file, "--json")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	v := &venue{pid: cmd.Process.Pid}
	v.stop = func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	return v, json.NewDecoder(out).Decode(v)
}

// memory is what the exchange has resident, in MiB.
func (v *venue) memory() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", v.pid))
	var total, resident int64
	if err == nil {
		_, err = fmt.Sscan(string(b), &total, &resident)
	}
	if err != nil {
		return -1
	}
	return resident * int64(os.Getpagesize()) >> 20
}

// read opens one stream connection and checks the chain of its diffs.
func (v *venue) read(c *counts, wg *sync.WaitGroup) error {
	ws, _, err := websocket.DefaultDialer.Dial(v.Streams+"/public/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker", nil)
	if err != nil {
		return err
	}
	wg.Go(func() {
		var last int64
		for {
			_, b, err := ws.ReadMessage()
			if err != nil {
				return
			}
			c.frames.Add(1)
			var f struct {
				Data struct {
					E     string `json:"e"`
					U, Pu int64
					Last  int64 `json:"u"`
				}
			}
			if json.Unmarshal(b, &f) == nil && f.Data.E == "depthUpdate" {
				if last != 0 && f.Data.Pu != last {
					c.gaps.Add(1)
				}
				last = f.Data.Last
			}
		}
	})
	return nil
}

// user opens an account's user stream and checks the order of its events: of each order NEW, then EXPIRED.
func (v *venue) user(c *counts, n int, wg *sync.WaitGroup) error {
	r, err := http.NewRequest("POST", v.Rest+"/fapi/v1/listenKey", nil)
	if err != nil {
		return err
	}
	r.Header.Set(wire.HeaderKey, fmt.Sprint("key", n))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var key struct{ ListenKey string }
	if err := json.NewDecoder(resp.Body).Decode(&key); err != nil {
		return err
	}
	ws, _, err := websocket.DefaultDialer.Dial(v.Streams+"/private/ws/"+key.ListenKey, nil)
	if err != nil {
		return err
	}
	wg.Go(func() {
		var open int64
		for {
			_, b, err := ws.ReadMessage()
			if err != nil {
				return
			}
			var u wire.OrderUpdate
			if wire.DecodeOrderUpdate(b, &u) != nil {
				continue
			}
			switch {
			case u.Execution == wire.ExecutionNew:
				c.news.Add(1)
				if open != 0 {
					c.disorder.Add(1)
				}
				open = u.OrderID
			case u.Status.Final():
				c.ends.Add(1)
				if open != u.OrderID {
					c.disorder.Add(1)
				}
				open = 0
			}
		}
	})
	return nil
}

// trade places an account's orders: immediate-or-cancel, below the market, at an even pace.
func (v *venue) trade(c *counts, n int, end time.Time, wg *sync.WaitGroup) error {
	ws, _, err := websocket.DefaultDialer.Dial(v.WsApi+"?returnRateLimits=false", nil)
	if err != nil {
		return err
	}
	signer := wire.NewSigner(fmt.Sprint("key", n), fmt.Append(nil, "secret", n))
	var mu sync.Mutex
	sent := map[int64]time.Time{}
	go func() {
		var r wire.Response
		for {
			_, b, err := ws.ReadMessage()
			if err != nil {
				return
			}
			at := time.Now()
			if wire.DecodeResponse(b, &r) != nil {
				continue
			}
			id, _ := r.Number()
			mu.Lock()
			wait := at.Sub(sent[id])
			delete(sent, id)
			mu.Unlock()
			c.acked.Add(1)
			if r.Code != 0 {
				c.refused.Add(1)
			}
			if r.Status == http.StatusTooManyRequests {
				c.tooMany.Add(1)
			}
			c.mu.Lock()
			c.waits = append(c.waits, wait)
			c.mu.Unlock()
		}
	}()
	wg.Go(func() {
		gap := time.Second / time.Duration(*rate)
		next := time.Now().Add(gap * time.Duration(n) / time.Duration(*accounts))
		order := wire.Place{Symbol: "BTCUSDT", Side: market.Buy, Type: market.Limit, TIF: market.IOC, Qty: decimal.MustParse("0.01"), Price: decimal.MustParse("60000")}
		for id := int64(1); next.Before(end); id++ {
			time.Sleep(time.Until(next))
			next = next.Add(gap)
			now := time.Now()
			b := signer.AppendPlace(nil, id, &order, wire.Stamp{Time: now.UnixNano(), Window: 60e9})
			mu.Lock()
			sent[id] = now
			mu.Unlock()
			c.sent.Add(1)
			if ws.WriteMessage(websocket.TextMessage, b) != nil {
				return
			}
		}
	})
	return nil
}

func (c *counts) report(before, middle, after int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.Sort(c.waits)
	at := func(q float64) time.Duration {
		if len(c.waits) == 0 {
			return 0
		}
		return c.waits[int(q*float64(len(c.waits)-1))].Round(10 * time.Microsecond)
	}
	fmt.Printf("%d stream clients, %d accounts, %s\n", *clients, *accounts, *span)
	fmt.Printf("orders      %d sent (%.0f/s), %d answered, %d lost, %d refused, %d of them 429\n", c.sent.Load(), float64(c.sent.Load())/span.Seconds(),
		c.acked.Load(), c.sent.Load()-c.acked.Load(), c.refused.Load(), c.tooMany.Load())
	fmt.Printf("answers     p50 %s, p90 %s, p99 %s, max %s\n", at(.5), at(.9), at(.99), at(1))
	fmt.Printf("user events %d NEW, %d ends, %d lost, %d out of order\n", c.news.Load(), c.ends.Load(), 2*(c.acked.Load()-c.refused.Load())-c.news.Load()-c.ends.Load(), c.disorder.Load())
	fmt.Printf("streams     %d frames (%.0f/s), %d gaps in the chains of diffs\n", c.frames.Load(), float64(c.frames.Load())/span.Seconds(), c.gaps.Load())
	fmt.Printf("memory      %d MiB at the start, %d at half time, %d at the end\n", before, middle, after)
}
