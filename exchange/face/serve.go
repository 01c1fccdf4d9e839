package face

import (
	"strconv"
	"strings"

	"baton/binance/wire"
	"baton/exchange"
	"baton/market"
)

// Request is one HTTP request. Header holds names and values as they came; names are compared without case.
type Request struct {
	Method string
	Path   string
	Query  string // raw, without '?'
	Header [][2]string
	Body   []byte
	Remote string       // the peer's address, by which weight is counted
	Came   market.Nanos // when it came in, where it takes a way to get to matching; 0: now
}

// Response is its answer.
type Response struct {
	Status int
	Header [][2]string
	Body   []byte
}

// The HTTP statuses that are told apart here; the others come with their error codes.
const (
	statusOK      = 200
	statusBad     = 400
	statusMissing = 404
	statusTooMany = 429
	statusBanned  = 418
)

// call is one request on its way through its endpoint, by REST or by the WebSocket API.
type call struct {
	f       *Face
	now     market.Nanos
	what    wire.Call
	p       wire.Params
	args    wire.Args
	account int    // index into Face.accounts; -1 for an open endpoint
	body    []byte // the result
	came    market.Nanos
}

// Serve answers one REST request. Whatever it did to the exchange has happened when it returns; what follows from it is in
// the exchange's events, which are the caller's to [Face.Publish].
func (f *Face) Serve(now market.Nanos, r *Request) Response {
	c := &call{f: f, now: now, account: -1, came: r.Came}
	fault := f.rest(c, r)
	return f.respond(c, r, fault)
}

func (f *Face) rest(c *call, r *Request) (fault *wire.APIError) {
	if fault := f.addressOf(r.Remote).banned(c.now); fault != nil {
		return fault
	}
	if c.what, _ = wire.FindHTTP(r.Method, r.Path); c.what == wire.CallNone {
		return offline(r.Method, r.Path)
	}
	query := []byte(r.Query)
	if c.p, fault = wire.ParseQuery(query, r.Body, nil); fault != nil {
		return fault
	}
	return f.run(c, r.Remote, header(r.Header, wire.HeaderKey), func(s verifier) *wire.APIError {
		return s.VerifyQuery(query, r.Body)
	})
}

// run takes a call through the checks in their order: the address's weight; key, signature and time; the parameters; the
// account's order limits; and then what the call itself checks.
func (f *Face) run(c *call, remote, key string, verify func(verifier) *wire.APIError) *wire.APIError {
	return emptied(c.p, f.checked(c, remote, key, verify))
}

func (f *Face) checked(c *call, remote, key string, verify func(verifier) *wire.APIError) (fault *wire.APIError) {
	var bad *wire.APIError
	c.args, bad = c.p.Args()
	from := f.addressOf(remote)
	if fault = from.banned(c.now); fault != nil {
		return fault
	}
	if fault = from.count(c.now, c.what, &c.args); fault != nil {
		return fault
	}
	if c.account, fault = f.authorise(c, key, verify); fault != nil {
		return fault
	}
	if fault = legal(c.p); fault != nil {
		return fault
	}
	if bad != nil {
		return bad
	}
	if c.what.Orders() > 0 {
		if fault = f.countOrder(c.now, c.account, c.what); fault != nil {
			return fault
		}
	}
	return handlers[c.what](c)
}

// owner is the exchange's number of the caller's account.
func (c *call) owner() int { return c.f.accounts[c.account].index }

func (f *Face) respond(c *call, r *Request, fault *wire.APIError) Response {
	from := f.addressOf(r.Remote)
	weight := &from.weight
	resp := Response{Status: statusOK, Body: c.body, Header: [][2]string{{"Content-Type", "application/json"}}}
	if c.what.Pool() == wire.PoolWeight {
		resp.Header = append(resp.Header, [2]string{wire.HeaderWeight, strconv.Itoa(weight.add(c.now, 0))})
	}
	if c.what.Orders() > 0 && c.account >= 0 {
		w := &f.accounts[c.account].orders
		resp.Header = append(resp.Header,
			[2]string{wire.HeaderOrders10s, strconv.Itoa(w.tenSeconds.add(c.now, 0))},
			[2]string{wire.HeaderOrders1m, strconv.Itoa(w.minute.add(c.now, 0))})
	}
	if fault == nil {
		return resp
	}
	resp.Status, resp.Body = fault.HTTP(), wire.AppendError(nil, fault)
	if from.banned(c.now) != nil {
		resp.Status = statusBanned
		resp.Header = append(resp.Header, [2]string{wire.HeaderRetryAfter, strconv.FormatInt((from.until-c.now+second-1)/second, 10)})
		return resp
	}
	if resp.Status == statusTooMany {
		over := weight
		if fault.Code == wire.CodeTooManyOrders {
			over = f.accounts[c.account].orders.over()
		}
		resp.Header = append(resp.Header, [2]string{wire.HeaderRetryAfter, strconv.FormatInt(over.left(c.now), 10)})
	}
	return resp
}

func header(list [][2]string, name string) string {
	for i := range list {
		if strings.EqualFold(list[i][0], name) {
			return list[i][1]
		}
	}
	return ""
}

// refused is an exchange's refusal as an error of the API; nil where nothing was refused.
func refused(r exchange.Refusal) *wire.APIError {
	if !r.Refused() {
		return nil
	}
	return &wire.APIError{Code: r.Code, Msg: r.Text}
}

// Changes says whether a request, if it is in order, changes something at the exchange: such a request takes its time to get
// there.
func Changes(r *Request) bool {
	c, _ := wire.FindHTTP(r.Method, r.Path)
	return Alters(c)
}

// Alters is [Changes] of a call, by REST or by the WebSocket API.
func Alters(c wire.Call) bool {
	return c.Orders() > 0 || c == wire.CallCancel || c == wire.CallCancelAll || c == wire.CallCountdown || c == wire.CallCancelBatch ||
		c == wire.CallCancelAlgo || c == wire.CallCancelAlgos
}

// Places says whether a request asks to place an order.
func Places(r *Request) bool {
	c, _ := wire.FindHTTP(r.Method, r.Path)
	return c == wire.CallPlace
}

// Reduces says whether a request is one that the venue's throttle lets pass: it can only reduce (Binance USD-M, -1008: reduce only,
// close position, LONG sold, SHORT bought), or it cancels.
func Reduces(c wire.Call, p wire.Params) bool {
	return Alters(c) && c.Orders() == 0 || reduces(p)
}

func reduces(p wire.Params) bool {
	side, position := string(p.Value("side")), string(p.Value("positionSide"))
	return string(p.Value("reduceOnly")) == "true" || string(p.Value("closePosition")) == "true" ||
		position == "LONG" && side == "SELL" || position == "SHORT" && side == "BUY"
}
