package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

// The oracle reads stream events with encoding/json and nothing of package wire, slowly and with the same rules: any key
// order, keys byte for byte, the last of duplicates, unknown keys skipped, exact ticks.

var errOracle = errors.New("oracle")

// fields are the values by key, in the order of the text; the event is looked for in the combined wrapper too.
func fields(text []byte) (map[string]json.RawMessage, error) {
	outer, order, err := object(text)
	if err != nil {
		return nil, err
	}
	if order[0] != "stream" && order[0] != "data" {
		return outer, nil
	}
	if _, ok := outer["data"]; !ok {
		return nil, errOracle
	}
	inner, _, err := object(outer["data"])
	return inner, err
}

func object(text []byte) (map[string]json.RawMessage, []string, error) {
	if !json.Valid(text) || bytes.TrimLeft(text, " \t\r\n")[0] != '{' {
		return nil, nil, errOracle
	}
	d := json.NewDecoder(bytes.NewReader(text))
	m, order := map[string]json.RawMessage{}, []string(nil)
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, nil, err
		}
		m[k.(string)] = v
		order = append(order, k.(string))
	}
	if len(order) == 0 {
		return nil, nil, errOracle
	}
	return m, order, nil
}

// reader collects the values of an event and remembers whether all were right.
type reader struct {
	m  map[string]json.RawMessage
	in *market.Instrument
	ok bool
}

func (r *reader) text(k string) (s string) {
	if v, found := r.m[k]; !found || v[0] != '"' || json.Unmarshal(v, &s) != nil {
		r.ok = false
	}
	return s
}

func (r *reader) whole(k string) (n int64) {
	v, found := r.m[k]
	if !found || json.Unmarshal(v, &n) != nil || v[0] == 'n' || n < 0 && k != "pu" || v[0] == '-' && k != "pu" || math.Abs(float64(n)) > 1e18-1 {
		r.ok = false
	}
	return n
}

func (r *reader) millis(k string) market.Nanos {
	n := r.whole(k)
	if n > math.MaxInt64/1_000_000 {
		r.ok = false
		return 0
	}
	return n * 1e6
}

func (r *reader) bool(k string) (b bool) {
	if v, found := r.m[k]; !found || string(v) != "true" && string(v) != "false" || json.Unmarshal(v, &b) != nil {
		r.ok = false
	}
	return b
}

func (r *reader) decimal(k string) decimal.Decimal {
	d, err := decimal.Parse(r.text(k))
	r.ok = r.ok && err == nil
	return d
}

func (r *reader) level(px, qty string) (l market.Level) {
	p, err1 := decimal.Parse(px)
	q, err2 := decimal.Parse(qty)
	if err1 != nil || err2 != nil || p.Sign() < 0 || q.Sign() < 0 {
		r.ok = false
		return l
	}
	l.Px, err1 = r.in.Ticks(p)
	l.Qty, err2 = r.in.Lots(q)
	r.ok = r.ok && err1 == nil && err2 == nil
	return l
}

func (r *reader) rows(k string) (out []market.Level) {
	var rows [][]*string
	if v, found := r.m[k]; !found || v[0] != '[' || json.Unmarshal(v, &rows) != nil {
		r.ok = false
	}
	for _, x := range rows {
		if len(x) != 2 || x[0] == nil || x[1] == nil {
			r.ok = false
			return nil
		}
		out = append(out, r.level(*x[0], *x[1]))
	}
	return out
}

// strange says that a text has what the scanners refuse and encoding/json does not mind: escapes in keys or values, deep
// nesting, a wrapper with more than one data.
func strange(text []byte) bool {
	return bytes.IndexByte(text, '\\') >= 0 || bytes.Count(text, []byte(`"data"`)) > 1 ||
		bytes.Count(text, []byte("[")) > 60 || bytes.Count(text, []byte("{")) > 60 || duplicates(text)
}

// duplicates: the scanners read every one of duplicate keys, the oracle only the last, so a bad one before it tells them apart.
func duplicates(text []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(text))
	var open []map[string]bool // the keys of each object around; nil: an array
	key := false               // a string comes next that is one
	for {
		tok, err := dec.Token()
		if err != nil {
			return false // no JSON at all: both refuse it
		}
		switch tok := tok.(type) {
		case json.Delim:
			switch tok {
			case '{':
				open = append(open, map[string]bool{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
			key = len(open) > 0 && open[len(open)-1] != nil
			continue
		case string:
			if key {
				if open[len(open)-1][tok] {
					return true
				}
				open[len(open)-1][tok], key = true, false
				continue
			}
		}
		key = len(open) > 0 && open[len(open)-1] != nil
	}
}

func oracle(in *market.Instrument, text []byte, want string, read func(r *reader)) error {
	m, err := fields(text)
	if err != nil {
		return err
	}
	r := &reader{m: m, in: in, ok: true}
	if r.text("e") != want || r.text("s") != in.Symbol {
		return errOracle
	}
	if read(r); !r.ok {
		return errOracle
	}
	return nil
}

func oracleDepth(in *market.Instrument, text []byte) (d market.Diff, err error) {
	err = oracle(in, text, "depthUpdate", func(r *reader) {
		d = market.Diff{First: r.whole("U"), Last: r.whole("u"), Prev: r.whole("pu"), Bids: r.rows("b"), Asks: r.rows("a"), Event: r.millis("E"), Transact: r.millis("T")}
	})
	return d, err
}

func oracleQuote(in *market.Instrument, text []byte) (q market.Quote, err error) {
	err = oracle(in, text, "bookTicker", func(r *reader) {
		bid, ask := r.level(r.text("b"), r.text("B")), r.level(r.text("a"), r.text("A"))
		q = market.Quote{Update: r.whole("u"), Bid: bid.Px, BidQty: bid.Qty, Ask: ask.Px, AskQty: ask.Qty, Event: r.millis("E"), Transact: r.millis("T")}
	})
	return q, err
}

func oracleTrade(in *market.Instrument, text []byte, agg bool) (t market.Trade, first int64, err error) {
	name, id := "trade", "t"
	if agg {
		name, id = "aggTrade", "a"
	}
	odd := false
	err = oracle(in, text, name, func(r *reader) {
		l := r.level(r.text("p"), r.text("q"))
		t = market.Trade{ID: r.whole(id), Px: l.Px, Qty: l.Qty, Taker: market.Buy, Event: r.millis("E"), Transact: r.millis("T")}
		if t.Last = t.ID; agg {
			first, t.Last = r.whole("f"), r.whole("l")
		}
		if r.bool("m") {
			t.Taker = market.Sell
		}
		if _, has := r.m["X"]; has && !agg {
			odd = r.text("X") != "MARKET"
		}
	})
	if err == nil && (odd || t.Px == 0 || t.Qty == 0) {
		err = wire.ErrOddTrade
	}
	return t, first, err
}

func oracleMark(in *market.Instrument, text []byte) (m market.Mark, err error) {
	err = oracle(in, text, "markPriceUpdate", func(r *reader) {
		m = market.Mark{Mark: r.decimal("p"), Index: r.decimal("i"), Next: r.millis("T"), Event: r.millis("E")}
		if string(r.m["r"]) != `""` {
			m.Rate = r.decimal("r")
		}
	})
	return m, err
}

// agree says how two readings of one text differ, "" where they do not.
func agree[T any](got T, gotErr error, want T, wantErr error) string {
	switch {
	case (gotErr == nil) != (wantErr == nil), errors.Is(gotErr, wire.ErrOddTrade) != errors.Is(wantErr, wire.ErrOddTrade):
		return fmt.Sprintf("error %v, the oracle's %v", gotErr, wantErr)
	case gotErr != nil && !errors.Is(gotErr, wire.ErrOddTrade):
		if e, ok := errors.AsType[*wire.ParseError](gotErr); !ok || e.Offset < 0 {
			return fmt.Sprintf("the error %v has no offset", gotErr)
		}
		return ""
	case fmt.Sprint(got) != fmt.Sprint(want):
		return fmt.Sprintf("%v, the oracle's %v", got, want)
	}
	return ""
}
