package binance

import (
	"errors"
	"fmt"

	"baton/aio"
	"baton/binance/api"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

// Call makes one typed call by REST, once, within the limits: it waits for its turn, but a call that counts as an order never waits,
// and is refused with a *core.LimitError. What an error of a command proves is told by [Client.Outcome].
//
//	answer, err := binance.Call(co, client, api.ChangeInitialLeverage{Symbol: "BTCUSDT", Leverage: 5})
func Call[A any](co *aio.Co, c *Client, call api.Call[A]) (*A, error) {
	e := call.Endpoint()
	body, err := c.callAPI(co, e, api.AppendQuery(nil, call))
	if err != nil {
		return nil, err
	}
	answer := call.Answer()
	if err := api.Decode(body, answer); err != nil {
		return nil, c.hide(fmt.Errorf("%s %s: %w", e.Method, e.Path, err))
	}
	return answer, nil
}

// callAPI makes a call with the given parameters, and gives the body of its success.
func (c *Client) callAPI(co *aio.Co, e api.Endpoint, query []byte) ([]byte, error) {
	for range e.Orders {
		if err := c.budget.Order(co.Now()); err != nil {
			return nil, err
		}
	}
	if err := c.turn(co, e.Weight); err != nil {
		return nil, err
	}
	r := &netio.Request{Method: e.Method, Path: e.Path, Query: string(query)}
	switch e.Security {
	case api.Key:
		r.Header = [][2]string{{wire.HeaderKey, c.signer.Key()}}
	case api.Signed:
		r.Query = string(c.signer.AppendSealed(query, c.stamp()))
		r.Header = [][2]string{{wire.HeaderKey, c.signer.Key()}}
	}
	return c.do(co, r)
}

// Outcome is what the error of a command that was made by [Call] proves: none, that it was accepted; an answer that is on the list of
// proven refusals, or that nothing left, that it was refused; everything else, that nobody knows.
func (c *Client) Outcome(err error) market.Outcome {
	if err == nil {
		return market.Accepted()
	}
	if said, ok := errors.AsType[*Error](err); ok {
		if said.Code == wire.CodeDuplicateClientID {
			return market.Unknown()
		}
		return c.refusals.Outcome(said.Status, said.Code, said.Msg)
	}
	if !Sent(err) {
		return market.Refused(0, c.clean(err.Error()))
	}
	return market.Unknown()
}
