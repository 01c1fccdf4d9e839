// Package archive fetches the history that Binance publishes as files (data.binance.vision: zip files by day or month, each with a
// .CHECKSUM beside it) into a folder that package catalog reads.
//
//	plan, err := archive.Plan(archive.Want{Kind: archive.Klines, Symbol: "BTCUSDT", Interval: "1m", From: from, To: to})
//	done, err := archive.Fetch(ctx, archive.Config{Host: archive.Host, Dir: "data"}, plan, progress)
//
// A file is written beside its place under a name that ends in .part, compared with its SHA-256, and only then given its name: what
// has its name is whole. A transfer that breaks off is resumed where it stopped, in the same run and in the next. A file that is
// there already is compared and not fetched again. Nothing is ever unpacked or changed. One file is fetched at a time.
package archive

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Host is the public archive.
const Host = "https://data.binance.vision"

// Kinds of history.
const (
	Klines    = "klines"
	Trades    = "trades"
	AggTrades = "aggTrades"
	Funding   = "fundingRate"
)

// Kinds are the names of all kinds.
func Kinds() []string { return []string{Klines, Trades, AggTrades, Funding} }

// Intervals are the bar lengths that the archive has.
func Intervals() []string {
	return []string{"1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1mo"}
}

// filesMax bounds one plan: ten years of days.
const filesMax = 3_660

// Want is what of the history is wanted: the days From to To in UTC, both included.
type Want struct {
	Kind     string
	Symbol   string
	Interval string // of klines
	From, To time.Time
	Monthly  bool // files of a month instead of a day; funding rates have no others
}

// ErrWant is a wish that cannot be met; its text says what would be right.
var ErrWant = errors.New("cannot be fetched")

// Plan lists the paths of the files, below the host and, the same, below the folder.
func Plan(w Want) ([]string, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	period, layout := "daily", "2006-01-02"
	step := func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	at, to := w.From.UTC().Truncate(24*time.Hour), w.To.UTC()
	if w.Monthly || w.Kind == Funding {
		period, layout = "monthly", "2006-01"
		step = func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
		at = time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	dir, name := path.Join("data/futures/um", period, w.Kind, w.Symbol), w.Kind
	if w.Kind == Klines {
		dir, name = path.Join(dir, w.Interval), w.Interval
	}
	var files []string
	for ; !at.After(to); at = step(at) {
		if len(files) == filesMax {
			return nil, fmt.Errorf("more than %d files %w in one go: ask for fewer days, or for --monthly files", filesMax, ErrWant)
		}
		files = append(files, fmt.Sprintf("%s/%s-%s-%s.zip", dir, w.Symbol, name, at.Format(layout)))
	}
	return files, nil
}

func (w Want) check() error {
	switch {
	case !slices.Contains(Kinds(), w.Kind):
		return fmt.Errorf("kind %q %w: use one of %s", w.Kind, ErrWant, strings.Join(Kinds(), ", "))
	case w.Symbol == "" || strings.ContainsAny(w.Symbol, "/\\. \t\n?#%"):
		return fmt.Errorf("symbol %q %w: use one like BTCUSDT", w.Symbol, ErrWant)
	case w.Kind == Klines && !slices.Contains(Intervals(), w.Interval):
		return fmt.Errorf("interval %q %w: use one of %s", w.Interval, ErrWant, strings.Join(Intervals(), ", "))
	case w.From.IsZero() || w.To.IsZero() || w.To.Before(w.From):
		return fmt.Errorf("the days from %s to %s %w: --from must not be after --to", w.From.Format(time.DateOnly), w.To.Format(time.DateOnly), ErrWant)
	}
	return nil
}
