package core

import (
	_ "embed"
	"strconv"
	"strings"

	"baton/market"
)

//go:embed refusals.tsv
var refusalsText string

// The texts and codes that decide about a 503 (Binance USD-M, General Info, HTTP Return Codes; SEMANTICS "Execution status
// unknown").
const (
	textUnavailable = "Service Unavailable."
	codeThrottled   = -1008
)

// Refusals is the list of codes that prove, in an answer of status 4xx, that a request had no effect (refusals.tsv).
type Refusals struct{ codes map[int]bool }

// NewRefusals reads the list that is built in. It panics on a line that makes no sense, which a test has seen it not do.
func NewRefusals() *Refusals {
	r := &Refusals{codes: map[int]bool{}}
	for i, line := range strings.Split(strings.TrimSpace(refusalsText), "\n") {
		code, _, ok := strings.Cut(line, "\t")
		if i == 0 {
			continue
		}
		n, err := strconv.Atoi(code)
		if err != nil || !ok || n >= 0 {
			panic("core: refusals.tsv: line " + strconv.Itoa(i+1) + ": " + line)
		}
		r.codes[n] = true
	}
	return r
}

// Outcome is what the answer to an order command proves: Accepted for a 2xx, Refused where that is certain (a 4xx with a code on
// the list, a throttled -1008, a 503 "Service Unavailable."), Unknown for everything else: -1000, -1001, -1006, -1007, other
// 5xx, and whatever could not be read (rule 7.1).
func (r *Refusals) Outcome(status, code int, text string) market.Outcome {
	switch {
	case status >= 200 && status < 300 && code == 0:
		return market.Accepted()
	case status >= 400 && status < 500 && r.codes[code],
		code == codeThrottled && status >= 400,
		status == 503 && code == 0 && text == textUnavailable:
		return market.Refused(code, text)
	}
	return market.Unknown()
}

// Proves says whether code, in an answer of status 4xx, proves a refusal.
func (r *Refusals) Proves(code int) bool { return r.codes[code] }

// The barrier behind which an order that the venue does not know can no longer appear: the server takes a request until its
// timestamp plus recvWindow, by its own clock, and a second more is left for its own queues (spec D3).
const barrierSlack market.Nanos = 1e9 + 500e6

// After an interruption of the user stream more is asked for: the barrier must lie gapSlack back, and the list of all orders
// (allOrders) must name nothing. -2013 may come from a replica that lags, by up to 5 s as far as others have seen; two answers
// from two queries, that long after the exchange could last have taken the request, leave no way for the order to exist. An order
// older than gapMax is not judged: unfilled orders leave the list after three days.
const (
	gapSlack market.Nanos = 10e9
	gapMax   market.Nanos = 48 * 3600e9
)

// AbsentAfterGap says whether "no such order" and an allOrders that names nothing, both asked at server time now, prove that a
// request never became an order although the user stream was interrupted since it was sent.
func AbsentAfterGap(now, sent, window market.Nanos) bool {
	return now >= sent+window+barrierSlack+gapSlack && now <= sent+gapMax
}

// Absent says whether "no such order" (-2013) proves at server time now that a request stamped sent with that window never
// will become an order. streamWhole says that the user stream has had no interruption since: without that, nothing is proven.
func Absent(now, sent, window market.Nanos, streamWhole bool) bool {
	return streamWhole && now >= sent+window+barrierSlack
}
