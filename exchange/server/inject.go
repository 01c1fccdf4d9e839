package server

import (
	"baton/exchange/face"
	"baton/market"
)

// armed is a fault that waits for its moment; each happens once.
type armed struct {
	Fault
	spent bool
}

func (s *Server) arm(faults []Fault) {
	for _, f := range faults {
		if f.name == "delay-ack" {
			s.delay += market.Nanos(f.wait)
			continue
		}
		s.faults = append(s.faults, armed{Fault: f})
	}
}

// stops says whether a fault keeps back the frame that the connection has just counted, or cuts the connection instead.
func (s *Server) stops(k *conn, kind face.Kind) bool {
	for i := range s.faults {
		f := &s.faults[i]
		if f.spent || f.kind != kind || f.n != k.counts[kind] || f.name != "drop-frame" && f.name != "cut" {
			continue
		}
		f.spent = true
		s.stats.Dropped++
		if f.name == "cut" {
			k.cut = true
			k.c.Close(goingAway, "the connection was cut on purpose")
		}
		return true
	}
	return false
}

// goingAway is the close code of an exchange that ends a connection (RFC 6455, 7.4.1).
const goingAway = 1001

// loses counts the answer to a placement and says whether a fault loses it.
func (s *Server) loses() bool {
	s.stats.Placements++
	for i := range s.faults {
		if f := &s.faults[i]; f.name == "lose-ack" && f.n == s.stats.Placements {
			s.stats.Dropped++
			return true
		}
	}
	return false
}
