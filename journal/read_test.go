package journal_test

import (
	"encoding/json"
	"strings"
	"testing"

	"baton/decimal"
	"baton/journal"
	"baton/market"
	"baton/tape"
)

// desk is a journal with an order in each state, a fill that came twice, a latch and what was taken over.
func desk(t *testing.T) *tape.Memory {
	d := decimal.MustParse
	disk := tape.Mem()
	j, err := journal.OpenAs(disk, lookup, journal.Config{Build: "1.0", Run: "r"})
	if err != nil {
		t.Fatal(err)
	}
	add := func(r market.Record) { r.Time = 1e18; j.Append(&r) }
	add(market.Record{Kind: market.RecordOpen, Change: market.Change{Asset: "USDT", Amount: d("1000")}})
	for r := range script(t, "place 1; place 2; sent place 2; place 3; sent place 3; unknown place 3; place 4; refused place 4;"+
		"place 5; accepted place 5; cancel 5; refused cancel 5; place 6; status 6 CANCELED; fill 5 100 4; fill 5 100 4; fill 2 101 10;"+
		"latch too much; latch") {
		add(*r)
	}
	add(market.Record{Kind: market.RecordReport, Command: market.Command{Op: market.OpPlace, ID: 3}, Report: market.Report{Kind: market.ProvenAbsent}})
	add(market.Record{Kind: market.RecordAdjust, Change: market.Change{Asset: "USDT", Amount: d("-1")}, Text: "why"})
	add(market.Record{Kind: market.RecordAdopt, Position: market.Position{Instrument: btc, Qty: 3, Entry: d("5")}, Text: "why"})
	add(market.Record{Kind: market.RecordNote, Text: "a note"})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return disk
}

func TestRead(t *testing.T) {
	h, err := journal.Read(desk(t), lookup, journal.Query{})
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, o := range h.Orders {
		states = append(states, strings.TrimSpace(o.State+" "+o.Cancel))
	}
	want := "intended, FILLED, absent, refused, PARTIALLY_FILLED refused, CANCELED"
	if got := strings.Join(states, ", "); got != want {
		t.Errorf("states %s, want %s", got, want)
	}
	if len(h.Fills) != 2 || h.Fills[0].Trade != 100 || h.Orders[3].Code != -2010 {
		t.Errorf("fills %+v, order 4 %+v", h.Fills, h.Orders[3])
	}
	if len(h.Positions) != 1 || h.Positions[0].Qty != decimal.MustParse("0.003").Fixed(0) {
		t.Errorf("positions %+v", h.Positions)
	}
	found := false
	for _, b := range h.Balances {
		found = found || b.Asset == "USDT" && b.Wallet == "999" && b.Suspense == "-1" && b.Transfers == "1000"
	}
	if !found {
		t.Errorf("balances %+v", h.Balances)
	}
	var kinds strings.Builder
	for _, n := range h.Notes {
		kinds.WriteString(n.Kind + " ")
	}
	if kinds.String() != "start latch cleared adjust adopt note " {
		t.Errorf("notes: %s", kinds.String())
	}
	cols, vals := journal.Columns[journal.OrderRow](), journal.Values(h.Orders[1])
	if len(cols) != len(vals) || cols[0] != "order" || vals[0] != "2" || vals[11] != "FILLED" || vals[10] != "true" {
		t.Errorf("%v\n%v", cols, vals)
	}
	b, err := json.Marshal(h)
	if err != nil || !strings.Contains(string(b), `"reduce_only":true`) {
		t.Errorf("%s %v", b, err)
	}
}

func TestReadBounds(t *testing.T) {
	disk := desk(t)
	h, err := journal.Read(disk, lookup, journal.Query{Most: 2})
	if err != nil || len(h.Orders) != 2 || h.Orders[0].Order != 5 || len(h.Fills) != 2 || len(h.Notes) != 2 || h.Left != 8 {
		t.Errorf("%d orders, %d fills, %d notes, %d left, %v", len(h.Orders), len(h.Fills), len(h.Notes), h.Left, err)
	}
	for _, q := range []journal.Query{{Symbol: "ETHUSDT"}, {Since: 2e18}, {Until: 1}} {
		h, err := journal.Read(disk, lookup, q)
		if err != nil || len(h.Orders)+len(h.Fills) != 0 {
			t.Errorf("%+v: %+v, %v", q, h, err)
		}
	}
}
