// Command gobinance runs a full session of github.com/adshao/go-binance/v2 against an exchange that ../run started. That version
// knows the un-routed stream URLs alone, so the exchange runs with --legacy all; of conditional orders it knows the old endpoint
// alone, which answers -4120. Usage: go run . EXCHANGE.json
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/adshao/go-binance/v2/common"
	"github.com/adshao/go-binance/v2/futures"
)

const symbol = "BTCUSDT"

type session struct {
	c              *futures.Client
	ctx            context.Context
	passed, failed int

	mu     sync.Mutex
	frames map[string]int
	execs  []string
	diffs  []*futures.WsDepthEvent
}

func (s *session) step(name string, fn func() error) {
	if err := fn(); err != nil {
		s.failed++
		fmt.Printf("FAIL go-binance: %s: %v\n", name, err)
		return
	}
	s.passed++
}

// refused says whether err is a refusal with that code.
func refused(err error, code int64) error {
	var e *common.APIError
	if errors.As(err, &e) && e.Code == code {
		return nil
	}
	return fmt.Errorf("got %v, want %d", err, code)
}

func (s *session) until(what string, cond func() bool) error {
	for range 200 {
		s.mu.Lock()
		ok := cond()
		s.mu.Unlock()
		if ok {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("%s: not within 10 s", what)
}

// away is the price of the last trade times f, on the tick.
func (s *session) away(f float64) (string, error) {
	p, err := s.c.NewListPricesService().Symbol(symbol).Do(s.ctx)
	if err != nil || len(p) != 1 {
		return "", fmt.Errorf("price: %v %w", p, err)
	}
	v, err := strconv.ParseFloat(p[0].Price, 64)
	return strconv.FormatFloat(v*f, 'f', 1, 64), err
}

func (s *session) limit(f float64, id string) *futures.CreateOrderService {
	p, _ := s.away(f)
	return s.c.NewCreateOrderService().Symbol(symbol).Side(futures.SideTypeBuy).Type(futures.OrderTypeLimit).
		TimeInForce(futures.TimeInForceTypeGTC).Quantity("0.010").Price(p).NewClientOrderID(id)
}

func main() {
	var at struct{ Rest, Streams, WsApi, ApiKey, Secret string }
	b, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(b, &at)
	}
	if err != nil {
		fmt.Println("FAIL go-binance:", err)
		os.Exit(1)
	}
	futures.BaseWsMainUrl, futures.BaseCombinedMainURL = at.Streams+"/ws", at.Streams+"/stream?streams="
	futures.BaseWsApiMainURL = at.WsApi
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s := &session{c: futures.NewClient(at.ApiKey, at.Secret), ctx: ctx, frames: map[string]int{}}
	s.c.BaseURL = at.Rest
	s.step("exchangeInfo, time, depth", s.public)
	s.step("leverage, margin type", s.settings)
	s.step("streams on un-routed paths", s.streams)
	s.step("book sync", s.book)
	s.step("place, query, amend, cancel", s.life)
	s.step("errors", s.errors)
	s.step("batch", s.batch)
	s.step("market order, position, account", s.position)
	s.step("a conditional order on the old endpoint is -4120", s.conditional)
	s.step("ws-api", func() error { return s.api(at.ApiKey, at.Secret) })
	s.step("close", s.close)
	fmt.Printf("go-binance: %d passed, %d failed\n", s.passed, s.failed)
	if s.failed > 0 {
		os.Exit(1)
	}
}

func (s *session) public() error {
	info, err := s.c.NewExchangeInfoService().Do(s.ctx)
	if err != nil || len(info.Symbols) == 0 || info.Symbols[0].LotSizeFilter() == nil || info.Symbols[0].PriceFilter() == nil {
		return fmt.Errorf("exchangeInfo: %w", err)
	}
	if _, err := s.c.NewServerTimeService().Do(s.ctx); err != nil {
		return err
	}
	for i := 0; ; i++ {
		d, err := s.c.NewDepthService().Symbol(symbol).Limit(5).Do(s.ctx)
		if err == nil && len(d.Bids) == 5 && d.LastUpdateID > 0 {
			break
		}
		if i == 50 {
			return fmt.Errorf("depth: %v %w", d, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	k, err := s.c.NewKlinesService().Symbol(symbol).Interval("1m").Do(s.ctx)
	if err != nil || len(k) == 0 || k[len(k)-1].Close == "" {
		return fmt.Errorf("klines: %v %w", k, err)
	}
	p, err := s.c.NewPremiumIndexService().Symbol(symbol).Do(s.ctx)
	if err != nil || p[0].MarkPrice == "" {
		return fmt.Errorf("premiumIndex: %w", err)
	}
	if _, err = s.c.NewDepthService().Symbol("NOSUCH").Do(s.ctx); refused(err, -1121) != nil {
		return refused(err, -1121)
	}
	return nil
}

func (s *session) settings() error {
	l, err := s.c.NewChangeLeverageService().Symbol(symbol).Leverage(10).Do(s.ctx)
	if err != nil || l.Leverage != 10 {
		return fmt.Errorf("leverage: %v %w", l, err)
	}
	if err := s.c.NewChangeMarginTypeService().Symbol(symbol).MarginType(futures.MarginTypeIsolated).Do(s.ctx); err != nil {
		return err
	}
	if err := s.c.NewChangeMarginTypeService().Symbol(symbol).MarginType(futures.MarginTypeCrossed).Do(s.ctx); err != nil {
		return err
	}
	return refused(s.c.NewChangeMarginTypeService().Symbol(symbol).MarginType(futures.MarginTypeCrossed).Do(s.ctx), -4046)
}

func (s *session) note(name string) {
	s.mu.Lock()
	s.frames[name]++
	s.mu.Unlock()
}

func (s *session) streams() error {
	bad := func(error) {}
	key, err := s.c.NewStartUserStreamService().Do(s.ctx)
	if err != nil {
		return err
	}
	_, _, e1 := futures.WsAggTradeServe(symbol, func(*futures.WsAggTradeEvent) { s.note("aggTrade") }, bad)
	_, _, e2 := futures.WsBookTickerServe(symbol, func(*futures.WsBookTickerEvent) { s.note("bookTicker") }, bad)
	_, _, e3 := futures.WsKlineServe(symbol, "1m", func(*futures.WsKlineEvent) { s.note("kline") }, bad)
	_, _, e4 := futures.WsMarkPriceServeWithRate(symbol, time.Second, func(*futures.WsMarkPriceEvent) { s.note("markPrice") }, bad)
	_, _, e5 := futures.WsCombinedDepthServe(map[string]string{symbol: "5"}, func(*futures.WsDepthEvent) { s.note("partial") }, bad)
	_, _, e6 := futures.WsAllMiniMarketTickerServe(func(futures.WsAllMiniMarketTickerEvent) { s.note("miniTickers") }, bad)
	_, _, e7 := futures.WsUserDataServe(key, func(e *futures.WsUserDataEvent) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.frames[string(e.Event)]++
		if e.Event == futures.UserDataEventTypeOrderTradeUpdate {
			s.execs = append(s.execs, string(e.OrderTradeUpdate.ExecutionType))
		}
	}, bad)
	_, _, e8 := futures.WsDiffDepthServeWithRate(symbol, 100*time.Millisecond, func(e *futures.WsDepthEvent) {
		s.mu.Lock()
		s.diffs = append(s.diffs, e)
		s.mu.Unlock()
	}, bad)
	if err := errors.Join(e1, e2, e3, e4, e5, e6, e7, e8); err != nil {
		return err
	}
	return s.until("frames", func() bool {
		for _, n := range []string{"aggTrade", "bookTicker", "kline", "markPrice", "partial", "miniTickers"} {
			if s.frames[n] == 0 {
				return false
			}
		}
		return true
	})
}

func (s *session) book() error {
	d, err := s.c.NewDepthService().Symbol(symbol).Limit(1000).Do(s.ctx)
	if err != nil {
		return err
	}
	from := -1
	err = s.until("the bridging diff and ten more", func() bool {
		for i, e := range s.diffs {
			if from < 0 && e.LastUpdateID >= d.LastUpdateID {
				from = i
			}
		}
		return from >= 0 && len(s.diffs) > from+10
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.diffs[from]; f.FirstUpdateID > d.LastUpdateID && f.PrevLastUpdateID != d.LastUpdateID {
		return fmt.Errorf("%d is not bridged by %d-%d", d.LastUpdateID, f.FirstUpdateID, f.LastUpdateID)
	}
	for i := from + 1; i < len(s.diffs); i++ {
		if s.diffs[i].PrevLastUpdateID != s.diffs[i-1].LastUpdateID {
			return fmt.Errorf("the chain breaks: pu %d after u %d", s.diffs[i].PrevLastUpdateID, s.diffs[i-1].LastUpdateID)
		}
	}
	return nil
}

func (s *session) life() error {
	o, err := s.limit(0.97, "go-1").Do(s.ctx)
	if err != nil || o.Status != futures.OrderStatusTypeNew {
		return fmt.Errorf("place: %v %w", o, err)
	}
	q, err := s.c.NewGetOrderService().Symbol(symbol).OrigClientOrderID(o.ClientOrderID).Do(s.ctx)
	if err != nil || q.OrderID != o.OrderID {
		return fmt.Errorf("query: %v %w", q, err)
	}
	p, _ := s.away(0.96)
	m, err := s.c.NewModifyOrderService().Symbol(symbol).OrderID(o.OrderID).Side(futures.SideTypeBuy).Quantity("0.020").Price(p).Do(s.ctx)
	if err != nil || m.OriginalQuantity != "0.02" {
		return fmt.Errorf("amend: %+v %w", m, err)
	}
	if open, err := s.c.NewListOpenOrdersService().Symbol(symbol).Do(s.ctx); err != nil || len(open) != 1 {
		return fmt.Errorf("open orders: %d %w", len(open), err)
	}
	if _, err := s.c.NewCancelOrderService().Symbol(symbol).OrderID(o.OrderID).Do(s.ctx); err != nil {
		return err
	}
	if all, err := s.c.NewListOrdersService().Symbol(symbol).Do(s.ctx); err != nil || len(all) == 0 {
		return fmt.Errorf("all orders: %d %w", len(all), err)
	}
	return s.until("user events", func() bool { return strings.HasPrefix(strings.Join(s.execs, ","), "NEW,AMENDMENT,CANCELED") })
}

func (s *session) errors() error {
	p, _ := s.away(1.2)
	_, e1 := s.limit(0.97, "go-e1").Price(p).Do(s.ctx)
	_, e2 := s.limit(1.02, "go-e2").TimeInForce(futures.TimeInForceTypeGTX).Do(s.ctx)
	_, e3 := s.limit(0.97, "go-e3").TimeInForce(futures.TimeInForceTypeFOK).Do(s.ctx)
	_, e4 := s.limit(0.97, "go-e4").PositionSide(futures.PositionSideTypeLong).Do(s.ctx)
	_, e5 := s.c.NewGetOrderService().Symbol(symbol).OrderID(999_999_999).Do(s.ctx)
	_, e6 := s.c.NewCancelOrderService().Symbol(symbol).OrderID(999_999_999).Do(s.ctx)
	wrong := futures.NewClient(s.c.APIKey, "wrong")
	wrong.BaseURL = s.c.BaseURL
	_, e7 := wrong.NewGetBalanceService().Do(s.ctx)
	return errors.Join(refused(e1, -4016), refused(e2, -5022), refused(e3, -5021), refused(e4, -4061), refused(e5, -2013), refused(e6, -2011), refused(e7, -1022))
}

func (s *session) batch() error {
	r, err := s.c.NewCreateBatchOrdersService().OrderList([]*futures.CreateOrderService{s.limit(0.97, "go-b1"), s.limit(0.96, "go-b2"), s.limit(0.5, "go-b3").Quantity("0")}).Do(s.ctx)
	if err != nil || len(r.Orders) != 2 || r.Errors[2] == nil {
		return fmt.Errorf("place: %+v %w", r, err)
	}
	c, err := s.c.NewCancelMultipleOrdersService().Symbol(symbol).OrderIDList([]int64{r.Orders[0].OrderID, r.Orders[1].OrderID}).Do(s.ctx)
	if err != nil || len(c) != 2 {
		return fmt.Errorf("cancel: %v %w", c, err)
	}
	return nil
}

func (s *session) position() error {
	o, err := s.c.NewCreateOrderService().Symbol(symbol).Side(futures.SideTypeBuy).Type(futures.OrderTypeMarket).Quantity("0.050").
		NewOrderResponseType(futures.NewOrderRespTypeRESULT).Do(s.ctx)
	if err != nil || o.Status != futures.OrderStatusTypeFilled {
		return fmt.Errorf("market order: %+v %w", o, err)
	}
	p, err := s.c.NewGetPositionRiskV3Service().Symbol(symbol).Do(s.ctx)
	if err != nil || len(p) != 1 || p[0].PositionAmt == "0" {
		return fmt.Errorf("position: %+v %w", p, err)
	}
	a, err := s.c.NewGetAccountV3Service().Do(s.ctx)
	if err != nil || len(a.Positions) != 1 {
		return fmt.Errorf("account: %w", err)
	}
	if old, err := s.c.NewGetAccountService().Do(s.ctx); err != nil || len(old.Positions) < 1 {
		return fmt.Errorf("account v2: %w", err)
	}
	if t, err := s.c.NewListAccountTradeService().Symbol(symbol).Do(s.ctx); err != nil || len(t) == 0 {
		return fmt.Errorf("trades: %w", err)
	}
	if i, err := s.c.NewGetIncomeHistoryService().IncomeType("COMMISSION").Do(s.ctx); err != nil || len(i) == 0 {
		return fmt.Errorf("income: %w", err)
	}
	if b, err := s.c.NewGetLeverageBracketService().Symbol(symbol).Do(s.ctx); err != nil || len(b) == 0 {
		return fmt.Errorf("brackets: %w", err)
	}
	return s.until("events of the fill", func() bool { return s.frames["ACCOUNT_UPDATE"] > 0 && s.frames["TRADE_LITE"] > 0 })
}

func (s *session) conditional() error {
	p, _ := s.away(0.9)
	_, err := s.c.NewCreateOrderService().Symbol(symbol).Side(futures.SideTypeSell).Type(futures.OrderTypeStopMarket).StopPrice(p).Quantity("0.050").Do(s.ctx)
	return refused(err, -4120)
}

func (s *session) api(key, secret string) error {
	place, err := futures.NewOrderPlaceWsService(key, secret)
	if err != nil {
		return err
	}
	p, _ := s.away(0.97)
	r, err := place.SyncDo("place-1", futures.NewOrderPlaceWsRequest().Symbol(symbol).Side(futures.SideTypeBuy).Type(futures.OrderTypeLimit).
		TimeInForce(futures.TimeInForceTypeGTC).Quantity("0.010").Price(p).NewClientOrderID("go-ws-1"))
	if err != nil || r.Error != nil || r.Result.Status != futures.OrderStatusTypeNew {
		return fmt.Errorf("place: %+v %w", r, err)
	}
	cancel, err := futures.NewOrderCancelWsService(key, secret)
	if err != nil {
		return err
	}
	c, err := cancel.SyncDo("cancel-1", futures.NewOrderCancelRequest().Symbol(symbol).OrderID(r.Result.OrderID))
	if err != nil || c.Error != nil {
		return fmt.Errorf("cancel: %+v %w", c, err)
	}
	return nil
}

func (s *session) close() error {
	o, err := s.c.NewCreateOrderService().Symbol(symbol).Side(futures.SideTypeSell).Type(futures.OrderTypeMarket).Quantity("0.050").ReduceOnly(true).
		NewOrderResponseType(futures.NewOrderRespTypeRESULT).Do(s.ctx)
	if err != nil || o.Status != futures.OrderStatusTypeFilled {
		return fmt.Errorf("close: %+v %w", o, err)
	}
	return s.c.NewCancelAllOpenOrdersService().Symbol(symbol).Do(s.ctx)
}
