package wire_test

import (
	"testing"

	"baton/binance/wire"
)

func TestBatch(t *testing.T) {
	rows, fault := wire.ParseBatch([]byte(`[{"symbol":"BTCUSDT","quantity":0.5,"reduceOnly":true,"price":null,"x":{"y":1}},{}]`))
	if fault != nil || len(rows) != 2 || string(rows[0].Value("quantity")) != "0.5" || string(rows[0].Value("reduceOnly")) != "true" ||
		string(rows[0].Value("symbol")) != "BTCUSDT" || rows[0].Value("price") != nil || rows[0].Value("x") != nil {
		t.Errorf("%s %v", rows, fault)
	}
	for _, bad := range []string{"", "{}", "[1]", "[", `"x"`} {
		if _, fault := wire.ParseBatch([]byte(bad)); fault == nil {
			t.Errorf("%q is a batch", bad)
		}
	}
	if list, ok := wire.ParseList([]byte(`["1", 2]`)); !ok || len(list) != 2 || list[0] != "1" || list[1] != "2" {
		t.Error(list, ok)
	}
	for _, bad := range []string{"", "1", `[{}]`, "[null]", "[1"} {
		if _, ok := wire.ParseList([]byte(bad)); ok {
			t.Errorf("%q is a list", bad)
		}
	}
}

// FuzzBatch: whatever comes as a batch or a list is read or refused, and what is read has bounded parameters.
func FuzzBatch(f *testing.F) {
	f.Add([]byte(`[{"symbol":"BTCUSDT","quantity":0.5}]`))
	f.Add([]byte(`["1",2]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, fault := wire.ParseBatch(b)
		for _, p := range rows {
			if fault != nil || len(p) > wire.MaxParams {
				t.Fatal(len(p), fault)
			}
		}
		if list, ok := wire.ParseList(b); !ok && list != nil {
			t.Fatal(list)
		}
	})
}

// FuzzPublicKey: no text makes a key that panics, and no signature passes by itself.
func FuzzPublicKey(f *testing.F) {
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"), []byte("a=1&signature=AAAA"))
	f.Fuzz(func(t *testing.T, text, query []byte) {
		k, err := wire.NewPublicKey("k", text)
		if err != nil {
			return
		}
		if k.Key() != "k" || k.VerifyQuery(query, nil) == nil {
			t.Fatalf("%q is signed by nobody", query)
		}
	})
}
