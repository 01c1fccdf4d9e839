package exchange_test

import (
	"fmt"
	"strconv"
	"strings"

	"baton/decimal"
	"baton/exchange"
	"baton/market"
)

// The words of money, beside those of orders (see TestScenarios):
//
//	> market liquidation=0.0125 makerfee=0.0002 takerfee=0.0005 insurance=1000
//	> alice deposit 100            a negative one withdraws
//	> alice leverage 10            also: isolated; cross; oneway; margin 100 (of an isolated position; long, short before the amount)
//	> alice fees 0.0001 0.0003     rates of a tier: maker, taker; also: burn; coins 0.5; multi
//	> alice account                wallet and margins; also: holds (positions in full); income; adl
//	> index 61800.0                an index price; also: coin 600 (the price of a fee coin)
//	> funding 4 0.001 -0.001       hours, cap and floor
//	> rate 61800.0 0.0005 in 10s   a mark price, the funding rate and when it is settled
//	> marked                       mark price, index and rate; also: settled; premium; fund
//	> filters tick=1 step=0.010 notional=100 up=1.01 down=0.99    the rules from now on; without a word those of the listing
//	> status BREAK                 also: hold; let (the mark price); skew 0.1

// rule sets what a scenario's money obeys; false: no such rule.
func (s *scene) moneyRule(key, value string) bool {
	switch key {
	case "liquidation":
		s.in.LiquidationFee = dec(value)
	case "makerfee":
		s.in.MakerFee = dec(value)
	case "takerfee":
		s.in.TakerFee = dec(value)
	case "insurance":
		s.insurance = dec(value)
	default:
		return false
	}
	return true
}

// money does what an account asks for.
func (s *scene) money(who int, verb string, w *reader) []string {
	switch verb {
	case "deposit":
		if err := s.x.Deposit(s.now, who, dec(w.next())); err != nil {
			return []string{"refused " + err.Error()}
		}
	case "leverage":
		n, _ := strconv.Atoi(w.next())
		most, refusal := s.x.SetLeverage(s.now, who, 0, n)
		if refusal.Refused() {
			return said(refusal)
		}
		return []string{"up to " + most.String()}
	case "isolated", "cross":
		return said(s.x.SetIsolated(s.now, who, 0, verb == "isolated"))
	case "oneway":
		return said(s.x.SetHedge(who, false))
	case "multi":
		return said(s.x.SetMultiAssets(who, true))
	case "margin":
		side, word := market.Both, w.next()
		if word == "long" || word == "short" {
			side = map[string]market.PositionSide{"long": market.Long, "short": market.Short}[word]
			word = w.next()
		}
		return said(s.x.MoveMargin(s.now, who, 0, side, dec(word)))
	case "fees":
		return said(s.x.SetFees(who, &exchange.Fees{Maker: dec(w.next()), Taker: dec(w.next())}))
	case "burn":
		return said(s.x.SetFeeBurn(who, true))
	case "coins":
		if err := s.x.DepositCoins(s.now, who, dec(w.next())); err != nil {
			return []string{"refused " + err.Error()}
		}
	default:
		return s.moneyAsked(who, verb)
	}
	return nil
}

// moneyAsked answers a query.
func (s *scene) moneyAsked(who int, verb string) (out []string) {
	switch verb {
	case "account":
		a, _ := s.x.Account(who)
		out = append(out, fmt.Sprintf("wallet %s, cross %s, unrealised %s, initial %s, maintenance %s, available %s", a.Wallet, a.Cross,
			a.Unrealised, a.Initial, a.Maintain, a.Available))
		if !a.Coins.IsZero() {
			out = append(out, a.Coins.String()+" "+exchange.FeeCoin)
		}
	case "holds":
		for _, p := range s.x.AppendPositions(nil, who, 0) {
			line := fmt.Sprintf("%s %s at %s, break-even %s, unrealised %s, initial %s, maintenance %s, liquidation at %s", p.Side, s.in.Quantity(p.Qty),
				p.Entry(s.in), p.BreakEven(s.in), p.Unrealised, p.Held, p.Maintain, s.x.LiquidationPrice(who, 0, p.Side))
			if p.Isolated {
				line += ", its wallet " + p.Wallet.String()
			}
			out = append(out, line)
		}
	case "income":
		for _, in := range s.x.AppendIncome(nil, who, exchange.IncomeFilter{Instrument: -1}) {
			out = append(out, fmt.Sprintf("%s %s %s", in.Kind, in.Amount, in.Asset))
		}
	case "adl":
		for _, p := range s.x.AppendPositions(nil, who, 0) {
			out = append(out, fmt.Sprintf("%s %d", p.Side, s.x.ADL(who, 0, p.Side)))
		}
	default:
		s.Fatalf("%s: no verb %s", s.rule, verb)
	}
	return out
}

// moneyPublic does what belongs to no account, and says what it found; known is false for an unknown word.
func (s *scene) moneyPublic(verb string, w *reader) (known bool) {
	switch verb {
	case "index":
		s.x.SetIndex(0, dec(w.next()))
	case "filters":
		var f exchange.Filters
		fields := map[string]*decimal.Decimal{"tick": &f.Tick, "step": &f.Lot, "notional": &f.MinNotional, "up": &f.PriceUp, "down": &f.PriceDown,
			"min": &f.MinQty, "max": &f.MaxQty}
		for len(w.words) > 0 {
			key, value, _ := strings.Cut(w.next(), "=")
			*fields[key] = dec(value)
		}
		s.tell(s.x.SetFilters(0, f))
		r := s.x.Rules(0)
		s.told = append(s.told, fmt.Sprintf("rules: tick %s, step %s, notional %s, quantities %s to %s, prices %s to %s of the mark",
			r.Tick, r.Lot, r.MinNotional, r.Quantity(r.MinQty), r.Quantity(r.MaxQty), r.PriceDown, r.PriceUp))
	case "status":
		s.tell(s.x.SetStatus(s.now, 0, w.next()))
	case "hold", "let":
		s.x.HoldMark(0, verb == "hold")
	case "skew":
		s.tell(s.x.SkewMark(0, dec(w.next())))
	case "coin":
		s.x.SetCoinPrice(dec(w.next()))
	case "funding":
		hours, _ := strconv.Atoi(w.next())
		if err := s.x.SetFunding(0, exchange.FundingTerms{Hours: hours, Cap: dec(w.next()), Floor: dec(w.next())}); err != nil {
			s.told = append(s.told, "refused "+err.Error())
		}
	case "rate":
		m := market.Mark{Mark: dec(w.next()), Rate: dec(w.next()), Event: s.now}
		m.Index = m.Mark
		w.next() // in
		m.Next = s.now + w.span(w.next())
		s.x.Mark(s.now, 0, &m)
	case "marked":
		m := s.x.MarkNow(0)
		s.told = append(s.told, fmt.Sprintf("mark %s, index %s, rate %s", m.Mark, m.Index, m.Rate))
	case "settled":
		for _, v := range s.x.AppendSettlements(nil, 0) {
			s.told = append(s.told, fmt.Sprintf("rate %s at %s", v.Rate, v.Mark))
		}
	case "premium":
		for _, b := range s.x.AppendPremium(nil, 0) {
			s.told = append(s.told, fmt.Sprintf("open %s high %s low %s close %s of %d", b.Open, b.High, b.Low, b.Close, b.Count))
		}
	case "fund":
		wallet, account := s.x.Insurance()
		line := "insurance fund " + wallet.String()
		if account != 0 {
			line += ", holds " + s.in.Quantity(s.x.Position(account, 0).Qty).String()
		}
		s.told = append(s.told, line)
	default:
		return false
	}
	return true
}

// tell tells an error.
func (s *scene) tell(err error) {
	if err != nil {
		s.told = append(s.told, "refused "+err.Error())
	}
}

// moneyEvent is an event of money, or empty.
func (s *scene) moneyEvent(e *exchange.Event) string {
	switch e.Kind {
	case exchange.EventConfig:
		return fmt.Sprintf("%s leverage %d", s.who(int(e.Account)), s.ev.Config(e))
	case exchange.EventMarginCall:
		return s.who(int(e.Account)) + " margin call"
	case exchange.EventForce:
		o := s.ev.Force(e)
		return fmt.Sprintf("liquidation: %s %s of %s at %s", o.Side, s.in.Quantity(o.Filled), s.in.Quantity(o.Qty), o.Average(s.in))
	case exchange.EventChange:
		c := s.ev.Change(e)
		why := c.Text
		if c.Reason == market.ReasonFunding {
			why = "FUNDING_FEE"
		}
		if why == "" {
			return ""
		}
		line := fmt.Sprintf("%s %s %s: wallet %s", s.who(c.Account), why, c.Amount, c.Wallet)
		if c.Position.Isolated {
			line += ", the position's " + c.Position.Wallet.String()
		}
		return line
	}
	return ""
}
