package app

import (
	"fmt"
	"strconv"
	"strings"

	"baton/binance/wire"
	"baton/catalog"
	"baton/exchange/flow"
	"baton/market"
)

// parseLoseFill reads `lose-fill` and `lose-fill:N`.
func parseLoseFill(text string) (n int, ok bool, err error) {
	name, arg, has := strings.Cut(text, ":")
	if name != faultLoseFill {
		return 0, false, nil
	}
	if !has {
		return 1, true, nil
	}
	n, err = strconv.Atoi(arg)
	if err != nil || n < 1 {
		return 0, false, fmt.Errorf("--fault %s: N must be a whole number from 1", text)
	}
	return n, true, nil
}

// loadInstruments reads an exchangeInfo file, or gives the table that is built in.
func loadInstruments(path string) ([]*market.Instrument, error) {
	if path == "" {
		return Instruments(), nil
	}
	b, err := catalog.ReadText(path)
	if err != nil {
		return nil, fmt.Errorf("--symbols: %w", err)
	}
	info, err := wire.DecodeInfo(b)
	if err != nil {
		return nil, fmt.Errorf("--symbols %s: %w", path, err)
	}
	if len(info.Instruments) == 0 {
		return nil, fmt.Errorf("--symbols %s: it names no instrument that can be traded here", path)
	}
	tiers := Instruments()[0]
	for _, in := range info.Instruments { // an exchangeInfo has neither: Baton's exchange then uses the table's entry tier
		in.MakerFee, in.TakerFee = tiers.MakerFee, tiers.TakerFee
		if len(in.Brackets) == 0 {
			in.Brackets = tiers.Brackets
		}
	}
	return info.Instruments, nil
}

// recording is the input of a replay, whole in memory.
type recording struct {
	tape     *flow.Tape
	files    []*catalog.Recording
	bad      int
	gaps     int
	firstBad string
}

// load reads the files into a tape, in the order of receipt.
func (in *Input) load(table []*market.Instrument) (*recording, error) {
	files, err := catalog.OpenAll(in.Data, catalog.Options{Instruments: table, Strict: in.Strict})
	if err != nil {
		return nil, err
	}
	r := &recording{tape: new(flow.Tape), files: files}
	for ev, err := range catalog.Merge(files...) {
		if err == nil {
			err = r.tape.Append(ev)
		}
		if err != nil {
			return nil, err
		}
	}
	r.tape.Seal()
	for _, f := range files {
		rep := f.Report()
		r.bad += rep.Bad
		r.gaps += rep.Gaps
		if r.firstBad == "" {
			r.firstBad = rep.FirstBad
		}
		if rep.Bad > rep.Events {
			return nil, fmt.Errorf("%s: %d of its lines cannot be used and only %d can: this is no recording of %s on USD-M futures; the first: %s",
				strings.Join(f.Paths(), ","), rep.Bad, rep.Events, f.Instrument().Symbol, rep.FirstBad)
		}
		in.say("%s: %d messages (%d quotes, %d trades, %d diffs), %d holes, %d bad lines", strings.Join(f.Paths(), ","), rep.Events,
			rep.Quotes, rep.Trades, rep.Diffs, rep.Gaps, rep.Bad)
		if rep.Snapshots == 0 {
			in.say("  it has no snapshot (a reply of GET /depth): its book stays unknown, and nothing can be traded on it")
		}
		if rep.Rebased > 0 {
			in.say("  the recorder's clock was %.1f ms behind the exchange's: event times are shifted by that", float64(rep.Rebased)/1e6)
		}
	}
	if r.firstBad != "" {
		in.say("skipped: %s", r.firstBad)
	}
	return r, nil
}

func (in *Input) say(format string, args ...any) {
	if in.Say != nil {
		in.Say(fmt.Sprintf(format, args...))
	}
}
