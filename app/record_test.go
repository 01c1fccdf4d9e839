package app_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"baton/aio"
	"baton/app"
	"baton/catalog"
	"baton/decimal"
	"baton/exchange/server"
	"baton/market"
	"baton/netio"
)

// recordFor records the synthetic market in virtual time; disturb, where not nil, runs beside it.
func recordFor(t *testing.T, r app.Record, disturb func(co *aio.Co, b *netio.Breaker) error) *app.RecordStatus {
	t.Helper()
	start := time.Date(2026, time.January, 1, 23, 59, 0, 0, time.UTC).UnixNano()
	st, err := aio.Run(t.Context(), aio.Config{Source: aio.Virtual(start)}, func(co *aio.Co) (*app.RecordStatus, error) {
		table := app.Instruments()
		s, err := server.New(co.Loop(), server.Config{Instruments: table, Seed: 7,
			Openings: []server.Opening{{Symbol: "BTCUSDT", Price: decimal.MustParse("61800")}, {Symbol: "ETHUSDT", Price: decimal.MustParse("2600")}}})
		if err != nil {
			return nil, err
		}
		breaker := &netio.Breaker{}
		network := netio.Memory(co.Loop(), netio.MemoryConfig{Breaker: breaker})
		l, err := network.Listen(co, "127.0.0.1:0", s)
		if err != nil {
			return nil, err
		}
		defer l.Close()
		if disturb != nil {
			aio.Start(co, "disturb", func(co *aio.Co) error { return disturb(co, breaker) })
		}
		r.REST, r.WS = "http://"+l.Addr(), "ws://"+l.Addr()
		if err := r.Validate(); err != nil {
			return nil, err
		}
		return r.On(co, network)
	})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func TestRecordIsReadByTheCatalog(t *testing.T) {
	st := recordFor(t, app.Record{Symbols: []string{"btcusdt", "ETHUSDT"}, Dir: t.TempDir(), For: 2 * time.Minute}, nil)
	if st.Snapshots != 2 || st.Connects != 2 || st.Reconnects != 0 || st.Unknown != 0 || len(st.Silent) > 0 || st.Frames < 500 {
		t.Errorf("%+v", st)
	}
	if len(st.Files) != 4 { // the day ends after a minute
		t.Fatal(st.Files)
	}
	lines := 0
	var btc []string
	for _, name := range st.Files {
		f, err := catalog.Examine(name, nil)
		if err != nil || !f.Sound() || len(f.Symbols) != 1 || f.Packed != "zstd" {
			t.Errorf("%v %+v", err, f)
		}
		if lines += f.Rows; f.Symbols[0] == "BTCUSDT" {
			btc = append(btc, name)
		}
	}
	if lines != st.Frames+st.Snapshots {
		t.Errorf("%d lines, %+v", lines, st)
	}
	rec, err := catalog.OpenParts(btc, catalog.Options{Instruments: app.Instruments(), Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	last := int64(0)
	for ev, err := range rec.All() {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Kind == market.EventDiff {
			last = ev.Diff.Last
		}
	}
	if r := rec.Report(); r.Gaps != 0 || r.Snapshots != 1 || last == 0 {
		t.Errorf("%+v", r)
	}
}

// A cut line costs a hole that the file tells of, and a new snapshot behind it.
func TestRecordGoesOnAfterACut(t *testing.T) {
	said := 0
	st := recordFor(t, app.Record{Symbols: []string{"BTCUSDT"}, Dir: t.TempDir(), For: 50 * time.Second, Say: func(string) { said++ }},
		func(co *aio.Co, b *netio.Breaker) error {
			if err := co.Sleep(20 * time.Second); err != nil {
				return err
			}
			b.Cut()
			if err := co.Sleep(3 * time.Second); err != nil {
				return err
			}
			b.Restore()
			return nil
		})
	f, err := catalog.Examine(st.Files[0], nil)
	if err != nil || f.Gaps != 1 || st.Snapshots != 2 || st.Reconnects < 2 || said == 0 || f.Bad > 0 || f.Backwards > 0 {
		t.Errorf("%v\n%+v\n%+v", err, f, st)
	}
}

// Streams that never deliver are named: a handshake proves nothing.
func TestRecordNamesSilentStreams(t *testing.T) {
	st := recordFor(t, app.Record{Symbols: []string{"BTCUSDT", "NONEUSDT"}, Dir: t.TempDir(), For: 5 * time.Second}, nil)
	if len(st.Silent) != len(app.RecordStreams()) || !strings.HasPrefix(st.Silent[0], "noneusdt@") {
		t.Errorf("%+v", st)
	}
}

func TestRecordEndsWhereNothingCanBeWritten(t *testing.T) {
	dir := t.TempDir() + "/file"
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := app.Record{Symbols: []string{"BTCUSDT"}, Dir: dir, For: time.Second, REST: "http://127.0.0.1:1", WS: "ws://127.0.0.1:1"}
	if _, err := app.RunRecord(t.Context(), r); err == nil || !strings.Contains(err.Error(), dir) {
		t.Error(err)
	}
	r.WS = "wss://fstream.binance.com"
	if _, err := app.RunRecord(t.Context(), r); err == nil || !strings.Contains(err.Error(), "two exchanges") {
		t.Error(err)
	}
	for _, bad := range []app.Record{{}, {Symbols: []string{"../x"}}, {Symbols: []string{"A"}, Streams: []string{"trade"}}} {
		if err := bad.Validate(); err == nil {
			t.Errorf("%+v", bad)
		}
	}
}
