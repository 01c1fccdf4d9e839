package app

import (
	"errors"
	"fmt"
	"strings"

	"baton/binance"
	"baton/binance/api"
	"baton/binance/wire"
	"baton/netio"
)

// checkStreams waits for a frame of each root that anybody may read: the handshake alone proves nothing.
func (d *Doctor) checkStreams(a *asker, r *Diagnosis) {
	for _, s := range []struct{ name, root, stream string }{
		{"public stream", wire.RootPublic, wire.StreamOf(d.Symbol, "bookTicker")},
		{"market stream", wire.RootMarket, wire.StreamOf(d.Symbol, wire.StreamMark)},
	} {
		url := d.At.Streams + s.root + wire.PathStream + "?" + wire.QueryStreams + "=" + s.stream
		began := a.co.Now()
		_, err := a.listen(url, s.root, "", d.Patience, func(f []byte) bool { return string(wire.StreamName(f)) == s.stream })
		if err != nil {
			d.add(r, s.name, CheckFail, "check that wss is let through: a proxy or firewall may take the handshake and drop the data", "%s of %s: %v", s.root, d.At.Streams, err)
			continue
		}
		d.add(r, s.name, CheckOK, "", "%s came after %.2f s", s.stream, float64(a.co.Now()-began)/1e9)
	}
}

// checkAPI asks the WebSocket API for a price, which needs no key.
func (d *Doctor) checkAPI(a *asker, r *Diagnosis) {
	call := fmt.Sprintf(`{"id":1,"method":%q,"params":{"symbol":%q}}`, wire.CallBookTicker.Method(), d.Symbol)
	res, err := a.askSocket(d.At.API, call)
	switch {
	case err != nil:
		d.add(r, "ws-api", CheckFail, "orders would go by REST, which is slower: check that wss is let through", "%s: %v", d.At.API, err)
	case res.Code != 0 || res.Status/100 != 2:
		d.add(r, "ws-api", CheckWarn, "orders would go by REST, which is slower", "it answers status %d: %d %s", res.Status, res.Code, a.clean(string(res.Msg)))
	default:
		d.add(r, "ws-api", CheckOK, "", "answers")
	}
}

// askSocket sends one request, of id 1, to the WebSocket API.
func (a *asker) askSocket(address, call string) (*wire.Response, error) {
	res := &wire.Response{}
	_, err := a.listen(address, wire.PathAPI, call, patienceOf, func(f []byte) bool {
		id, ok := int64(0), false
		if wire.DecodeResponse(f, res) == nil {
			id, ok = res.Number()
		}
		return ok && id == 1
	})
	return res, err
}

// checkKeys refuses a key at the wrong exchange before anything is signed, then asks for the account.
func (d *Doctor) checkKeys(a *asker, r *Diagnosis) bool {
	skip := func() {
		for _, name := range []string{"permissions", "position mode", "private stream"} {
			d.add(r, name, CheckUnknown, "", "not asked, for want of a key that works")
		}
	}
	if d.Keys == nil {
		d.add(r, "keys", CheckUnknown, "name a key file with --key-file", "no key is given")
		skip()
		return false
	}
	if err := d.At.Check(d.Keys.Realm); err != nil {
		d.add(r, "keys", CheckFail, "use the key of this exchange", "%v", err)
		skip()
		return false
	}
	if _, err := a.askWire(wire.CallAccount); err != nil {
		do := "try again"
		if answer, ok := errors.AsType[*said](err); ok {
			switch answer.Code {
			case wire.CodeRejectedKey, wire.CodeBadKeyFormat:
				do = "check the key's id, its right to trade futures, and its list of addresses"
			case wire.CodeBadSignature:
				do = "check the secret: it does not belong to the key"
			case wire.CodeBadTimestamp:
				do = "set the clock"
			}
		}
		d.add(r, "keys", CheckFail, do, "the account cannot be read: %v", err)
		skip()
		return false
	}
	if d.Keys.Kind == KindRSA {
		d.add(r, "keys", CheckWarn, "make an Ed25519 key: RSA is slow to sign with", "the RSA key reads the account")
		return true
	}
	d.add(r, "keys", CheckOK, "", "the %s key reads the account", d.Keys.Kind)
	return true
}

// checkPermissions asks the spot host what the key may do.
func (d *Doctor) checkPermissions(a *asker, network netio.Network, r *Diagnosis) {
	if d.Spot == "" {
		d.add(r, "permissions", CheckUnknown, "look at the key's page", "this exchange has no host that tells what a key may do")
		return
	}
	spot := &asker{co: a.co, net: a.net, rest: network.Doer(d.Spot), keys: a.keys, offset: a.offset}
	body, err := spot.askWire(wire.CallRestrictions)
	var may wire.Restrictions
	if err == nil {
		err = wire.Unmarshal(body, &may)
	}
	if err != nil {
		d.add(r, "permissions", CheckUnknown, "reach the spot host: live trading refuses a key whose rights are unknown", "%s did not tell: %v", d.Spot, err)
		return
	}
	accepted, err := CheckPermissions(&may, d.Accept)
	realm, _ := d.At.Realm()
	switch {
	case err != nil && may.Futures && may.Reading && realm == binance.Local:
		d.add(r, "permissions", CheckWarn, "", "%v (play money: it does not matter here)", err)
	case err != nil:
		d.add(r, "permissions", CheckFail, "change the key on the API management page", "%v", err)
	case len(accepted) > 0:
		d.add(r, "permissions", CheckWarn, "", "accepted by a person: %s", strings.Join(accepted, ", "))
	default:
		d.add(r, "permissions", CheckOK, "", "it trades, it moves no money, and it is bound to a list of addresses")
	}
}

// checkMode looks whether the account is in one-way mode, the only one that Baton trades in.
func (d *Doctor) checkMode(a *asker, r *Diagnosis) {
	mode, err := askFor(a, api.GetCurrentPositionMode{})
	switch {
	case err != nil:
		d.add(r, "position mode", CheckUnknown, "try again", "%v", err)
	case mode.DualSidePosition:
		d.add(r, "position mode", CheckFail, "close all positions and switch to one-way mode in the futures settings", "hedge mode")
	default:
		d.add(r, "position mode", CheckOK, "", "one-way")
	}
}

// checkPrivate opens the user stream and asks it what it is subscribed to: an account that does nothing has no event of its own.
func (d *Doctor) checkPrivate(a *asker, r *Diagnosis) {
	const do = "orders would be followed by queries alone: check the key, and that wss is let through"
	body, err := a.askWire(wire.CallStartListenKey)
	var key string
	if err == nil {
		key, err = wire.DecodeListenKey(body)
	}
	if err != nil {
		d.add(r, "private stream", CheckFail, do, "no listen key: %v", err)
		return
	}
	a.hidden = append(a.hidden, key)
	url := d.At.Streams + wire.RootPrivate + wire.PathRaw + "?" + wire.QueryListenKey + "=" + key
	if _, err := a.listen(url, wire.RootPrivate, `{"method":"LIST_SUBSCRIPTIONS","id":1}`, d.Patience, func([]byte) bool { return true }); err != nil {
		d.add(r, "private stream", CheckWarn, do, "%v", err)
		return
	}
	d.add(r, "private stream", CheckOK, "", "open, and it answers; an event comes only when the account does something")
}

// checkFilters loads the instruments.
func (d *Doctor) checkFilters(a *asker, r *Diagnosis) {
	body, err := a.askWire(wire.CallExchangeInfo)
	var info *wire.Info
	if err == nil {
		info, err = wire.DecodeInfo(body)
	}
	if err != nil {
		d.add(r, "filters", CheckFail, "no order can be checked without them", "%v", err)
		return
	}
	a.limits = info.Limits
	for _, in := range info.Instruments {
		if in.Symbol != d.Symbol {
			continue
		}
		status, do := CheckOK, ""
		if in.Status != "TRADING" {
			status, do = CheckWarn, "wait, or name another --symbol"
		}
		d.add(r, "filters", status, do, "%d instruments (%d left out); %s is %s, tick %s, lot %s, from %s", len(info.Instruments), len(info.Skipped), in.Symbol, in.Status, in.Tick, in.Lot, in.MinNotional)
		return
	}
	d.add(r, "filters", CheckFail, "name another --symbol", "%d instruments, and %s is none of them", len(info.Instruments), d.Symbol)
}

// checkLimits tells how much of the request weight of this minute is used, by everybody behind this address.
func (d *Doctor) checkLimits(a *asker, r *Diagnosis) {
	most := 0
	for _, l := range a.limits {
		if l.Kind == wire.LimitWeight && l.Interval == 60e9 {
			most = l.Limit
		}
	}
	switch {
	case most == 0 || a.used == 0:
		d.add(r, "limits", CheckUnknown, "", "the exchange does not tell")
	case a.used*100 > most*usedWarn:
		d.add(r, "limits", CheckWarn, "other programs behind this address use it up: stop them, or trade from another", "%d of %d request weight used in this minute", a.used, most)
	default:
		d.add(r, "limits", CheckOK, "", "%d of %d request weight used in this minute", a.used, most)
	}
}
