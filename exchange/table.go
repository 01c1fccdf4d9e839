package exchange

import "math/bits"

// table finds a small number by a key that is not 0: a hash table with open addresses, for the way of every order. Nothing is
// allocated but when it grows.
type table struct {
	slots []entry
	n     int
	shift uint // that brings a hash to an index
}

type entry struct {
	key int64 // 0: free
	val int32
}

// leastSlots is how many slots a table begins with.
const leastSlots = 64

// home is where a key would stand if it were alone (Fibonacci hashing: keys that follow each other spread).
func (t *table) home(key int64) int { return int(uint64(key) * 0x9E3779B97F4A7C15 >> t.shift) }

func (t *table) get(key int64) (int32, bool) {
	if t.n == 0 {
		return 0, false
	}
	mask := len(t.slots) - 1
	for i := t.home(key); ; i = (i + 1) & mask {
		switch e := &t.slots[i]; e.key {
		case key:
			return e.val, true
		case 0:
			return 0, false
		}
	}
}

func (t *table) set(key int64, val int32) {
	if 4*(t.n+1) > 3*len(t.slots) {
		t.grow()
	}
	mask := len(t.slots) - 1
	i := t.home(key)
	for t.slots[i].key != 0 && t.slots[i].key != key {
		i = (i + 1) & mask
	}
	if t.slots[i].key == 0 {
		t.n++
	}
	t.slots[i] = entry{key, val}
}

// del takes a key away, and closes the gap that it leaves.
func (t *table) del(key int64) {
	if t.n == 0 {
		return
	}
	mask := len(t.slots) - 1
	i := t.home(key)
	for t.slots[i].key != key {
		if t.slots[i].key == 0 {
			return
		}
		i = (i + 1) & mask
	}
	t.n--
	for k := (i + 1) & mask; t.slots[k].key != 0; k = (k + 1) & mask {
		// What stands behind the gap may fill it, unless its home lies between the two.
		if home := t.home(t.slots[k].key); (k-home)&mask >= (k-i)&mask {
			t.slots[i] = t.slots[k]
			i = k
		}
	}
	t.slots[i] = entry{}
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]entry, max(2*len(old), leastSlots))
	t.shift = uint(64 - bits.TrailingZeros(uint(len(t.slots))))
	t.n = 0
	for _, e := range old {
		if e.key != 0 {
			t.set(e.key, e.val)
		}
	}
}
