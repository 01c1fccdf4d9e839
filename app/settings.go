package app

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"baton/decimal"
	"baton/risk"
	"baton/trade"
)

// Setting is one thing that a file, an environment variable or a flag may say. Its key is SECTION.NAME, the section being the verb that
// it is for, and the name has its unit.
type Setting struct {
	Key     string
	Flag    string   // of the verbs, without the dashes
	Verbs   []string // that have the flag
	Default string   // what holds where nobody says anything; "": the verb has to be told, or does without
	About   string
	Ceiling string // the name of a risk ceiling; "": there is none
	Kind    Kind

	Least, Most decimal.Decimal // of a number; both zero: the flag decides
}

// Kind is what a value must look like.
type Kind uint8

// The kinds. KindSeconds is a whole number of seconds, where the flag takes a span of time.
const (
	KindText Kind = iota
	KindNumber
	KindSeconds
)

// verbBacktest has settings too, beside the verbs whose runs are recorded.
const verbBacktest = "backtest"

// strategySection is the section of the strategies' parameters: strategy.NAME.PARAMETER.
const strategySection = "strategy"

// SettingsTable is every setting beside the parameters of strategies. Which exchange and which account a verb is about, and who confirms it,
// are no settings: they are said each time by its flags, so that live, stop and kill cannot mean different ones.
func SettingsTable() []Setting {
	money := decimal.MustParse(deposit).String()
	return []Setting{
		{Key: "page.addr", Flag: "page", Verbs: []string{verbDemo, verbPaper, verbLive}, About: "where the page is served, HOST:PORT on loopback"},
		{Key: "demo.strategy", Flag: "strategy", Verbs: []string{verbDemo}, Default: "maker", About: "which strategy runs"},
		{Key: "demo.speed", Kind: KindNumber, Least: count(MinSpeed), Most: count(MaxSpeed), Flag: "speed", Verbs: []string{verbDemo}, Default: "1", About: "how many times faster than the wall the clock may run"},
		{Key: "demo.seed", Kind: KindNumber, Flag: "seed", Verbs: []string{verbDemo}, Default: "1", About: "of the synthetic market and the latencies"},
		{Key: "demo.for_s", Flag: "for", Verbs: []string{verbDemo}, Kind: KindSeconds, About: "how long it runs, by its own clock"},
		{Key: "demo.net", Flag: "net", Verbs: []string{verbDemo}, Default: NetSockets, About: "sockets, or memory with a digest"},
		{Key: "backtest.seed", Kind: KindNumber, Flag: "seed", Verbs: []string{verbBacktest}, Default: "1", About: "of the latencies"},
		{Key: "paper.symbols", Flag: "symbol", Verbs: []string{verbPaper}, About: "what is traded: BTCUSDT, ETHUSDT"},
		{Key: "paper.deposit_usdt", Kind: KindNumber, Flag: "deposit", Verbs: []string{verbPaper}, Default: money, About: "the play money to begin with"},
		{Key: "paper.seed", Kind: KindNumber, Flag: "seed", Verbs: []string{verbPaper}, Default: "1", About: "of the latencies"},
		{Key: "paper.for_s", Flag: "for", Verbs: []string{verbPaper}, Kind: KindSeconds, About: "how long it runs"},
		{Key: "live.symbols", Flag: "symbol", Verbs: []string{verbLive}, About: "what is traded: BTCUSDT, ETHUSDT"},
		{Key: "live.max_loss_usdt", Kind: KindNumber, Flag: "max-loss", Verbs: []string{verbLive}, Ceiling: risk.CeilingLoss, About: "what may be lost in a day, and from the highest equity"},
		{Key: "live.max_notional_usdt", Kind: KindNumber, Flag: "max-notional", Verbs: []string{verbLive}, Ceiling: risk.CeilingExposure, About: "worth of all positions and open orders together"},
		{Key: "live.max_position_usdt", Kind: KindNumber, Flag: "max-position", Verbs: []string{verbLive}, Ceiling: risk.CeilingExposure, About: "worth of one symbol's position, open orders counted (default: live.max_notional_usdt)"},
		{Key: "live.max_order_usdt", Kind: KindNumber, Flag: "max-order", Verbs: []string{verbLive}, Ceiling: risk.CeilingOrder, About: "worth of one order (default: live.max_position_usdt)"},
		{Key: "live.max_open_orders", Kind: KindNumber, Flag: "max-open-orders", Verbs: []string{verbLive}, Least: count(1), Most: count(openOrdersCeiling), Default: fmt.Sprint(OpenOrdersDefault), About: "open orders of one symbol"},
		{Key: "live.collar_bps", Kind: KindNumber, Flag: "collar-bps", Verbs: []string{verbLive}, Ceiling: risk.CeilingCollar, Default: fmt.Sprint(CollarDefault), About: "how far through the top of book a price may reach, in basis points"},
		{Key: "live.max_orders_10s", Kind: KindNumber, Flag: "max-orders", Verbs: []string{verbLive}, Ceiling: risk.CeilingOrderRate, Default: fmt.Sprint(MaxOrdersDefault), About: "new orders in ten seconds"},
		{Key: "live.dead_man_s", Flag: "dead-man", Verbs: []string{verbLive}, Kind: KindSeconds, Default: fmt.Sprint(int(GuardDefault / time.Second)), About: "after how long of silence the exchange cancels all orders"},
		{Key: "live.for_s", Flag: "for", Verbs: []string{verbLive}, Kind: KindSeconds, About: "how long it runs"},
	}
}

// Text is the value v as the setting's flag takes it. A number is written in plain decimals: no exponent, no other base.
func (s *Setting) Text(v string) (string, error) {
	if s.Kind == KindText {
		return v, nil
	}
	d, err := decimal.Parse(v)
	switch {
	case s.Kind == KindSeconds && (err != nil || d.Sign() <= 0 || d.Units()%decimal.Scale != 0):
		return "", fmt.Errorf("%s is %q: it must be a whole number of seconds", s.Key, v)
	case err != nil || d.Sign() < 0:
		return "", fmt.Errorf("%s is %q: it must be a plain number, not below zero", s.Key, v)
	case s.Most.Sign() > 0 && (d.Less(s.Least) || s.Most.Less(d)):
		return "", fmt.Errorf("%s is %s: it must be between %s and %s", s.Key, v, s.Least, s.Most)
	case s.Kind == KindSeconds:
		return v + "s", nil
	}
	if c, ok := risk.CeilingOf(s.Ceiling); ok {
		return v, c.Check(s.Key, d)
	}
	return v, nil
}

// count is a whole number as an exact one.
func count(n int64) decimal.Decimal { return decimal.FromUnits(n * decimal.Scale) }

// The layers of a value, the weakest first. A flag beats them all.
const (
	OriginDefault = "default"
	OriginFile    = "file"
	OriginEnv     = "environment"
)

// Value is what one setting is, and who said so.
type Value struct {
	Key     string `json:"key"`
	Text    string `json:"value"`
	Origin  string `json:"origin"`            // default, file or environment
	Where   string `json:"where,omitempty"`   // FILE:LINE, or the variable's name
	About   string `json:"about"`             // for people
	Ceiling string `json:"ceiling,omitempty"` // compiled in
}

// place says where a value stands, for a complaint about it.
func (v *Value) place() string {
	if v.Where == "" {
		return v.Key
	}
	return v.Where + ": " + v.Key
}

// Settings is what a file and the environment say, each value known and none repeated.
type Settings struct {
	Path   string // of the file; "": there is none
	values map[string]*Value
	known  map[string]*Setting // nil value: a strategy's parameter
	order  []string            // of keys, as in the table, then the strategies'
}

// newSettings has every setting with its default: those of the table and the parameters of the strategies.
func newSettings(strategies []trade.Strategy) *Settings {
	s := &Settings{values: map[string]*Value{}, known: map[string]*Setting{}}
	for _, x := range SettingsTable() {
		v := &Value{Key: x.Key, Text: x.Default, Origin: OriginDefault, About: x.About}
		if c, ok := risk.CeilingOf(x.Ceiling); ok {
			v.Ceiling = c.Most.String()
		}
		s.values[x.Key], s.known[x.Key], s.order = v, &x, append(s.order, x.Key)
	}
	for i := range strategies {
		for _, p := range strategies[i].Params {
			key := strings.Join([]string{strategySection, strategies[i].Name, p.Name}, ".")
			s.values[key] = &Value{Key: key, Text: p.Value.String(), Origin: OriginDefault, About: fmt.Sprintf("%s (%s to %s)", p.About, p.Min, p.Max)}
			s.known[key], s.order = nil, append(s.order, key)
		}
	}
	return s
}

// put sets a value, or says why it cannot. Neither the key's nor the value's text is repeated where it may be a secret.
func (s *Settings) put(key, text, origin, where string) error {
	v := s.values[key]
	if v == nil {
		return fmt.Errorf("%s: %w", where, s.unknown(key))
	}
	if text == "" {
		return fmt.Errorf("%s: %s has no value: give it one, or leave it out", where, key)
	}
	if x := s.known[key]; x != nil {
		if _, err := x.Text(text); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
	}
	v.Text, v.Origin, v.Where = text, origin, where
	return nil
}

// secretNames are what people call secrets.
var secretNames = []string{"secret", "api_key", "apikey", "key", "password", "passphrase", "token"}

// unknown is the complaint about a key that there is not, with the nearest that there is.
func (s *Settings) unknown(key string) error {
	if name := key[strings.LastIndexByte(key, '.')+1:]; slices.Contains(secretNames, strings.ToLower(name)) || strings.Contains(strings.ToLower(name), "secret") {
		return fmt.Errorf("%s: a secret does not belong here: keep it in a file of mode 0600 that --key-file names, and if others could read this one, make a new key", key)
	}
	return fmt.Errorf("there is no setting %q%s", key, trade.Meant(key, s.near(key)))
}

// near are the keys that a wrong one may have meant: those of its section, or the sections where there is no such one.
func (s *Settings) near(key string) []string {
	section, _, _ := strings.Cut(key, ".")
	var keys, sections []string
	for _, k := range s.order {
		of, _, _ := strings.Cut(k, ".")
		if of == section {
			keys = append(keys, k)
		}
		if !slices.Contains(sections, of) {
			sections = append(sections, of)
		}
	}
	if len(keys) == 0 {
		return sections
	}
	return keys
}

// All are all values: those of the table, then the strategies' parameters.
func (s *Settings) All() []Value {
	out := make([]Value, len(s.order))
	for i, k := range s.order {
		out[i] = *s.values[k]
	}
	return out
}

// Of are the settings that somebody has said something about and that are a flag of the verb, each with the text that its flag takes.
func (s *Settings) Of(verb string, set func(x *Setting, v *Value, text string) error) error {
	for _, k := range s.order {
		x, v := s.known[k], s.values[k]
		if x == nil || v.Origin == OriginDefault || !slices.Contains(x.Verbs, verb) {
			continue
		}
		text, err := x.Text(v.Text)
		if err == nil {
			err = set(x, v, text)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", v.place(), err)
		}
	}
	return nil
}

// Apply gives the strategy the values of its parameters that a file or the environment has.
func (s *Settings) Apply(st trade.Strategy) (trade.Strategy, error) {
	for _, p := range st.Params {
		v := s.values[strings.Join([]string{strategySection, st.Name, p.Name}, ".")]
		if v == nil || v.Origin == OriginDefault {
			continue
		}
		var err error
		if st, err = st.With(map[string]string{p.Name: v.Text}); err != nil {
			return st, fmt.Errorf("%s: %w", v.Where, err)
		}
	}
	return st, nil
}
