package server

import (
	"fmt"
	"maps"

	"baton/decimal"
	"baton/exchange"
	"baton/exchange/face"
	"baton/market"
)

// State is what an exchange keeps over a restart: last prices, the numbers that are used up, and of each account its wallet, settings,
// positions and open orders. Orders come back under their numbers, and go to the end of their queues. Public histories (trades,
// candles) begin anew; those of accounts are a [History].
type State struct {
	Prices   map[string]decimal.Decimal `json:"prices"`
	Ids      exchange.Ids               `json:"ids"`
	Amended  int64                      `json:"amendments"`
	Clean    bool                       `json:"clean"` // nothing happened afterwards
	Accounts []AccountState             `json:"accounts"`
}

// AccountState is one account of a [State].
type AccountState struct {
	Name      string          `json:"name"`
	Wallet    decimal.Decimal `json:"wallet"`
	Coins     decimal.Decimal `json:"coins"`
	Hedge     bool            `json:"hedge"`
	FeeBurn   bool            `json:"feeBurn"`
	Settings  []SettingState  `json:"settings,omitempty"`
	Positions []PositionState `json:"positions,omitempty"`
	Orders    []OrderState    `json:"orders,omitempty"`
	Algos     []AlgoState     `json:"algos,omitempty"`
}

// SettingState is an account's leverage and margin type in one instrument.
type SettingState struct {
	Symbol   string `json:"symbol"`
	Leverage int    `json:"leverage"`
	Isolated bool   `json:"isolated"`
}

// PositionState is one position of an account.
type PositionState struct {
	Symbol string              `json:"symbol"`
	Side   market.PositionSide `json:"side"`
	Qty    market.Lots         `json:"lots"`
	Cost   decimal.Decimal     `json:"cost"`
	Fees   decimal.Decimal     `json:"fees"`
	Wallet decimal.Decimal     `json:"isolatedWallet"`
}

// OrderState is one open order.
type OrderState struct {
	Symbol string         `json:"symbol"`
	Order  exchange.Order `json:"order"`
}

// AlgoState is one waiting conditional order.
type AlgoState struct {
	Symbol string        `json:"symbol"`
	Algo   exchange.Algo `json:"algo"`
}

// History is what queries of accounts find beside their state: closed orders, fills, incomes, transfers.
type History struct {
	Symbols  []string                     `json:"symbols"` // by the numbers of instruments in it
	Accounts map[string]exchange.Remember `json:"accounts"`
}

// skipped is how far numbers go on above the kept ones after an exchange that did not end in order: more than it can have used since.
const skipped = 1_000_000

// numbers are what a new exchange goes on from.
func (st *State) numbers() exchange.Ids {
	n := st.Ids
	if st.Clean {
		return n
	}
	n.Order, n.Algo, n.Income = n.Order+skipped, n.Algo+skipped, n.Income+skipped
	n.Trades, n.Books = maps.Clone(n.Trades), maps.Clone(n.Books)
	for _, m := range []map[string]int64{n.Trades, n.Books} {
		for symbol := range m { // order: each value on its own
			m[symbol] += skipped
		}
	}
	return n
}

// account is the kept state of an account; nil where there is none.
func (st *State) account(name string) *AccountState {
	if st == nil {
		return nil
	}
	for i := range st.Accounts {
		if st.Accounts[i].Name == name {
			return &st.Accounts[i]
		}
	}
	return nil
}

// State is what the exchange would have to keep now.
func (s *Server) State() *State {
	st := &State{Prices: map[string]decimal.Decimal{}, Ids: s.x.Ids(), Amended: s.f.Amendments()}
	for i, in := range s.x.Instruments() {
		if t := s.x.Last(i); t.Qty > 0 {
			st.Prices[in.Symbol] = in.Price(t.Px)
		}
	}
	for _, name := range s.names {
		st.Accounts = append(st.Accounts, s.accountState(name))
	}
	return st
}

func (s *Server) accountState(name string) AccountState {
	n := s.accounts[name]
	a, _ := s.x.Account(n)
	out := AccountState{Name: name, Wallet: a.Wallet, Coins: a.Coins, Hedge: a.Hedge, FeeBurn: a.FeeBurn}
	for i, in := range s.x.Instruments() {
		leverage, _ := s.x.LeverageOf(n, i)
		if apart := s.x.Isolated(n, i); apart || leverage != s.x.Leverage() {
			out.Settings = append(out.Settings, SettingState{in.Symbol, leverage, apart})
		}
	}
	for _, p := range s.x.AppendPositions(nil, n, -1) {
		if p.Qty != 0 {
			out.Positions = append(out.Positions, PositionState{s.x.Instruments()[p.Instrument].Symbol, p.Side, p.Qty, p.Cost, p.Fees, p.Wallet})
		}
	}
	for _, o := range s.x.AppendOpen(nil, n, -1) {
		out.Orders = append(out.Orders, OrderState{s.x.Instruments()[o.Instrument].Symbol, o})
	}
	for _, g := range s.x.AppendOpenAlgos(nil, n, -1) {
		out.Algos = append(out.Algos, AlgoState{s.x.Instruments()[g.Instrument].Symbol, g})
	}
	return out
}

// restore puts an account back to what it was. What cannot come back (a symbol that is not listed any more, an order that the
// market would take at once) is left out.
func (s *Server) restore(now market.Nanos, a *AccountState) error {
	n := s.accounts[a.Name]
	if !a.Coins.IsZero() {
		if err := s.x.DepositCoins(now, n, a.Coins); err != nil {
			return err
		}
	}
	var refusals []exchange.Refusal
	if a.Hedge {
		refusals = append(refusals, s.x.SetHedge(n, true))
	}
	refusals = append(refusals, s.x.SetFeeBurn(n, a.FeeBurn))
	for _, x := range a.Settings {
		i, ok := s.x.Index(x.Symbol)
		if !ok {
			continue
		}
		if x.Isolated {
			refusals = append(refusals, s.x.SetIsolated(now, n, i, true))
		}
		_, r := s.x.SetLeverage(now, n, i, x.Leverage)
		refusals = append(refusals, r)
	}
	for _, p := range a.Positions {
		i, ok := s.x.Index(p.Symbol)
		if !ok {
			return fmt.Errorf("account %q holds %s, which is not listed any more", a.Name, p.Symbol)
		}
		if err := s.x.Adopt(n, i, p.Side, p.Qty, p.Cost, p.Fees); err != nil {
			return err
		}
		if !p.Wallet.IsZero() {
			refusals = append(refusals, s.x.MoveMargin(now, n, i, p.Side, p.Wallet))
		}
	}
	for _, r := range refusals {
		if r.Refused() {
			return fmt.Errorf("account %q: %w", a.Name, r)
		}
	}
	return nil
}

// resume enters the open orders of a state again, once the market is open.
func (s *Server) resume(now market.Nanos, a *AccountState) {
	n := s.accounts[a.Name]
	for _, o := range a.Orders {
		if i, ok := s.x.Index(o.Symbol); ok {
			o.Order.Account, o.Order.Instrument = n, i
			_ = s.x.Reenter(now, o.Order)
		}
	}
	for _, g := range a.Algos {
		if i, ok := s.x.Index(g.Symbol); ok {
			g.Algo.Account, g.Algo.Instrument = n, i
			_ = s.x.ReenterAlgo(now, g.Algo)
		}
	}
}

// History is what queries of all accounts find now.
func (s *Server) History() *History {
	h := &History{Accounts: map[string]exchange.Remember{}}
	for _, in := range s.x.Instruments() {
		h.Symbols = append(h.Symbols, in.Symbol)
	}
	for _, name := range s.names {
		h.Accounts[name] = s.x.Memory(s.accounts[name])
	}
	return h
}

// recall puts a history back, its instruments found by their symbols.
func (s *Server) recall(st *State, h *History) {
	index := make([]int, len(h.Symbols))
	for k, symbol := range h.Symbols {
		i, ok := s.x.Index(symbol)
		if !ok {
			i = len(s.x.Instruments()) // none
		}
		index[k] = i
	}
	at := func(i int) int {
		if i < 0 || i >= len(index) {
			return i
		}
		return index[i]
	}
	for _, name := range s.names {
		if st.account(name) == nil {
			continue
		}
		r := h.Accounts[name]
		for k := range r.Orders {
			r.Orders[k].Instrument = at(r.Orders[k].Instrument)
		}
		for k := range r.Algos {
			r.Algos[k].Instrument = at(r.Algos[k].Instrument)
		}
		for k := range r.Fills {
			r.Fills[k].Instrument = at(r.Fills[k].Instrument)
		}
		for k := range r.Incomes {
			r.Incomes[k].Instrument = at(r.Incomes[k].Instrument)
		}
		for k := range r.Transfers {
			r.Transfers[k].Instrument = at(r.Transfers[k].Instrument)
		}
		s.x.Recall(s.accounts[name], &r)
	}
}

// AddAccount opens an account with a key while the exchange runs, or adds a key to one that there is.
func (s *Server) AddAccount(k Key) error {
	key := face.Key{APIKey: k.APIKey, Secret: k.Secret, Public: k.Public}
	if k.Account == "" || k.APIKey == "" || k.Secret == "" && k.Public == "" {
		return fmt.Errorf("an account needs a name, an API key, and a secret or a public key")
	}
	if err := key.Check(); err != nil {
		return err
	}
	a, known := s.accounts[k.Account]
	if !known && len(s.names) >= maxAccounts {
		return fmt.Errorf("there are %d accounts already", len(s.names))
	}
	if !known {
		a = s.x.AddAccount(k.Account)
		s.accounts[k.Account] = a
		s.names = append(s.names, k.Account)
		if err := s.x.Deposit(s.l.Now(), a, k.Deposit); err != nil {
			return err
		}
		s.settle()
	}
	key.Account = a
	return s.f.AddKey(key)
}

// SetFilters changes the filters of a symbol from now on, see [exchange.Exchange.SetFilters]; who listens to !contractInfo is told.
func (s *Server) SetFilters(symbol string, f exchange.Filters) error {
	i, ok := s.x.Index(symbol)
	if !ok {
		return fmt.Errorf("%q is not listed", symbol)
	}
	s.catchUp()
	defer s.settle()
	if err := s.rule(i, f); err != nil {
		return err
	}
	s.filters[i] = f
	return nil
}

// SetStatus changes the status of a symbol from now on, see [exchange.Exchange.SetStatus]; who listens to !contractInfo is told.
func (s *Server) SetStatus(symbol, status string) error {
	i, ok := s.x.Index(symbol)
	if !ok {
		return fmt.Errorf("%q is not listed", symbol)
	}
	s.catchUp()
	defer s.settle()
	return s.setStatus(i, status)
}

// Coins adds to what an account has of [exchange.FeeCoin], and says what one is worth (0: as before).
func (s *Server) Coins(account string, amount, price decimal.Decimal) error {
	a, ok := s.accounts[account]
	if !ok {
		return fmt.Errorf("no account is called %q", account)
	}
	if !price.IsZero() {
		s.x.SetCoinPrice(price)
	}
	defer s.settle()
	return s.x.DepositCoins(s.l.Now(), a, amount)
}

// Deposit adds to an account's wallet, or takes from it.
func (s *Server) Deposit(account string, amount decimal.Decimal) error {
	a, ok := s.accounts[account]
	if !ok {
		return fmt.Errorf("no account is called %q", account)
	}
	defer s.settle()
	return s.x.Deposit(s.l.Now(), a, amount)
}
