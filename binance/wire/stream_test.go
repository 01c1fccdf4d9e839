package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"baton/binance/wire"
	"baton/decimal"
	"baton/market"
)

// compare decodes one text as every kind of stream event and compares each with the oracle.
func compare(in *market.Instrument, text []byte) error {
	c := wire.NewCodec(in)
	var (
		d market.Diff
		q market.Quote
		t market.Trade
		g market.Trade
		m market.Mark
	)
	derr, qerr, terr, merr := c.DecodeDepth(text, &d), c.DecodeBookTicker(text, &q), c.DecodeTrade(text, &t), c.DecodeMarkPrice(text, &m)
	_, gerr := c.DecodeAggTrade(text, &g)
	wd, werr := oracleDepth(in, text)
	say := []string{agree(d, derr, wd, werr)}
	wq, werr := oracleQuote(in, text)
	say = append(say, agree(q, qerr, wq, werr))
	wt, _, werr := oracleTrade(in, text, false)
	say = append(say, agree(t, terr, wt, werr))
	wg, _, werr := oracleTrade(in, text, true)
	say = append(say, agree(g, gerr, wg, werr))
	wm, werr := oracleMark(in, text)
	say = append(say, agree(m, merr, wm, werr))
	for n, s := range say {
		if s != "" {
			return fmt.Errorf("%s: %s", [...]string{"depth", "bookTicker", "trade", "aggTrade", "markPrice"}[n], s)
		}
	}
	return nil
}

const (
	depthRaw = `{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":5,"u":9,"pu":4,"b":[["61800.20","2.507"],["61800.10","0.000"]],"a":[["100000.50","12.5"],["5.1","1000.001"]]}`
	tradeRaw = `{"e":"trade","E":1723161256322,"T":1723161256322,"s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":true}`
	markRaw  = `{"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"11794.15000000","i":"11784.62659091","P":"11784.25641265","r":"-0.00038167","ap":"11794.1500","T":1562306400000,"st":1}`
)

// shapes are events in unusual but right forms, and wrong ones.
func shapes() []string {
	list := []string{
		depthRaw, tradeRaw, markRaw, aggFrame, tickFrame, string(frame20()),
		`{"stream":"x","data":` + depthRaw + `}`, `{"data":` + depthRaw + `,"stream":"x"}`, `{"data":` + tradeRaw + `}`, `{"stream":"x"}`, `{"stream":"x","data":7}`,
		` { "e" : "trade" , "E" : 1 , "T" : 2 , "s" : "BTCUSDT" , "t" : 3 , "p" : "1.1" , "q" : "1" , "m" : false } `,
		strings.Replace(tradeRaw, `"m":true`, `"m":true,"zz":{"a":[1,-2.5e+3,null,true,{"b":"c"}]},"M":[[]],"long key":{}`, 1),
		strings.Replace(tradeRaw, `"X":"MARKET"`, `"X":"INSURANCE_FUND"`, 1), strings.Replace(tradeRaw, `"61800.30"`, `"0"`, 1),
		strings.Replace(markRaw, `"-0.00038167"`, `""`, 1),
	}
	for _, r := range [][2]string{
		{`61800.20`, `61800.25`}, {`61800.20`, `61800.20000000`}, {`61800.20`, `61800.200000001`}, {`61800.20`, `-61800.20`}, {`61800.20`, ``},
		{`61800.20`, `61800`}, {`61800.20`, `61800.`}, {`61800.20`, `.2`}, {`61800.20`, `+1.2`}, {`61800.20`, `1e3`}, {`61800.20`, `12345678.90`},
		{`61800.20`, `99999999999.9`}, {`61800.20`, `999999999999.9`}, {`61800.20`, `0061800.20`}, {`61800.20`, `123456.70`}, {`61800.20`, `1234567.80`},
		{`2.507`, `2.5071`}, {`2.507`, `9999.999`}, {`2.507`, `99999.999`}, {`2.507`, `7`}, {`"2.507"`, `2.507`}, {`"2.507"`, `null`}, {`"2.507"`, `"2.507","x"`},
		{`"u":9`, `"u":09`}, {`"u":9`, `"u":-9`}, {`"u":9`, `"u":9.0`}, {`"u":9`, `"u":9e1`}, {`"u":9`, `"u":"9"`}, {`"u":9`, `"u":1234567890123456789`},
		{`"u":9`, `"u":123456789012345678`}, {`"u":9`, `"u":12345678`}, {`"u":9`, `"u":1234567812345678`}, {`"u":9`, `"u":`}, {`"u":9`, `"x":9`}, {`"u":9`, `"u":9,"u":8`},
		{`"pu":4`, `"pu":-1`}, {`"pu":4`, `"pu":- 1`}, {`BTCUSDT`, `ETHUSDT`}, {`"BTCUSDT"`, `7`}, {`depthUpdate`, `depthupdate`}, {`,"a"`, `,,"a"`}, {`]]}`, `]],}`},
		{`]]}`, `]]}}`}, {`]]}`, `]]`}, {`]]}`, `]}`}, {`[["61`, `[[["61`}, {`],["5.1`, `]["5.1`}, {`1723161256299`, `17231612562990`}, {`1723161256299`, `9223372036855`},
		{`"e":"`, `"e":"depthUpdate","e":"`}, {`{"e"`, `{"\":0,"e"`}, {`"pu"`, `"":"x","pu"`}, {`,"T"`, ", \n\t\r\"T\""}, {`]],"a"`, `], ["1.0" , "2.0" ] ] , "a"`},
	} {
		list = append(list, strings.Replace(depthRaw, r[0], r[1], 1))
	}
	return list
}

func TestStreamsAgainstTheOracle(t *testing.T) {
	for _, text := range shapes() {
		if strange([]byte(text)) {
			continue
		}
		if err := compare(btc(), []byte(text)); err != nil {
			t.Errorf("%s\n%v", text, err)
		}
		for cut := range len(text) {
			if err := compare(btc(), []byte(text)[:cut:cut]); err != nil {
				t.Fatalf("cut at %d: %s\n%v", cut, text[:cut], err)
			}
		}
	}
}

// TestKeyOrder decodes the same event with its keys in many orders.
func TestKeyOrder(t *testing.T) {
	c := wire.NewCodec(btc())
	var want market.Diff
	if err := c.DecodeDepth([]byte(depthRaw), &want); err != nil {
		t.Fatal(err)
	}
	parts := []string{`"e":"depthUpdate"`, `"E":1723161256299`, `"T":1723161256298`, `"s":"BTCUSDT"`, `"U":5`, `"u":9`, `"pu":4`,
		`"b":[["61800.20","2.507"],["61800.10","0.000"]]`, `"a":[["100000.50","12.5"],["5.1","1000.001"]]`}
	for turn := range 200 {
		i, j := turn%len(parts), turn*7%len(parts)
		parts[i], parts[j] = parts[j], parts[i]
		text := "{" + strings.Join(parts, ",") + "}"
		var got market.Diff
		if err := c.DecodeDepth([]byte(text), &got); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%s: %v %v", text, got, err)
		}
	}
}

func TestLastDuplicateWins(t *testing.T) {
	c := wire.NewCodec(btc())
	var d market.Diff
	text := strings.Replace(depthRaw, `"b":[`, `"b":[["1.0","1.0"]],"b":[`, 1)
	if err := c.DecodeDepth([]byte(text), &d); err != nil || len(d.Bids) != 2 {
		t.Errorf("%v %v", d.Bids, err)
	}
	twice := `{"data":` + strings.Replace(depthRaw, `"u":9`, `"u":8`, 1) + `,"stream":"x","data":` + depthRaw + `}`
	if err := c.DecodeDepth([]byte(twice), &d); err != nil || d.Last != 9 || len(d.Bids) != 2 {
		t.Errorf("%v %v", d, err)
	}
}

func TestErrorsSayWhere(t *testing.T) {
	c := wire.NewCodec(btc())
	for _, x := range []struct{ from, to, at, says string }{
		{`61800.20`, `61800.25`, `"61800.25"`, "price 61800.25 is not a multiple of the tick 0.10 (BTCUSDT): use 61800.20 or 61800.30"},
		{`2.507`, `2.5075`, `"2.5075"`, "quantity 2.5075 is not a multiple"},
		{`"pu":4`, `"pU":4`, ``, `key "pu" is missing`},
		{`"u":9`, `"u":x`, `x,`, `bad value of "u"`},
		{`BTCUSDT`, `ETHUSDT`, `"ETHUSDT"`, "not the symbol BTCUSDT"},
	} {
		text := strings.Replace(depthRaw, x.from, x.to, 1)
		err := c.DecodeDepth([]byte(text), &market.Diff{})
		e, ok := errors.AsType[*wire.ParseError](err)
		if !ok || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v", x.to, err)
			continue
		}
		if x.at != "" && e.Offset != strings.Index(text, x.at) {
			t.Errorf("%s: offset %d, want %d", x.to, e.Offset, strings.Index(text, x.at))
		}
	}
}

func TestNonASCIISymbol(t *testing.T) {
	in := instrument("币安人生USDT", "0.00001", "1", 5, 0)
	c := wire.NewCodec(in)
	want := market.Quote{Update: 7, Bid: 12345, Ask: 12346, BidQty: 437848, AskQty: 1, Event: 5e6, Transact: 4e6}
	text := c.AppendBookTicker(nil, &want)
	var got market.Quote
	if err := c.DecodeBookTicker(text, &got); err != nil || got != want {
		t.Errorf("%s: %+v %v", text, got, err)
	}
	escaped := bytes.Replace(text, []byte("币"), []byte(`\u5e01`), 1)
	if err := c.DecodeBookTicker(escaped, &got); err != nil {
		t.Errorf("%s: %v", escaped, err)
	}
}

// TestGrids decodes and encodes at several ticks, powers of ten and not.
func TestGrids(t *testing.T) {
	for _, in := range []*market.Instrument{
		btc(), instrument("A", "0.00001", "1", 5, 0), instrument("B", "0.25", "0.5", 2, 1), instrument("C", "1", "100", 0, 0),
		instrument("D", "0.00000001", "0.001", 8, 3), instrument("E", "5", "0.0003", 0, 4), instrument("F", "0.0125", "0.00000003", 2, 2),
	} {
		c := wire.NewCodec(in)
		for n := int64(1); n < 1<<40; n = n*7 + 3 {
			q := market.Quote{Update: n, Bid: market.Ticks(n % 9_000_000), BidQty: market.Lots(n % 80_000_001), Ask: market.Ticks(n % 1_000_003), AskQty: market.Lots(n % 977)}
			text := c.AppendBookTicker(nil, &q)
			var got market.Quote
			if err := c.DecodeBookTicker(text, &got); err != nil || got != q {
				t.Fatalf("%s: %s: %+v, want %+v, %v", in.Symbol, text, got, q, err)
			}
			if err := compare(in, text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
	}
}

func TestEncodersAsOf2026(t *testing.T) {
	c := wire.NewCodec(btc())
	for _, x := range []struct{ got, want string }{
		{string(c.AppendDepth(nil, &market.Diff{First: 157, Last: 160, Prev: 149, Bids: []market.Level{{Px: 24, Qty: 10000}}, Event: 2e6, Transact: 1e6})),
			`{"e":"depthUpdate","E":2,"T":1,"s":"BTCUSDT","U":157,"u":160,"pu":149,"b":[["2.40","10.000"]],"a":[],"ps":"BTCUSDT","st":1}`},
		{string(c.AppendBookTicker(nil, &market.Quote{Update: 1, Bid: 618002, BidQty: 2507, Ask: 618003, AskQty: 1, Event: 3e6, Transact: 2e6})),
			`{"e":"bookTicker","u":1,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"0.001","T":2,"E":3,"ps":"BTCUSDT","st":1}`},
		{string(c.AppendAggTrade(nil, &market.Trade{ID: 5, Last: 9, Px: 10, Qty: 100, Taker: market.Sell, Event: 2e6, Transact: 1e6}, 7)),
			`{"e":"aggTrade","E":2,"a":5,"s":"BTCUSDT","p":"1.00","q":"0.100","nq":"0.100","f":7,"l":9,"T":1,"m":true,"st":1}`},
		{string(c.AppendMarkPrice(nil, &market.Mark{Mark: decimal.MustParse("1.5"), Index: decimal.MustParse("1.25"), Rate: decimal.MustParse("-0.0001"), Next: 3e6, Event: 2e6})),
			`{"e":"markPriceUpdate","E":2,"s":"BTCUSDT","p":"1.50000000","ap":"1.50000000","P":"1.25000000","i":"1.25000000","r":"-0.00010000","T":3,"st":1}`},
		{string(wire.AppendWrapped(nil, "btcusdt@trade", []byte(`{"e":1}`))), `{"stream":"btcusdt@trade","data":{"e":1}}`},
	} {
		if x.got != x.want {
			t.Errorf("%s\nwant %s", x.got, x.want)
		}
	}
}

func TestPeek(t *testing.T) {
	for _, x := range []struct {
		text, symbol, stream string
		kind                 wire.Kind
	}{
		{depthRaw, "BTCUSDT", "", wire.KindDepth}, {tickFrame, "BTCUSDT", "btcusdt@bookTicker", wire.KindBookTicker},
		{aggFrame, "BTCUSDT", "btcusdt@aggTrade", wire.KindAggTrade}, {tradeRaw, "BTCUSDT", "", wire.KindTrade}, {markRaw, "BTCUSDT", "", wire.KindMark},
		{`{"data":` + tradeRaw + `,"stream":"x"}`, "BTCUSDT", "x", wire.KindTrade},
		{`{"u":1,"e":"bookTicker","s":"BTCUSD_PERP"}`, "BTCUSD_PERP", "", wire.KindBookTicker},
		{`{"e":"kline","E":1,"s":"X"}`, "X", "", wire.KindOther}, {`{"result":null,"id":3}`, "", "", wire.KindReply}, {`{"id":3,"error":{"code":2,"msg":"x"}}`, "", "", wire.KindReply},
		{`{"e":"ORDER_TRADE_UPDATE","T":1}`, "", "", wire.KindOrder}, {`{"e":"TRADE_LITE","E":1,"T":1,"s":"Y"}`, "Y", "", wire.KindTradeLite},
		{`{"e":"ACCOUNT_UPDATE","T":1}`, "", "", wire.KindAccount}, {`{"e":"listenKeyExpired","E":1}`, "", "", wire.KindListenKeyEnded},
		{`{"stream":"k","data":{"e":"ORDER_TRADE_UPDATE"}}`, "", "k", wire.KindOrder},
	} {
		f, err := wire.Peek([]byte(x.text))
		if err != nil || f.Kind != x.kind || string(f.Symbol) != x.symbol || string(f.Stream) != x.stream {
			t.Errorf("%s: kind %d symbol %q stream %q, %v", x.text, f.Kind, f.Symbol, f.Stream, err)
		}
	}
	for _, bad := range []string{"", "[]", "{", `{"e"}`, `{"e":1,"s":"x"}`, `nonsense`, `{"stream":"x","data":[]}`} {
		if _, err := wire.Peek([]byte(bad)); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

// TestRecordedFrames decodes every line of a recording, compares with the oracle, encodes, decodes again.
func TestRecordedFrames(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 94,000 recorded frames")
	}
	in, n := btc(), 0
	c := wire.NewCodec(in)
	var d, d2 market.Diff
	var q, q2 market.Quote
	var tr, tr2 market.Trade
	var sn, sn2 market.Snapshot
	var buf []byte
	counts := map[wire.Kind]int{}
	lines(t, "usdm_BTCUSDT_20240808.gz", func(text []byte) {
		n++
		if bytes.HasPrefix(text, []byte(`{"lastUpdateId"`)) {
			if err := c.DecodeSnapshot(text, &sn); err != nil || len(sn.Bids) != 1000 || len(sn.Asks) != 1000 {
				t.Fatal(err, len(sn.Bids))
			}
			if err := c.DecodeSnapshot(c.AppendSnapshot(nil, &sn), &sn2); err != nil || fmt.Sprint(sn) != fmt.Sprint(sn2) {
				t.Fatal(err)
			}
			return
		}
		f, err := wire.Peek(text)
		if err != nil || string(f.Symbol) != "BTCUSDT" {
			t.Fatalf("line %d: %v %s", n, err, f.Symbol)
		}
		counts[f.Kind]++
		same := true
		switch f.Kind {
		case wire.KindDepth:
			err = c.DecodeDepth(text, &d)
			buf = wire.AppendWrapped(buf[:0], string(f.Stream), c.AppendDepth(nil, &d))
			err = errors.Join(err, c.DecodeDepth(buf, &d2))
			same = d.First == d2.First && d.Last == d2.Last && d.Prev == d2.Prev && d.Event == d2.Event && d.Transact == d2.Transact && slices.Equal(d.Bids, d2.Bids) && slices.Equal(d.Asks, d2.Asks)
		case wire.KindBookTicker:
			err = c.DecodeBookTicker(text, &q)
			buf = c.AppendBookTicker(buf[:0], &q)
			err = errors.Join(err, c.DecodeBookTicker(buf, &q2))
			same = q == q2
		case wire.KindTrade:
			if err = c.DecodeTrade(text, &tr); errors.Is(err, wire.ErrOddTrade) {
				return
			}
			buf = c.AppendTrade(buf[:0], &tr)
			err = errors.Join(err, c.DecodeTrade(buf, &tr2))
			same = tr == tr2
		}
		if err != nil || !same {
			t.Fatalf("line %d: %v, same %v: %.200s", n, err, same, text)
		}
		if n%50 == 0 {
			if err := compare(in, text); err != nil {
				t.Fatalf("line %d: %v", n, err)
			}
		}
	})
	if counts[wire.KindDepth] != 6551 || counts[wire.KindBookTicker] != 66089 || counts[wire.KindTrade] != 21313 {
		t.Errorf("counts %v", counts)
	}
}

func TestRecordedSamples(t *testing.T) {
	coin := instrument("BTCUSD_PERP", "0.1", "1", 1, 0)
	coin.Pair = "BTCUSD"
	ctk := instrument("CTKUSDT", "0.00010", "1", 5, 0)
	for _, s := range samples(t, "ws_one_of_each.jsonl") {
		text, in := []byte(s.Raw), btc()
		if strings.HasPrefix(s.Name, "coinm/") {
			in = coin
		} else if strings.HasSuffix(s.Name, "aggTrade") {
			in = ctk
		}
		var err error
		switch c := wire.NewCodec(in); s.Name[strings.Index(s.Name, "/")+1:] {
		case "depthUpdate":
			err = c.DecodeDepth(text, &market.Diff{})
		case "bookTicker":
			err = c.DecodeBookTicker(text, &market.Quote{})
		case "trade":
			err = c.DecodeTrade(text, &market.Trade{})
		case "aggTrade":
			_, err = c.DecodeAggTrade(text, &market.Trade{})
		case "depthSnapshot":
			err = c.DecodeSnapshot(text, &market.Snapshot{})
		default:
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if err := compare(in, text); err != nil && !strings.HasSuffix(s.Name, "Snapshot") && !strange(text) {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	mark := raw(t, "mixed_roq_binance_futures.jsonl", "json_mark_price_update/coin_m")
	var m market.Mark
	if err := wire.NewCodec(btc()).DecodeMarkPrice(mark, &m); err != nil || m.Mark.String() != "95209.55336957" || m.Rate.String() != "0.00005383" {
		t.Errorf("%+v %v", m, err)
	}
}

func TestStreamsAllocateNothing(t *testing.T) {
	c := wire.NewCodec(btc())
	var (
		d market.Diff
		q market.Quote
		x market.Trade
		m market.Mark
	)
	depth, ticker, agg, trade, mark := frame20(), []byte(tickFrame), []byte(aggFrame), []byte(tradeRaw), []byte(markRaw)
	buf := make([]byte, 0, 4096)
	for _, f := range []struct {
		name string
		run  func()
	}{
		{"depth", func() { must(c.DecodeDepth(depth, &d)) }},
		{"bookTicker", func() { must(c.DecodeBookTicker(ticker, &q)) }},
		{"aggTrade", func() { _, err := c.DecodeAggTrade(agg, &x); must(err) }},
		{"trade", func() { must(c.DecodeTrade(trade, &x)) }},
		{"mark", func() { must(c.DecodeMarkPrice(mark, &m)) }},
		{"peek", func() { _, err := wire.Peek(depth); must(err) }},
		{"encode", func() {
			buf = c.AppendDepth(buf[:0], &d)
			buf = c.AppendBookTicker(buf[:0], &q)
			buf = c.AppendMarkPrice(c.AppendAggTrade(buf[:0], &x, 1), &m)
		}},
	} {
		f.run()
		if n := testing.AllocsPerRun(100, f.run); n != 0 {
			t.Errorf("%s allocates %v times", f.name, n)
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func FuzzStreams(f *testing.F) {
	for _, s := range shapes() {
		f.Add([]byte(s))
	}
	in := btc()
	c := wire.NewCodec(in)
	f.Fuzz(func(t *testing.T, text []byte) {
		_, _ = wire.Peek(text)
		if strange(text) {
			var d market.Diff
			_, _ = c.DecodeDepth(text, &d), c.DecodeSnapshot(text, &market.Snapshot{})
			return
		}
		if err := compare(in, text); err != nil {
			t.Errorf("%q\n%v", text, err)
		}
		var d, e market.Diff
		if c.DecodeDepth(text, &d) == nil {
			if err := c.DecodeDepth(c.AppendDepth(nil, &d), &e); err != nil || fmt.Sprint(d) != fmt.Sprint(e) {
				t.Errorf("%q becomes %+v, then %+v, %v", text, d, e, err)
			}
		}
	})
}

func FuzzSnapshot(f *testing.F) {
	f.Add([]byte(`{"lastUpdateId":5,"E":1,"T":2,"bids":[["1.0","1"]],"asks":[]}`))
	f.Add([]byte(`{"lastUpdateId": 5, "bids": [["1.20", "63.380"], ["1.1", "1"]], "asks": []}`))
	c := wire.NewCodec(btc())
	f.Fuzz(func(t *testing.T, text []byte) {
		var s, e market.Snapshot
		if c.DecodeSnapshot(text, &s) == nil {
			if err := c.DecodeSnapshot(c.AppendSnapshot(nil, &s), &e); err != nil || fmt.Sprint(s) != fmt.Sprint(e) {
				t.Errorf("%q becomes %+v, then %+v, %v", text, s, e, err)
			}
		}
	})
}
