package catalog

import (
	"errors"
	"fmt"

	"baton/binance/wire"
	"baton/market"
)

// What a frame is that makes no event: errOther is well formed and passed over, errNameless cannot be attributed.
var (
	errOther    = errors.New("a kind of message that is not read")
	errNameless = errors.New("a snapshot that names no symbol, in a recording of several: record each symbol in a file of its own")
)

// decoder finds out what a frame is and has the codec of its instrument decode it.
type decoder struct {
	codecs map[string]*wire.Codec
	last   *wire.Codec // of the frame before: mostly the next one's too
}

func newDecoder(table []*market.Instrument) decoder {
	d := decoder{codecs: make(map[string]*wire.Codec, len(table))}
	for _, in := range table {
		d.codecs[in.Symbol] = wire.NewCodec(in)
	}
	return d
}

// frame decodes b into ev, whose rows are reused. A snapshot does not say whose it is: it is of only's book.
func (d *decoder) frame(b []byte, only *market.Instrument, ev *market.Event) error {
	f, err := wire.Peek(b)
	if err != nil {
		return err
	}
	if f.Kind == wire.KindOther && len(f.Symbol) == 0 && len(f.Stream) == 0 {
		return d.snapshot(b, only, ev)
	}
	if f.Kind == wire.KindOther || f.Kind == wire.KindReply || len(f.Symbol) == 0 {
		return errOther
	}
	c, err := d.codec(f.Symbol)
	if err != nil {
		return err
	}
	ev.Instrument = c.Instrument()
	err = decode(c, f.Kind, b, ev)
	if errors.Is(err, wire.ErrOddTrade) {
		return errOther
	}
	return err
}

func decode(c *wire.Codec, k wire.Kind, b []byte, ev *market.Event) (err error) {
	switch k {
	case wire.KindBookTicker:
		ev.Kind = market.EventQuote
		return c.DecodeBookTicker(b, &ev.Quote)
	case wire.KindTrade:
		ev.Kind = market.EventTrade
		return c.DecodeTrade(b, &ev.Trade)
	case wire.KindDepth:
		ev.Kind = market.EventDiff
		return c.DecodeDepth(b, &ev.Diff)
	case wire.KindAggTrade:
		ev.Kind = market.EventAgg
		_, err = c.DecodeAggTrade(b, &ev.Trade)
		return err
	case wire.KindMark:
		ev.Kind = market.EventMark
		return c.DecodeMarkPrice(b, &ev.Mark)
	}
	return errOther
}

// codec is that of a symbol, or the refusal of a recording of another.
func (d *decoder) codec(symbol []byte) (*wire.Codec, error) {
	if d.last != nil && d.last.Instrument().Symbol == string(symbol) {
		return d.last, nil
	}
	c := d.codecs[string(symbol)]
	if c == nil {
		return nil, fmt.Errorf("is a recording of %s, which is %w: pass an exchangeInfo with --symbols FILE", symbol, ErrSymbol)
	}
	d.last = c
	return c, nil
}

func (d *decoder) snapshot(b []byte, only *market.Instrument, ev *market.Event) error {
	if only == nil {
		return errNameless
	}
	ev.Kind, ev.Instrument = market.EventSnapshot, only
	return d.codecs[only.Symbol].DecodeSnapshot(b, &ev.Snapshot)
}
