package local_test

import (
	"strings"
	"testing"
	"time"

	"baton/exchange/local"
)

func TestParseLatency(t *testing.T) {
	for text, want := range map[string]local.Latency{
		"3ms": {Min: 3 * time.Millisecond}, "0s": {}, "3ms+250us": local.DefaultLatency,
	} {
		if l, err := local.ParseLatency(text); err != nil || l != want {
			t.Errorf("%q: %+v %v", text, l, err)
		}
	}
	for _, bad := range []string{"", "3", "-3ms", "3ms+", "3ms+-1ms", "1ms+1ms+1ms", "2h"} {
		if _, err := local.ParseLatency(bad); err == nil {
			t.Errorf("%q is a latency", bad)
		}
	}
}

func TestReadRows(t *testing.T) {
	rows, err := local.ReadRows(strings.NewReader("request,exchange,response\n# measured\n\n100,130,170\n200 210\t215\n"))
	if err != nil || len(rows) != 2 || rows[1] != (local.Row{Request: 200, Exchange: 210, Response: 215}) {
		t.Fatal(rows, err)
	}
	local.Shift(rows, 1000)
	out, back, err := local.Tables(rows)
	if err != nil || out.By(1000) != 30 || out.By(1100) != 10 || back.By(1030) != 40 {
		t.Error(out, back, err)
	}
	if out, back, err := local.Distributions(rows); err != nil || out == nil || back == nil {
		t.Error(err)
	}
	for _, bad := range []string{"1,2", "1,2,x", "1,2,-3", "1,2,3,4"} {
		if _, err := local.ReadRows(strings.NewReader(bad)); err == nil {
			t.Errorf("%q", bad)
		}
	}
	if _, _, err := local.Distributions(nil); err == nil {
		t.Error("nothing was measured, and taken")
	}
}

func FuzzReadRows(f *testing.F) {
	f.Add("100,130,170\n200,210,215")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := local.ReadRows(strings.NewReader(text))
		if err != nil {
			return
		}
		if out, back, err := local.Tables(rows); err == nil && (out.By(rows[0].Request) < 0 || back.By(rows[0].Exchange) < 0) {
			t.Fatal(rows)
		}
	})
}

func FuzzParseLatency(f *testing.F) {
	f.Add("3ms+250us")
	f.Fuzz(func(t *testing.T, text string) {
		if l, err := local.ParseLatency(text); err == nil && l.Validate() != nil {
			t.Fatal(l)
		}
	})
}
