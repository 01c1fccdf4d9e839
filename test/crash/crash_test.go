// Package crash_test kills the real trader and looks, at the exchange and in the raw journal, what became of the money. The trader and
// the exchange are processes of their own, of the binary in test/crash/trader; strace kills at a known system call; what is right is
// decided by test/check/check.py, which shares no code with either.
package crash_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	pointsDefault = 6               // BATON_CRASH_POINTS sets how many; .ci/run 40, .ci/nightly all, filled up to 500
	batch         = 1               // kills on one exchange: a run and its recovery take about half of what it allows an address a minute
	workers       = 10              // a recovery mostly waits: an order that was not sent is proven absent after 17 s and more
	patience      = 3 * time.Minute // for one process, on a busy machine
)

// point is one kill: right after the nth write or fsync of the journal, or (0) after a while.
type point struct {
	n     int
	after time.Duration
}

func (p point) String() string {
	if p.n == 0 {
		return fmt.Sprintf("after %s of trading", p.after)
	}
	return fmt.Sprintf("after write or fsync %d of the journal", p.n)
}

// SIGKILL at each fsync and each write of the journal of a run of 200 orders, and at seeded instants. The next start recovers, ends
// clean, and nothing was lost or doubled: the checker recomputes the account from the raw journal, equal to the exchange's to the last
// digit. BATON_CRASH_POINTS=500 is all of them.
func TestKilledAtEveryWrite(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds a kill")
	}
	needs(t, "strace", "python3")
	want := pointsDefault
	if n, err := strconv.Atoi(os.Getenv("BATON_CRASH_POINTS")); err == nil {
		want = n
	}
	all := points(t, want)
	jobs := make(chan []point, len(all))
	for len(all) > 0 {
		n := min(batch, len(all))
		jobs <- all[:n]
		all = all[n:]
	}
	close(jobs)
	var group sync.WaitGroup
	var mu sync.Mutex
	killed, torn, fills := 0, 0, 0
	for range workers {
		group.Go(func() {
			for batch := range jobs {
				x := startExchange(t, len(batch))
				if x == nil {
					return
				}
				for i, p := range batch {
					said, ok := x.killed(t, i, p)
					mu.Lock()
					if ok {
						killed, fills = killed+1, fills+said.Fills
					}
					torn += said.torn
					mu.Unlock()
				}
				x.stop()
			}
		})
	}
	group.Wait()
	t.Logf("%d kills, %d of them with a torn tail, %d fills compared: nothing lost, nothing doubled", killed, torn, fills)
}

// points are where the kills are: spread over all writes and fsyncs of a run, or all of them and seeded instants behind.
func points(t *testing.T, want int) []point {
	t.Helper()
	calls, took := measure(t)
	var all []point
	for n := range calls["write"] + calls["fdatasync"] {
		all = append(all, point{n: n + 1})
	}
	rng := rand.New(rand.NewPCG(7, 7))
	instants := max(want-len(all), want/8)
	if left := want - instants; left < len(all) {
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:left]
	}
	for range instants {
		all = append(all, point{after: time.Duration(rng.Int64N(int64(took)))})
	}
	t.Logf("a run of 200 orders writes its journal %d times and syncs it %d times; %d kills, %d of them at seeded instants", calls["write"], calls["fdatasync"], len(all), instants)
	return all
}

// measure counts the journal's system calls of a run that nobody kills, and how long it trades.
func measure(t *testing.T) (calls map[string]int, took time.Duration) {
	t.Helper()
	x := startExchange(t, 1)
	if x == nil {
		t.FailNow()
	}
	defer x.stop()
	r := x.run(0)
	began := time.Now()
	out, calls, err := r.straced(0, "orders")
	if err != nil {
		t.Fatalf("the run that nobody kills: %v\n%s", err, out)
	}
	took = time.Since(began)
	if calls["fdatasync"] < orderCount {
		t.Fatalf("%v: fewer fsyncs than orders", calls)
	}
	if said := r.check(t, x.dump(t, 0)); said.Intents != orderCount {
		t.Fatalf("%+v", said)
	}
	return calls, took
}

// orderCount is how many orders the strategy `orders` of test/crash/trader places.
const orderCount = 200

// killed kills one run at a point, starts again, and has everything checked.
func (x *exchange) killed(t *testing.T, account int, p point) (said checked, ok bool) {
	r := x.run(account)
	var out string
	var err error
	if p.n > 0 {
		out, _, err = r.straced(p.n, "orders")
	} else {
		out, err = r.after(p.after)
	}
	if code, died := exit(err); !died {
		if code == 0 && p.n == 0 {
			return said, true // it was over before its time came
		}
		t.Errorf("%s: exit code %d, it should have been killed: %v\n%s", p, code, err, out)
		return said, false
	}
	out, err = r.start(t.Context(), "quiet").Output2()
	if code, _ := exit(err); code != 0 {
		t.Errorf("%s: the next start ends with exit code %d\n%s", p, code, out)
		return said, false
	}
	said = r.check(t, x.dump(t, account))
	if len(said.Differences) > 0 {
		t.Errorf("%s:\n%s", p, strings.Join(said.Differences, "\n"))
		return said, false
	}
	return said, true
}

// after starts a run and kills it a while after its first order.
func (r *run) after(d time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := r.start(ctx, "orders")
	if err := c.Start(); err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !r.journaled() {
		select {
		case err := <-ended:
			return c.said(), err
		case <-look.C:
		}
	}
	select {
	case err := <-ended:
		return c.said(), err
	case <-time.After(d):
	}
	_ = c.Process.Signal(syscall.SIGKILL) // it may have ended meanwhile
	return c.said(), <-ended
}

// straced runs a strategy under strace, which tells of each write and fsync of the journal's first segment and holds the thread that
// made it for a while; at the nth of them the process is killed. 0: never. calls is how many there were of each.
func (r *run) straced(n int, strategy string) (out string, calls map[string]int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	told, tells, err := os.Pipe()
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = told.Close() }()
	segment := filepath.Join(r.state, "journal", "0000000001.tape")
	args := []string{"-f", "--seccomp-bpf", "-qq", "-o", "/dev/fd/3", "-e", "signal=none", "-e", "trace=write,fdatasync",
		"-P", segment, "-P", segment + ".new"}
	if n > 0 {
		args = append(args, "-e", fmt.Sprint("inject=write,fdatasync:delay_exit=", held.Microseconds()))
	}
	c := command(ctx, "strace", append(args, r.start(ctx, strategy).Args...)...)
	c.ExtraFiles = []*os.File{tells}
	if err := c.Start(); err != nil {
		return "", nil, err
	}
	_ = tells.Close()
	calls = map[string]int{}
	for lines, count := bufio.NewScanner(told), 0; lines.Scan(); {
		m := journalCall.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		calls[m[2]]++
		if count++; count == n {
			thread, _ := strconv.Atoi(m[1])
			_ = syscall.Kill(thread, syscall.SIGKILL) // the whole process
		}
	}
	err = c.Wait()
	return c.said(), calls, err
}

// held is how long a thread is held after each call, so that the kill comes before anything else does.
const held = 8 * time.Millisecond

// journalCall is a call as strace tells it: its thread and its name.
var journalCall = regexp.MustCompile(`^(\d+) +(write|fdatasync)\(`)

// exit is an exit code, and whether the process was killed, by itself or (as strace reports it) by the same signal.
func exit(err error) (code int, killed bool) {
	if err == nil {
		return 0, false
	}
	var e *exec.ExitError
	if !asExit(err, &e) {
		return -1, false
	}
	s, ok := e.Sys().(syscall.WaitStatus)
	return e.ExitCode(), ok && s.Signaled() && s.Signal() == syscall.SIGKILL
}
