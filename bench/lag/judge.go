package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// errMissed says that tabs make the loop later.
var errMissed = errors.New("the tabs make the loop later than the noise does")

// sample is what one case gave.
type sample struct {
	late   []time.Duration
	p99    []float64 // of each round, in microseconds
	frames int
}

func (s *sample) add(late []time.Duration, frames int) {
	s.late = append(s.late, late...)
	s.p99 = append(s.p99, micros(quantile(late, .99)))
	s.frames += frames
}

// judge prints the delays, then each number of tabs against nobody. The first two cases are nobody, twice.
func judge(w io.Writer, cases []int, took []sample) error {
	fmt.Fprintf(w, "%-5s %8s %8s %8s %9s %8s   %s\n", "tabs", "probes", "p50 us", "p99 us", "p99.9 us", "frames", "p99 us of each round")
	for i, n := range cases {
		s := &took[i]
		fmt.Fprintf(w, "%-5d %8d %8s %8s %9s %8d   %s\n", n, len(s.late), text(micros(quantile(s.late, .5))), text(micros(quantile(s.late, .99))),
			text(micros(quantile(s.late, .999))), s.frames, texts(s.p99))
	}
	nobody, again := took[0].p99, took[1].p99
	spread := noise(nobody, again)
	fmt.Fprintf(w, "\nnoise: two measurements of nobody in one round lie up to %s us apart, in 95 %% of the rounds (p99)\n", text(spread))
	missed := false
	for i, n := range cases[2:] {
		lo, mid, hi := interval(differences(took[i+2].p99, nobody, again))
		says := "within the noise"
		if lo > spread {
			says, missed = "MISSED: beyond the noise", true
		}
		fmt.Fprintf(w, "%d tabs - nobody: %s us (p99, median over the rounds; 95 %% of bootstraps: %s to %s): %s\n", n, text(mid), text(lo), text(hi), says)
	}
	if missed {
		return errMissed
	}
	return nil
}

// noise is the 95th percentile of how far both measurements of nobody lie apart.
func noise(a, b []float64) float64 {
	apart := make([]float64, len(a))
	for i := range a {
		apart[i] = max(a[i]-b[i], b[i]-a[i])
	}
	return quantile(apart, .95)
}

// differences are those of one case to the mean of both measurements of nobody in the same round.
func differences(tabs, a, b []float64) []float64 {
	d := make([]float64, len(tabs))
	for i := range tabs {
		d[i] = tabs[i] - (a[i]+b[i])/2
	}
	return d
}

// resamples is the size of the bootstrap.
const resamples = 2000

// interval is the median with the 2.5th and 97.5th percentile of the bootstrapped one. The seed is fixed, so that the same figures
// give the same bounds.
func interval(d []float64) (lo, mid, hi float64) {
	rng := rand.New(rand.NewPCG(1, 2))
	medians, draw := make([]float64, resamples), make([]float64, len(d))
	for i := range medians {
		for j := range draw {
			draw[j] = d[rng.IntN(len(d))]
		}
		medians[i] = quantile(draw, .5)
	}
	return quantile(medians, .025), quantile(d, .5), quantile(medians, .975)
}

// quantile sorts a copy. None of nothing is zero.
func quantile[T float64 | time.Duration](d []T, q float64) T {
	if len(d) == 0 {
		return 0
	}
	d = slices.Sorted(slices.Values(d))
	return d[int(q*float64(len(d)-1)+.5)]
}

func micros(d time.Duration) float64 { return float64(d) / 1e3 }

func text(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

func texts(v []float64) string {
	out := make([]string, len(v))
	for i := range v {
		out[i] = text(v[i])
	}
	return strings.Join(out, " ")
}
