package local_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"baton/exchange/local"
	"baton/market"
)

// Latencies between, before and after measured rows are the published ones.
func TestRowsVectors(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "spec", "vectors.json"))
	if err != nil {
		t.Skip("the published vectors are not here: ", err)
	}
	var all struct {
		Latency struct {
			Rows   [][3]market.Nanos
			Entry  market.Nanos `json:"entry_at"`
			Took   market.Nanos `json:"entry_ns"`
			Resp   market.Nanos `json:"resp_at"`
			Back   market.Nanos `json:"resp_ns"`
			Before market.Nanos `json:"before_first_entry"`
			After  market.Nanos `json:"after_last_entry"`
		} `json:"latency_interp"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	v := &all.Latency
	var rows []local.Row
	for _, r := range v.Rows {
		rows = append(rows, local.Row{Request: r[0], Exchange: r[1], Response: r[2]})
	}
	out, back, err := local.Tables(rows)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		table     *local.Table
		at, wants market.Nanos
	}{
		{"entry", out, v.Entry, v.Took}, {"response", back, v.Resp, v.Back}, {"exact", out, rows[1].Request, v.After},
		{"before", out, rows[0].Request - 5, v.Before}, {"after", out, rows[1].Request + 5, v.After},
	} {
		if got := c.table.By(c.at); got != c.wants {
			t.Errorf("%s: %d, want %d", c.name, got, c.wants)
		}
	}
}

func TestRowsRefused(t *testing.T) {
	for _, rows := range [][]local.Row{nil, {{10, 9, 11}}, {{10, 11, 10}}, {{10, 11, 12}, {10, 12, 13}}, {{10, 11, 12}, {11, 11, 13}}} {
		if _, _, err := local.Tables(rows); !errors.Is(err, local.ErrRows) {
			t.Error(rows, err)
		}
	}
	for _, measured := range [][]time.Duration{nil, {1, -1}} {
		if _, err := local.NewDistribution(measured); !errors.Is(err, local.ErrRows) {
			t.Error(measured, err)
		}
	}
}

// A line with measured latencies keeps its order, and draws each of them.
func TestLineOfMeasured(t *testing.T) {
	drawn, err := local.NewDistribution([]time.Duration{10, 1000, 20})
	if err != nil {
		t.Fatal(err)
	}
	line, seen := local.NewLine(local.Latency{Min: 5, Drawn: drawn}, rand.NewPCG(1, 2)), map[market.Nanos]bool{}
	last := market.Nanos(0)
	for now := market.Nanos(0); now < 1e6; now += 2000 {
		at := line.Arrive(now)
		if at < last {
			t.Fatal("overtaken")
		}
		last = at
		seen[at-now] = true
	}
	if len(seen) != 3 || !seen[15] || !seen[25] || !seen[1005] {
		t.Fatal(seen)
	}
	out, _, err := local.Tables([]local.Row{{0, 100, 200}, {1000, 1300, 1400}})
	if err != nil {
		t.Fatal(err)
	}
	if at := local.NewLine(local.Latency{Table: out}, nil).Arrive(500); at != 700 {
		t.Fatal(at)
	}
}
