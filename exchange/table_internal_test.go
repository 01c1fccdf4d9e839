package exchange

import (
	"testing"

	"pgregory.net/rapid"
)

// A table holds what a map would, whatever is set and taken away, keys that meet among them.
func TestTable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var got table
		want := map[int64]int32{}
		for range rapid.IntRange(1, 400).Draw(rt, "steps") {
			key := rapid.Int64Range(1, 90).Draw(rt, "key")
			if rapid.Bool().Draw(rt, "far") {
				key = -key * 1_000_003
			}
			switch rapid.IntRange(0, 2).Draw(rt, "what") {
			case 0:
				got.del(key)
				delete(want, key)
			default:
				val := rapid.Int32().Draw(rt, "value")
				got.set(key, val)
				want[key] = val
			}
			for k, v := range want {
				if have, ok := got.get(k); !ok || have != v {
					rt.Fatalf("%d is %d %v, want %d", k, have, ok, v)
				}
			}
			if _, ok := got.get(key); ok != has(want, key) || got.n != len(want) {
				rt.Fatalf("%d keys, want %d", got.n, len(want))
			}
		}
	})
}

func has(m map[int64]int32, key int64) bool { _, ok := m[key]; return ok }

func BenchmarkTable(b *testing.B) {
	var t table
	for k := range int64(1000) {
		t.set(k+1, int32(k))
	}
	k := int64(1000)
	b.ReportAllocs()
	for b.Loop() {
		k++
		t.set(k, 1)
		t.get(k - 500)
		t.del(k - 1000)
	}
}
