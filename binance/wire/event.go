package wire

// readEvent reads one event, its keys in any order, raw or wrapped: e must be the message's name, which is given with its quotes, and
// field tells with a bit which key it read. All keys of need must have come, the bit of each its place in the list; field may give
// bits beyond them for keys whose coming matters, and seen has those. Of a wrapper that has several events the last one counts: seen
// is of it, field sees them all. c, where there is one, tells why a price or a quantity is none of its instrument.
func readEvent(c *Codec, quoted string, b []byte, field func(k uint64, i int) (next int, seen uint32), need ...string) (seen uint32, err error) {
	message := quoted[1 : len(quoted)-1]
	all := uint32(1)<<len(need) - 1
	i, wrapped := open(b)
	for again := true; again && i >= 0; {
		seen = 0
		var bit uint32
		var k uint64
		for k, i = key(b, i); i >= 0 && k != closed; k, i = follow(b, i) {
			if k == 'e' {
				i, bit = event(b, i, quoted), 1
			} else {
				i, bit = field(k, i)
			}
			if seen |= bit; i < 0 {
				return 0, c.bad(message, b, i, k)
			}
		}
		if i < 0 {
			break
		}
		if seen&all != all {
			return 0, missing(message, b[:i], seen, need...)
		}
		i, again = closeFrame(b, i, wrapped)
	}
	if i < 0 {
		return 0, badKey(message, b, i, 0)
	}
	return seen, nil
}
