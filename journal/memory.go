package journal

import (
	"iter"

	"baton/aio"
	"baton/market"
)

// Memory is a journal that is durable at once: for backtests, where there is nothing to recover. It counts records, and keeps the
// last of them if asked.
type Memory struct {
	ring  []market.Record
	fills []market.Fill // beside the ring: a copy of what an Update's Fill points to
	count int
}

// NewMemory keeps the last keep records; 0 only counts.
func NewMemory(keep int) *Memory {
	return &Memory{ring: make([]market.Record, max(keep, 0)), fills: make([]market.Fill, max(keep, 0))}
}

// Append keeps a copy of the record; it is durable, hence true.
func (m *Memory) Append(r *market.Record) (durable bool) {
	if n := len(m.ring); n > 0 {
		i := m.count % n
		m.ring[i] = *r
		if r.Update.Fill != nil {
			m.fills[i] = *r.Update.Fill
			m.ring[i].Update.Fill = &m.fills[i]
		}
	}
	m.count++
	return true
}

// Sync has nothing to wait for.
func (m *Memory) Sync(*aio.Co) error { return nil }

// Count is how many records were appended.
func (m *Memory) Count() int { return m.count }

// All goes through the records that were kept, oldest first. They are borrowed until the next Append.
func (m *Memory) All() iter.Seq[*market.Record] {
	return func(yield func(*market.Record) bool) {
		n := len(m.ring)
		for i := max(m.count-n, 0); i < m.count; i++ {
			if !yield(&m.ring[i%n]) {
				return
			}
		}
	}
}
