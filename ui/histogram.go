package ui

// Spans counts spans of time in buckets whose edges go 1, 2, 5, 10 and so on. The zero value is empty. Adding allocates nothing.
type Spans struct {
	counts [buckets]uint64
	total  uint64
	max    int64
}

// buckets covers 100 ns to 500 s, and one for all above.
const buckets = 31

// edge is the upper edge of bucket i, in nanoseconds.
func edge(i int) int64 {
	e := int64(100)
	for range i / 3 {
		e *= 10
	}
	return e * [3]int64{1, 2, 5}[i%3]
}

// Add counts one span, in nanoseconds; one below zero counts as zero.
func (s *Spans) Add(ns int64) {
	ns = max(ns, 0)
	i, e := 0, int64(100)
	for ns > e && i < buckets-1 {
		i++
		if i%3 == 2 {
			e = e / 2 * 5
		} else {
			e *= 2
		}
	}
	s.counts[i]++
	s.total++
	s.max = max(s.max, ns)
}

// Count is how many were added.
func (s *Spans) Count() uint64 { return s.total }

// quantile is the upper edge of the bucket in which the share q of all spans ends, no more than the greatest; null for none.
func (s *Spans) quantile(q float64) *float64 {
	if s.total == 0 {
		return nil
	}
	want, sum := uint64(q*float64(s.total)), uint64(0)
	for i, n := range s.counts {
		if sum += n; sum > want || sum == s.total {
			return micros(min(edge(i), s.max))
		}
	}
	return micros(s.max)
}

func micros(ns int64) *float64 {
	v := float64(ns) / 1e3
	return &v
}

// histogram is the view of it.
func (s *Spans) histogram(name, clock, note string) Histogram {
	h := Histogram{Name: name, Clock: clock, Note: note, Count: s.total, Buckets: []Bucket{}}
	if s.total == 0 {
		return h
	}
	h.P50, h.P90, h.P99, h.P999, h.Max = s.quantile(.5), s.quantile(.9), s.quantile(.99), s.quantile(.999), micros(s.max)
	first, last := buckets, 0
	for i, n := range s.counts {
		if n > 0 {
			first, last = min(first, i), i
		}
	}
	for i := first; i <= last; i++ {
		h.Buckets = append(h.Buckets, Bucket{float64(edge(i)) / 1e3, s.counts[i]})
	}
	return h
}
