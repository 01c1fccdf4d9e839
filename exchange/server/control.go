package server

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"baton/decimal"
	"baton/exchange"
	"baton/exchange/local"
	"baton/netio"
)

// Control is the exchange's second face, for whoever runs it: accounts, clock, faults. It is a netio.Service of its own, to be
// given to a port of its own; every request carries its token, as Authorization: Bearer TOKEN.
//
//	GET  /              what there is: accounts, clock, faults and their probabilities, counts
//	POST /accounts      {"name","apiKey","secret" or "publicKey","deposit"}: opens an account
//	POST /deposit       {"name","amount"}: adds to a wallet; a negative amount takes from it
//	POST /clock         {"speed":2}, {"pause":true}, {"step":"30s"}, {"drift":"-2s"}
//	POST /faults        {"name","probability","wait"}: from now on; probability 0 ends it
//	POST /maintenance   {"on":true}
//	POST /scenario      {"name","symbol","at","for","strength"}: one of [Scenarios], {"name","end":true} ends it
//	POST /filters       {"symbol","tickSize","stepSize","minQty","maxQty","notional","multiplierUp","multiplierDown"}: the rules from now on;
//	                    what is left out is as it was listed
//	POST /status        {"symbol","status"}: TRADING, BREAK, PRE_SETTLE, ...
//	POST /hand          {"name","what"}: does "order", "cancel" or "mode" on an account, as its owner might by hand
//	POST /queue         {"model":"log"}: how own orders move up beside recorded books: risk-averse, power:N, power2:N, power3:N, log, log2
//	POST /latency       {"out":"3ms+250us","back":"3ms"}: of order requests; of their answers and user events
//	POST /coin          {"name","amount","price"}: BNB for an account, and what one is worth, so that commissions can be paid in it
type Control struct {
	s     *Server
	token string
}

// NewControl makes the control face of a server.
func NewControl(s *Server, token string) *Control { return &Control{s, token} }

// Token is what requests must carry.
func (c *Control) Token() string { return c.token }

// order is what a control request says.
type order struct {
	Name        string          `json:"name"`
	APIKey      string          `json:"apiKey"`
	Secret      string          `json:"secret"`
	PublicKey   string          `json:"publicKey"`
	Deposit     decimal.Decimal `json:"deposit"`
	Amount      decimal.Decimal `json:"amount"`
	Speed       *float64        `json:"speed"`
	Pause       bool            `json:"pause"`
	Step        span            `json:"step"`
	Drift       *span           `json:"drift"`
	Probability float64         `json:"probability"`
	Wait        span            `json:"wait"`
	On          bool            `json:"on"`
	Symbol      string          `json:"symbol"`
	At          span            `json:"at"`
	For         span            `json:"for"`
	Strength    float64         `json:"strength"`
	End         bool            `json:"end"`
	Status      string          `json:"status"`
	What        string          `json:"what"`
	Price       decimal.Decimal `json:"price"`
	Model       string          `json:"model"`
	Out         string          `json:"out"`
	Back        string          `json:"back"`
	exchange.Filters
}

// span is a duration as Go writes it.
type span time.Duration

// UnmarshalText reads it.
func (d *span) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is no duration: write one like 500ms, 30s or -2s", b)
	}
	*d = span(v)
	return nil
}

// report is what GET / answers.
type report struct {
	Time      int64        `json:"time"`
	Accounts  []string     `json:"accounts"`
	Faults    []Chance     `json:"faults"`
	Known     []string     `json:"knownFaults"`
	Table     []ChanceInfo `json:"faultTable"`
	Scenarios []ChanceInfo `json:"scenarios"`
	Running   []string     `json:"running"`
	Closed    bool         `json:"maintenance"`
	DriftMs   int64        `json:"driftMs"`
	Stats     Stats        `json:"stats"`
	Open      int          `json:"connections"`
	Queue     string       `json:"queue"`
}

func lines(list []Scenario) []string {
	out := []string{}
	for _, sc := range list {
		out = append(out, sc.String())
	}
	return out
}

// Serve answers a control request.
func (c *Control) Serve(r *netio.Request, answer func(*netio.Response)) {
	if !c.allowed(r) {
		answer(plain(401, map[string]string{"error": "this is the exchange's control port: send its token as Authorization: Bearer TOKEN"}))
		return
	}
	if r.Method == "GET" && r.Path == "/" {
		s := c.s
		answer(plain(200, &report{Time: s.l.Now() / 1e6, Accounts: s.names, Faults: s.chances, Known: Chances(), Table: ChanceTable(), Scenarios: Scenarios(), Running: lines(s.Running()), Closed: s.closed,
			DriftMs: s.drift / 1e6, Stats: s.Stats(), Open: len(s.conns), Queue: s.x.Queue().String()}))
		return
	}
	var o order
	if err := json.Unmarshal(r.Body, &o); err != nil {
		answer(plain(400, map[string]string{"error": "the body is no JSON object of this call: " + err.Error()}))
		return
	}
	status, err := c.do(r.Method+" "+r.Path, &o)
	if err != nil {
		answer(plain(status, map[string]string{"error": err.Error()}))
		return
	}
	answer(plain(200, map[string]bool{"done": true}))
}

func (c *Control) allowed(r *netio.Request) bool {
	got := strings.TrimPrefix(r.Get("Authorization"), "Bearer ")
	return subtle.ConstantTimeCompare([]byte(got), []byte(c.token)) == 1
}

func (c *Control) do(what string, o *order) (status int, err error) {
	switch what {
	case "POST /accounts":
		err = c.s.AddAccount(Key{APIKey: o.APIKey, Secret: o.Secret, Public: o.PublicKey, Account: o.Name, Deposit: o.Deposit})
	case "POST /deposit":
		err = c.s.Deposit(o.Name, o.Amount)
	case "POST /clock":
		err = c.clock(o)
	case "POST /faults":
		err = c.s.SetChance(Chance{Name: o.Name, Probability: o.Probability, Wait: time.Duration(o.Wait)})
	case "POST /maintenance":
		c.s.Maintain(o.On)
	case "POST /scenario":
		err = c.scenario(o)
	case "POST /filters":
		err = c.s.SetFilters(o.Symbol, o.Filters)
	case "POST /status":
		err = c.s.SetStatus(o.Symbol, o.Status)
	case "POST /hand":
		err = c.s.ByHand(o.Name, o.What)
	case "POST /queue":
		err = c.queue(o)
	case "POST /latency":
		err = c.latency(o)
	case "POST /coin":
		err = c.s.Coins(o.Name, o.Amount, o.Price)
	default:
		return 404, fmt.Errorf("no such control call: %s; GET / tells what there is", what)
	}
	return 400, err
}

func (c *Control) scenario(o *order) error {
	if !o.End {
		return c.s.Stage(Scenario{Name: o.Name, Symbol: o.Symbol, At: time.Duration(o.At), For: time.Duration(o.For), Strength: o.Strength})
	}
	if !c.s.EndScenario(o.Name) {
		return fmt.Errorf("no scenario called %q waits or goes on", o.Name)
	}
	return nil
}

func (c *Control) queue(o *order) error {
	m, err := exchange.ParseQueueModel(o.Model)
	if err != nil {
		return err
	}
	return c.s.x.SetQueue(m)
}

func (c *Control) latency(o *order) error {
	out, err := local.ParseLatency(o.Out)
	if err != nil {
		return err
	}
	back, err := local.ParseLatency(o.Back)
	if err != nil {
		return err
	}
	return c.s.SetLatency(out, back)
}

func (c *Control) clock(o *order) error {
	switch {
	case o.Drift != nil:
		c.s.Drift(time.Duration(*o.Drift))
		return nil
	case o.Step != 0:
		return c.s.Step(time.Duration(o.Step))
	case o.Pause:
		return c.s.SetSpeed(0)
	case o.Speed != nil:
		return c.s.SetSpeed(*o.Speed)
	}
	return fmt.Errorf(`say what to do with the clock: {"speed":2}, {"pause":true}, {"step":"30s"} or {"drift":"-2s"}`)
}

// Accept refuses WebSockets: there are none here.
func (c *Control) Accept(*netio.Request, *netio.Conn) (netio.Handler, *netio.Response) {
	return nil, plain(404, map[string]string{"error": "the control port has no WebSockets"})
}

func plain(status int, v any) *netio.Response {
	b, err := json.Marshal(v)
	if err != nil {
		return &netio.Response{Status: 500, Body: []byte(err.Error())}
	}
	return &netio.Response{Status: status, Header: [][2]string{{"Content-Type", "application/json"}}, Body: b}
}
