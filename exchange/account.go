package exchange

import (
	"fmt"

	"baton/decimal"
	"baton/market"
)

// account is one participant. Index 0 is the rest of the market.
type account struct {
	name      string
	asset     string
	wallet    int64 // cross
	isolated  int64 // in the wallets of isolated positions, together
	coins     int64 // of FeeCoin
	maxOrders int   // 0: the instrument's
	waiting   int   // conditional orders
	reducing  int   // open orders that can only reduce, and conditional ones that close a position
	hedge     bool
	burn      bool
	tiered    bool // rates are its own
	called    bool // a margin call was made and is not over
	quiet     bool // its updates and changes are no events
	rates     Fees
	positions []position
	active    []int32 // instruments in which something is held or open, and some where that was so
	first     int32   // open orders, oldest first
	last      int32
	refs      table      // of orders that have one
	closed    closedRing // orders
	gone      int64      // the highest ref that is not kept any more
	past      closedRing // conditional orders
	fills     fillRing
	incomes   incomeRing
	transfers transferRing
}

// AddAccount opens an account and returns its index, counted up from 1 (0 is the rest of the market). It begins in one-way
// mode, with cross margin, single-asset mode, and the default leverage in every instrument.
func (x *Exchange) AddAccount(name string) int {
	a := &account{name: name, asset: "USDT", first: nowhere, last: nowhere, positions: make([]position, len(x.ins))}
	if len(x.list) > 0 {
		a.asset = x.list[0].Margin
	}
	a.fills.limit, a.incomes.limit = x.cfg.KeepFills, x.cfg.KeepIncome
	a.closed.limit, a.past.limit = x.cfg.KeepOrders, x.cfg.KeepOrders
	x.accounts = append(x.accounts, a)
	return len(x.accounts) - 1
}

// SetHistory changes how much queries find of an account that has none yet: closed orders (and conditional ones), fills and incomes,
// each at least 1.
func (x *Exchange) SetHistory(account, orders, fills, incomes int) {
	if a := x.account(account); a != nil && len(a.closed.buf)+len(a.past.buf)+len(a.fills.buf)+len(a.incomes.buf) == 0 {
		a.closed.limit, a.past.limit = max(orders, 1), max(orders, 1)
		a.fills.limit, a.incomes.limit = max(fills, 1), max(incomes, 1)
	}
}

// SetQuiet lets what happens to an account's orders, wallet and positions be no events: of a participant that asks instead of listening.
func (x *Exchange) SetQuiet(account int) {
	if a := x.account(account); a != nil {
		a.quiet = true
	}
}

// Accounts is how many accounts there are, the rest of the market counted: valid indices are below it.
func (x *Exchange) Accounts() int { return len(x.accounts) }

// SetMaxOrders replaces the instruments' limit of open orders for one account (a participant of a synthetic market).
func (x *Exchange) SetMaxOrders(account, n int) { x.accounts[account].maxOrders = n }

// Deposit adds to (or, negative, takes from) a wallet. ErrDeposit for an unknown account, for more money than the exchange
// can count, and for more than the account can spare.
func (x *Exchange) Deposit(now Nanos, account int, amount decimal.Decimal) error {
	a, n := x.account(account), amount.Units()
	if a == nil || account == 0 {
		return fmt.Errorf("%w: no account %d", ErrDeposit, account)
	}
	if n > maxWallet || n < -maxWallet || x.paidIn+n > maxWallet || a.wallet+n < 0 {
		return fmt.Errorf("%w: %s to account %d: wallets hold from 0 to %d %s in all", ErrDeposit, amount, account, maxWallet/decimal.Scale, a.asset)
	}
	if m := x.margin(a); n < 0 && m.needs() && m.free()+n < 0 {
		return fmt.Errorf("%w: %s from account %d: %s are free: close positions or cancel orders first", ErrDeposit, amount, account, units(max(m.free(), 0)))
	}
	a.wallet += n
	x.paidIn += n
	reason := market.ReasonDeposit
	if n < 0 {
		reason = market.ReasonWithdraw
	}
	x.earn(now, account, -1, IncomeTransfer, n, 0)
	x.emitChange(now, account, -1, reason, n)
	return nil
}

// DepositCoins adds to (or, negative, takes from) what an account has of [FeeCoin]. ErrDeposit as for Deposit.
func (x *Exchange) DepositCoins(now Nanos, account int, amount decimal.Decimal) error {
	a, n := x.account(account), amount.Units()
	if a == nil || account == 0 {
		return fmt.Errorf("%w: no account %d", ErrDeposit, account)
	}
	if n > maxWallet || n < -maxWallet || x.coinsIn+n > maxWallet || a.coins+n < 0 {
		return fmt.Errorf("%w: %s %s to account %d: wallets hold from 0 to %d in all", ErrDeposit, amount, FeeCoin, account, maxWallet/decimal.Scale)
	}
	a.coins += n
	x.coinsIn += n
	x.book(account, Income{Kind: IncomeTransfer, Instrument: -1, Asset: FeeCoin, Amount: amount, Time: now})
	return nil
}

func (x *Exchange) account(i int) *account {
	if i < 0 || i >= len(x.accounts) {
		return nil
	}
	return x.accounts[i]
}

// Account is one account's state. Wallet is the whole wallet, Cross what of it is not set apart for isolated positions.
// Unrealised, Initial and Maintain are over all positions; Available and what MARGIN_CALL speaks of are of cross margin alone.
type Account struct {
	Name       string
	Asset      string
	Wallet     decimal.Decimal
	Cross      decimal.Decimal // cross wallet
	Coins      decimal.Decimal // of FeeCoin
	Unrealised decimal.Decimal // of all positions, at mark prices
	CrossPnL   decimal.Decimal // of cross positions
	Initial    decimal.Decimal // initial margin of positions and open orders
	Maintain   decimal.Decimal // maintenance margin
	CrossMaint decimal.Decimal // of cross positions
	Available  decimal.Decimal // for new orders; never negative
	Hedge      bool            // hedge mode (Binance USD-M, dualSidePosition)
	FeeBurn    bool
}

// Margin is wallet and unrealised profit together: the margin balance.
func (a *Account) Margin() decimal.Decimal {
	m, err := a.Wallet.Add(a.Unrealised)
	if err != nil {
		return decimal.Zero // cannot be: the exchange bounds both
	}
	return m
}

// Account is an account's state now; ok is false for an unknown one.
func (x *Exchange) Account(account int) (s Account, ok bool) {
	a := x.account(account)
	if a == nil {
		return s, false
	}
	m := x.margin(a)
	apart := x.apart(a)
	return Account{Name: a.name, Asset: a.asset, Wallet: units(near(m.wallet, a.isolated)), Cross: units(m.wallet), Coins: units(a.coins),
		Unrealised: units(near(m.unrealised, apart.unrealised)), CrossPnL: units(m.unrealised),
		Initial: units(near(m.initial, apart.initial)), Maintain: units(near(m.maintain, apart.maintain)), CrossMaint: units(m.maintain),
		Available: units(max(m.free(), 0)), Hedge: a.hedge, FeeBurn: a.burn}, true
}

// SetHedge switches an account between one-way and hedge mode (Binance USD-M, positionSide/dual), which needs an account
// without positions and open orders: -4059, -4067, -4068.
func (x *Exchange) SetHedge(account int, on bool) Refusal {
	a := x.account(account)
	switch {
	case a == nil || account == 0:
		return RefuseAccount
	case a.hedge == on:
		return RefuseSameMode
	case a.first != nowhere:
		return RefuseModeOrders
	}
	for i := range a.positions {
		if !a.positions[i].flat() {
			return RefuseModePosition
		}
	}
	a.hedge = on
	return Refusal{}
}

// SetMultiAssets switches multi-assets mode (Binance USD-M, multiAssetsMargin). This exchange has one margin asset, so
// single-asset mode is all there is: asking for it is -4171, asking for the other -4084.
func (x *Exchange) SetMultiAssets(account int, on bool) Refusal {
	switch {
	case x.account(account) == nil || account == 0:
		return RefuseAccount
	case on:
		return RefuseMultiAssets
	}
	return RefuseSameAssets
}

// sided says whether a request names the position side that its account's mode has: BOTH in one-way mode, LONG or SHORT in
// hedge mode (-4061), where reduce-only is not to be sent (-1106).
func (a *account) sided(r *Request) Refusal {
	switch {
	case r.PositionSide > market.Short:
		return RefusePositionSide
	case a.hedge != (r.PositionSide != market.Both):
		return RefuseSideMode
	case a.hedge && r.ReduceOnly:
		return RefuseNotRequired
	}
	return Refusal{}
}
