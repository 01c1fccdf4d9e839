package app_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"baton/app"
	"baton/binance/wire"
	"baton/catalog"
	"baton/strategy"
	"baton/trade"
)

// Input that cannot be used is refused before anything is traded, by an error that says what, why, and what to do.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	made := madeBTC()
	whole := bytes.Join(made.lines, nil)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(whole) // a buffer takes everything
	_ = z.Close()
	good, none := file("good", whole), filepath.Join(dir, "none.gz")
	truncated := file("truncated.gz", packed.Bytes()[:packed.Len()/2])
	packed.Bytes()[packed.Len()-8] ^= 1 // of the checksum
	damaged := file("damaged.gz", packed.Bytes())
	other := file("other", bytes.ReplaceAll(whole, []byte("BTCUSDT"), []byte("DOGEUSDT")))
	mixed := file("mixed", slices.Concat(whole, bytes.ReplaceAll(made.lines[4], []byte("BTCUSDT"), []byte("DOGEUSDT"))))
	garbage := file("garbage", []byte("dear diary\nnothing was recorded today\n"))
	mostly := file("mostly", slices.Concat(bytes.Join(made.lines[:20], nil), bytes.Repeat([]byte("dear diary\n"), 30)))
	for _, c := range []struct {
		name string
		in   app.Input
		is   error
		says []string
	}{
		{"no such file", app.Input{Data: []string{none}}, os.ErrNotExist, []string{none, "no such file"}},
		{"a second file that is not there", app.Input{Data: []string{good, none}}, os.ErrNotExist, []string{none}},
		{"a folder", app.Input{Data: []string{dir}}, nil, []string{dir}},
		{"truncated", app.Input{Data: []string{truncated}}, catalog.ErrTruncated, []string{truncated, "after line", "fetch it again"}},
		{"damaged", app.Input{Data: []string{damaged}}, nil, []string{damaged, "damaged after line", "fetch it again"}},
		{"empty", app.Input{Data: []string{file("empty", nil)}}, catalog.ErrEmpty, []string{"empty"}},
		{"no recording", app.Input{Data: []string{garbage}}, catalog.ErrFormat, []string{garbage, "<receive time> <JSON frame>"}},
		{"mostly no recording", app.Input{Data: []string{mostly}}, nil, []string{mostly, "30 of its lines cannot be used", "line 21"}},
		{"unknown symbol", app.Input{Data: []string{other}}, catalog.ErrSymbol, []string{other, "DOGEUSDT", "--symbols"}},
		{"unknown symbol at its end", app.Input{Data: []string{mixed}}, catalog.ErrSymbol, []string{mixed, "DOGEUSDT", "line"}},
		{"no symbols file", app.Input{Data: []string{good}, Symbols: none}, os.ErrNotExist, []string{"--symbols", none}},
		{"garbage for symbols", app.Input{Data: []string{good}, Symbols: garbage}, nil, []string{"--symbols", garbage, "exchangeInfo"}},
		{"no symbols in it", app.Input{Data: []string{good}, Symbols: file("info", []byte(`{"symbols":[]}`))}, nil, []string{"--symbols", "no instrument"}},
		{"events where no file can be", app.Input{Data: []string{good}, Events: filepath.Join(dir, "no", "folder")}, os.ErrNotExist, []string{"--events"}},
		{"strict about garbage", app.Input{Data: []string{mostly}, Strict: true}, nil, []string{mostly, "line 21"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, c.is, c.says, func(d *app.Demo) {
				d.Data, d.Symbols, d.Events, d.Strict = c.in.Data, c.in.Symbols, c.in.Events, c.in.Strict
			})
			b := app.DefaultBacktest()
			b.Strategy, b.Data, b.Symbols, b.Events, b.Strict = strategy.Maker(), c.in.Data, c.in.Symbols, c.in.Events, c.in.Strict
			r, err := app.RunBacktest(t.Context(), b)
			judge(t, r, err, c.is, c.says)
		})
	}
}

// refused runs a demo in memory, changed for the worse, and wants it refused.
func refused(t *testing.T, is error, says []string, change func(*app.Demo)) {
	t.Helper()
	cfg := app.DefaultDemo()
	cfg.Strategy, cfg.For, cfg.Speed, cfg.Net = strategy.Maker(), time.Second, app.MaxSpeed, app.NetMemory
	change(&cfg)
	r, err := app.RunDemo(t.Context(), cfg)
	judge(t, r, err, is, says)
}

func judge(t *testing.T, r *app.Report, err, is error, says []string) {
	t.Helper()
	if r != nil || err == nil {
		t.Fatalf("not refused: %+v, %v", r, err)
	}
	if is != nil && !errors.Is(err, is) {
		t.Errorf("%v is not %v", err, is)
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("the error does not say %q: %v", s, err)
		}
	}
}

// A config that cannot be is refused by Validate and by the run alike. An older file of events survives that.
func TestBadConfig(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	addr := busy.Addr().String()
	for name, c := range map[string]struct {
		change func(*app.Demo)
		says   []string
		late   bool // known only when it is tried
	}{
		"unknown fault":     {func(d *app.Demo) { d.Faults = []string{"gremlin:3"} }, []string{"gremlin", "drop-frame:STREAM:N", "lose-fill"}, false},
		"fault of nothing":  {func(d *app.Demo) { d.Faults = []string{"drop-frame:depth:0"} }, []string{"whole number"}, false},
		"lose-fill of none": {func(d *app.Demo) { d.Faults = []string{"lose-fill:x"} }, []string{"lose-fill:x", "whole number from 1"}, false},
		"negative speed":    {func(d *app.Demo) { d.Speed = -1 }, []string{"--speed -1", "between 1 and 1000"}, false},
		"too fast":          {func(d *app.Demo) { d.Speed = 1001 }, []string{"--speed 1001"}, false},
		"negative time":     {func(d *app.Demo) { d.For = -time.Second }, []string{"--for -1s"}, false},
		"unknown network":   {func(d *app.Demo) { d.Net = "pigeon" }, []string{`--net "pigeon"`, "sockets or memory"}, false},
		"no address":        {func(d *app.Demo) { d.Listen = "here" }, []string{`--listen "here"`, "HOST:PORT"}, false},
		"no strategy":       {func(d *app.Demo) { d.Strategy = trade.Strategy{} }, []string{"no strategy"}, false},
		"two at once":       {func(d *app.Demo) { d.Speed, d.Net = 0, "" }, []string{"--speed 0", `--net ""`}, false},
		"port in use":       {func(d *app.Demo) { d.Net, d.Listen = app.NetSockets, addr }, []string{addr, "in use", "port 0"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			events := filepath.Join(t.TempDir(), "events")
			if err := os.WriteFile(events, []byte("older\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			refused(t, nil, c.says, func(d *app.Demo) { d.Events = events; c.change(d) })
			if b, err := os.ReadFile(events); err != nil || string(b) != "older\n" {
				t.Errorf("the events file holds %q, %v", b, err)
			}
			cfg := app.DefaultDemo()
			cfg.Strategy = strategy.Maker()
			if err := cfg.Validate(); err != nil {
				t.Fatal(err)
			}
			c.change(&cfg)
			if err := cfg.Validate(); (err == nil) != c.late {
				t.Errorf("Validate says %v", err)
			}
		})
	}
	b := app.DefaultBacktest()
	b.Strategy = strategy.Maker()
	if _, err := app.RunBacktest(t.Context(), b); err == nil || !strings.Contains(err.Error(), "--data is missing") {
		t.Errorf("a backtest without data: %v", err)
	}
}

// A line of garbage is skipped, counted and shown, and changes nothing else. A strict run refuses it with its place.
func TestGarbageInTheMiddle(t *testing.T) {
	s, made := sources()[0], madeBTC()
	middle := len(made.lines) / 2
	clean := made.write(t)
	_, r := runLines(t, 1, []string{clean}, nil)
	for name, text := range map[string]string{
		"words": "the recorder was here\n", "no time": "{}\n", "cut": string(made.lines[middle][:60]) + "\n", "bytes": "\x00\xff\xfe\n", "blank": "\n",
	} {
		t.Run(name, func(t *testing.T) {
			files := []string{writeLines(t, "garbage", slices.Insert(slices.Clone(made.lines), middle, []byte(text)))}
			place := fmt.Sprintf("line %d", middle+1)
			for m, mode := range modes {
				if mode.name == "demo" && name != "words" {
					continue
				}
				_, g := runLines(t, m, files, nil)
				w := s.want
				w.bad = 1
				green(t, g.Report, w.wrong(g.Report))
				if !slices.ContainsFunc(g.said, func(l string) bool { return strings.HasPrefix(l, "skipped: "+files[0]) && strings.Contains(l, place) }) {
					t.Errorf("%s: nobody was told of %s: %q", mode.name, place, g.said)
				}
				if mode.name == "backtest" && *g.Digest != *r.Digest {
					t.Error("the digest changed")
				}
			}
			refused(t, nil, []string{files[0], place}, func(d *app.Demo) { d.Data, d.Strict = files, true })
		})
	}
	red(t, want{bad: 1, diffs: s.diffs, bid: s.bid, ask: s.ask}.wrong(r.Report), "bad_lines")
}

// A recording of any symbol can be played with an exchangeInfo that has it.
func TestSymbolsFile(t *testing.T) {
	made := makeCapture("DOGEUSDT", 10, 618_000, 3)
	in := *app.Instruments()[0]
	in.Symbol, in.Pair, in.Base, in.Brackets = "DOGEUSDT", "DOGEUSDT", "DOGE", nil
	symbols := filepath.Join(t.TempDir(), "info.json")
	info := &wire.Info{Instruments: append(app.Instruments(), &in)}
	if err := os.WriteFile(symbols, wire.AppendInfo(nil, info), 0o600); err != nil {
		t.Fatal(err)
	}
	w := want{diffs: made.diffs, bid: made.price(made.bid), ask: made.price(made.bid + 1)}
	for m := range modes {
		_, r := runLines(t, m, []string{made.write(t)}, func(in *app.Input) { in.Symbols = symbols })
		green(t, r.Report, w.wrong(r.Report))
		if !slices.Equal(r.Symbols, []string{"DOGEUSDT"}) {
			t.Errorf("%q", r.Symbols)
		}
	}
}
