package server

import (
	"math/rand/v2"

	"baton/exchange/face"
	"baton/exchange/local"
)

// closeCodes are what faultClose goes through.
var closeCodes = [...]uint16{1000, 1001, 1008, 1011, 1012, 1013}

// spoils says whether a fault that happens by chance took care of the frame.
func (s *Server) spoils(k *conn, kind face.Kind, frame []byte) bool {
	if len(s.chances) == 0 {
		return false
	}
	if k.silent[kind] {
		return true
	}
	if s.ends(k, frame) {
		return true
	}
	switch kind {
	case face.Control:
		_, lost := s.happens(faultSubscribe)
		return lost
	case face.Ack, face.Answer:
		return s.spoilsAnswer(k, kind, frame)
	case face.User:
		return s.spoilsUser(k, frame)
	}
	return s.spoilsMarket(k, kind, frame)
}

// ends says whether a fault ended the connection, for its client or in fact.
func (s *Server) ends(k *conn, frame []byte) bool {
	if _, yes := s.happens(faultClose); yes {
		s.stats.Dropped++
		k.Drop(closeCodes[s.stats.Faults%len(closeCodes)], "the connection was closed on purpose")
		return true
	}
	if _, yes := s.happens(faultHalfOpen); yes {
		s.stats.Dropped++
		k.deaf = true
		return true
	}
	if _, yes := s.happens(faultTear); yes {
		s.stats.Dropped++
		k.cut = true
		k.c.Tear(frame)
		return true
	}
	return false
}

// spoilsMarket are the faults of market data.
func (s *Server) spoilsMarket(k *conn, kind face.Kind, frame []byte) bool {
	if _, yes := s.happens(faultTrickle); yes {
		return k.c.Trickle(frame) == nil
	}
	if _, yes := s.happens(faultSilent); yes {
		s.stats.Dropped++
		k.silent[kind] = true
		return true
	}
	if kind == face.Depth {
		if _, gap := s.happens(faultGap); gap {
			s.stats.Dropped++
			return true
		}
	}
	if wrong := s.mangled(kind, frame); wrong != nil {
		k.send(kind, wrong)
		return true
	}
	wait, yes := s.happens(faultSlowStream)
	if !yes && !k.behind.busy() {
		return false
	}
	if k.behind == nil {
		k.behind = newWay(s.l, local.NewLine(local.Latency{}, rand.NewPCG(0, 0)))
	}
	k.later(k.behind, wait, kind, frame) // and what follows stays behind it
	return true
}

func (s *Server) spoilsAnswer(k *conn, kind face.Kind, frame []byte) bool {
	if _, yes := s.happens(faultAckLost); yes && kind == face.Ack {
		s.stats.Dropped++
		return true
	}
	if _, yes := s.happens(faultAckDuplicate); yes {
		k.later(s.answers, s.delay, kind, frame)
	}
	if _, yes := s.happens(faultAckUnknown); yes {
		k.later(s.answers, s.delay, kind, []byte(`{"id":"nobody-asked-this","status":200,"result":{}}`))
	}
	if wait, yes := s.happens(faultSlow); yes {
		k.later(s.answers, wait, kind, frame)
		return true
	}
	if k.swaps(s.answers, &k.keptAnswer, kind, frame, s.throws(faultAckReorder)) {
		return true
	}
	return false
}

// throws is happens without its time.
func (s *Server) throws(name string) bool {
	_, yes := s.happens(name)
	return yes
}

func (s *Server) spoilsUser(k *conn, frame []byte) bool {
	if _, yes := s.happens(faultUserLost); yes {
		s.stats.Dropped++
		return true
	}
	if _, yes := s.happens(faultKeyExpired); yes {
		s.l.CallSoon(func() {
			s.f.ExpireKeys(s.l.Now())
			s.schedule()
		})
	}
	if wrong := s.mangled(face.User, frame); wrong != nil {
		k.later(s.user, 0, face.User, wrong)
		return true
	}
	if wait, yes := s.happens(faultUserDelay); yes {
		k.later(s.user, wait, face.User, frame)
		return true
	}
	if _, yes := s.happens(faultUserTwice); yes {
		k.later(s.user, 0, face.User, frame)
	}
	return k.swaps(s.user, &k.kept, face.User, frame, s.throws(faultUserReorder))
}

// swaps holds a frame back behind the next one, or lets it follow the one that has come; false: nothing was held.
func (k *conn) swaps(w *way, held *[]byte, kind face.Kind, frame []byte, hold bool) bool {
	if *held == nil {
		if hold {
			*held = append([]byte(nil), frame...)
		}
		return hold
	}
	before := *held
	*held = nil
	k.later(w, 0, kind, frame)
	k.later(w, 0, kind, before)
	return true
}
