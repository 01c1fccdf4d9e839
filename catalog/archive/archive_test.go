package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baton/catalog"
)

func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// host is a local server laid out as the archive is. It can break off after some bytes, say no to ranges, and damage what it sends.
type host struct {
	files    map[string][]byte
	cut      map[string]int // bytes after which the first transfer of a file breaks off
	noRange  bool
	damage   bool
	requests []string
	fail     int // so many answers are 503 first
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	h.requests = append(h.requests, name+" "+r.Header.Get("Range"))
	if h.fail > 0 {
		h.fail--
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	if of, ok := strings.CutSuffix(name, ".CHECKSUM"); ok && h.files[of] != nil {
		fmt.Fprintf(w, "%x  %s\n", sha256.Sum256(h.files[of]), filepath.Base(of))
		return
	}
	b := h.files[name]
	if b == nil {
		http.NotFound(w, r)
		return
	}
	if h.damage {
		b = bytes.Clone(b)
		b[len(b)/2] ^= 1
	}
	if h.noRange {
		r.Header.Del("Range")
	}
	if n := h.cut[name]; n > 0 {
		delete(h.cut, name)
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
		_, _ = w.Write(b[:n])
		return
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
}

const file = "data/futures/um/daily/klines/FILUSDT/1m/FILUSDT-1m-2024-08-01.zip"

func newHost(t *testing.T) (*host, Config) {
	t.Helper()
	h := &host{files: map[string][]byte{}, cut: map[string]int{}}
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	f, err := zw.CreateHeader(&zip.FileHeader{Name: "FILUSDT-1m-2024-08-01.csv", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(f, "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore")
	for i := range 1440 {
		at := 1722470400000 + int64(i)*60000
		fmt.Fprintf(f, "%d,4.1,4.2,4.0,4.1,10.5,%d,43.05,3,5.0,20.5,0\n", at, at+59999)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	h.files[file] = b.Bytes()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return h, Config{Host: s.URL, Dir: t.TempDir(), pause: time.Nanosecond}
}

func TestPlan(t *testing.T) {
	for _, c := range []struct {
		want  Want
		files []string
	}{
		{Want{Kind: Klines, Symbol: "FILUSDT", Interval: "1m", From: day(t, "2024-08-01"), To: day(t, "2024-08-01")}, []string{file}},
		{Want{Kind: AggTrades, Symbol: "BTCUSDT", From: day(t, "2024-02-28"), To: day(t, "2024-03-01")}, []string{
			"data/futures/um/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2024-02-28.zip",
			"data/futures/um/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2024-02-29.zip",
			"data/futures/um/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2024-03-01.zip"}},
		{Want{Kind: Funding, Symbol: "BTCUSDT", From: day(t, "2023-12-31"), To: day(t, "2024-01-01")}, []string{
			"data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2023-12.zip",
			"data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2024-01.zip"}},
		{Want{Kind: Trades, Symbol: "BTCUSDT", From: day(t, "2024-01-31"), To: day(t, "2024-02-01"), Monthly: true}, []string{
			"data/futures/um/monthly/trades/BTCUSDT/BTCUSDT-trades-2024-01.zip", "data/futures/um/monthly/trades/BTCUSDT/BTCUSDT-trades-2024-02.zip"}},
	} {
		got, err := Plan(c.want)
		if err != nil || strings.Join(got, "\n") != strings.Join(c.files, "\n") {
			t.Errorf("%+v: %v\n%s", c.want, err, strings.Join(got, "\n"))
		}
	}
	d := day(t, "2024-01-01")
	for _, w := range []Want{{Kind: "books", Symbol: "BTCUSDT", From: d, To: d}, {Kind: Trades, Symbol: "../x", From: d, To: d}, {Kind: Trades, From: d, To: d},
		{Kind: Klines, Symbol: "BTCUSDT", Interval: "7m", From: d, To: d}, {Kind: Trades, Symbol: "BTCUSDT", From: d, To: d.AddDate(0, 0, -1)},
		{Kind: Trades, Symbol: "BTCUSDT", From: d, To: d.AddDate(11, 0, 0)}} {
		if files, err := Plan(w); !errors.Is(err, ErrWant) {
			t.Errorf("%+v: %d files, %v", w, len(files), err)
		}
	}
}

func TestFetchResumesAndVerifies(t *testing.T) {
	h, cfg := newHost(t)
	h.cut[file], h.fail = 20_000, 2
	seen := int64(0)
	rs, err := Fetch(t.Context(), cfg, []string{file, strings.Replace(file, "08-01", "08-02", 1)}, func(_ string, done, size int64) {
		if done < seen || size >= 0 && done > size {
			t.Errorf("progress goes from %d to %d of %d", seen, done, size)
		}
		seen = done
	})
	if err != nil || len(rs) != 2 || rs[0].Status != StatusFetched || rs[1].Status != StatusAbsent || seen != int64(len(h.files[file])) {
		t.Fatalf("%v %+v, %d bytes told", err, rs, seen)
	}
	if all := strings.Join(h.requests, "\n"); !strings.Contains(all, "bytes=20000-") {
		t.Errorf("not resumed:\n%s", all)
	}
	to := filepath.Join(cfg.Dir, file)
	if got, err := os.ReadFile(to); err != nil || !bytes.Equal(got, h.files[file]) {
		t.Error("another file", err)
	}
	if checked, err := Verify(to); !checked || err != nil {
		t.Error(checked, err)
	}
	f, err := catalog.Examine(to, nil)
	if err != nil || f.Kind != catalog.KindKlines || f.Rows != 1440 || !f.Sound() || f.Packed != "zip" {
		t.Errorf("%v %+v", err, f)
	}

	h.requests = nil
	rs, err = Fetch(t.Context(), cfg, []string{file}, nil)
	if err != nil || rs[0].Status != StatusKept || len(h.requests) != 1 {
		t.Errorf("%v %+v %q", err, rs, h.requests)
	}
	if err := os.WriteFile(to, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if checked, err := Verify(to); !checked || !errors.Is(err, ErrChecksum) {
		t.Error(checked, err)
	}
}

// A part of an earlier run is gone on with; one that is no beginning of the file is found out by the checksum and thrown away.
func TestFetchGoesOnFromAPart(t *testing.T) {
	h, cfg := newHost(t)
	part := filepath.Join(cfg.Dir, file) + ".part"
	if err := os.MkdirAll(filepath.Dir(part), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		part []byte
		want error
	}{{h.files[file][:1000], nil}, {h.files[file], nil}, {bytes.Repeat([]byte{7}, 1000), ErrChecksum}} {
		if err := errors.Join(os.WriteFile(part, c.part, 0o644), os.RemoveAll(filepath.Join(cfg.Dir, file))); err != nil {
			t.Fatal(err)
		}
		if _, err := Fetch(t.Context(), cfg, []string{file}, nil); !errors.Is(err, c.want) {
			t.Errorf("%d bytes: %v", len(c.part), err)
		}
		if _, err := os.Stat(part); err == nil {
			t.Error("the part is left")
		}
	}
	h.noRange = true
	if err := errors.Join(os.WriteFile(part, []byte("junk"), 0o644), os.RemoveAll(filepath.Join(cfg.Dir, file))); err != nil {
		t.Fatal(err)
	}
	if _, err := Fetch(t.Context(), cfg, []string{file}, nil); err != nil {
		t.Error("a host that does not resume:", err)
	}
}

func TestFetchFails(t *testing.T) {
	h, cfg := newHost(t)
	h.damage = true
	if _, err := Fetch(t.Context(), cfg, []string{file}, nil); !errors.Is(err, ErrChecksum) {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(cfg.Dir, file)); err == nil {
		t.Error("a damaged file got its name")
	}
	h.fail = 1000
	if _, err := Fetch(t.Context(), cfg, []string{file}, nil); err == nil || !strings.Contains(err.Error(), "5 tries") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fetch(ctx, cfg, []string{file}, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, host := range []string{"", "ftp://x", "data.binance.vision", "http://"} {
		cfg.Host = host
		if _, err := Fetch(t.Context(), cfg, []string{file}, nil); err == nil || !strings.Contains(err.Error(), Host) {
			t.Errorf("host %q: %v", host, err)
		}
	}
}
