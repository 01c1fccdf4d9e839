package app

import (
	"errors"
	"fmt"
	"net"
	"time"

	"baton/decimal"
	"baton/exchange/server"
	"baton/trade"
)

// The bounds of a paced clock.
const (
	MinSpeed = 1
	MaxSpeed = 1000
)

// The ways from the client to the exchange.
const (
	NetSockets = "sockets"
	NetMemory  = "memory"
)

// Input is what a demo and a backtest have in common.
type Input struct {
	Strategy trade.Strategy
	Data     []string // recorded raw feeds; none: a synthetic market (demo only)
	Symbols  string   // an exchangeInfo file; empty: [Instruments]
	Seed     uint64
	Events   string // where to write the canonical ledger lines; empty: nowhere
	Strict   bool   // refuse a recording with a bad line
	Deposit  decimal.Decimal
	LoseFill int          // plants a bug: the fill of this number misses the ledger; 0: none
	Say      func(string) // hears a line for people; nil: nobody
	Page     *Page        // where to show the run; nil: nowhere
}

// Demo says what `baton demo` runs.
type Demo struct {
	Input
	Speed  float64
	For    time.Duration // on the run's clock; 0: a recording to its end, a synthetic market until it is cancelled
	Net    string
	Listen string
	Faults []string
	Watch  func(Status) // is shown how it goes, some ten times a second; nil: nobody
	Record string       // a folder, new or empty, for a recording of the run that [RunReplay] plays; empty: none is made
}

// Backtest says what `baton backtest` runs.
type Backtest struct{ Input }

// deposit is what a trader starts with, in the margin asset.
const deposit = "10000"

// DefaultDemo is a demo at the market's own pace over sockets.
func DefaultDemo() Demo {
	return Demo{Input: Input{Seed: 1, Deposit: decimal.MustParse(deposit)}, Speed: 1, Net: NetSockets, Listen: "127.0.0.1:0"}
}

// DefaultBacktest is a backtest without data, which has still to be named.
func DefaultBacktest() Backtest {
	return Backtest{Input{Seed: 1, Deposit: decimal.MustParse(deposit)}}
}

// Validate reports everything that cannot be, at once.
func (d *Demo) Validate() error {
	var errs []error
	if !(d.Speed >= MinSpeed && d.Speed <= MaxSpeed) {
		errs = append(errs, fmt.Errorf("--speed %g: must be between %d and %d", d.Speed, MinSpeed, MaxSpeed))
	}
	if d.Net != NetSockets && d.Net != NetMemory {
		errs = append(errs, fmt.Errorf("--net %q: must be %s or %s", d.Net, NetSockets, NetMemory))
	}
	if _, _, err := net.SplitHostPort(d.Listen); err != nil {
		errs = append(errs, fmt.Errorf("--listen %q: must be HOST:PORT, like 127.0.0.1:0 (%w)", d.Listen, err))
	}
	if d.For < 0 {
		errs = append(errs, fmt.Errorf("--for %s: must not be negative", d.For))
	}
	if _, _, err := parseFaults(d.Faults); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(append(errs, d.Input.validate())...)
}

// Validate reports everything that cannot be, at once.
func (b *Backtest) Validate() error {
	var missing error
	if len(b.Data) == 0 {
		missing = errors.New("--data is missing: name the recorded raw feeds to replay, FILE[,FILE]")
	}
	return errors.Join(missing, b.Input.validate())
}

func (in *Input) validate() error {
	if in.Strategy.Run == nil {
		return errors.New("no strategy: set Input.Strategy")
	}
	return nil
}

// faultLoseFill is the fault on our own side of the wire: a planted bug of bookkeeping. All others are the exchange's.
const faultLoseFill = "lose-fill"

// parseFaults splits what was asked for into the exchange's faults and the fill that our ledger is to lose.
func parseFaults(texts []string) (faults []server.Fault, loseFill int, err error) {
	for _, t := range texts {
		if n, ok, err := parseLoseFill(t); err != nil {
			return nil, 0, err
		} else if ok {
			loseFill = n
			continue
		}
		f, err := server.ParseFault(t)
		if err != nil {
			return nil, 0, fmt.Errorf("--fault: %w\n  %s[:N]  the Nth fill misses our own ledger, for the reconciliation to find", err, faultLoseFill)
		}
		faults = append(faults, f)
	}
	return faults, loseFill, nil
}
