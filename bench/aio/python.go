package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

//go:embed peer.py
var script string

// pythonTimeout bounds one round of the script.
const pythonTimeout = time.Minute

// peer is a Python event loop that runs the same operations.
type peer struct {
	name  string
	path  string // of python3
	times int    // how often as fast we have to be at least
	took  map[string][]float64
}

// The budgets beside each.
const (
	asyncioTimes = 20
	uvloopTimes  = 10
)

// findPeers looks for python3, and for uvloop in it.
func findPeers() (peers []*peer, note string) {
	path, err := exec.LookPath("python3")
	if err != nil {
		return nil, "no python3: asyncio and uvloop not measured"
	}
	version, err := python(path, "import platform; print(platform.python_version())")
	if err != nil {
		return nil, fmt.Sprintf("%s does not run (%v): asyncio and uvloop not measured", path, err)
	}
	peers = []*peer{{name: "asyncio", path: path, times: asyncioTimes, took: map[string][]float64{}}}
	note = fmt.Sprintf("asyncio: CPython %s, %s", strings.TrimSpace(string(version)), path)
	version, err = python(path, "import uvloop; print(uvloop.__version__)")
	if err != nil {
		return peers, note + "; uvloop is not installed there: not measured"
	}
	peers = append(peers, &peer{name: "uvloop", path: path, times: uvloopTimes, took: map[string][]float64{}})
	return peers, note + "; uvloop " + strings.TrimSpace(string(version))
}

func python(path, code string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), pythonTimeout)
	defer cancel()
	return exec.CommandContext(ctx, path, append([]string{"-c", code}, args...)...).Output()
}

// run runs the script once.
func (p *peer) run(short bool) (map[string]float64, error) {
	ops := "5000"
	if short {
		ops = "1000"
	}
	out, err := python(p.path, script, ops, p.name)
	if err != nil {
		return nil, fmt.Errorf("%s script: %w", p.name, err)
	}
	return figures(p.name, out)
}

// figures reads what the script prints: one JSON object, nanoseconds (or bytes) by operation, each above 0.
func figures(name string, out []byte) (map[string]float64, error) {
	got := map[string]float64{}
	if err := json.Unmarshal(out, &got); err != nil {
		return nil, fmt.Errorf("%s script's figures: %w", name, err)
	}
	for op, v := range got {
		if !(v > 0) {
			return nil, fmt.Errorf("%s script's figure of %s is %g: it must be above 0", name, op, v)
		}
	}
	return got, nil
}

// judge compares the rounds of one case with the peer's.
func (p *peer) judge(c benchCase, ours, theirs []float64) row {
	ratios := divide(ours, theirs)
	r := row{Name: c.name + " / " + p.name, Median: median(theirs), Unit: "ns", Ratio: median(ratios), Lower: lower(ratios), Budget: "-", Verdict: "shown"}
	if c.bytes {
		r.Unit = "B"
	} else if c.overPython {
		r.Budget, r.Verdict = fmt.Sprintf("<= 1/%d of %s", p.times, p.name), verdict(r.Lower, 1/float64(p.times))
	}
	return r
}
