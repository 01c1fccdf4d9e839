package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"baton/binance"
	"baton/market"
	"baton/secret"
	"baton/tape"
	"baton/trade"
	"baton/ui"
)

// Replay says what `baton replay` plays.
type Replay struct {
	Path       string           // the folder of a recorded run
	Strategies []trade.Strategy // the recorded one is looked for by name
	Until      string           // stop behind this entry (a number), after this span, or at this time; empty: at its end
	BreakOn    string           // stop at the first line of the ledger, or note, that has this in it; empty: nowhere
	Say        func(string)     // hears what the run says; nil: nobody
}

// Replayed is what came of it (schema baton.replay/1).
type Replayed struct {
	Schema   string      `json:"schema"`
	Path     string      `json:"path"`
	Verb     string      `json:"verb"`
	Strategy string      `json:"strategy"`
	Begun    time.Time   `json:"begun"`
	BuiltBy  string      `json:"recorded_by"` // the build
	Build    string      `json:"build"`
	Seconds  string      `json:"seconds"` // of the run's clock that were played
	Entries  uint64      `json:"entries"` // of the ingress log
	Lines    int         `json:"lines"`   // of the ledger
	Digest   *string     `json:"digest"`  // null: it did not come to its end
	Recorded *string     `json:"recorded_digest"`
	Whole    bool        `json:"whole"` // the recording has its end: the run was not cut short
	Same     bool        `json:"same"`  // it came to the recorded end, with the recorded digest
	Diverged *Divergence `json:"diverged"`
	Stopped  *Moment     `json:"stopped"`
	Report   *Report     `json:"report"`
}

// RunReplay builds the trader of a recorded run again and gives it what had come in from outside, and nothing else: no address is
// dialled, no file of the account is touched. Every entry of the log, every line of the ledger and the digest at the end are
// compared; ErrDiverged says at which entry they part.
func RunReplay(ctx context.Context, cfg Replay) (*Replayed, error) {
	t, err := openRecorded(cfg.Path)
	if err != nil {
		return nil, err
	}
	strategy, err := strategyOf(t.head.Strategy, cfg.Strategies)
	if err == nil {
		strategy, err = strategy.With(t.head.Params)
	}
	if err != nil {
		return nil, err
	}
	p, err := newPlayer(t, cfg.Until, cfg.BreakOn)
	if err != nil {
		return nil, err
	}
	defer p.done()
	if cfg.Say == nil {
		cfg.Say = func(string) {}
	}
	h := t.head
	out := &Replayed{
		Schema: "baton.replay/1", Path: cfg.Path, Verb: h.Verb, Strategy: h.Strategy, Begun: h.Begun, BuiltBy: h.Build, Build: version(),
	}
	var digest string
	d := &diary{play: p}
	switch {
	case h.Verb == verbDemo && h.Demo != nil:
		out.Report, digest, err = replayDemo(ctx, h, d, strategy, cfg.Say)
	case h.Verb == verbPaper && h.Paper != nil:
		out.Report, digest, err = replayPaper(ctx, h, d, strategy, cfg.Say)
	case h.Verb == verbLive && h.Live != nil:
		out.Report, digest, err = replayLive(ctx, t, d, strategy, cfg.Say)
	default:
		return nil, fmt.Errorf("%w: this program does not know runs of %q", ErrNoRecording, h.Verb)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return out, p.judge(out, digest, err)
}

// strategyOf finds the recorded strategy.
func strategyOf(name string, all []trade.Strategy) (trade.Strategy, error) {
	var names []string
	for _, s := range all {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return trade.Strategy{}, fmt.Errorf("the recorded strategy %q is not in this binary, which has %s: replay it with the binary that ran it",
		name, strings.Join(names, ", "))
}

// blind is the painter of a run that nobody watches.
type blind struct{}

func (blind) Alarm(ui.Alarm)   {}
func (blind) Fill(ui.Fill)     {}
func (blind) Publish(*ui.View) {}
func (blind) End(*ui.View)     {}

// unwatched is the page of a run that had one, which took turns of its loop.
func (h *recordedRun) unwatched() *page {
	if !h.Page {
		return nil
	}
	return &page{srv: blind{}}
}

func replayDemo(ctx context.Context, h *recordedRun, log *diary, s trade.Strategy, say func(string)) (*Report, string, error) {
	c := h.Demo
	d := &demo{
		Demo: Demo{
			Input: Input{
				Strategy: s, Data: c.Data, Symbols: c.Symbols, Seed: h.Seed, Strict: c.Strict, Deposit: c.Deposit, LoseFill: c.LoseFill, Say: say,
			},
			Speed: c.Speed, For: h.For, Net: c.Net, Listen: c.Listen, Faults: c.Faults,
		},
		diary: log, start: h.Start, page: h.unwatched(),
	}
	if h.Watch {
		d.Watch = func(Status) {}
	}
	if err := d.Validate(); err != nil {
		return nil, "", err
	}
	if err := d.prepare(); err != nil {
		return nil, "", err
	}
	r, err := d.loop(ctx)
	return r, d.digest, err
}

func replayPaper(ctx context.Context, h *recordedRun, log *diary, s trade.Strategy, say func(string)) (*Report, string, error) {
	p := &paper{
		Paper: Paper{
			Access: noAccess(h.Paper.At), Strategy: s, Symbols: h.Paper.Symbols, Deposit: h.Paper.Deposit, For: h.For, Seed: h.Seed, Say: say,
		},
		diary: log, page: h.unwatched(), onDisk: h.Paper.Journal,
	}
	r, err := p.loop(ctx)
	return r, p.digest, err
}

func replayLive(ctx context.Context, t *recordedTape, log *diary, s trade.Strategy, say func(string)) (*Report, string, error) {
	h, c := t.head, t.head.Live
	l := &live{
		Live: Live{
			Access: noAccess(c.At), Strategy: s, Symbols: c.Symbols, MaxLoss: c.MaxLoss, MaxNotional: c.MaxNotional, MaxOrders: c.MaxOrders,
			Bounds: c.Bounds, Guard: c.Guard, For: h.For, ClearLatch: c.ClearLatch, Say: say,
		},
		card: c.Card, marks: c.Marks, seed: c.Client, diary: log, page: h.unwatched(),
	}
	l.card.fees = c.Fees
	var err error
	if l.before, err = journalBefore(c.Journal, t.journal); err != nil {
		return nil, "", err
	}
	r, err := l.loop(ctx)
	return r, l.digest, err
}

// noAccess are the addresses of a run, and a key that opens nothing: what is signed with it goes nowhere.
func noAccess(at binance.Environment) Access {
	return Access{Environment: at, Keys: &Credentials{ID: secret.New("replayed"), Secret: secret.New("replayed"), Kind: KindHMAC}}
}

// journalMax bounds what a replay reads of a journal.
const journalMax = int64(1) << 30

// journalAtOf notes how far the files of a journal reach, the reserve of the disk left out.
func journalAtOf(folder string) (*journalAt, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	at := &journalAt{Files: map[string]int64{}}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "0") { // segments are numbered
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		at.Files[e.Name()] = info.Size()
	}
	return at, nil
}

// journalBefore is the journal as it was when the run began, in memory.
func journalBefore(folder string, at *journalAt) (tape.FS, error) {
	fs := tape.Mem()
	if at == nil {
		return fs, nil
	}
	total := int64(0)
	for name, size := range at.Files { // order: each file goes under its own name
		if total += size; total > journalMax {
			return nil, fmt.Errorf("the journal had more than %d MiB when the run began: it cannot be replayed", journalMax>>20)
		}
		b, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil && int64(len(b)) < size {
			err = errors.New("it has become shorter")
		}
		if err != nil {
			return nil, fmt.Errorf("the journal that the run began from is not there any more: %w", err)
		}
		fs.Put(name, b[:size])
	}
	return fs, nil
}

// begunWith is the part of a recording's head that all verbs share.
func begunWith(verb string, s trade.Strategy, seed uint64, begun time.Time, start market.Nanos) *recordedRun {
	return &recordedRun{Schema: recordedSchema, Build: version(), Verb: verb, Strategy: s.Name, Params: s.ParamValues(), Begun: begun, Seed: seed, Start: start}
}
