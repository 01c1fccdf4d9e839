package wire_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"baton/binance/wire"
	"baton/decimal"
)

// exactly has keys that differ by their case only, as Binance's do.
type exactly struct {
	Event string            `json:"e"`
	Time  int64             `json:"E"`
	Price decimal.Decimal   `json:"ap"`
	Float float64           `json:"P"`
	Rows  [][]int64         `json:"rows"`
	Map   map[string]string `json:"map"`
	Flag  bool              `json:"flag"`
	In    struct {
		A int64 `json:"a"`
	} `json:"in"`
}

func TestUnmarshal(t *testing.T) {
	var v exactly
	text := `{"E":"12","e":"x","ap":"100.5","AP":"7476.89","P":2.5,"p":9,"rows":[[1,"2"],[]],"map":{"a":"b","c":3},"flag":"true","in":{"a":7,"A":8},"new":{"deep":[1,{}]},"ap2":null}`
	if err := wire.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	want := exactly{Event: "x", Time: 12, Price: decimal.MustParse("100.5"), Float: 2.5, Rows: [][]int64{{1, 2}, {}}, Map: map[string]string{"a": "b", "c": "3"}, Flag: true}
	want.In.A = 7
	if v.Price != want.Price || v.Time != 12 || v.In.A != 7 || len(v.Rows) != 2 || v.Rows[0][1] != 2 || v.Map["c"] != "3" || !v.Flag || v.Float != 2.5 || v.Event != "x" {
		t.Errorf("%+v\nwant %+v", v, want)
	}
	for _, bad := range []string{"", "{", `{"E":1.5}`, `{"ap":"x"}`, `{"rows":[1]}`, `{"in":[]}`, `{"flag":"yes"}`, `{"E":1}x`, `{"e":[1]}`} {
		if err := wire.Unmarshal([]byte(bad), &exactly{}); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
	var wrapped exactly
	if err := wire.UnmarshalEvent([]byte(`{"stream":"s","data":{"E":5}}`), &wrapped); err != nil || wrapped.Time != 5 {
		t.Error(wrapped, err)
	}
}

// FuzzUnmarshal: what is read is JSON, and the exact keys' values are those of encoding/json.
func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"E":12,"e":"x","P":2.5,"in":{"a":7}}`))
	f.Add([]byte(`{"rows":[[1]],"map":{"a":"b"},"flag":true}`))
	f.Add([]byte(`{"e":"\u00e4\n"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if !utf8.Valid(b) {
			t.Skip("encoding/json makes other text of what is no UTF-8; here it stays as it came")
		}
		var v exactly
		if wire.Unmarshal(b, &v) != nil {
			return
		}
		if !json.Valid(b) {
			t.Fatalf("%q is no JSON, and was read", b)
		}
		var raw map[string]json.RawMessage
		if json.Unmarshal(b, &raw) != nil {
			return
		}
		var event string
		if e, ok := raw["e"]; ok && len(e) > 0 && e[0] == '"' && json.Unmarshal(e, &event) == nil && !reflect.DeepEqual(event, v.Event) {
			t.Errorf("%q: e is %q, want %q", b, v.Event, event)
		}
	})
}
