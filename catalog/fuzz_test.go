package catalog_test

import (
	"bufio"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baton/catalog"
	"baton/market"
)

// without copies a gzip recording to a plain file and leaves out the nth line that holds word.
func without(t testing.TB, path, word string, nth int) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy.log")
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w := bufio.NewWriter(out)
	for r, n := bufio.NewReader(zr), 0; ; {
		line, err := r.ReadString('\n')
		if strings.Contains(line, word) {
			if n++; n == nth {
				continue
			}
		}
		w.WriteString(line)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return to
}

// Whatever stands in a file: no panic, every line is accounted for, and receive times never run backwards.
func FuzzCapture(f *testing.F) {
	text, err := os.ReadFile("testdata/small.log")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(gzipped(string(text))))
	f.Add([]byte(zstdded(string(text))))
	for line := range strings.Lines(string(text)) {
		f.Add([]byte(line))
	}
	f.Add([]byte("1723161255.06: {\"lastUpdateId\":1}\n\n9 {}\nx"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		rec, err := catalog.Open(path, options())
		if err != nil {
			return
		}
		var last market.Nanos
		ended := false
		for ev, err := range rec.All() {
			if ended {
				t.Fatal("an event after an error")
			}
			if err != nil {
				ended = true
				continue
			}
			if ev.Received < last || ev.Instrument == nil || ev.Kind == 0 {
				t.Fatalf("%+v after %d", ev, last)
			}
			last = ev.Received
		}
		r := rec.Report()
		if r.Events+r.Bad+r.Other > r.Lines || !ended && r.Events+r.Bad+r.Other != r.Lines {
			t.Fatalf("lines lost: %+v", r)
		}
		if kinds := r.Quotes + r.Trades + r.Aggs + r.Diffs + r.Snapshots + r.Marks; kinds != r.Events {
			t.Fatalf("%d kinds of %+v", kinds, r)
		}
	})
}

// Whatever stands in a CSV file: no panic, and bars that make sense.
func FuzzBars(f *testing.F) {
	f.Add([]byte("open_time,open,high,low,close,volume\n1672531200000,16537.5,16540.9,16504,16527,5381.399\n1672534800000,16527.1,16554.3,16524.1,16550.4,3210.826\n"))
	f.Add([]byte("open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume\n1,5,5,5,5,0,2,0,0,0\n"))
	f.Add([]byte("fundingTime,fundingRate\n1672560000008,0.0001\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		for b, err := range catalog.Bars(path, btc()) {
			if err == nil && (b.End <= b.Start || b.High < b.Low) {
				t.Fatalf("%+v", b)
			}
		}
		for range catalog.Funding(path) {
		}
	})
}
