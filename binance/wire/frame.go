package wire

// Packed keys of the combined wrapper and of replies.
const (
	keyStream = 's' | 't'<<8 | 'r'<<16 | 'e'<<24 | 'a'<<32 | 'm'<<40
	keyData   = 'd' | 'a'<<8 | 't'<<16 | 'a'<<24
	keyResult = 'r' | 'e'<<8 | 's'<<16 | 'u'<<24 | 'l'<<32 | 't'<<40
	keyError  = 'e' | 'r'<<8 | 'r'<<16 | 'o'<<24 | 'r'<<32
)

// Kind is what a text on a socket is.
type Kind uint8

// The kinds. KindOther is a well-formed event that Baton does not use.
const (
	KindOther          Kind = iota
	KindReply               // an answer to a request: it has result or error
	KindDepth               // depthUpdate
	KindBookTicker          // bookTicker
	KindAggTrade            // aggTrade
	KindTrade               // trade
	KindMark                // markPriceUpdate
	KindOrder               // ORDER_TRADE_UPDATE
	KindTradeLite           // TRADE_LITE
	KindAccount             // ACCOUNT_UPDATE
	KindListenKeyEnded      // listenKeyExpired
	KindAlgo                // ALGO_UPDATE
)

// Frame is what [Peek] sees. Its slices are parts of the text.
type Frame struct {
	Kind   Kind
	Symbol []byte // as the event writes it; empty where it has none or names it deeper down
	Stream []byte // the stream's name in the combined wrapper; empty in a raw frame
}

// Peek tells which message a text is and of which symbol, as cheaply as that can be known: it reads keys until it knows, and
// what follows is not checked. The decoders take the same text, wrapped or raw.
func Peek(b []byte) (Frame, error) {
	var f Frame
	i, wrapped := open(b)
	if i < 0 {
		return f, badKey("frame", b, i, 0)
	}
	if wrapped {
		f.Stream = StreamName(b)
	}
	known := false
	var k uint64
	for k, i = key(b, i); i >= 0 && k != closed; k, i = follow(b, i) {
		switch k {
		case 'e':
			var name []byte
			if name, i = text(b, i); i >= 0 {
				f.Kind, known = kindOf(name), true
			}
		case 's':
			f.Symbol, i = text(b, i)
		case keyResult, keyError:
			if !known && !wrapped {
				f.Kind = KindReply
				return f, nil
			}
			i = skip(b, i)
		default:
			i = skip(b, i)
		}
		if i < 0 {
			return f, badKey("frame", b, i, k)
		}
		if known && (f.Symbol != nil || f.Kind >= KindOrder && f.Kind != KindTradeLite) {
			return f, nil
		}
	}
	if i < 0 {
		return f, badKey("frame", b, i, 0)
	}
	return f, nil
}

// kindOf is the kind of an event type.
func kindOf(e []byte) Kind {
	switch string(e) {
	case "depthUpdate":
		return KindDepth
	case "bookTicker":
		return KindBookTicker
	case "aggTrade":
		return KindAggTrade
	case "trade":
		return KindTrade
	case "markPriceUpdate":
		return KindMark
	case "ORDER_TRADE_UPDATE":
		return KindOrder
	case "TRADE_LITE":
		return KindTradeLite
	case "ACCOUNT_UPDATE":
		return KindAccount
	case "ALGO_UPDATE":
		return KindAlgo
	case "listenKeyExpired":
		return KindListenKeyEnded
	}
	return KindOther
}

// StreamName is the name in a combined wrapper, wherever it stands; empty where it cannot be read, and in the raw form.
func StreamName(b []byte) []byte {
	if len(b) > len(wrapHead) && string(b[:len(wrapHead)]) == wrapHead {
		name, _ := text(b, len(wrapHead)-1)
		return name
	}
	i := expect(b, 0, '{')
	for more := i >= 0; more; {
		var k uint64
		if k, i = key(b, i); i < 0 {
			return nil
		}
		if k == keyStream {
			name, _ := text(b, i)
			return name
		}
		if i = skip(b, i); i < 0 {
			return nil
		}
		if i, more = comma(b, i); i < 0 {
			return nil
		}
	}
	return nil
}

const (
	wrapHead = `{"stream":"`
	wrapMid  = `,"data":{`
)

// open finds the first key of the event: in the value of "data" where the text's first key is "stream" or "data" (the
// combined form, {"stream":name,"data":event}), else in the text itself (the raw form).
func open(b []byte) (i int, wrapped bool) {
	if len(b) > len(wrapHead) && string(b[:len(wrapHead)]) == wrapHead {
		if _, j := text(b, len(wrapHead)-1); j > 0 && j+len(wrapMid) <= len(b) && string(b[j:j+len(wrapMid)]) == wrapMid {
			return j + len(wrapMid), true
		}
	}
	i = expect(b, 0, '{')
	if i < 0 {
		return i, false
	}
	if k, _ := key(b, i); k != keyStream && k != keyData {
		return i, false
	}
	i, ok := toData(b, i)
	if i >= 0 && !ok {
		i = ^len(b) // a wrapper without data
	}
	return i, true
}

// toData goes on in the wrapper to the first key of its next "data" object; ok is false where the wrapper ended before.
func toData(b []byte, i int) (next int, ok bool) {
	for more := true; more; {
		var k uint64
		if k, i = key(b, i); i < 0 {
			return i, false
		}
		if k == keyData {
			return expect(b, i, '{'), true
		}
		if k == keyStream {
			i = str(b, space(b, i))
		} else {
			i = skip(b, i)
		}
		if i < 0 {
			return i, false
		}
		if i, more = comma(b, i); i < 0 {
			return i, false
		}
	}
	return i, false
}

// closeFrame checks what follows the event's closing brace. again says that the wrapper has another "data", whose first key
// is at next: the last one wins.
func closeFrame(b []byte, i int, wrapped bool) (next int, again bool) {
	if wrapped {
		if i+1 == len(b) && b[i] == '}' {
			return i + 1, false
		}
		var more bool
		if i, more = comma(b, i); i >= 0 && more {
			i, again = toData(b, i)
		}
		if i < 0 || again {
			return i, again
		}
	}
	if i = space(b, i); i != len(b) {
		return ^i, false
	}
	return i, false
}

// AppendWrapped appends the combined form of an event: {"stream":name,"data":event}.
func AppendWrapped(b []byte, stream string, event []byte) []byte {
	b = appendText(append(b, `{"stream":`...), stream)
	b = append(append(b, `,"data":`...), event...)
	return append(b, '}')
}
