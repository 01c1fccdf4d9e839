package server

import (
	"slices"
	"strconv"

	"baton/binance/wire"
	"baton/exchange/face"
	"baton/market"
	"baton/netio"
)

// ask is a request as faults see it, by REST or by the WebSocket API.
type ask struct {
	call   wire.Call
	p      wire.Params
	method string // of REST; empty for the WebSocket API
	remote string
	key    string // of the snapshots that were answered before
}

func (q *ask) alters() bool { return face.Alters(q.call) }

// exempt says whether the request is one that the venue's throttle lets pass.
func (q *ask) exempt() bool { return face.Reduces(q.call, q.p) }

func (q *ask) places() bool { return q.call == wire.CallPlace || q.call == wire.CallPlaceBatch }

// opens says whether it may make a position larger.
func (q *ask) opens() bool { return q.places() && !q.exempt() }

func (q *ask) postOnly() bool { return q.places() && string(q.p.Value("timeInForce")) == "GTX" }

func (q *ask) rest() bool { return q.method != "" }

// fate is what faults do to one request: an answer in place of the exchange's (done says whether the request is carried out all
// the same), a delay on its way, or the loss of its answer.
type fate struct {
	answer *falsehood
	done   bool
	late   market.Nanos
	lost   bool
	lag    market.Nanos // of userTrades
	body   []byte       // an older answer of the exchange
}

// falsehood is an answer in place of the exchange's: a fault of the API, or a page of HTML of somebody before it.
type falsehood struct {
	status int
	fault  *wire.APIError
}

// response is the answer by REST.
func (f *falsehood) response() *netio.Response {
	if f.fault == nil {
		title := strconv.Itoa(f.status)
		return &netio.Response{Status: f.status, Header: [][2]string{{"Content-Type", "text/html"}},
			Body: []byte("<html>\r\n<head><title>" + title + "</title></head>\r\n<body><center><h1>" + title + "</h1></center></body>\r\n</html>\r\n")}
	}
	return &netio.Response{Status: f.status, Header: [][2]string{{"Content-Type", "application/json"}}, Body: wire.AppendError(nil, f.fault)}
}

// carried says whether a request is carried out that was answered otherwise.
type carried uint8

const (
	never carried = iota
	always
	perhaps // as often as not: the answer leaves it open
)

// answer is a fault that answers a request in place of the exchange.
type answer struct {
	ChanceInfo
	of     func(*ask) bool
	status int
	fault  *wire.APIError // nil: a page of HTML
	done   carried
}

func every(*ask) bool { return true }

func all(conditions ...func(*ask) bool) func(*ask) bool {
	return func(q *ask) bool {
		return !slices.ContainsFunc(conditions, func(c func(*ask) bool) bool { return !c(q) })
	}
}

func of(call wire.Call) func(*ask) bool { return func(q *ask) bool { return q.call == call } }

// answers is the one table of them, in the order in which their dice are thrown.
var answers = [...]answer{
	{ChanceInfo{"429", "E1", "429: too many requests"}, every, 429, wire.Fault(wire.CodeTooManyRequests, strconv.Itoa(face.WeightPerMinute)), never},
	{ChanceInfo{"403", "E3", "403 of a firewall, as HTML"}, (*ask).rest, 403, nil, never},
	{ChanceInfo{"html", "N16", "200 with a page of HTML of a proxy; done as often as not"}, (*ask).rest, 200, nil, perhaps},
	{ChanceInfo{"no-such-order", "E10", "a query of a live order says that there is none (-2013)"}, of(wire.CallOrder), 400, wire.Fault(wire.CodeNoSuchOrder), never},
	{ChanceInfo{"snapshot-429", "E29", "429 to a depth snapshot"}, of(wire.CallDepth), 429, wire.Fault(wire.CodeTooManyRequests, strconv.Itoa(face.WeightPerMinute)), never},
	{ChanceInfo{"503-unavailable", "E5", "503 Service Unavailable., and not done"}, (*ask).alters, 503, &wire.APIError{Code: wire.CodeUnknown, Msg: wire.TextServiceUnavailable}, never},
	{ChanceInfo{"503-internal", "E7", "503 -1001, and not done"}, (*ask).alters, 503, wire.Fault(wire.CodeDisconnected), never},
	{ChanceInfo{"busy", "E6", "503 -1008, and not done; orders that reduce pass"}, func(q *ask) bool { return q.alters() && !q.exempt() }, 503, wire.Fault(wire.CodeBusy), never},
	{ChanceInfo{"503-unknown", "E4", "503 Unknown error, and done"}, (*ask).alters, 503, &wire.APIError{Code: wire.CodeUnknown, Msg: wire.TextUnknownError}, always},
	{ChanceInfo{"503-unexpected", "E7", "503 -1006; done as often as not"}, (*ask).alters, 503, wire.Fault(wire.CodeUnexpectedResponse), perhaps},
	{ChanceInfo{"408", "E7", "408 -1007; done as often as not"}, (*ask).alters, 408, wire.Fault(wire.CodeTimeout), perhaps},
	{ChanceInfo{"500-unknown", "E7", "500 -1000; done as often as not"}, (*ask).alters, 500, wire.Fault(wire.CodeUnknown), perhaps},
	{ChanceInfo{"504", "E7", "504 of a gateway, as HTML; done as often as not"}, all((*ask).alters, (*ask).rest), 504, nil, perhaps},
	{ChanceInfo{"quant-rule", "E20", "-4400 to what opens: quantitative rules"}, (*ask).opens, 400, &wire.APIError{Code: -4400, Msg: "Futures Trading Quantitative Rules violated, only reduceOnly order is allowed, please try again later."}, never},
	{ChanceInfo{"large-position", "E20", "-4401 to what opens: risk control of large positions"}, (*ask).opens, 400, &wire.APIError{Code: -4401, Msg: "Futures Trading Risk Control Rules of large position holding violated, only reduceOnly order is allowed, please reduce the position. ."}, never},
	{ChanceInfo{"cooling-off", "E20", "-4192 to what opens: a cooling-off period"}, (*ask).opens, 400, &wire.APIError{Code: -4192, Msg: "Trade forbidden due to Cooling-off Period."}, never},
	{ChanceInfo{"margin-short", "E18", "-2019 to what opens: margin is insufficient"}, (*ask).opens, 400, wire.Fault(wire.CodeMargin), never},
	{ChanceInfo{"bracket", "E18", "-2027 to what opens: the leverage bracket is full"}, (*ask).opens, 400, wire.Fault(wire.CodeMaxPosition), never},
	{ChanceInfo{"post-only", "E15", "-5022 to post-only orders"}, (*ask).postOnly, 400, wire.Fault(wire.CodeGTXReject), never},
	{ChanceInfo{"side-mismatch", "E19", "-4061: the position side does not match the account's mode"}, (*ask).places, 400, wire.Fault(wire.CodePositionSide), never},
}

// fate throws the dice for one request.
func (s *Server) fate(q *ask) (f fate) {
	switch {
	case s.closed:
		return fate{answer: &falsehood{503, &wire.APIError{Code: wire.CodeUnknown, Msg: wire.TextServiceUnavailable}}}
	case s.outage > 0 && q.alters():
		return fate{answer: &falsehood{503, wire.Fault(wire.CodeDisconnected)}}
	case s.cancelOnly > 0 && q.alters() && !q.cancels():
		return fate{answer: &falsehood{503, &wire.APIError{Code: wire.CodeUnknown, Msg: wire.TextServiceUnavailable}}}
	case s.down[restPart] > 0 && q.rest():
		return fate{answer: &falsehood{502, nil}}
	case len(s.chances) == 0:
		return f
	}
	if wait, yes := s.happens(faultBan); yes {
		s.f.Ban(s.now(), q.remote, wait)
		return f
	}
	for i := range answers {
		if a := &answers[i]; a.of(q) {
			if _, yes := s.happens(a.Name); yes {
				return fate{answer: &falsehood{a.status, a.fault}, done: a.done == always || a.done == perhaps && s.luck.Uint64()&1 == 0}
			}
		}
	}
	return s.lateFate(q)
}

func (q *ask) cancels() bool {
	return q.call == wire.CallCancel || q.call == wire.CallCancelAll || q.call == wire.CallCountdown || q.call == wire.CallCancelBatch ||
		q.call == wire.CallCancelAlgo || q.call == wire.CallCancelAlgos
}

// lateFate are the faults that change no answer but when, whether and as of when it comes.
func (s *Server) lateFate(q *ask) (f fate) {
	switch q.call {
	case wire.CallKeepListenKey:
		if _, yes := s.happens(faultKeyRefused); yes {
			s.f.ForgetKeys()
		}
	case wire.CallUserTrades:
		if wait, yes := s.happens(faultTradesLag); yes {
			f.lag = wait
		}
	case wire.CallDepth:
		if _, yes := s.happens(faultOldSnapshot); yes {
			f.body = s.snapshots[q.key]
		}
	}
	if !q.alters() {
		return f
	}
	if wait, yes := s.happens(faultLate); yes {
		return fate{late: wait, lost: true}
	}
	if q.rest() { // the WebSocket API loses and delays its answers as frames
		_, f.lost = s.happens(faultAckLost)
		if wait, yes := s.happens(faultSlow); yes {
			f.late = wait
		}
	}
	return f
}

// keepSnapshots bounds how many depth answers are remembered, for faultOldSnapshot.
const keepSnapshots = 64

// remember keeps a depth answer while a fault may want it.
func (s *Server) remember(q *ask, body []byte) {
	if q.call != wire.CallDepth || !slices.ContainsFunc(s.chances, func(c Chance) bool { return c.Name == faultOldSnapshot }) {
		return
	}
	if len(s.snapshots) >= keepSnapshots {
		clear(s.snapshots)
	}
	s.snapshots[q.key] = body
}
