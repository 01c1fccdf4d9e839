package app

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"baton/binance"
	"baton/decimal"
	"baton/market"
	"baton/tape"
)

// ingressName is the folder of recorded runs in an account's state folder; ingressKeep how many are kept, and ingressKeepBytes how
// many bytes of them.
const (
	ingressName      = "ingress"
	ingressKeep      = 20
	ingressKeepBytes = int64(32) << 30
	ingressFresh     = time.Hour // what was written to so lately may belong to a run that goes on, and stays
)

// The verbs whose runs can be recorded.
const (
	verbDemo  = "demo"
	verbPaper = "paper"
	verbLive  = "live"
)

const recordedSchema = "baton.ingress/1"

// recordedRun is all that a run was begun with, so that the same can be begun again. It holds no secret.
type recordedRun struct {
	Schema   string         `json:"schema"`
	Build    string         `json:"build"`
	Verb     string         `json:"verb"`
	Strategy string         `json:"strategy"`
	Params   Params         `json:"params,omitempty"` // what the strategy's parameters were
	Begun    time.Time      `json:"begun"`
	Seed     uint64         `json:"seed"`
	Start    market.Nanos   `json:"start,omitempty"` // of a clock that is not the wall's
	Page     bool           `json:"page"`            // it was shown on a page, which takes turns of the loop
	Watch    bool           `json:"watch"`           // it had a status line, which does too
	For      time.Duration  `json:"for"`
	Demo     *recordedDemo  `json:"demo,omitempty"`
	Paper    *recordedPaper `json:"paper,omitempty"`
	Live     *recordedLive  `json:"live,omitempty"`
}

type recordedDemo struct {
	Data     []string        `json:"data"`
	Symbols  string          `json:"symbols"`
	Strict   bool            `json:"strict"`
	Deposit  decimal.Decimal `json:"deposit"`
	LoseFill int             `json:"lose_fill"`
	Speed    float64         `json:"speed"`
	Net      string          `json:"net"`
	Listen   string          `json:"listen"`
	Faults   []string        `json:"faults"`
}

type recordedPaper struct {
	At      binance.Environment `json:"at"`
	Symbols []string            `json:"symbols"`
	Deposit decimal.Decimal     `json:"deposit"`
	Journal bool                `json:"journal"` // it had one on disk
}

type recordedLive struct {
	At          binance.Environment           `json:"at"`
	Symbols     []string                      `json:"symbols"`
	MaxLoss     decimal.Decimal               `json:"max_loss"`
	MaxNotional decimal.Decimal               `json:"max_notional"`
	MaxOrders   int                           `json:"max_orders"`
	Bounds      Bounds                        `json:"bounds"`
	Guard       time.Duration                 `json:"guard"`
	ClearLatch  bool                          `json:"clear_latch"`
	Client      uint64                        `json:"client"` // seed of the client
	Card        *Card                         `json:"card"`
	Fees        map[string][2]decimal.Decimal `json:"fees"`
	Marks       map[string]decimal.Decimal    `json:"marks"`
	Journal     string                        `json:"journal"` // its folder
}

// journalAt is how far the files of the journal reached when the run began.
type journalAt struct {
	Files map[string]int64 `json:"files"`
}

// recordedEnd is how a run ended.
type recordedEnd struct {
	Digest     string `json:"digest"` // of the ledger's lines; empty: it did not come to its end
	Reconciled bool   `json:"reconciled"`
	Error      string `json:"error,omitempty"`
	// Which question to the trader's gate, and which order to the gate of the wire, was the first to be refused; 0: none. They are closed
	// from outside the loop.
	TraderShut uint64 `json:"trader_shut,omitempty"`
	WireShut   uint64 `json:"wire_shut,omitempty"`
}

// absolute are paths that mean the same in another folder.
func absolute(paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		out = append(out, abs)
	}
	return out, nil
}

// record begins a recording of a run in an account's state folder, and clears away those that are too many.
func (d stateDir) record(head *recordedRun, say func(string)) (*scribe, error) {
	all := d.file(ingressName)
	if err := os.MkdirAll(all, 0o700); err != nil {
		return nil, fmt.Errorf("the recording: %w", err)
	}
	if err := clearRecordings(all); err != nil {
		say(fmt.Sprintf("recordings of earlier runs: %v", err))
	}
	name := fmt.Sprintf("%s-%s-%d", head.Begun.UTC().Format("20060102-150405"), head.Verb, os.Getpid())
	r, err := newScribe(filepath.Join(all, name), head, say)
	if err == nil {
		say(fmt.Sprintf("recorded: `baton replay %s` does the same again", r.path))
	}
	return r, err
}

// clearRecordings removes the oldest, as long as there are too many or too much of them. Their names begin with the time.
func clearRecordings(all string) error {
	entries, err := os.ReadDir(all)
	if err != nil {
		return err
	}
	slices.Reverse(entries)
	total := int64(0)
	for i, e := range entries {
		path := filepath.Join(all, e.Name())
		size, last, err := extent(path)
		if err != nil {
			return err
		}
		total += size
		if i < ingressKeep-1 && total <= ingressKeepBytes || time.Since(last) < ingressFresh {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

// extent is how large the files of a folder are, and when the last was written.
func extent(path string) (size int64, last time.Time, err error) {
	files, err := os.ReadDir(path)
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			return 0, last, err
		}
		size += info.Size()
		if info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	return size, last, err
}

// recordedTape is a recording that is read.
type recordedTape struct {
	fs      tape.FS
	head    *recordedRun
	journal *journalAt   // nil: the run did not come so far, or has none
	end     *recordedEnd // nil: it was cut short
	marks   []uint64
	damage  error // why not everything could be read
}

// marksMax is how many ledger lines are compared one by one; those behind count for the digest alone.
const marksMax = 16 << 20

// ErrNoRecording: what was named is no recorded run.
var ErrNoRecording = errors.New("no recorded run")

// openRecorded reads all of a recording but the log itself.
func openRecorded(path string) (*recordedTape, error) {
	if st, err := os.Stat(path); err != nil || !st.IsDir() {
		return nil, fmt.Errorf("%w: %s is no folder: name one that `baton demo --record`, paper or live has made", ErrNoRecording, path)
	}
	fs, err := tape.Dir(path)
	if err != nil {
		return nil, err
	}
	t := &recordedTape{fs: fs}
	for b, err := range tape.Salvage(fs) {
		if err == nil {
			err = t.take(b)
		}
		if err != nil {
			t.damage = err
			break
		}
	}
	switch {
	case t.head == nil && t.damage != nil:
		return nil, fmt.Errorf("%w: %s: %w", ErrNoRecording, path, t.damage)
	case t.head == nil:
		return nil, fmt.Errorf("%w: %s is empty", ErrNoRecording, path)
	case t.head.Schema != recordedSchema:
		return nil, fmt.Errorf("%w: %s has the form %q, this program reads %q", ErrNoRecording, path, t.head.Schema, recordedSchema)
	}
	return t, nil
}

// take reads one record.
func (t *recordedTape) take(b []byte) error {
	if len(b) == 0 {
		return errors.New("an empty record")
	}
	kind, b := b[0], b[1:]
	switch kind {
	case ingressHead:
		t.head = new(recordedRun)
		return json.Unmarshal(b, t.head)
	case ingressJournal:
		t.journal = new(journalAt)
		return json.Unmarshal(b, t.journal)
	case ingressEnd:
		t.end = new(recordedEnd)
		return json.Unmarshal(b, t.end)
	case ingressLines:
		for ; len(b) >= 8 && len(t.marks) < marksMax; b = b[8:] {
			t.marks = append(t.marks, le64(b))
		}
	}
	return nil
}

// log is the ingress log in it; close lets go of it.
func (t *recordedTape) log() (r io.Reader, done func()) {
	next, stop := iter.Pull2(tape.Salvage(t.fs))
	return &recordedLog{next: next}, stop
}

// recordedLog reads the parts of the log one after the other.
type recordedLog struct {
	next func() ([]byte, error, bool)
	part []byte
	err  error
}

// Read gives the bytes of the log; the error is that of the tape.
func (r *recordedLog) Read(b []byte) (int, error) {
	for len(r.part) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		rec, err, ok := r.next()
		switch {
		case !ok:
			r.err = io.EOF
		case err != nil:
			r.err = err
		case len(rec) > 0 && rec[0] == ingressBytes:
			r.part = rec[1:]
		}
	}
	n := copy(b, r.part)
	r.part = r.part[n:]
	return n, nil
}

func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
