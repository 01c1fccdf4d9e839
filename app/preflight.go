package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"baton/binance"
	"baton/binance/api"
	"baton/binance/wire"
	"baton/decimal"
)

// Card is what a person sees before a live run begins, and confirms by the account's id (schema baton.card/1).
type Card struct {
	Schema    string            `json:"schema"`
	Account   string            `json:"account"` // the exchange's name of the account
	Host      string            `json:"host"`
	Realm     binance.Realm     `json:"realm"`
	Strategy  string            `json:"strategy"`
	Params    Params            `json:"params,omitempty"` // of the strategy
	Symbols   []CardSymbol      `json:"symbols"`
	Mode      string            `json:"position_mode"`
	Balances  []CardBalance     `json:"balances"`
	Orders    int               `json:"open_orders"`
	Algos     int               `json:"open_conditional_orders"`
	Positions []Position        `json:"positions"`
	Caps      map[string]string `json:"caps"`
	Key       string            `json:"key_kind"`
	Rights    []string          `json:"accepted_rights"` // of a key that can do more than trade
	Run       string            `json:"run"`             // our client order ids hold it
	Journal   bool              `json:"journal"`         // there is one of an earlier run
	SkewMs    int64             `json:"clock_ahead_ms"`  // the exchange's clock minus ours

	fees map[string][2]decimal.Decimal
}

// CardSymbol is how one instrument is set at the exchange.
type CardSymbol struct {
	Symbol   string          `json:"symbol"`
	Margin   string          `json:"margin_mode"`
	Leverage int64           `json:"leverage"`
	Mark     decimal.Decimal `json:"mark"`
	Maker    decimal.Decimal `json:"maker_fee"`
	Taker    decimal.Decimal `json:"taker_fee"`
}

// CardBalance is what there is of one asset.
type CardBalance struct {
	Asset  string          `json:"asset"`
	Wallet decimal.Decimal `json:"wallet"`
	Free   decimal.Decimal `json:"free"`
}

// The refusals of an account.
var (
	errHedge   = errors.New("the account is in hedge mode, which is not traded: set it to one-way mode at the exchange")
	errNoTrade = errors.New("the exchange says that the account may not trade")
)

// spotREST tells what a key of production may do.
const spotREST = "https://api.binance.com"

// preflight asks the exchange for all that a person should see before a run, and refuses what must not begin. It changes nothing there.
func (l *live) preflight(ctx context.Context) error {
	r, err := newREST(ctx, l.REST, l.Keys)
	if err != nil {
		return err
	}
	host, _ := url.Parse(l.REST) // checked before
	at, _ := l.Realm()
	l.card = &Card{
		Schema: "baton.card/1", Host: host.Host, Realm: at, Strategy: l.Strategy.Name, Params: l.Strategy.ParamValues(), Key: l.Keys.Kind, SkewMs: r.offset / 1e6, Mode: "one-way",
		Positions: []Position{}, Rights: []string{}, fees: map[string][2]decimal.Decimal{},
		Caps: map[string]string{"max_loss": l.MaxLoss.String(), "max_notional": l.MaxNotional.String(), "dead_man": l.Guard.String()},
	}
	bounds := l.Bounds.filled(l.MaxNotional)
	l.card.Caps["max_position"], l.card.Caps["max_order"] = bounds.MaxPosition.String(), bounds.MaxOrder.String()
	l.card.Caps["max_open_orders"], l.card.Caps["collar_bps"] = fmt.Sprint(bounds.MaxOpenOrders), fmt.Sprint(bounds.CollarBps)
	if l.card.Run, err = l.dir.name(); err != nil {
		return err
	}
	_, err = os.Stat(l.dir.file(journalName))
	l.card.Journal = err == nil
	for _, step := range []func(context.Context, *rest) error{l.dir.keepTable, l.askRights, l.askAccount, l.askOpen, l.askSymbols} {
		if err := step(ctx, r); err != nil {
			return fmt.Errorf("before the start: %w", err)
		}
	}
	return l.writeRun()
}

// askRights asks production what the key may do; elsewhere nobody can tell.
func (l *live) askRights(ctx context.Context, r *rest) error {
	if l.card.Realm != binance.Production {
		return nil
	}
	r = &rest{base: spotREST, signer: r.signer, client: r.client, offset: r.offset}
	e := api.Endpoint{Security: api.Signed}
	e.Method, e.Path = wire.CallRestrictions.HTTP()
	b, err := r.do(ctx, e, nil)
	if err != nil {
		return err
	}
	var said wire.Restrictions
	if err := wire.Unmarshal(b, &said); err != nil {
		return fmt.Errorf("what the key may do: %w", err)
	}
	l.card.Rights, err = CheckPermissions(&said, l.Accept)
	return err
}

func (l *live) askAccount(ctx context.Context, r *rest) error {
	cfg, err := ask(ctx, r, api.FuturesAccountConfiguration{})
	switch {
	case err != nil:
		return err
	case cfg.DualSidePosition:
		return errHedge
	case !cfg.CanTrade:
		return errNoTrade
	}
	balances, err := ask(ctx, r, api.FuturesAccountBalanceV3{})
	if err != nil {
		return err
	}
	for _, b := range *balances {
		l.card.Account = b.AccountAlias
		if !b.Balance.IsZero() {
			l.card.Balances = append(l.card.Balances, CardBalance{b.Asset, b.Balance, b.AvailableBalance})
		}
	}
	if l.card.Account == "" {
		return errors.New("the exchange does not name the account, so nobody can confirm which one it is")
	}
	return nil
}

func (l *live) askOpen(ctx context.Context, r *rest) error {
	orders, err := ask(ctx, r, api.CurrentAllOpenOrders{})
	if err != nil {
		return err
	}
	algos, err := ask(ctx, r, api.CurrentAllAlgoOpenOrders{})
	if err != nil {
		return err
	}
	l.card.Orders, l.card.Algos = len(*orders), len(*algos)
	positions, err := ask(ctx, r, api.PositionInformationV3{})
	if err != nil {
		return err
	}
	for _, p := range *positions {
		if !p.PositionAmt.IsZero() {
			l.card.Positions = append(l.card.Positions, Position{p.Symbol, p.PositionAmt, p.EntryPrice})
		}
	}
	return nil
}

func (l *live) askSymbols(ctx context.Context, r *rest) error {
	l.marks = map[string]decimal.Decimal{}
	set, err := ask(ctx, r, api.SymbolConfiguration{})
	if err != nil {
		return err
	}
	marks, err := ask(ctx, r, api.MarkPrice{})
	if err != nil {
		return err
	}
	for _, m := range *marks {
		l.marks[m.Symbol] = m.MarkPrice
	}
	for _, symbol := range l.Symbols {
		fees, err := ask(ctx, r, api.UserCommissionRate{Symbol: symbol})
		if err != nil {
			return fmt.Errorf("%s: %w", symbol, err)
		}
		l.card.fees[symbol] = [2]decimal.Decimal{fees.MakerCommissionRate, fees.TakerCommissionRate}
		row := CardSymbol{Symbol: symbol, Mark: l.marks[symbol], Maker: fees.MakerCommissionRate, Taker: fees.TakerCommissionRate}
		for _, s := range *set {
			if s.Symbol == symbol {
				row.Margin, row.Leverage = s.MarginType, s.Leverage
			}
		}
		l.card.Symbols = append(l.card.Symbols, row)
	}
	return nil
}

// writeRun says in the state folder who trades, so that `baton kill` finds him.
func (l *live) writeRun() error {
	b, err := json.Marshal(runFile{PID: os.Getpid(), Started: time.Now().UTC(), Strategy: l.Strategy.Name, KeyFile: l.KeyFile, Venue: l.Environment})
	if err != nil {
		return err
	}
	return l.dir.write(runName, b)
}

// suffixLength is how much of the account's id a person types.
const suffixLength = 4

// Confirmed says whether what a person typed names the account: its whole id, or its last characters.
func (c *Card) Confirmed(typed string) bool { return typed == c.Account || typed == c.Suffix() }

// Suffix is the last characters of the account's id.
func (c *Card) Suffix() string { return c.Account[max(0, len(c.Account)-suffixLength):] }
