package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/adshao/go-binance/v2/common"
	"github.com/adshao/go-binance/v2/futures"
	"github.com/bitly/go-simplejson"

	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

var sink uint64 // what a floor reads, so that it is not left out

// allCases are the texts and what is done with them.
func allCases() ([]oneCase, error) {
	in := &market.Instrument{Symbol: "BTCUSDT", Pair: "BTCUSDT", Tick: decimal.MustParse("0.10"), Lot: decimal.MustParse("0.001"), PricePlaces: 2, QtyPlaces: 3}
	c := wire.NewCodec(in)
	const at = 1_723_161_256_299_000_000
	diff := market.Diff{First: 5123107832006, Last: 5123107837557, Prev: 5123107831000, Event: at, Transact: at}
	for i := range 20 {
		diff.Bids = append(diff.Bids, market.Level{Px: market.Ticks(618002 - i*3), Qty: market.Lots(i * i * 131 % 20000)})
		diff.Asks = append(diff.Asks, market.Level{Px: market.Ticks(618003 + i*2), Qty: market.Lots(i * 977 % 30000)})
	}
	quote := market.Quote{Update: 5123107839020, Bid: 618002, BidQty: 2507, Ask: 618003, AskQty: 2510, Event: at, Transact: at}
	trade := market.Trade{ID: 2233445566, Last: 5266583935, Px: 618003, Qty: 6, Event: at, Transact: at}
	depthText := c.AppendDepth(nil, &diff)
	quoteText := c.AppendBookTicker(nil, &quote)
	tradeText := c.AppendAggTrade(nil, &trade, 5266583930)
	var cases []oneCase
	var bad error
	check := func(err error) {
		if err != nil {
			bad = err
		}
	}
	peers := func(group string, text []byte, ours func(), theirs func() error, plain func() any) {
		cases = append(cases,
			oneCase{group, "floor", func() { loop(text) }, 0, 0},
			oneCase{group, "baton", ours, 1.8, 0},
			oneCase{group, "go-binance types", func() { check(theirs()) }, 0, 14},
			oneCase{group, "encoding/json lean", func() { check(json.Unmarshal(text, plain())) }, 0, 0})
	}
	var gotDiff market.Diff
	var gotQuote market.Quote
	var gotTrade market.Trade
	peers("depth", depthText, func() { check(c.DecodeDepth(depthText, &gotDiff)) },
		func() error { _, err := depthOf(depthText); return err }, func() any { return new(leanDepth) })
	peers("aggTrade", tradeText, func() { _, err := c.DecodeAggTrade(tradeText, &gotTrade); check(err) },
		func() error { return json.Unmarshal(tradeText, new(futures.WsAggTradeEvent)) }, func() any { return new(leanTrade) })
	peers("bookTicker", quoteText, func() { check(c.DecodeBookTicker(quoteText, &gotQuote)) },
		func() error { return json.Unmarshal(quoteText, new(futures.WsBookTickerEvent)) }, func() any { return new(leanQuote) })
	buf := make([]byte, 0, 4096)
	cases = append(cases,
		oneCase{"encode", "floor", func() { loop(depthText) }, 0, 0},
		oneCase{"encode", "baton", func() { buf = c.AppendDepth(buf[:0], &diff) }, 0, 0},
		oneCase{"encode", "encoding/json lean", func() { _, err := json.Marshal(lean(&diff, in)); check(err) }, 0, 0})
	cases = append(cases, signing()...)
	for _, x := range cases {
		if x.do(); bad != nil {
			return nil, fmt.Errorf("%s by %s: %w", x.group, x.name, bad)
		}
	}
	return cases, nil
}

// loop reads every byte once.
func loop(text []byte) {
	n := uint64(0)
	for _, c := range text {
		n += uint64(c)
	}
	sink += n
}

// depthOf decodes a diff as go-binance v2.8.7 does in wsDepthServe, which it does not export, into its own types.
func depthOf(text []byte) (*futures.WsDepthEvent, error) {
	j, err := simplejson.NewJson(text)
	if err != nil {
		return nil, err
	}
	event := &futures.WsDepthEvent{Event: j.Get("e").MustString(), Time: j.Get("E").MustInt64(), TransactionTime: j.Get("T").MustInt64(),
		Symbol: j.Get("s").MustString(), FirstUpdateID: j.Get("U").MustInt64(), LastUpdateID: j.Get("u").MustInt64(), PrevLastUpdateID: j.Get("pu").MustInt64()}
	for key, rows := range map[string]*[]common.PriceLevel{"b": &event.Bids, "a": &event.Asks} {
		n := len(j.Get(key).MustArray())
		*rows = make([]common.PriceLevel, n)
		for i := range n {
			item := j.Get(key).GetIndex(i)
			(*rows)[i] = common.PriceLevel{Price: item.GetIndex(0).MustString(), Quantity: item.GetIndex(1).MustString()}
		}
	}
	return event, nil
}

type leanDepth struct {
	Event string      `json:"e"` // encoding/json takes "e" for "E" where there is no field of that name
	Time  int64       `json:"E"`
	U     int64       `json:"U"`
	Last  int64       `json:"u"`
	Prev  int64       `json:"pu"`
	Bids  [][2]string `json:"b"`
	Asks  [][2]string `json:"a"`
}

type leanTrade struct {
	Event string `json:"e"` // encoding/json takes "e" for "E" where there is no field of that name
	Time  int64  `json:"E"`
	ID    int64  `json:"a"`
	Price string `json:"p"`
	Qty   string `json:"q"`
	Maker bool   `json:"m"`
}

type leanQuote struct {
	Event  string `json:"e"`
	Time   int64  `json:"E"`
	Update int64  `json:"u"`
	Bid    string `json:"b"`
	BidQty string `json:"B"`
	Ask    string `json:"a"`
	AskQty string `json:"A"`
}

func lean(d *market.Diff, in *market.Instrument) *leanDepth {
	out := &leanDepth{Time: d.Event / 1e6, U: d.First, Last: d.Last, Prev: d.Prev}
	for _, l := range d.Bids {
		out.Bids = append(out.Bids, [2]string{in.Price(l.Px).String(), in.Quantity(l.Qty).String()})
	}
	for _, l := range d.Asks {
		out.Asks = append(out.Asks, [2]string{in.Price(l.Px).String(), in.Quantity(l.Qty).String()})
	}
	return out
}

// signing is one order, built and signed. The floor signs the same bytes and builds nothing.
func signing() []oneCase {
	const key, secret = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A", "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
	s := wire.NewSigner(key, []byte(secret))
	o := &wire.Place{Symbol: "BTCUSDT", Side: market.Buy, Type: market.Limit, TIF: market.GTC, Qty: decimal.MustParse("0.01"),
		Price: decimal.MustParse("61800.2"), ClientID: []byte("baton-t-1")}
	at := wire.Stamp{Time: 1_723_161_256_299_000_000, Window: 2e9}
	payload := []byte("apiKey=" + key + "&newClientOrderId=baton-t-1&price=61800.2&quantity=0.01&recvWindow=2000&side=BUY&symbol=BTCUSDT&timeInForce=GTC&timestamp=1723161256299&type=LIMIT")
	buf, sum, digits := make([]byte, 0, 1024), make([]byte, 0, 32), make([]byte, 64)
	h := hmac.New(sha256.New, []byte(secret))
	return []oneCase{
		{"sign", "floor", func() {
			h.Reset()
			h.Write(payload)
			sum = h.Sum(sum[:0])
			hex.Encode(digits, sum)
		}, 0, 0},
		{"sign", "baton", func() { buf = s.AppendPlace(buf[:0], 7, o, at) }, 1.5, 0},
		{"sign", "go-binance functions", func() {
			form := url.Values{}
			for k, v := range map[string]string{"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01",
				"price": "61800.2", "newClientOrderId": "baton-t-1", "recvWindow": "2000", "timestamp": "1723161256299"} {
				form.Set(k, v)
			}
			sig, err := common.Hmac(secret, form.Encode())
			if err != nil {
				panic(err)
			}
			form.Set("signature", *sig)
			buf = append(buf[:0], form.Encode()...)
		}, 0, 0},
	}
}
