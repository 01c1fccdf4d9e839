package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"baton/app"
	"baton/catalog/archive"
)

// data is `baton data`: market data as files.
func (e *env) data() *cobra.Command {
	c := &cobra.Command{
		Use:   "data",
		Short: "Fetch, record, list and check market data",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(e.dataGet(), e.dataRecord(), e.dataList(), e.dataVerify())
	return c
}

// dataGet is `baton data get KIND SYMBOL`.
func (e *env) dataGet() *cobra.Command {
	h := app.History{}
	var from, to, rest string
	var asJSON bool
	c := &cobra.Command{
		Use:   "get KIND SYMBOL --from DAY [--to DAY]",
		Short: "Fetch history from the public archive, or from an exchange",
		Long: "Fetches klines, trades, aggTrades or fundingRate of a symbol from the public archive, by day or month, compares each file with its\n" +
			"published SHA-256, and goes on where an earlier run stopped. Files keep the archive's own layout and stay packed.\n\n" +
			"With --rest they are asked of an exchange, page by page within its limits (klines, aggTrades, fundingRate), and written as CSV in\n" +
			"the same layout. A day that is not over ends in .part.csv; the next run goes on there.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return &usageError{fmt.Errorf("data get takes a kind (%s) and a symbol: baton data get klines BTCUSDT --from 2024-08-01", strings.Join(archive.Kinds(), ", "))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) (err error) {
			h.Kind, h.Symbol = args[0], args[1]
			if from == "" {
				return &usageError{errors.New("--from is missing: write the first day, like --from 2024-08-01")}
			}
			if h.From, err = app.DayFlag("from", from); err != nil {
				return &usageError{err}
			}
			if h.To = h.From; to != "" {
				if h.To, err = app.DayFlag("to", to); err != nil {
					return &usageError{err}
				}
			}
			bar := e.newBar()
			name := func(file string) string { return file[strings.LastIndexByte(file, '/')+1:] }
			var rs []archive.Result
			if rest != "" {
				rs, err = app.FetchHistoryREST(c.Context(), h, rest, func(file string, rows int, until time.Time) {
					bar.show(fmt.Sprintf("%s  %d rows, until %s", name(file), rows, until.Format(time.DateTime)))
				})
			} else {
				rs, err = app.FetchHistory(c.Context(), h, func(file string, done, size int64) { bar.bytes(name(file), done, size) })
			}
			bar.clear()
			if errors.Is(err, archive.ErrWant) {
				return &usageError{err}
			}
			return errors.Join(e.printFetched(rs, err, asJSON), err)
		},
	}
	f := c.Flags()
	f.StringVar(&from, "from", "", "the first day, like 2024-08-01 (UTC)")
	f.StringVar(&to, "to", "", "the last day (default: the first)")
	f.StringVar(&h.Interval, "interval", "1m", "of klines: "+strings.Join(archive.Intervals(), ", "))
	f.BoolVar(&h.Monthly, "monthly", false, "files of a month instead of a day")
	f.StringVar(&h.Dir, "dir", "data", "the folder they go to")
	f.StringVar(&h.Host, "host", archive.Host, "another host that is laid out the same way")
	f.StringVar(&rest, "rest", "", "ask the REST API at this base URL in place of the archive, like https://fapi.binance.com")
	f.BoolVar(&asJSON, "json", false, "print one JSON object at the end")
	return c
}

func (e *env) printFetched(rs []archive.Result, failed error, asJSON bool) error {
	count := map[string]int{}
	for _, r := range rs {
		count[r.Status]++
	}
	if asJSON {
		if rs == nil {
			rs = []archive.Result{}
		}
		return e.printObject(struct {
			Schema string           `json:"schema"`
			OK     bool             `json:"ok"`
			Files  []archive.Result `json:"files"`
		}{"baton.data.get/1", failed == nil, rs})
	}
	for _, r := range rs {
		fmt.Fprintf(e.out, "%-8s %12d  %s\n", r.Status, r.Bytes, r.File)
	}
	open := ""
	if n := count[archive.StatusOpen]; n > 0 {
		open = fmt.Sprintf(", %d whose time is not over", n)
	}
	fmt.Fprintf(e.out, "%d fetched, %d there already, %d not published%s\n", count[archive.StatusFetched], count[archive.StatusKept], count[archive.StatusAbsent], open)
	return nil
}

// dataRecord is `baton data record SYMBOL...`.
func (e *env) dataRecord() *cobra.Command {
	var r app.Record
	var asJSON bool
	c := &cobra.Command{
		Use:   "record SYMBOL...",
		Short: "Record the raw frames of a live market",
		Long: "Writes every frame as it came, with the time at which it did, and a snapshot of the book for each connection: files that `baton\n" +
			"backtest --data` and everything else reads. A lost connection is made again; what was missed shows as a hole in `baton data verify`.\n" +
			"No key is needed. Ctrl-C ends it in order.",
		RunE: func(c *cobra.Command, args []string) error {
			r.Symbols = args
			if err := r.Validate(); err != nil {
				return &usageError{err}
			}
			bar := e.newBar()
			r.Say = func(s string) { bar.clear(); fmt.Fprintln(e.errs, s) }
			r.Watch = func(st app.RecordStatus) {
				bar.show(fmt.Sprintf("%d frames  %.1f MB  %d snapshots  %d reconnects", st.Frames, float64(st.Bytes)/1e6, st.Snapshots, st.Reconnects))
			}
			st, err := app.RunRecord(c.Context(), r)
			if bar.clear(); st == nil {
				return err
			}
			if asJSON {
				return errors.Join(err, e.printObject(st))
			}
			for _, f := range st.Files {
				fmt.Fprintln(e.out, f)
			}
			fmt.Fprintf(e.out, "%d frames and %d snapshots of %s, %d reconnects\n", st.Frames, st.Snapshots, strings.Join(st.Symbols, " "), st.Reconnects)
			if len(st.Silent) > 0 {
				fmt.Fprintf(e.out, "never heard of: %s\n", strings.Join(st.Silent, " "))
			}
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&r.REST, "rest", "https://fapi.binance.com", "base URL of REST, for the snapshots")
	f.StringVar(&r.WS, "ws", "wss://fstream.binance.com", "base URL of the streams")
	f.StringVar(&r.Dir, "dir", "data/raw", "the folder the files go to")
	f.StringSliceVar(&r.Streams, "streams", nil, "what to record of each symbol (default: "+strings.Join(app.RecordStreams(), ",")+")")
	f.Var(duration{&r.Every}, "every", "a new file begins where this much of UTC ends (default: a day)")
	f.Var(duration{&r.For}, "for", "stop after this time (default: until Ctrl-C)")
	f.BoolVar(&asJSON, "json", false, "print one JSON object at the end")
	return c
}

// dataList is `baton data ls`: what is there, in a line each.
func (e *env) dataList() *cobra.Command {
	return e.dataCheck("ls [PATH...]", "List data files: what, of which symbol, from when to when", false)
}

// dataVerify is `baton data verify`: what is wrong, and exit code 1 if anything is.
func (e *env) dataVerify() *cobra.Command {
	return e.dataCheck("verify [PATH...]", "Check data files: checksums, order, holes, damage", true)
}

func (e *env) dataCheck(use, short string, verify bool) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   use,
		Short: short,
		Long: short + ".\nA path is a file, or a folder that is searched (default: data). Captures (plain, gzip, zstd), and klines, trades, aggTrades and funding\n" +
			"rates as CSV (plain, gzip, zstd, zip) are known. Every file is read to its end.",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"data"}
			}
			files, err := app.DataFiles(args)
			if err != nil {
				return &usageError{err}
			}
			all := []app.DataFile{}
			bad := 0
			bar := e.newBar()
			err = app.ExamineData(c.Context(), files, bar.rows, func(f app.DataFile) {
				all = append(all, f)
				if !f.Sound() {
					bad++
				}
				if bar.clear(); !asJSON {
					e.printFile(&f, verify)
				}
			})
			if err != nil {
				return err
			}
			if asJSON {
				if err := e.printObject(struct {
					Schema string         `json:"schema"`
					Sound  bool           `json:"sound"`
					Files  []app.DataFile `json:"files"`
				}{"baton.data.files/1", bad == 0, all}); err != nil {
					return err
				}
			} else {
				fmt.Fprintf(e.out, "%d files, %d sound\n", len(all), len(all)-bad)
			}
			if verify && bad > 0 {
				return fmt.Errorf("%d of %d files are not sound", bad, len(all))
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object at the end")
	return c
}

// printFile is one file for people.
func (e *env) printFile(f *app.DataFile, verify bool) {
	if f.Error != "" {
		fmt.Fprintf(e.out, "%-9s %s\n", "unknown", f.Error)
		return
	}
	symbols := strings.Join(f.Symbols, " ")
	if len(f.Symbols) > 3 {
		symbols = fmt.Sprintf("%d symbols", len(f.Symbols))
	}
	fmt.Fprintf(e.out, "%-9s %9d rows  %s .. %s  %s  %s\n", f.Kind, f.Rows, moment(f.First), moment(f.Last), f.Path, symbols)
	if !verify {
		return
	}
	say := func(format string, args ...any) { fmt.Fprintf(e.out, "          "+format+"\n", args...) }
	if f.Checksum != "absent" && f.Checksum != "ok" {
		say("%s", f.Checksum)
	}
	if f.Damage != "" {
		say("damaged: %s", f.Damage)
	}
	if f.Bad > 0 {
		say("%d rows cannot be read; the first: %s", f.Bad, f.FirstBad)
	}
	if f.Backwards > 0 {
		say("%d rows are before the one above them", f.Backwards)
	}
	for _, g := range f.FirstGaps {
		missing := ""
		if g.Missing >= 0 {
			missing = fmt.Sprintf(", %d missing", g.Missing)
		}
		say("hole at %s %s: from %d to %d%s", moment(g.Time), g.Symbol, g.After, g.Before, missing)
	}
	if more := f.Gaps - len(f.FirstGaps); more > 0 {
		say("and %d more holes", more)
	}
}

// moment is a time for people, in UTC.
func moment(ns int64) string {
	if ns == 0 {
		return "-"
	}
	return time.Unix(0, ns).UTC().Format("2006-01-02 15:04:05")
}

// printObject writes v as the one object on standard output.
func (e *env) printObject(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	_, err = fmt.Fprintf(e.out, "%s\n", b)
	return err
}
