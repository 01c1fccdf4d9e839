package wire

import "bytes"

// Request is a ws-api request as the server reads it. ID is the raw JSON value (a number, a string with its quotes, or null)
// and is echoed as it came. Params are in the order of the text, strings without escapes and numbers as written.
type Request struct {
	ID     []byte
	Method []byte
	Params Params
}

// DecodeRequest reads a ws-api request: {"id":..,"method":"order.place","params":{..}}. r's Params are reused; everything is
// a part of the text, except values with escapes.
func DecodeRequest(b []byte, r *Request) error {
	*r = Request{Params: r.Params[:0]}
	i := object(b, 0, func(name []byte, i int) int {
		switch string(name) {
		case "id":
			return requestID(b, i, &r.ID)
		case "method":
			r.Method, i = text(b, i)
			return i
		case "params":
			r.Params = r.Params[:0]
			return object(b, i, func(name []byte, i int) int { return r.param(b, i, name) })
		}
		return skip(b, i)
	})
	if err := ended("ws-api request", b, i); err != nil {
		return err
	}
	if len(r.Method) == 0 {
		return &ParseError{"ws-api request", len(b), `key "method" is missing`}
	}
	return nil
}

// MaxID bounds the id of a request, which is echoed.
const MaxID = 128

// requestID keeps the raw id: a string, an integer or null.
func requestID(b []byte, i int, id *[]byte) int {
	if i < len(b) && (b[i] == '{' || b[i] == '[' || b[i] == 't' || b[i] == 'f') {
		return ^i
	}
	next := skip(b, i)
	if next-i > MaxID {
		return ^i
	}
	if next > 0 {
		*id = b[i:next]
	}
	return next
}

// param reads one value: a string, a number or a boolean; null is an absent parameter.
func (r *Request) param(b []byte, i int, name []byte) int {
	if len(r.Params) == MaxParams || i >= len(b) || b[i] == '{' || b[i] == '[' {
		return ^i
	}
	var v []byte
	next := skip(b, i)
	switch {
	case next < 0 || b[i] == 'n':
		return next
	case b[i] == '"':
		if v, next = escapedText(b, i); next < 0 {
			return next
		}
	default:
		v = b[i:next]
	}
	for n := range r.Params {
		if bytes.Equal(r.Params[n].Name, name) {
			r.Params[n].Value = v
			return next
		}
	}
	r.Params = append(r.Params, Param{name, v})
	return next
}

// Response is a ws-api answer as the client reads it. Its slices are parts of the text; Limits is reused. Error is set
// (Code is not zero) where the call was refused.
type Response struct {
	ID     []byte // raw, as sent
	Status int    // as an HTTP status
	Result []byte // raw JSON
	Code   int    // error.code
	Msg    []byte // error.msg
	Limits []RateLimit
}

// Number is the id as a number; ok is false where it is none.
func (r *Response) Number() (id int64, ok bool) {
	id, next := whole(r.ID, 0)
	return id, next > 0 && next == len(r.ID)
}

// DecodeResponse reads a ws-api answer: {"id":..,"status":200,"result":..,"rateLimits":[..]}.
func DecodeResponse(b []byte, r *Response) error {
	*r = Response{Limits: r.Limits[:0]}
	seen := uint32(0)
	i := object(b, 0, func(name []byte, i int) int {
		at := i
		switch string(name) {
		case "id":
			seen |= 1
			return requestID(b, i, &r.ID)
		case "status":
			var v int64
			v, i = whole(b, i)
			r.Status = int(v)
			seen |= 2
			return i
		case "result":
			if i = skip(b, i); i > 0 {
				r.Result = b[at:i]
			}
			return i
		case "error":
			i, r.Code, r.Msg = readError(b, i)
			return i
		case "rateLimits":
			r.Limits, i = readLimits(b, i, r.Limits[:0])
			return i
		}
		return skip(b, i)
	})
	if err := ended("ws-api response", b, i); err != nil {
		return err
	}
	return missingUnless(seen == 3, "ws-api response", b, seen, "id", "status")
}

func missingUnless(ok bool, message string, b []byte, seen uint32, names ...string) error {
	if ok {
		return nil
	}
	return missing(message, b, seen, names...)
}

// AppendResponse appends a success: result is raw JSON. limits may be nil (returnRateLimits=false). id is echoed verbatim; an
// empty one is null.
func AppendResponse(b []byte, id []byte, result []byte, limits []RateLimit) []byte {
	b = append(appendID(b, id), `,"status":200,"result":`...)
	return appendLimits(append(b, result...), limits)
}

// AppendFailure appends a refusal.
func AppendFailure(b []byte, id []byte, status int, e *APIError, limits []RateLimit) []byte {
	b = appendInt(appendID(b, id), `,"status":`, int64(status))
	b = AppendError(append(b, `,"error":`...), e)
	return appendLimits(b, limits)
}

func appendID(b []byte, id []byte) []byte {
	if len(id) == 0 {
		id = []byte("null")
	}
	return append(append(b, `{"id":`...), id...)
}

func appendLimits(b []byte, limits []RateLimit) []byte {
	if limits != nil {
		b = AppendLimits(append(b, `,"rateLimits":`...), limits, true)
	}
	return append(b, '}')
}

// Control is a request on a stream connection (Binance USD-M, Live Subscribing). Streams are of SUBSCRIBE and UNSUBSCRIBE.
type Control struct {
	Method  ControlMethod
	ID      []byte // raw, echoed verbatim
	Streams []string
}

// ControlMethod is what a [Control] asks for.
type ControlMethod uint8

// The methods. ControlOther is one that is refused.
const (
	ControlOther ControlMethod = iota
	Subscribe
	Unsubscribe
	ListSubscriptions
)

// String is Binance's spelling.
func (m ControlMethod) String() string {
	return [...]string{"OTHER", "SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS"}[m]
}

// DecodeControl reads a request on a stream connection.
func DecodeControl(b []byte, c *Control) error {
	*c = Control{Streams: c.Streams[:0]}
	known := false
	i := object(b, 0, func(name []byte, i int) int {
		switch string(name) {
		case "method":
			var s []byte
			s, i = text(b, i)
			c.Method, known = controlMethod(s), true
			return i
		case "id":
			return requestID(b, i, &c.ID)
		case "params":
			c.Streams = c.Streams[:0]
			return array(b, i, func(i int) int { return c.param(b, i) })
		}
		return skip(b, i)
	})
	if err := ended("stream request", b, i); err != nil {
		return err
	}
	return missingUnless(known, "stream request", b, 0, "method")
}

// param reads a stream's name; SET_PROPERTY has values of other types, which are not kept.
func (c *Control) param(b []byte, i int) int {
	if i < len(b) && b[i] != '"' {
		return skip(b, i)
	}
	if len(c.Streams) > MaxStreams {
		return ^i
	}
	s, next := escapedText(b, i)
	c.Streams = append(c.Streams, string(s))
	return next
}

func controlMethod(s []byte) ControlMethod {
	for m := Subscribe; m <= ListSubscriptions; m++ {
		if string(s) == m.String() {
			return m
		}
	}
	return ControlOther
}

// AppendControl appends a request on a stream connection; streams may be nil.
func AppendControl(b []byte, id int64, m ControlMethod, streams []string) []byte {
	b = appendString(b, `{"method":`, m.String())
	if m != ListSubscriptions {
		b = appendTexts(append(b, `,"params":`...), streams)
	}
	return append(appendInt(b, `,"id":`, id), '}')
}

func appendTexts(b []byte, s []string) []byte {
	b = append(b, '[')
	for n := range s {
		if n > 0 {
			b = append(b, ',')
		}
		b = appendText(b, s[n])
	}
	return append(b, ']')
}

// ControlReply is the answer to a [Control].
type ControlReply struct {
	ID      []byte // raw, as sent
	Streams []string
	Code    int // error.code, 0 on success
	Msg     []byte
}

// Number is the id as a number; ok is false where it is none.
func (r *ControlReply) Number() (id int64, ok bool) {
	id, next := whole(r.ID, 0)
	return id, next > 0 && next == len(r.ID)
}

// DecodeControlReply reads the answer to a request on a stream connection.
func DecodeControlReply(b []byte, r *ControlReply) error {
	*r = ControlReply{Streams: r.Streams[:0]}
	seen := uint32(0)
	i := object(b, 0, func(name []byte, i int) int {
		switch string(name) {
		case "id":
			seen |= 1
			return requestID(b, i, &r.ID)
		case "error":
			seen |= 2
			i, r.Code, r.Msg = readError(b, i)
			return i
		case "result":
			if seen |= 2; i >= len(b) || b[i] != '[' {
				return skip(b, i)
			}
			return array(b, i, func(i int) int {
				s, next := escapedText(b, i)
				r.Streams = append(r.Streams, string(s))
				return next
			})
		}
		return skip(b, i)
	})
	if err := ended("stream reply", b, i); err != nil {
		return err
	}
	return missingUnless(seen == 3, "stream reply", b, seen, "id", "result")
}

// AppendControlDone appends {"result":null,"id":..}, AppendControlList the list of subscriptions, AppendControlError a
// refusal (Binance's codes are small and positive: 2 invalid request, 4 too many subscriptions).
func AppendControlDone(b []byte, id []byte) []byte {
	return appendControlID(append(b, `{"result":null`...), id)
}

// AppendControlList appends the answer of LIST_SUBSCRIPTIONS.
func AppendControlList(b []byte, id []byte, streams []string) []byte {
	return appendControlID(appendTexts(append(b, `{"result":`...), streams), id)
}

// AppendControlError appends a refusal.
func AppendControlError(b []byte, id []byte, code int, msg string) []byte {
	return appendControlID(AppendError(append(b, `{"error":`...), &APIError{code, msg}), id)
}

func appendControlID(b []byte, id []byte) []byte {
	if len(id) == 0 {
		id = []byte("null")
	}
	return append(append(append(b, `,"id":`...), id...), '}')
}

// StreamDepth, StreamBookTicker, StreamAggTrade, StreamTrade and StreamMark are the names of a symbol's streams: the symbol in
// lower case, and the kind.
const (
	StreamDepth      = "@depth@100ms"
	StreamBookTicker = "@bookTicker"
	StreamAggTrade   = "@aggTrade"
	StreamTrade      = "@trade"
	StreamMark       = "@markPrice@1s"
)
