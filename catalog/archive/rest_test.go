package archive

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"baton/catalog"
	"baton/decimal"
	"baton/market"
)

// venue is a local server that answers as the REST API of Binance does: klines of each minute since its begin, an aggregated trade
// each second, a funding rate each eight hours.
type venue struct {
	t      *testing.T
	now    time.Time
	begin  int64 // no trade is before
	asked  int
	breaks int // after so many answers it answers 400
	busy   int // so many times it says 429 first
	used   int // request weight that it tells
	spoil  string
}

func (v *venue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.asked++
	q := r.URL.Query()
	number := func(name string, or int64) int64 {
		if s := q.Get(name); s != "" {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				v.t.Error(err)
			}
			return n
		}
		return or
	}
	w.Header().Set("X-MBX-USED-WEIGHT-1M", strconv.Itoa(v.used))
	switch {
	case v.busy > 0:
		v.busy--
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case v.breaks > 0 && v.asked > v.breaks:
		w.WriteHeader(http.StatusBadRequest)
		return
	case v.spoil != "":
		fmt.Fprint(w, v.spoil)
		return
	}
	limit, now := number("limit", 500), v.now.UnixMilli()
	from, to := number("startTime", 0), min(number("endTime", now), now)
	var rows []string
	step := map[string]int64{"/fapi/v1/klines": 60_000, "/fapi/v1/aggTrades": 1000, "/fapi/v1/fundingRate": 8 * 3600_000}[r.URL.Path]
	if step == 1000 && q.Get("fromId") == "" && to-from >= time.Hour.Milliseconds() {
		v.t.Errorf("aggTrades asked for %d ms", to-from)
	}
	at := max((from+step-1)/step*step, (v.begin+step-1)/step*step)
	if q.Get("fromId") != "" {
		at, to = number("fromId", 0)*1000, now
	}
	for ; at <= to && int64(len(rows)) < limit; at += step {
		switch step {
		case 60_000:
			rows = append(rows, fmt.Sprintf(`[%d,"60000.10","60001.00","59999.90","60000.50","1.250",%d,"75000.1",3,"1.000","60000.0","0"]`, at, at+59_999))
		case 1000:
			rows = append(rows, fmt.Sprintf(`{"a":%d,"p":"60000.10","q":"0.002","f":%d,"l":%d,"T":%d,"m":%t}`, at/1000, at/500, at/500+1, at, at/1000%2 == 0))
		default:
			rows = append(rows, fmt.Sprintf(`{"symbol":"BTCUSDT","fundingTime":%d,"fundingRate":"-0.00010000","markPrice":"60000"}`, at+3))
		}
	}
	fmt.Fprintf(w, "[%s]", strings.Join(rows, ","))
}

// fetchREST fetches from v, without waiting: the pauses are counted.
func fetchREST(t *testing.T, v *venue, dir string, w Want) (rs []Result, pauses []time.Duration, err error) {
	t.Helper()
	s := httptest.NewServer(v)
	defer s.Close()
	v.t, v.asked = t, 0
	cfg := RESTConfig{Base: s.URL, Dir: dir, now: func() time.Time { return v.now }, wait: func(_ context.Context, d time.Duration) error {
		pauses = append(pauses, d)
		return nil
	}}
	rs, err = FetchREST(t.Context(), cfg, w, nil)
	return rs, pauses, err
}

func TestRESTKlinesArePagedAndRead(t *testing.T) {
	dir := t.TempDir()
	v := &venue{now: day(t, "2024-08-02").Add(2*time.Hour + 30*time.Second)}
	w := Want{Kind: Klines, Symbol: "BTCUSDT", Interval: "1m", From: day(t, "2024-08-01"), To: day(t, "2024-08-03")}
	rs, _, err := fetchREST(t, v, dir, w)
	if err != nil || len(rs) != 3 || rs[0].Status != StatusFetched || rs[1].Status != StatusOpen || rs[2].Status != StatusAbsent || v.asked != 3 {
		t.Fatalf("%d requests: %+v %v", v.asked, rs, err)
	}
	first := filepath.Join(dir, "data/futures/um/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2024-08-01.csv")
	in := &market.Instrument{Symbol: "BTCUSDT", Tick: decimal.MustParse("0.10"), Lot: decimal.MustParse("0.001")}
	n := 0
	for b, err := range catalog.Bars(first, in) {
		if err != nil || b.Start != day(t, "2024-08-01").Add(time.Duration(n)*time.Minute).UnixNano() {
			t.Fatal(n, b, err)
		}
		n++
	}
	if f, err := catalog.Examine(first, nil); err != nil || !f.Sound() || n != 1440 || f.Rows != n {
		t.Errorf("%d %+v %v", n, f, err)
	}
	if checked, err := Verify(first); !checked || err != nil {
		t.Error(checked, err)
	}
	part := filepath.Join(dir, rs[1].File)
	if f, err := catalog.Examine(part, nil); err != nil || !f.Sound() || f.Rows != 120 { // the minute that is being traded is left out
		t.Errorf("%+v %v", f, err)
	}
	v.now = v.now.Add(48 * time.Hour)
	if rs, _, err = fetchREST(t, v, dir, w); err != nil || rs[0].Status != StatusKept || rs[1].Status != StatusFetched || rs[2].Status != StatusFetched || v.asked != 4 {
		t.Fatalf("%d requests: %+v %v", v.asked, rs, err)
	}
	if _, err := os.Stat(part); !errors.Is(err, os.ErrNotExist) {
		t.Error("the part is still there")
	}
	if f, err := catalog.Examine(strings.TrimSuffix(part, partName)+".csv", nil); err != nil || !f.Sound() || f.Rows != 1440 {
		t.Errorf("%+v %v", f, err)
	}
}

// TestRESTGoesOn: what breaks off anywhere is gone on with, and the file is the same as without.
func TestRESTGoesOn(t *testing.T) {
	for _, kind := range []string{Klines, AggTrades, Funding} {
		w := Want{Kind: kind, Symbol: "BTCUSDT", Interval: "1m", From: day(t, "2024-08-01"), To: day(t, "2024-08-01")}
		now := day(t, "2024-10-01")
		begin := day(t, "2024-08-01").Add(22*time.Hour + 30*time.Minute + time.Second).UnixMilli()
		if kind != AggTrades {
			begin = 0
		}
		whole := t.TempDir()
		rs, _, err := fetchREST(t, &venue{now: now, begin: begin}, whole, w)
		if err != nil || len(rs) != 1 || rs[0].Status != StatusFetched {
			t.Fatalf("%s: %+v %v", kind, rs, err)
		}
		if f, err := catalog.Examine(filepath.Join(whole, rs[0].File), nil); err != nil || !f.Sound() || f.Rows != map[string]int{Klines: 1440, AggTrades: 5399, Funding: 93}[kind] {
			t.Errorf("%s: %+v %v", kind, f, err)
		}
		dir := t.TempDir()
		if kind != Funding { // a month of it is one page
			if _, _, err := fetchREST(t, &venue{now: now, begin: begin, breaks: map[string]int{Klines: 1, AggTrades: 25}[kind]}, dir, w); err == nil || !strings.Contains(err.Error(), "400") {
				t.Fatalf("%s: %v", kind, err)
			}
			part := filepath.Join(dir, strings.TrimSuffix(rs[0].File, ".csv")+partName)
			b, err := os.ReadFile(part)
			if err != nil || os.WriteFile(part, b[:len(b)-5], 0o644) != nil { // the machine went down while a row was written
				t.Fatal(err)
			}
		}
		again, _, err := fetchREST(t, &venue{now: now, begin: begin}, dir, w)
		if err != nil || again[0] != rs[0] {
			t.Errorf("%s: %+v, not %+v: %v", kind, again, rs, err)
		}
	}
}

func TestRESTKeepsWithinTheLimits(t *testing.T) {
	w := Want{Kind: Klines, Symbol: "BTCUSDT", Interval: "1m", From: day(t, "2024-08-01"), To: day(t, "2024-08-01")}
	_, pauses, err := fetchREST(t, &venue{now: day(t, "2024-10-01").Add(20 * time.Second), busy: 1, used: 1500}, t.TempDir(), w)
	if err != nil || len(pauses) != 3 || pauses[0] != 7*time.Second || pauses[1] != 41*time.Second || pauses[2] != 41*time.Second {
		t.Errorf("%v %v", pauses, err)
	}
	if _, _, err := fetchREST(t, &venue{now: day(t, "2024-10-01"), busy: 100}, t.TempDir(), w); err == nil || !strings.Contains(err.Error(), "given up after 5 tries") {
		t.Error(err)
	}
}

func TestRESTRefusesNonsense(t *testing.T) {
	w := Want{Kind: Klines, Symbol: "BTCUSDT", Interval: "1m", From: day(t, "2024-08-01"), To: day(t, "2024-08-01")}
	for _, spoil := range []string{`{}`, `[[1]]`, `[[1722470400000,"1,2","1","1","1","1",1722470459999,"1",1,"1","1","0"]]`, `[[1,"1","1","1","1","1",2,"1",1,"1","1","0"]]`,
		"[[1722470400000,\"1\\n\",\"1\",\"1\",\"1\",\"1\",1722470459999,\"1\",1,\"1\",\"1\",\"0\"]]"} {
		dir := t.TempDir()
		if _, _, err := fetchREST(t, &venue{now: day(t, "2024-10-01"), spoil: spoil}, dir, w); err == nil {
			t.Errorf("%s is taken", spoil)
		}
	}
	w.Kind = Trades
	if _, _, err := fetchREST(t, &venue{now: day(t, "2024-10-01")}, t.TempDir(), w); !errors.Is(err, ErrWant) {
		t.Error(err)
	}
}
