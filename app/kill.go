package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"baton/binance/api"
)

// Kill says what `baton kill` stops.
type Kill struct {
	State     string  // the account's state folder
	Access    *Access // nil: nothing can be cancelled, the trader alone is stopped
	Reason    string
	KeepStops bool           // leave conditional orders alone that can only close: protective stops
	Timeout   time.Duration  // for all of it; 0: KillTimeout
	Settle    time.Duration  // between two looks that must both find nothing; 0: KillSettle
	Step      func(KillStep) // hears each step as it is done; nil: nobody
}

// The defaults of [Kill]. An order that had left before the gate closed is refused by the exchange once it is older than its
// recvWindow, of at most KillSettle: what the second look does not find does not come any more.
const (
	KillTimeout = 60 * time.Second
	KillSettle  = 2500 * time.Millisecond
	killPause   = 250 * time.Millisecond // between two rounds
	killLimited = 10 * time.Second       // after a 429 or 418 that does not say for how long
)

// ErrNotClean: it is not proven that no order is left. A person has to look.
var ErrNotClean = errors.New("it is not proven that no order is left at the exchange: look at the account there, now")

// KillStep is one step and what came of it.
type KillStep struct {
	Name string `json:"step"`
	OK   bool   `json:"ok"`
	Text string `json:"text"`
}

// KillReport is what `baton kill --json` prints (schema baton.kill/1). Positions are not touched: they are named.
type KillReport struct {
	Schema    string     `json:"schema"`
	Steps     []KillStep `json:"steps"`
	Cancelled int        `json:"cancelled"` // orders that were found open and asked to be cancelled
	Clean     bool       `json:"clean"`     // the exchange was asked twice, and nothing was left
	Positions []Position `json:"positions"`
}

// killing is one run of [RunKill].
type killing struct {
	Kill
	dir  stateDir
	rest *rest
	out  *KillReport
}

// RunKill stops an account's trading. It needs no answer of the trader: it sets the latch, signals, and then cancels with a client
// of its own. The error is nil only where the exchange was seen to hold no order any more, else ErrNotClean is in it.
func RunKill(ctx context.Context, cfg Kill) (*KillReport, error) {
	k := &killing{Kill: cfg, out: &KillReport{Schema: "baton.kill/1", Steps: []KillStep{}, Positions: []Position{}}}
	if k.Timeout == 0 {
		k.Timeout = KillTimeout
	}
	if k.Settle == 0 {
		k.Settle = KillSettle
	}
	ctx, cancel := context.WithTimeout(ctx, k.Timeout)
	defer cancel()
	var err error
	if k.dir, err = openStateDir(k.State); err != nil {
		k.step("latch", err, "")
	} else {
		k.trader()
	}
	if k.Access == nil {
		k.step("cancel", errors.New("no key: nothing can be cancelled or looked at; name it with --key-file"), "")
		return k.out, ErrNotClean
	}
	err = k.cancelAll(ctx)
	k.positions(ctx)
	if err != nil {
		return k.out, errors.Join(ErrNotClean, err)
	}
	k.out.Clean = true
	return k.out, nil
}

func (k *killing) step(name string, err error, text string, args ...any) {
	s := KillStep{name, err == nil, fmt.Sprintf(text, args...)}
	if err != nil {
		s.Text = err.Error()
	}
	k.out.Steps = append(k.out.Steps, s)
	if k.Step != nil {
		k.Step(s)
	}
}

// trader stops the trader by every way there is. None of them is relied on.
func (k *killing) trader() {
	reason := k.Reason
	if reason == "" {
		reason = "baton kill"
	}
	err := k.dir.latch(Latch{Time: time.Now(), Reason: reason, By: "baton kill"})
	k.step("latch", err, "%s is set: no trader of this account starts or sends until it is cleared", k.dir.file(latchName))
	lock, err := k.dir.lock()
	if err == nil {
		_ = lock.Close()
		k.step("trader", nil, "none runs on %s", string(k.dir))
		return
	}
	if r, err := k.dir.readRun(); err != nil {
		k.step("signal", fmt.Errorf("it is not known which process trades: %w", err), "")
	} else {
		k.step("signal", signalRun(r), "sent to process %d", r.PID)
	}
	text, err := k.dir.say("kill", socketWait)
	k.step("socket", err, "the trader says: %s", text)
}

// cancelAll cancels round by round until two looks, Settle apart, find nothing.
func (k *killing) cancelAll(ctx context.Context) error {
	for {
		err := k.round(ctx)
		if err == nil {
			k.step("done", nil, "the exchange was asked twice, %s apart: no order is left", k.Settle)
			return nil
		}
		if ctx.Err() != nil || errors.Is(err, errKeyRefused) {
			return err
		}
		if !errors.Is(err, errStillOpen) {
			k.step("again", err, "")
		}
		if err := pause(ctx, waitAfter(err)); err != nil {
			return fmt.Errorf("not done within %s", k.Timeout)
		}
	}
}

// waitAfter is how long to wait after a round that failed: as long as an exchange that asks for fewer requests says, else briefly.
func waitAfter(err error) time.Duration {
	l, ok := errors.AsType[*limited](err)
	switch {
	case !ok:
		return killPause
	case l.after > 0:
		return l.after
	}
	return killLimited
}

var (
	errStillOpen  = errors.New("orders are still open")
	errNoList     = errors.New("the exchange answers with something else than a list of open orders: that proves nothing")
	errKeyRefused = errors.New("the exchange refuses the key")
)

// round looks, cancels what it finds, and looks again.
func (k *killing) round(ctx context.Context) error {
	err := k.connect(ctx)
	if err != nil {
		return err
	}
	n, err := k.sweep(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		return errStillOpen
	}
	k.step("look", nil, "no order is open")
	if err := pause(ctx, k.Settle); err != nil {
		return err
	}
	if n, err = k.sweep(ctx); err == nil && n > 0 {
		err = errStillOpen
	}
	return err
}

func (k *killing) connect(ctx context.Context) (err error) {
	if k.rest == nil {
		k.rest, err = newREST(ctx, k.Access.REST, k.Access.Keys)
	}
	return err
}

// resting is what rests at the exchange: symbols with orders, symbols with conditional orders, and how many of both.
type resting struct {
	orders, algos []string
	ids           []int64 // of the conditional orders, where they go one by one
	n             int
}

func (k *killing) look(ctx context.Context) (o resting, err error) {
	orders, err := askList(ctx, k.rest, api.CurrentAllOpenOrders{})
	if err != nil {
		return o, k.refused(err)
	}
	for _, x := range *orders {
		o.orders = append(o.orders, x.Symbol)
		o.n++
	}
	algos, err := askList(ctx, k.rest, api.CurrentAllAlgoOpenOrders{})
	if err != nil {
		return o, k.refused(err)
	}
	for _, x := range *algos {
		if k.KeepStops && (x.ReduceOnly || x.ClosePosition) {
			continue
		}
		o.algos, o.ids = append(o.algos, x.Symbol), append(o.ids, x.AlgoID)
		o.n++
	}
	slices.Sort(o.orders)
	slices.Sort(o.algos)
	o.orders, o.algos = slices.Compact(o.orders), slices.Compact(o.algos)
	return o, nil
}

// askList is [ask] for a call whose answer is a list, where nothing but a list proves that there is nothing: null does not.
func askList[A any](ctx context.Context, r *rest, call api.Call[A]) (*A, error) {
	b, err := r.do(ctx, call.Endpoint(), api.AppendQuery(nil, call))
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(b), []byte("[")) {
		return nil, errNoList
	}
	into := call.Answer()
	return into, api.Decode(b, into)
}

func (k *killing) refused(err error) error {
	if Forbidden(err) {
		return errors.Join(errKeyRefused, err)
	}
	return err
}

// sweep cancels everything that is open, and says how much was. A cancel that fails does not keep it from the others.
func (k *killing) sweep(ctx context.Context) (n int, err error) {
	o, err := k.look(ctx)
	if err != nil {
		return 0, err
	}
	for _, symbol := range o.orders {
		_, err := ask(ctx, k.rest, api.CancelAllOpenOrders{Symbol: symbol})
		k.step("cancel "+symbol, err, "all orders are being cancelled")
	}
	if k.KeepStops {
		for _, id := range o.ids {
			_, err := ask(ctx, k.rest, api.CancelAlgoOrder{AlgoID: id})
			k.step("cancel conditional", err, "%d is being cancelled", id)
		}
	} else {
		for _, symbol := range o.algos {
			_, err := ask(ctx, k.rest, api.CancelAllAlgoOpenOrders{Symbol: symbol})
			k.step("cancel "+symbol, err, "all conditional orders are being cancelled")
		}
	}
	k.out.Cancelled += o.n
	return o.n, nil
}

// positions names what is held: kill closes nothing.
func (k *killing) positions(ctx context.Context) {
	if k.rest == nil {
		return
	}
	all, err := ask(ctx, k.rest, api.PositionInformationV3{})
	if err != nil {
		k.step("positions", err, "")
		return
	}
	for _, p := range *all {
		if !p.PositionAmt.IsZero() {
			k.out.Positions = append(k.out.Positions, Position{p.Symbol, p.PositionAmt, p.EntryPrice})
			k.step("position", nil, "%s %s at %s is still held: kill closes nothing", p.Symbol, p.PositionAmt, p.EntryPrice)
		}
	}
}

// pause waits, or until ctx is over.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// LastAccess is the exchange and the key of the trader that runs on a state folder, or ran last.
func LastAccess(path string) (*Access, error) {
	d, err := openStateDir(path)
	if err != nil {
		return nil, err
	}
	r, err := d.readRun()
	if err != nil {
		return nil, fmt.Errorf("no run is known here, so name the exchange and the key with flags: %w", err)
	}
	keys, err := LoadKeys(r.KeyFile)
	if err != nil {
		return nil, err
	}
	a := &Access{Environment: r.Venue, Keys: keys, KeyFile: r.KeyFile}
	return a, a.Validate()
}
