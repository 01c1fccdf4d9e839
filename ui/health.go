package ui

import "baton/market"

// HealthFold counts what the machinery tells of itself. Its owner is the fold's.
type HealthFold struct {
	Messages int
	// ToStrategy: from a frame of market data to the first step of a strategy after it, wall time. DecideSend: from the intent to
	// the send, wall time. SendAck: from the send to the venue's answer, the run's time. Lag: from a post to its run, wall time.
	ToStrategy, DecideSend, SendAck, Lag Spans

	before int
	wall   market.Nanos
}

// health is the section of it.
func (f *Fold) health(s *State) *Health {
	h := &f.Health
	out := &Health{
		Latencies: []Histogram{
			h.ToStrategy.histogram("frame to strategy", "wall", "from a message of market data to the next step of a strategy; measured while the coroutines or the health are watched"),
			h.DecideSend.histogram("decide to send", "wall", "from the journaled intent of an order to its command leaving"),
			h.SendAck.histogram("send to ack", "run", "from a command leaving to the venue's answer, on the run's clock"),
		},
		Connects: s.Connects, Losses: s.Losses, Gaps: s.Gaps, Resyncs: s.Resyncs, Bad: s.Bad, Messages: h.Messages,
		StaleWakes: s.StaleWakes, StaleReads: s.StaleReads, Unknown: s.Unknown, Queries: s.Queries, Budgets: append([]Budget{}, s.Budgets...),
		Goroutines: s.Goroutines, Heap: s.Heap, GCPauseUs: s.GCPauseUs, UptimeMs: (s.Wall - f.cfg.Wall) / 1e6, Tabs: s.Tabs, Dropped: s.Dropped,
		Incidents: f.inc.list(IncidentsKept),
	}
	if h.Lag.Count() > 0 {
		lag := h.Lag.histogram("loop lag", "wall", "from the moment the page asks the loop for a view to the moment it comes to that")
		out.Lag = &lag
	}
	if span := s.Wall - h.wall; h.wall > 0 && span > 0 {
		out.Rate = float64(h.Messages-h.before) * 1e9 / float64(span)
	}
	h.before, h.wall = h.Messages, s.Wall
	return out
}
