package server

import (
	"bytes"

	"baton/decimal"
	"baton/exchange/face"
)

// mangled is what a fault makes of a frame: the venue itself says something that cannot be. nil: nothing.
func (s *Server) mangled(kind face.Kind, frame []byte) []byte {
	if _, yes := s.happens(faultGarbage); yes {
		s.garbage++
		return garbled(frame, s.garbage)
	}
	switch kind {
	case face.User:
		if bytes.Contains(frame, []byte(`"x":"TRADE"`)) && s.throws(faultOverfill) {
			return overfilled(frame)
		}
		return nil
	case face.Depth, face.Partial, face.BookTicker:
		if s.throws(faultCrossed) {
			return locked(frame)
		}
	}
	if s.throws(faultZeroPrice) {
		return first(frame, [][]byte{[]byte(`"p":"`), []byte(`"b":"`), []byte(`[["`)}, func([]byte) []byte { return []byte("0.00") })
	}
	if s.throws(faultNegative) {
		return first(frame, [][]byte{[]byte(`"q":"`), []byte(`"B":"`), []byte(`","`)}, func(v []byte) []byte { return append([]byte("-"), v...) })
	}
	return nil
}

// span is where the text stands that begins behind a mark and ends before the next quote; ok is false where there is none.
func spanOf(frame, mark []byte) (from, to int, ok bool) {
	from = bytes.Index(frame, mark)
	if from < 0 {
		return 0, 0, false
	}
	from += len(mark)
	n := bytes.IndexByte(frame[from:], '"')
	return from, from + n, n >= 0
}

// first replaces the value behind the first of several marks that the frame has; nil where it has none.
func first(frame []byte, marks [][]byte, by func([]byte) []byte) []byte {
	for _, m := range marks {
		if from, to, ok := spanOf(frame, m); ok {
			out := append([]byte(nil), frame[:from]...)
			return append(append(out, by(frame[from:to])...), frame[to:]...)
		}
	}
	return nil
}

// locked lets a bid stand at the best ask that the frame names; nil where it names none.
func locked(frame []byte) []byte {
	if from, to, ok := askOf(frame); ok { // rows: a bid more
		row := append(append([]byte(`["`), frame[from:to]...), `","1000000"]`...)
		at := bytes.Index(frame, []byte(`"b":[`))
		if at < 0 {
			return nil
		}
		at += len(`"b":[`)
		if frame[at] != ']' {
			row = append(row, ',')
		}
		return append(append(append([]byte(nil), frame[:at]...), row...), frame[at:]...)
	}
	from, to, ok := spanOf(frame, []byte(`"a":"`))
	if !ok {
		return nil
	}
	ask := frame[from:to]
	return first(frame, [][]byte{[]byte(`"b":"`)}, func([]byte) []byte { return ask })
}

// askOf is where the price of the first ask row stands that has a quantity: a bid at the price of one that goes away may be in order.
func askOf(frame []byte) (from, to int, ok bool) {
	at := bytes.Index(frame, []byte(`"a":[["`))
	if at < 0 {
		return 0, 0, false
	}
	for at += len(`"a":[`); at < len(frame) && frame[at] == '['; at++ {
		from, to, ok = spanOf(frame[at:], []byte(`["`))
		qFrom, qTo, more := spanOf(frame[at:], []byte(`","`))
		if !ok || !more {
			return 0, 0, false
		}
		if q, err := decimal.ParseBytes(frame[at+qFrom : at+qTo]); err == nil && !q.IsZero() {
			return at + from, at + to, true
		}
		end := bytes.IndexByte(frame[at:], ']')
		if end < 0 {
			return 0, 0, false
		}
		at += end + 1 // the comma
	}
	return 0, 0, false
}

// overfilled says of a fill that the order is filled by as much more as this fill is.
func overfilled(frame []byte) []byte {
	number := func(mark string) decimal.Decimal {
		from, to, ok := spanOf(frame, []byte(mark))
		if !ok {
			return decimal.Zero
		}
		d, _ := decimal.ParseBytes(frame[from:to])
		return d
	}
	filled, err := number(`"q":"`).Add(number(`"l":"`))
	if err != nil || filled.IsZero() {
		return nil
	}
	return first(frame, [][]byte{[]byte(`"z":"`)}, func([]byte) []byte { return []byte(filled.String()) })
}

// garbled spoils a frame in the n-th of several ways.
func garbled(frame []byte, n int) []byte {
	insert := func(text string) []byte {
		return append(append([]byte{'{'}, text...), frame[1:]...)
	}
	switch n % 6 {
	case 1:
		return append([]byte(nil), frame[:len(frame)/2]...)
	case 2:
		return []byte(`{"e":"SOMETHING_NEW","E":1,"what":{"is":["this",null]}}`)
	case 3:
		if out := first(frame, [][]byte{[]byte(`"s":"`)}, func([]byte) []byte { return []byte("\xff\xfe") }); out != nil {
			return out
		}
	case 4:
		if at := bytes.Index(frame, []byte(`"E":`)); at >= 0 {
			at += len(`"E":`)
			return append(append(append([]byte(nil), frame[:at]...), `"x",`...), append([]byte(`"E2":`), frame[at:]...)...)
		}
	case 5:
		if out := first(frame, [][]byte{[]byte(`"X":"`), []byte(`"m":"`)}, func([]byte) []byte { return []byte("NEVER_HEARD_OF") }); out != nil {
			return out
		}
	}
	return insert(`"zz":{"list":[1,2.5e3,"",null,true],"more":{}},`)
}
