package app

import (
	"fmt"
	"strings"

	"baton/binance/api"
	"baton/binance/wire"
)

// Planned is one request of a live run: what `baton live --dry-run` prints. Nothing of a key is in it.
type Planned struct {
	Method string `json:"method"` // of HTTP; WS for a connection, WSAPI for a request on one
	Target string `json:"target"`
	Query  string `json:"query,omitempty"` // with *** in place of what is secret, and NOW of the time
	Why    string `json:"why"`
}

// masked is what every signed query ends with.
const masked = "recvWindow=2000&timestamp=NOW&signature=***"

// Plan lists the requests of a live run in their order, from the first look to the switch that is disarmed at the end, without
// sending any. How many orders there will be is for the strategy; what each looks like, and what bounds it, is in the plan.
func (l *Live) Plan() []Planned {
	p := planner{base: strings.TrimSuffix(l.REST, "/")}
	p.calls("before the start", []any{api.CheckServerTime{}, api.ExchangeInformation{}, api.FuturesAccountConfiguration{},
		api.FuturesAccountBalanceV3{}, api.CurrentAllOpenOrders{}, api.CurrentAllAlgoOpenOrders{}, api.PositionInformationV3{},
		api.SymbolConfiguration{}, api.MarkPrice{}})
	for _, s := range l.Symbols {
		p.calls("our fees", []any{api.UserCommissionRate{Symbol: s}})
	}
	p.calls("to connect", []any{api.CheckServerTime{}, api.ExchangeInformation{}})
	p.wired("margin tiers", wire.CallBrackets)
	p.wired("the user stream", wire.CallStartListenKey)
	p.rows = append(p.rows, Planned{"WS", l.Streams, "", "market data of " + strings.Join(l.Symbols, " ") + ", and the user stream by a listen key (***)"},
		Planned{"WSAPI", l.API, "", "orders"})
	for _, s := range l.Symbols {
		p.rows = append(p.rows, Planned{"WSAPI", "order.place", "apiKey=***&newClientOrderId=baton-RUN-N&price=P&quantity=Q&side=BUY|SELL&symbol=" + s + "&timeInForce=TIF&type=LIMIT&" + masked,
			fmt.Sprintf("each order of %s: on the instrument's ticks and lots, within its filters, %d basis points of the top of book, and %s of worst case for all together", l.Strategy.Name, l.Bounds.filled(l.MaxNotional).CollarBps, l.MaxNotional)})
		p.calls("dead man's switch, renewed four times in "+l.guard().String()+", disarmed at the end", []any{api.AutoCancelAllOpenOrders{Symbol: s, CountdownTime: l.guard().Milliseconds()}})
	}
	p.wired("comparison with the account, every "+liveReconcile.String(), wire.CallAccount)
	return p.rows
}

// planner collects a plan.
type planner struct {
	base string
	rows []Planned
}

func (p *planner) calls(why string, calls []any) {
	for _, c := range calls {
		e := c.(interface{ Endpoint() api.Endpoint }).Endpoint()
		p.add(e.Method, e.Path, string(api.AppendQuery(nil, c)), e.Security == api.Signed, why)
	}
}

func (p *planner) wired(why string, c wire.Call) {
	method, path := c.HTTP()
	p.add(method, path, "", c.Security() == wire.Signed, why)
}

func (p *planner) add(method, path, query string, signed bool, why string) {
	switch {
	case signed && query != "":
		query += "&" + masked
	case signed:
		query = masked
	}
	p.rows = append(p.rows, Planned{method, p.base + path, query, why})
}
