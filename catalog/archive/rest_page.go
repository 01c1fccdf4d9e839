package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

// errAgain is an answer after which the same may be asked again, later.
type errAgain struct {
	status string
	after  time.Duration // what the exchange asks for; 0: nothing
}

func (e *errAgain) Error() string { return "the exchange answers " + e.status }

// pages asks for what is missing. whole says that the period is over and all of it is there.
func (f *restFile) pages(now int64) (whole bool, err error) {
	switch f.want.Kind {
	case Klines:
		err = f.bars(now)
	case AggTrades:
		err = f.trades(now)
	default:
		err = f.rates()
	}
	return err == nil && !f.left && now >= f.end+settled.Milliseconds(), err
}

// banMost is the longest pause that is waited out.
const banMost = 10 * time.Minute

// settled is how long after the end of a period its last rows may still come: a funding rate is written a moment late.
const settled = time.Minute

// bars asks for klines. A bar that is not over is left out.
func (f *restFile) bars(now int64) error {
	interval := f.want.Interval
	if interval == "1mo" {
		interval = "1M" // as REST calls it
	}
	for next := max(f.from, f.lastAt+1); next < f.end; {
		var rows [][]json.RawMessage
		q := url.Values{"symbol": {f.want.Symbol}, "interval": {interval}, "startTime": {text(next)}, "endTime": {text(f.end - 1)}, "limit": {text(pageBars)}}
		if err := f.get("/fapi/v1/klines", q, &rows); err != nil {
			return err
		}
		var lines []byte
		kept := 0
		for _, row := range rows {
			line, cells, err := csvRow(row, 12)
			if err != nil {
				return err
			}
			at, err1 := strconv.ParseInt(cells[0], 10, 64)
			end, err2 := strconv.ParseInt(cells[6], 10, 64)
			if err := errors.Join(err1, err2); err != nil || at < next || at >= f.end {
				return fmt.Errorf("%w: klines asked from %d on come with one of %.40q", errForGood, next, cells[0])
			}
			if end >= now {
				f.left = true
				break
			}
			lines, kept = append(lines, line...), kept+1
			f.lastAt, next = at, at+1
		}
		if err := f.write(lines, kept); err != nil || kept < pageBars {
			return err
		}
	}
	return nil
}

// aggRow is one row of aggTrades.
type aggRow struct {
	ID    int64       `json:"a"`
	Price json.Number `json:"p"`
	Qty   json.Number `json:"q"`
	First int64       `json:"f"`
	Last  int64       `json:"l"`
	Time  int64       `json:"T"`
	Maker bool        `json:"m"`
}

// trades asks for aggregated trades: hour by hour until there is one, from then on by their numbers.
func (f *restFile) trades(now int64) error {
	until := min(f.end, now)
	for from := f.from; f.lastID < 0 && from < until; from += window.Milliseconds() {
		q := url.Values{"symbol": {f.want.Symbol}, "startTime": {text(from)}, "endTime": {text(min(from+window.Milliseconds(), f.end) - 1)}, "limit": {text(pageTrades)}}
		if _, err := f.tradePage(q, -1); err != nil {
			return err
		}
	}
	for more := f.lastID >= 0; more; {
		q := url.Values{"symbol": {f.want.Symbol}, "fromId": {text(f.lastID + 1)}, "limit": {text(pageTrades)}}
		var err error
		if more, err = f.tradePage(q, f.lastID+1); err != nil {
			return err
		}
	}
	return nil
}

// tradePage asks for one page, whose rows have to begin at first, or behind it, and rise.
func (f *restFile) tradePage(q url.Values, first int64) (more bool, err error) {
	var rows []aggRow
	if err := f.get("/fapi/v1/aggTrades", q, &rows); err != nil {
		return false, err
	}
	var lines []byte
	kept, over := 0, false
	for _, r := range rows {
		if r.ID < first { // a number that is left out is for `baton data verify` to tell
			return false, fmt.Errorf("%w: aggTrades come with the number %d where %d is next", errForGood, r.ID, first)
		}
		if first = r.ID + 1; r.Time >= f.end {
			over = true
			break
		}
		if r.Time < f.from || !number.MatchString(string(r.Price)) || !number.MatchString(string(r.Qty)) {
			return false, fmt.Errorf("%w: aggregated trade %d makes no sense", errForGood, r.ID)
		}
		lines = fmt.Appendf(lines, "%d,%s,%s,%d,%d,%d,%t\n", r.ID, r.Price, r.Qty, r.First, r.Last, r.Time, r.Maker)
		kept, f.lastID, f.lastAt = kept+1, r.ID, r.Time
	}
	return !over && len(rows) == pageTrades, f.write(lines, kept)
}

// rates asks for funding rates.
func (f *restFile) rates() error {
	for next := max(f.from, f.lastAt+1); next < f.end; {
		var rows []struct {
			Time int64       `json:"fundingTime"`
			Rate json.Number `json:"fundingRate"`
		}
		q := url.Values{"symbol": {f.want.Symbol}, "startTime": {text(next)}, "endTime": {text(f.end - 1)}, "limit": {text(pageRates)}}
		if err := f.get("/fapi/v1/fundingRate", q, &rows); err != nil {
			return err
		}
		var lines []byte
		for _, r := range rows {
			if r.Time < next || r.Time >= f.end || !number.MatchString(string(r.Rate)) {
				return fmt.Errorf("%w: a funding rate of %d makes no sense after %d", errForGood, r.Time, next)
			}
			lines = fmt.Appendf(lines, "%d,%s\n", r.Time, r.Rate)
			f.lastAt, next = r.Time, r.Time+1
		}
		if err := f.write(lines, len(rows)); err != nil || len(rows) < pageRates {
			return err
		}
		if err := f.wait(f.ctx, rateEvery); err != nil {
			return err
		}
	}
	return nil
}

// number is what a cell may be: nothing in it can break a row.
var number = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// csvRow writes a JSON row of numbers, quoted or not, as one of a CSV file.
func csvRow(row []json.RawMessage, columns int) (line []byte, cells []string, err error) {
	if len(row) != columns {
		return nil, nil, fmt.Errorf("%w: a row of %d columns, not %d", errForGood, len(row), columns)
	}
	for i, c := range row {
		var n json.Number
		if err := json.Unmarshal(c, &n); err != nil || !number.MatchString(string(n)) {
			return nil, nil, fmt.Errorf("%w: column %d is no number: %.40q", errForGood, i+1, c)
		}
		cells = append(cells, string(n))
		if i > 0 {
			line = append(line, ',')
		}
		line = append(line, n...)
	}
	return append(line, '\n'), cells, nil
}

func text(n int64) string { return strconv.FormatInt(n, 10) }

// get asks until there is an answer, or there cannot be one, and keeps within the limits.
func (f *restFile) get(path string, q url.Values, into any) error {
	u := *f.base
	u.Path, u.RawQuery = u.Path+path, q.Encode()
	pauseFor := pause
	for n := 1; ; n++ {
		err := f.once(u.String(), into)
		if err == nil || errors.Is(err, errForGood) || f.ctx.Err() != nil {
			return err
		}
		if n == tries {
			return fmt.Errorf("given up after %d tries: %w", tries, err)
		}
		wait := pauseFor
		if again, ok := errors.AsType[*errAgain](err); ok {
			wait = max(wait, again.after)
		}
		if err := f.wait(f.ctx, wait); err != nil {
			return err
		}
		pauseFor *= 2
	}
}

// once asks once.
func (f *restFile) once(address string, into any) error {
	req, err := http.NewRequestWithContext(f.ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", errForGood, err)
	}
	res, err := f.Client.Do(req)
	if err != nil {
		return err
	}
	defer drain(res)
	body, err := io.ReadAll(io.LimitReader(res.Body, bodyMax+1))
	switch c := res.StatusCode; {
	case err != nil:
		return err
	case c == http.StatusTooManyRequests, c == http.StatusTeapot: // asked too much, or banned for a while
		seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
		if err != nil || seconds < 0 {
			seconds = 60
		}
		if after := time.Duration(seconds) * time.Second; after > banMost {
			return fmt.Errorf("%w: the exchange answers %s, and wants nothing for %s: this address is banned, run it again then", errForGood, res.Status, after)
		}
		return &errAgain{res.Status, time.Duration(seconds) * time.Second}
	case c >= 500:
		return &errAgain{status: res.Status}
	case c != http.StatusOK:
		return fmt.Errorf("%w: the exchange answers %s: %.200s", errForGood, res.Status, body)
	case len(body) > bodyMax:
		return fmt.Errorf("%w: an answer of more than %d bytes", errForGood, bodyMax)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%w: the answer is not what was asked for: %w", errForGood, err)
	}
	return f.spare(res.Header.Get("X-MBX-USED-WEIGHT-1M"))
}

// spare waits for the next minute where this one's request weight is half used.
func (f *restFile) spare(used string) error {
	if n, err := strconv.Atoi(used); err != nil || n < weightStop {
		return nil
	}
	now := f.now()
	return f.wait(f.ctx, now.Truncate(time.Minute).Add(time.Minute+time.Second).Sub(now))
}
