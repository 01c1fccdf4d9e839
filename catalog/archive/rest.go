package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What the REST API of an exchange can tell, beside what the archive has.
const (
	StatusOpen = "open" // the period has not ended yet: the file holds what there is so far, and the next run goes on

	partName   = ".part.csv"            // of a file that is not whole; every row in it is
	pageBars   = 1000                   // rows of one answer: costs a weight of 5 (Binance USD-M, Kline/Candlestick Data)
	pageTrades = 1000                   // (Compressed/Aggregate Trades List, weight 20)
	pageRates  = 1000                   // (Get Funding Rate History)
	window     = time.Hour              // the longest that aggTrades takes between startTime and endTime
	bodyMax    = 16 << 20               // bytes of one answer
	weightStop = 1200                   // of the 2,400 of a minute: the other half is left to whoever trades behind this address
	rateEvery  = 700 * time.Millisecond // 500 requests of fundingRate in five minutes, shared with fundingInfo
)

// RESTKinds are the kinds that a REST API tells.
func RESTKinds() []string { return []string{Klines, AggTrades, Funding} }

// RESTConfig is where from and where to.
type RESTConfig struct {
	Base   string       // "https://fapi.binance.com"
	Dir    string       // the same layout below it as the archive's, with .csv in place of .zip
	Client *http.Client // nil: one with timeouts, which asks the environment for a proxy

	// Tests: the time now, and how to wait.
	now  func() time.Time
	wait func(ctx context.Context, d time.Duration) error
}

// RESTProgress is told after each page: of which file, how many rows it has, and up to when.
type RESTProgress func(file string, rows int, until time.Time)

// FetchREST asks a REST API for a history, page by page within its limits, and writes it as CSV files that lie and are named as the
// archive's are. A file gets its name once its period has ended and all of it is there; until then it ends in .part.csv and holds
// whole rows, and a later run goes on behind the last of them. Funding rates have the columns that REST has, fundingTime and
// fundingRate. It stops at the first error; what was fetched stays.
func FetchREST(ctx context.Context, cfg RESTConfig, w Want, tell RESTProgress) (results []Result, err error) {
	if !slices.Contains(RESTKinds(), w.Kind) && slices.Contains(Kinds(), w.Kind) {
		return nil, fmt.Errorf("kind %q %w from REST: use one of %s", w.Kind, ErrWant, strings.Join(RESTKinds(), ", "))
	}
	plan, err := Plan(w)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(cfg.Base)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("the address %q %w from: write it like https://fapi.binance.com", cfg.Base, ErrWant)
	}
	cfg.fill()
	if tell == nil {
		tell = func(string, int, time.Time) {}
	}
	for _, zip := range plan {
		file := strings.TrimSuffix(zip, ".zip") + ".csv"
		from, to := period(file)
		f := &restFile{RESTConfig: cfg, ctx: ctx, base: base, want: w, file: file, from: from.UnixMilli(), end: to.UnixMilli(), tell: tell,
			path: filepath.Join(cfg.Dir, filepath.FromSlash(file))}
		r, err := f.run()
		if err != nil {
			return results, fmt.Errorf("fetch %s from %s: %w", file, base.Host, err)
		}
		results = append(results, r)
	}
	return results, nil
}

func (c *RESTConfig) fill() {
	if c.Client == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.ResponseHeaderTimeout = headerMax
		c.Client = &http.Client{Transport: t, Timeout: 2 * headerMax}
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.wait == nil {
		c.wait = waitFor
	}
}

func waitFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// period is the day or the month that a file's name ends with: from its begin to before the next.
func period(file string) (from, to time.Time) {
	name := strings.TrimSuffix(file, ".csv")
	if t, err := time.Parse(time.DateOnly, name[max(0, len(name)-len(time.DateOnly)):]); err == nil {
		return t, t.AddDate(0, 0, 1)
	}
	t, err := time.Parse("2006-01", name[len(name)-len("2006-01"):])
	if err != nil {
		panic("archive: a plan with a file of no period: " + file)
	}
	return t, t.AddDate(0, 1, 0)
}

// restFile is one file on its way.
type restFile struct {
	RESTConfig
	ctx       context.Context
	base      *url.URL
	want      Want
	file      string
	path      string
	from, end int64 // milliseconds; end is not part of it
	tell      RESTProgress

	out    *os.File
	rows   int
	lastID int64 // of the last row, or -1
	lastAt int64 // its time, or -1
	left   bool  // a bar of the period is not over
}

func (f *restFile) run() (r Result, err error) {
	r = Result{File: f.file, Status: StatusKept}
	if sum, n, err := sumOf(f.path); err == nil {
		r.SHA256, r.Bytes = sum, n
		_, err := Verify(f.path)
		return r, err
	}
	now := f.now().UnixMilli()
	if f.from > now {
		r.Status = StatusAbsent
		return r, nil
	}
	if err := f.open(); err != nil {
		return r, err
	}
	whole, err := f.pages(now)
	if err = errors.Join(err, f.out.Sync(), f.out.Close()); err != nil {
		return r, fmt.Errorf("%w (what has come is kept; run the same command again to go on)", err)
	}
	part := f.part()
	if r.SHA256, r.Bytes, err = sumOf(part); err != nil {
		return r, err
	}
	switch {
	case !whole:
		r.File, r.Status = strings.TrimSuffix(f.file, ".csv")+partName, StatusOpen
		return r, nil
	case f.rows == 0:
		r.Status, r.SHA256, r.Bytes = StatusAbsent, "", 0
		return r, os.Remove(part)
	}
	r.Status = StatusFetched
	if err := os.WriteFile(f.path+".CHECKSUM", fmt.Appendf(nil, "%s  %s\n", r.SHA256, filepath.Base(f.path)), 0o644); err != nil {
		return r, err
	}
	return r, os.Rename(part, f.path)
}

// part is where the file lies until it is whole.
func (f *restFile) part() string { return strings.TrimSuffix(f.path, ".csv") + partName }

// columns are the header of a kind's file.
func (f *restFile) columns() string {
	switch f.want.Kind {
	case Klines:
		return "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
	case AggTrades:
		return "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
	}
	return "fundingTime,fundingRate"
}

// open opens the part, cuts off a row that was not written whole, and finds its last one.
func (f *restFile) open() error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return err
	}
	name := f.part()
	old, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	header := f.columns() + "\n"
	text := string(old[:strings.LastIndexByte(string(old), '\n')+1])
	f.lastID, f.lastAt = -1, -1
	if rows, ok := strings.CutPrefix(text, header); !ok {
		text = header
	} else if rows != "" {
		f.rows = strings.Count(rows, "\n")
		if err := f.resume(rows[strings.LastIndexByte(rows[:len(rows)-1], '\n')+1 : len(rows)-1]); err != nil {
			return fmt.Errorf("%s: its last row: %w: remove the file to begin anew", name, err)
		}
	}
	if f.out, err = os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
		return err
	}
	if !strings.HasPrefix(string(old), header) {
		_, err = io.WriteString(f.out, header)
	}
	_, seekErr := f.out.Seek(int64(len(text)), io.SeekStart)
	if err = errors.Join(err, f.out.Truncate(int64(len(text))), seekErr); err != nil {
		return errors.Join(err, f.out.Close())
	}
	return nil
}

// resume learns from the last row where to go on.
func (f *restFile) resume(row string) error {
	cells := strings.Split(row, ",")
	if len(cells) != strings.Count(f.columns(), ",")+1 {
		return fmt.Errorf("it has %d columns", len(cells))
	}
	at := 0
	if f.want.Kind == AggTrades {
		at = 5
	}
	var err error
	if f.lastAt, err = strconv.ParseInt(cells[at], 10, 64); err != nil {
		return errors.New("it has no time")
	}
	f.lastID = f.lastAt
	if f.want.Kind == AggTrades {
		if f.lastID, err = strconv.ParseInt(cells[0], 10, 64); err != nil {
			return errors.New("it has no id")
		}
	}
	return nil
}

// write appends rows, and syncs so that what is told is kept.
func (f *restFile) write(lines []byte, rows int) error {
	if _, err := f.out.Write(lines); err != nil {
		return err
	}
	f.rows += rows
	f.tell(f.file, f.rows, time.UnixMilli(max(f.lastAt, f.from)).UTC())
	return nil
}
