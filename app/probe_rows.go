package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"baton/binance/api"
	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

// verdict is what a probe has seen. An error in its place: it could not tell, and why.
type verdict struct {
	holds bool
	found string
}

// probes are the rows that this program can try, by their id. Each leaves no order behind.
var probes = map[string]func(*prober) (verdict, error){
	"signing-encoding":       (*prober).signingEncoding,
	"ed25519-rest":           (*prober).ed25519REST,
	"logon-ed25519-only":     (*prober).logonKind,
	"recvwindow-barrier":     (*prober).barrier,
	"gtx-refused-unrecorded": (*prober).postOnly,
	"fok-refused-unrecorded": (*prober).fillOrKill,
	"check-order":            (*prober).checkOrder,
	"http-of-codes":          (*prober).httpOfCodes,
	"countdown-algo":         (*prober).countdownAlgo,
	"cancelall-algo":         (*prober).cancelAllAlgo,
	"public-depth-speed":     (*prober).fastDepth,
	"public-trade":           (*prober).publicTrade,
	"duplicate-client-id":    (*prober).duplicateID,
	"self-trade-default":     (*prober).selfTrade,
	"status-not-trading":     (*prober).notTrading,
	"position-risk-control":  (*prober).positionControl,
	"countdown-resolution":   (*prober).countdownTick,
	"margin-mode-spelling":   (*prober).marginSpelling,
	"open-order-margin":      (*prober).openMargin,
	"liquidation-price":      (*prober).liquidation,
	"interest-rate":          (*prober).interest,
	"funding-jitter":         (*prober).fundingJitter,
	"listenkey-expiry":       (*prober).keyEnded,
	"modify-filled":          (*prober).amendFilled,
	"trade-lite-order":       (*prober).tradeLite,
	"algo-order-link":        (*prober).algoLink,
	"user-trades-paging":     (*prober).tradesPaging,
	"position-risk-symbols":  (*prober).riskSymbols,
	"income-delay":           (*prober).income,
	"absent-after-gap":       (*prober).absence,
	"connection-rate":        wouldBan,
	"retry-after":            wouldBan,
	"server-ping":            unseen,
}

// wouldBan is a row that no script may try.
func wouldBan(*prober) (verdict, error) {
	return verdict{}, errors.New("not tried: whoever makes the exchange answer 429 or 418 bans the address, and with it every trader behind it")
}

// unseen is a row that no script of ours sees: the connection answers pings by itself.
func unseen(*prober) (verdict, error) {
	return verdict{}, errors.New("not seen: netio answers pings by itself and tells nobody; a packet capture of ten minutes shows their period, on which nothing depends")
}

// How long a probe waits: for the venue's other parts to have heard of an order (a replica may be 5 s behind), for a stream.
const (
	settleTime  = 6 * time.Second
	settleLocal = 2 * time.Second // a local exchange has one part alone; but a countdown of a second is waited for
	depthWait   = 5 * time.Second
	tradeWait   = time.Minute
	barrierWait = market.Nanos(1e9)
)

// id is a fresh client order id.
func (q *prober) id() string {
	q.ids++
	return fmt.Sprintf("probe%d-%d", q.a.co.Now()/1e6, q.ids)
}

// order is a resting buy order far below the market.
func (q *prober) order(id string) api.NewOrder {
	return api.NewOrder{Symbol: q.Symbol, Side: "BUY", Type: "LIMIT", TimeInForce: "GTC", Price: q.in.Price(q.far), Quantity: q.in.Quantity(q.lots),
		NewClientOrderID: id, NewOrderRespType: "RESULT"}
}

// refusal makes a call and keeps the HTTP status of its refusal. code is 0 where it was accepted; err says that nobody knows.
func (q *prober) refusal(e api.Endpoint, query string, late, window market.Nanos) (body []byte, code int, err error) {
	body, err = q.a.ask(e, query, late, window)
	if answer, ok := errors.AsType[*said](err); ok && answer.Code != 0 && answer.Status/100 == 4 {
		q.refusals[answer.Code] = answer.Status
		return nil, answer.Code, nil
	}
	return body, 0, err
}

// because says why a step did not go as the probe needs it.
func because(what string, code int, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", what, err)
	case code != 0:
		return fmt.Errorf("%s is refused with %d", what, code)
	}
	return fmt.Errorf("%s is accepted", what)
}

func (q *prober) place(o api.NewOrder) (body []byte, code int, err error) {
	return q.refusal(o.Endpoint(), string(api.AppendQuery(nil, o)), 0, askWindow)
}

// status is an order's status by its client id; code is that of a refusal.
func (q *prober) status(id string) (status string, code int, err error) {
	c := api.QueryOrder{Symbol: q.Symbol, OrigClientOrderID: id}
	body, code, err := q.refusal(c.Endpoint(), string(api.AppendQuery(nil, c)), 0, askWindow)
	if err != nil || code != 0 {
		return "", code, err
	}
	var o struct {
		Status string `json:"status"`
	}
	return o.Status, 0, wire.Unmarshal(body, &o)
}

func (q *prober) cancel(id string) (code int, err error) {
	c := api.CancelOrder{Symbol: q.Symbol, OrigClientOrderID: id}
	_, code, err = q.refusal(c.Endpoint(), string(api.AppendQuery(nil, c)), 0, askWindow)
	return code, err
}

func (q *prober) signingEncoding() (verdict, error) {
	id := q.id() + ":a/b"
	_, code, err := q.place(q.order(id))
	switch {
	case err != nil:
		return verdict{}, err
	case code == wire.CodeBadSignature:
		return verdict{false, "an order whose client id holds %3A and %2F is refused with -1022"}, nil
	case code != 0:
		return verdict{}, fmt.Errorf("the order was refused for another reason: %d", code)
	}
	if code, err = q.cancel(id); err != nil || code != 0 {
		return verdict{}, because("the order was placed, its cancel", code, err)
	}
	return verdict{true, "an order whose client id holds : and / was placed and cancelled, signed over the encoded bytes"}, nil
}

func (q *prober) ed25519REST() (verdict, error) {
	if q.Keys.Kind != KindEd25519 {
		return verdict{}, fmt.Errorf("this key is an %s one", q.Keys.Kind)
	}
	if _, err := q.a.askWire(wire.CallAccount); err != nil {
		if answer, ok := errors.AsType[*said](err); ok && answer.Code == wire.CodeBadSignature {
			return verdict{false, "GET /fapi/v3/account refuses the signature"}, nil
		}
		return verdict{}, err
	}
	return verdict{true, "GET /fapi/v3/account answers an Ed25519 key"}, nil
}

func (q *prober) logonKind() (verdict, error) {
	if q.Keys.Kind != KindHMAC {
		return verdict{}, fmt.Errorf("this key is an %s one", q.Keys.Kind)
	}
	at := wire.Stamp{Time: q.a.co.Now() + q.a.offset.Ahead(), Window: askWindow}
	res, err := q.a.askSocket(q.At.API, string(q.Keys.signer.AppendCall(nil, 1, wire.CallLogon, at)))
	switch {
	case err != nil:
		return verdict{}, err
	case res.Status/100 == 2:
		return verdict{false, "session.logon takes an HMAC key"}, nil
	}
	return verdict{true, fmt.Sprintf("session.logon refuses an HMAC key: status %d: %d %s", res.Status, res.Code, q.a.clean(string(res.Msg)))}, nil
}

// barrier sends an order that is older than its window as it leaves. That can refute the rule and not prove it: it speaks of orders
// that are held back inside the exchange, and nobody outside can make one.
func (q *prober) barrier() (verdict, error) {
	id := q.id()
	o := q.order(id)
	_, code, err := q.refusal(o.Endpoint(), string(api.AppendQuery(nil, o)), 2*barrierWait+q.a.offset.Error(), barrierWait)
	switch {
	case err != nil:
		return verdict{}, err
	case code == 0:
		return verdict{false, "an order older than its recvWindow was accepted"}, nil
	case code != wire.CodeBadTimestamp && code != codeMatchingTime:
		return verdict{}, fmt.Errorf("the order was refused for another reason: %d", code)
	}
	v, err := q.absent(id, fmt.Sprintf("an order older than its recvWindow is refused with %d", code))
	if err == nil && v.holds {
		err = errors.New(v.found + "; but the rule is of orders that are held back inside the exchange, which no client can make")
	}
	return v, err
}

// codeMatchingTime is -1021 of the matching engine (Binance USD-M, Error Codes).
const codeMatchingTime = -5028

// absent waits until every part of the venue must have heard of an order, and asks for it.
func (q *prober) absent(id, found string) (verdict, error) {
	if err := q.a.co.Sleep(q.settle); err != nil {
		return verdict{}, err
	}
	status, code, err := q.status(id)
	switch {
	case err != nil:
		return verdict{}, err
	case code == wire.CodeNoSuchOrder:
		return verdict{true, found + ", and a query answers -2013"}, nil
	case code != 0:
		return verdict{}, fmt.Errorf("%s, and the query is refused with %d", found, code)
	}
	return verdict{false, found + ", and a query tells an order of status " + status}, nil
}

func (q *prober) postOnly() (verdict, error) {
	o := q.order(q.id())
	o.TimeInForce, o.Price = "GTX", q.in.Price(q.up)
	return q.refusedAbsent(o, wire.CodeGTXReject, "a post-only order through the book")
}

func (q *prober) fillOrKill() (verdict, error) {
	o := q.order(q.id())
	o.TimeInForce = "FOK"
	return q.refusedAbsent(o, wire.CodeFOKReject, "a fill-or-kill order far from the market")
}

func (q *prober) refusedAbsent(o api.NewOrder, want int, what string) (verdict, error) {
	_, code, err := q.place(o)
	switch {
	case err != nil:
		return verdict{}, err
	case code == 0:
		status, _, err := q.status(o.NewClientOrderID)
		return verdict{false, what + " is not refused, but recorded with status " + status}, err
	case code != want:
		return verdict{}, fmt.Errorf("%s is refused with %d, not %d", what, code, want)
	}
	return q.absent(o.NewClientOrderID, fmt.Sprintf("%s is refused with %d", what, code))
}

func (q *prober) checkOrder() (verdict, error) {
	o := q.order(q.id())
	off, err := q.in.Tick.Mul(decimal.MustParse("0.5"), decimal.HalfEven)
	if err == nil {
		o.Price, err = o.Price.Add(off)
	}
	if err != nil {
		return verdict{}, err
	}
	o.Quantity = q.in.Quantity(q.in.MinQty)
	_, code, err := q.place(o)
	if err != nil || code == 0 {
		return verdict{}, because("an order off the tick and below the notional", code, err)
	}
	return verdict{true, fmt.Sprintf("an order off the tick and below the notional is refused with %d", code)}, nil
}

// httpOfCodes lists what was met so far; it settles nothing but a contradiction, since no run meets every code.
func (q *prober) httpOfCodes() (verdict, error) {
	var met []string
	for code, status := range q.refusals { // order: sorted below
		met = append(met, fmt.Sprintf("%d with %d", code, status))
		if status != 400 && !slices.Contains([]int{wire.CodeTooManyRequests, wire.CodeUnexpectedResponse, wire.CodeTimeout, wire.CodeBusy, wire.CodeBadKeyFormat, wire.CodeRejectedKey}, code) {
			return verdict{false, fmt.Sprintf("%d comes with HTTP status %d", code, status)}, nil
		}
	}
	slices.Sort(met)
	return verdict{}, fmt.Errorf("met so far: %s", strings.Join(met, ", "))
}

// algo places a conditional order that does not trigger, lets act do something, and says whether it is still open.
func (q *prober) algo(act func() error) (open bool, err error) {
	o := api.NewAlgoOrder{AlgoType: "CONDITIONAL", Symbol: q.Symbol, Side: "BUY", Type: "STOP_MARKET", TriggerPrice: q.in.Price(q.up),
		Quantity: q.in.Quantity(q.lots), ClientAlgoID: q.id(), WorkingType: "CONTRACT_PRICE"}
	if _, err := askFor(q.a, o); err != nil {
		return false, fmt.Errorf("place a conditional order: %w", err)
	}
	if err := act(); err != nil {
		return false, err
	}
	if err := q.a.co.Sleep(q.settle); err != nil {
		return false, err
	}
	rows, err := askFor(q.a, api.CurrentAllAlgoOpenOrders{Symbol: q.Symbol})
	if err != nil {
		return false, err
	}
	for _, r := range *rows {
		open = open || r.ClientAlgoID == o.ClientAlgoID
	}
	if open {
		_, err = askFor(q.a, api.CancelAlgoOrder{ClientAlgoID: o.ClientAlgoID})
	}
	return open, err
}

func (q *prober) countdownAlgo() (verdict, error) {
	id := q.id()
	open, err := q.algo(func() error {
		if _, code, err := q.place(q.order(id)); err != nil || code != 0 {
			return because("an order beside it", code, err)
		}
		_, err := askFor(q.a, api.AutoCancelAllOpenOrders{Symbol: q.Symbol, CountdownTime: 1000})
		return err
	})
	if err != nil {
		return verdict{}, err
	}
	status, code, err := q.status(id)
	if err != nil || code != 0 || status != "CANCELED" {
		return verdict{}, because("the order beside it, which the countdown should have cancelled, has status "+status+", and its query", code, err)
	}
	if !open {
		return verdict{false, "a countdown of a second cancels the conditional order too"}, nil
	}
	return verdict{true, "a countdown of a second cancels the order and leaves the conditional one"}, nil
}

func (q *prober) cancelAllAlgo() (verdict, error) {
	open, err := q.algo(func() error {
		_, err := askFor(q.a, api.CancelAllOpenOrders{Symbol: q.Symbol})
		return err
	})
	switch {
	case err != nil:
		return verdict{}, err
	case !open:
		return verdict{false, "DELETE /fapi/v1/allOpenOrders cancels the conditional order too"}, nil
	}
	return verdict{true, "the conditional order outlives DELETE /fapi/v1/allOpenOrders"}, nil
}

// delivers says whether a stream of the public root brings a frame in time.
func (q *prober) delivers(kind string, within time.Duration) (verdict, error) {
	stream := wire.StreamOf(q.Symbol, kind)
	url := q.At.Streams + wire.RootPublic + wire.PathStream + "?" + wire.QueryStreams + "=" + stream
	began := q.a.co.Now()
	_, err := q.a.listen(url, wire.RootPublic, "", within, func(f []byte) bool { return string(wire.StreamName(f)) == stream })
	if err != nil {
		return verdict{}, fmt.Errorf("%s: %w", stream, err)
	}
	return verdict{true, fmt.Sprintf("%s came after %.2f s", stream, float64(q.a.co.Now()-began)/1e9)}, nil
}

func (q *prober) fastDepth() (verdict, error)   { return q.delivers("depth@0ms", depthWait) }
func (q *prober) publicTrade() (verdict, error) { return q.delivers("trade", tradeWait) }

func (q *prober) duplicateID() (verdict, error) {
	id := q.id()
	if _, code, err := q.place(q.order(id)); err != nil || code != 0 {
		return verdict{}, because("the first order", code, err)
	}
	_, again, err := q.place(q.order(id))
	if err != nil {
		return verdict{}, err
	}
	if code, err := q.cancel(id); err != nil || code != 0 {
		return verdict{}, because("its cancel", code, err)
	}
	_, later, err := q.place(q.order(id))
	if err != nil {
		return verdict{}, err
	}
	if later == 0 {
		if code, err := q.cancel(id); err != nil || code != 0 {
			return verdict{}, because("the last cancel", code, err)
		}
	}
	word := map[bool]string{true: "is accepted", false: fmt.Sprintf("is refused with %d", later)}[later == 0]
	first := map[bool]string{true: "is accepted", false: fmt.Sprintf("is refused with %d", again)}[again == 0]
	return verdict{again == wire.CodeDuplicateClientID && later == 0, "the same id while open " + first + ", and after the cancel " + word}, nil
}

func (q *prober) selfTrade() (verdict, error) {
	id := q.id()
	body, code, err := q.place(q.order(id))
	if err != nil || code != 0 {
		return verdict{}, because("the order", code, err)
	}
	var o struct {
		Mode string `json:"selfTradePreventionMode"`
	}
	if err := wire.Unmarshal(body, &o); err != nil {
		return verdict{}, err
	}
	if code, err := q.cancel(id); err != nil || code != 0 {
		return verdict{}, because("its cancel", code, err)
	}
	if o.Mode == "" {
		return verdict{}, errors.New("the answer does not name the mode")
	}
	return verdict{true, "the answer to an order without one names " + o.Mode}, nil
}
