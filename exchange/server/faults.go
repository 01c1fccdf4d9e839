package server

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"baton/exchange/face"
)

// Fault is one thing that goes wrong on purpose, once, at a known place. Nothing else changes: what a fault drops is still
// counted as sent by the exchange.
type Fault struct {
	name string // "drop-frame", "delay-ack", "lose-ack", "cut"
	kind face.Kind
	n    int           // of which frame or ack, counted from 1
	wait time.Duration // of delay-ack
}

// String is the text that [ParseFault] reads.
func (f Fault) String() string {
	switch f.name {
	case "drop-frame", "cut":
		return fmt.Sprintf("%s:%s:%d", f.name, f.kind, f.n)
	case "delay-ack":
		return fmt.Sprintf("%s:%d", f.name, f.wait.Milliseconds())
	}
	return fmt.Sprintf("%s:%d", f.name, f.n)
}

// Faults lists the known faults as they are written, with what each does.
func Faults() []string {
	return []string{
		"drop-frame:STREAM:N  the Nth frame of STREAM on one connection is not sent",
		"cut:STREAM:N         a connection is closed in place of its Nth frame of STREAM",
		"delay-ack:MS         every answer to an order request comes MS milliseconds later",
		"lose-ack:N           the Nth answer to an order placement is never sent",
		"STREAM is depth, partial, bookTicker, trade, aggTrade, markPrice or user; N counts from 1",
	}
}

// maxDelay bounds delay-ack: longer than every client's patience.
const maxDelay = time.Hour

// ParseFault reads a fault, for example "drop-frame:depth:3000". The error of an unknown one lists those that are known.
func ParseFault(text string) (Fault, error) {
	parts := strings.Split(text, ":")
	f := Fault{name: parts[0]}
	var err error
	switch {
	case (f.name == "drop-frame" || f.name == "cut") && len(parts) == 3:
		if f.kind, err = parseKind(parts[1]); err == nil {
			f.n, err = parseCount(parts[2])
		}
	case f.name == "lose-ack" && len(parts) == 2:
		f.n, err = parseCount(parts[1])
	case f.name == "delay-ack" && len(parts) == 2:
		var ms int
		ms, err = parseCount(parts[1])
		f.wait = time.Duration(min(ms, int(maxDelay/time.Millisecond))) * time.Millisecond
	default:
		err = fmt.Errorf("no such fault")
	}
	if err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w; the exchange knows:\n  %s", text, err, strings.Join(Faults(), "\n  "))
	}
	return f, nil
}

func parseKind(s string) (face.Kind, error) {
	for k := face.Depth; k <= face.User; k++ {
		if k.String() == s {
			return k, nil
		}
	}
	return 0, fmt.Errorf("no stream is called %q", s)
}

func parseCount(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not a whole number of at least 1", s)
	}
	return n, nil
}
