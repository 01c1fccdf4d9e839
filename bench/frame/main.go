// Command frame measures how long a frame takes from the write of another process to the task that awaits it, while another
// task of the loop yields for ever and so never puts the baton down.
//
//	cd bench && go run ./frame
//
// It does so with GOMAXPROCS at 1 and at 2, prints the median and the 99th percentile of each, and exits with 1 where the
// median with two processors is above the budget of 1 ms. With one there is no budget: the runtime looks at the network only
// every 10 ms while the one processor is busy, which is why live trading wants two. The sender is a second process of the same
// program, and both read the machine's own clock. Beside it stands the floor: a goroutine
// that reads the socket and hands each frame to another, which looks for it in a loop. On a machine with more to do than
// processors that is above the budget itself, since the busy goroutine has no processor then, and the figure says nothing about
// aio; the program says so and exits with 2.
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"baton/aio"
)

// budget is for the median with two processors.
const budget = time.Millisecond

// floorAlone is how many frames the floor takes with one processor. The goroutine that looks for them in a loop has that processor
// for 10 ms at a time, and the reader two turns for each frame, so the frames queue up behind each other: their number decides the
// figure, and more of them would take minutes to say the same.
const floorAlone = 50

// frameSize is the time of its sending, in nanoseconds since the Unix epoch.
const frameSize = 8

func main() {
	frames := flag.Int("frames", 20_000, "frames of each measurement; with one processor a twentieth")
	to := flag.String("send-to", "", "be the sender, for the program itself")
	flag.Parse()
	if *to != "" {
		exit(send(*to, *frames))
		return
	}
	code := 0
	for _, procs := range []int{1, 2} {
		n, least := *frames, *frames
		if procs == 1 {
			n = max(n/20, 1) // each takes tens of milliseconds
			least = min(n, floorAlone)
		}
		floor, err := measure(procs, least, raw)
		exit(err)
		late, err := measure(procs, n, onLoop)
		exit(err)
		verdict := "reported only"
		switch {
		case procs == 1:
		case median(late) <= budget:
			verdict = "within " + budget.String()
		case median(floor) > budget:
			verdict, code = "above "+budget.String()+", but so is the raw hand-over: the machine is too busy to tell", 2
		default:
			verdict, code = "ABOVE "+budget.String(), 1
		}
		fmt.Printf("GOMAXPROCS %d, %d frames: task beside one that yields for ever %s; raw reader to a goroutine that spins, %d frames, %s; p50 %s\n",
			procs, n, show(late), least, show(floor), verdict)
	}
	os.Exit(code)
}

func median(sorted []time.Duration) time.Duration { return sorted[len(sorted)/2] }

func show(sorted []time.Duration) string {
	round := func(d time.Duration) time.Duration { return d.Round(100 * time.Nanosecond) }
	return fmt.Sprintf("p50 %v p99 %v", round(median(sorted)), round(sorted[len(sorted)*99/100]))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "frame:", err)
		os.Exit(1)
	}
}

// measure gives the time that each frame took, sorted, with one of the two ways to receive them.
func measure(procs, frames int, how func(nc net.Conn, frames int) ([]time.Duration, error)) ([]time.Duration, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer ln.Close()
	sender, err := start(ln.Addr().String(), frames)
	if err != nil {
		return nil, err
	}
	nc, err := ln.Accept()
	if err != nil {
		return nil, err
	}
	late, err := how(nc, frames)
	slices.Sort(late)
	return late, errors.Join(err, sender.Wait())
}

// onLoop receives in a task, beside one that yields for ever.
func onLoop(nc net.Conn, frames int) ([]time.Duration, error) {
	return aio.Run(context.Background(), aio.Config{}, func(co *aio.Co) ([]time.Duration, error) {
		c := aio.NewConn(co.Loop(), nc)
		aio.Start(co, "busy", func(co *aio.Co) error {
			for {
				if err := co.Yield(); err != nil {
					return nil // the measurement is over
				}
			}
		})
		return receive(c, frames)
	})
}

// raw receives in a goroutine, and hands each frame to another that looks for it in a loop.
func raw(nc net.Conn, frames int) ([]time.Duration, error) {
	defer nc.Close()
	var inbox atomic.Pointer[[frameSize]byte]
	var over atomic.Bool
	late := make([]time.Duration, 0, frames)
	var spin sync.WaitGroup
	spin.Go(func() {
		for len(late) < frames && !over.Load() {
			if p := inbox.Load(); p != nil {
				inbox.Store(nil)
				late = append(late, since(p[:]))
			}
		}
	})
	var err error
	for range frames {
		frame := new([frameSize]byte)
		if _, err = io.ReadFull(nc, frame[:]); err != nil {
			over.Store(true)
			break
		}
		for !inbox.CompareAndSwap(nil, frame) {
			runtime.Gosched() // the one before is still there
		}
	}
	spin.Wait()
	return late, err
}

// since is the time since a frame was sent.
func since(frame []byte) time.Duration {
	return time.Duration(time.Now().UnixNano() - int64(binary.LittleEndian.Uint64(frame)))
}

// receive awaits the frames.
func receive(c net.Conn, frames int) ([]time.Duration, error) {
	late := make([]time.Duration, 0, frames)
	var frame [frameSize]byte
	for range frames {
		if _, err := io.ReadFull(c, frame[:]); err != nil {
			return nil, err
		}
		late = append(late, since(frame[:]))
	}
	return late, nil
}

// start starts the sending process.
func start(addr string, frames int) (*exec.Cmd, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(exe, "-send-to", addr, "-frames", strconv.Itoa(frames))
	cmd.Stderr = os.Stderr
	return cmd, cmd.Start()
}

// send writes a frame each 200 to 600 us.
func send(addr string, frames int) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	var frame [frameSize]byte
	for range frames {
		time.Sleep(200*time.Microsecond + time.Duration(rand.IntN(400))*time.Microsecond)
		binary.LittleEndian.PutUint64(frame[:], uint64(time.Now().UnixNano()))
		if _, err := c.Write(frame[:]); err != nil {
			return err
		}
	}
	return nil
}
