package server

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"baton/binance/wire"
	"baton/exchange/face"
	"baton/market"
	"baton/netio"
)

// Chance is one thing that goes wrong on purpose, each time with a probability.
type Chance struct {
	Name        string
	Probability float64       // 0 to 1
	Wait        time.Duration // of those that delay; 0: [DefaultWait]
}

// DefaultWait is how long a fault delays that has no time of its own: past the patience of every known client.
const DefaultWait = 12 * time.Second

// The faults that happen by chance (spec/trust.md, 2.1 to 2.3, by their ids there).
const (
	faultAckLost      = "ack-lost"        // E8: the order is taken, its answer never comes
	faultLate         = "accepted-late"   // E9: the order gets to matching only after the client gave up
	faultUnknown      = "503-unknown"     // E4: done, and answered with 503 "Unknown error"
	faultUnavailable  = "503-unavailable" // E5: not done, and answered with 503 "Service Unavailable."
	faultInternal     = "503-internal"    // E7: not done, and answered with 503 -1001
	faultBusy         = "busy"            // E6: -1008, but for orders that reduce
	faultUserDelay    = "user-delay"      // E21
	faultUserLost     = "user-lost"       // E22
	faultUserTwice    = "user-twice"      // E23
	faultUserReorder  = "user-reorder"    // E24: an event comes behind the next
	faultKeyExpired   = "key-expired"     // E25: a listenKey ends now
	faultGap          = "book-gap"        // E28: a depth frame is missing
	faultHalfOpen     = "half-open"       // N3: a connection falls silent and stays open
	faultSlow         = "slow"            // N4: an answer takes its time
	faultClose        = "close"           // W4: a connection is closed, with each known code in turn
	faultNotThere     = "no-such-order"   // E10: a query of a live order says that there is none
	faultTooMany      = "429"             // E1
	faultTear         = "reset"           // N2: a connection breaks in the middle of a frame
	faultTrickle      = "trickle"         // N6: a frame comes one byte at a time
	faultAckDuplicate = "ack-twice"       // W13: an answer of the WebSocket API comes twice
)

// Chances lists the names of faults that happen by chance.
func Chances() []string {
	return []string{faultAckLost, faultLate, faultUnknown, faultUnavailable, faultInternal, faultBusy, faultUserDelay, faultUserLost,
		faultUserTwice, faultUserReorder, faultKeyExpired, faultGap, faultHalfOpen, faultSlow, faultClose, faultNotThere, faultTooMany, faultAckDuplicate, faultTear, faultTrickle}
}

// ParseChance reads a fault as it is written in a file: NAME PROBABILITY [WAIT], for example "user-delay 0.01 3s".
func ParseChance(text string) (c Chance, err error) {
	f := strings.Fields(text)
	if len(f) < 2 || len(f) > 3 {
		return c, fmt.Errorf("fault %q: write NAME PROBABILITY [WAIT], for example: user-delay 0.01 3s", text)
	}
	c.Name = f[0]
	if c.Probability, err = strconv.ParseFloat(f[1], 64); err != nil {
		return c, fmt.Errorf("fault %q: %q is no probability: write a number from 0 to 1", text, f[1])
	}
	if len(f) == 3 {
		if c.Wait, err = time.ParseDuration(f[2]); err != nil {
			return c, fmt.Errorf("fault %q: %q is no duration: write one like 500ms or 3s", text, f[2])
		}
	}
	return c, c.check()
}

func (c *Chance) check() error {
	switch {
	case !slices.Contains(Chances(), c.Name):
		return fmt.Errorf("no fault is called %q; there are: %s", c.Name, strings.Join(Chances(), ", "))
	case !(c.Probability >= 0 && c.Probability <= 1):
		return fmt.Errorf("fault %s: %g is no probability: write a number from 0 to 1", c.Name, c.Probability)
	case c.Wait < 0 || c.Wait > maxDelay:
		return fmt.Errorf("fault %s: a wait of %s is not between 0 and %s", c.Name, c.Wait, maxDelay)
	}
	return nil
}

// SetChance sets the probability of a fault from now on; 0 ends it.
func (s *Server) SetChance(c Chance) error {
	if err := c.check(); err != nil {
		return err
	}
	s.chances = slices.DeleteFunc(s.chances, func(o Chance) bool { return o.Name == c.Name })
	if c.Probability > 0 {
		s.chances = append(s.chances, c)
	}
	return nil
}

// happens throws the dice for a fault. Without it nothing is thrown, so that a run without faults is as if there were none.
func (s *Server) happens(name string) (wait market.Nanos, yes bool) {
	for i := range s.chances {
		if c := &s.chances[i]; c.Name == name {
			if s.luck.Float64() >= c.Probability {
				return 0, false
			}
			s.stats.Faults++
			if c.Wait == 0 {
				return market.Nanos(DefaultWait), true
			}
			return market.Nanos(c.Wait), true
		}
	}
	return 0, false
}

// fate is what faults do to one request: an answer in place of the exchange's (done says whether the request is carried out all
// the same), a delay on its way, or the loss of its answer.
type fate struct {
	answer *netio.Response
	done   bool
	late   market.Nanos
	lost   bool
}

func (s *Server) fate(q *face.Request) (f fate) {
	if s.closed {
		return fate{answer: maintenance()}
	}
	if len(s.chances) == 0 {
		return f
	}
	if _, yes := s.happens(faultTooMany); yes {
		return fate{answer: failure(429, wire.Fault(wire.CodeTooManyRequests, strconv.Itoa(face.WeightPerMinute)))}
	}
	if q.Path == "/fapi/v1/order" && q.Method == "GET" {
		if _, yes := s.happens(faultNotThere); yes {
			return fate{answer: failure(400, wire.Fault(wire.CodeNoSuchOrder))}
		}
	}
	if !face.Changes(q) {
		return f
	}
	return s.orderFate(q)
}

func (s *Server) orderFate(q *face.Request) (f fate) {
	if _, yes := s.happens(faultUnavailable); yes {
		return fate{answer: failure(503, &wire.APIError{Code: wire.CodeUnknown, Msg: wire.TextServiceUnavailable})}
	}
	if _, yes := s.happens(faultInternal); yes {
		return fate{answer: failure(503, wire.Fault(wire.CodeDisconnected))}
	}
	if _, yes := s.happens(faultBusy); yes && !face.Exempt(q) {
		return fate{answer: failure(503, wire.Fault(wire.CodeBusy))}
	}
	if _, yes := s.happens(faultUnknown); yes {
		return fate{done: true, answer: failure(503, &wire.APIError{Code: wire.CodeUnknown, Msg: wire.TextUnknownError})}
	}
	if wait, yes := s.happens(faultLate); yes {
		return fate{late: wait, lost: true}
	}
	_, f.lost = s.happens(faultAckLost)
	if wait, yes := s.happens(faultSlow); yes {
		f.late = wait
	}
	return f
}

func failure(status int, e *wire.APIError) *netio.Response {
	return &netio.Response{Status: status, Header: [][2]string{{"Content-Type", "application/json"}}, Body: wire.AppendError(nil, e)}
}

// maintenance is the answer of a closed exchange.
func maintenance() *netio.Response {
	return failure(503, &wire.APIError{Code: wire.CodeUnknown, Msg: wire.TextServiceUnavailable})
}

// closeCodes are what faultClose goes through.
var closeCodes = [...]uint16{1000, 1001, 1008, 1011, 1012, 1013}

// spoils says whether a fault that happens by chance took care of the frame.
func (s *Server) spoils(k *conn, kind face.Kind, frame []byte) bool {
	if len(s.chances) == 0 {
		return false
	}
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
	if _, yes := s.happens(faultTrickle); yes && kind != face.Ack && kind != face.Answer && kind != face.User {
		return k.c.Trickle(frame) == nil
	}
	switch kind {
	case face.Depth:
		_, gap := s.happens(faultGap)
		return gap
	case face.Ack, face.Answer:
		return s.spoilsAnswer(k, kind, frame)
	case face.User:
		return s.spoilsUser(k, frame)
	}
	return false
}

func (s *Server) spoilsAnswer(k *conn, kind face.Kind, frame []byte) bool {
	if _, yes := s.happens(faultAckLost); yes && kind == face.Ack {
		s.stats.Dropped++
		return true
	}
	if _, yes := s.happens(faultAckDuplicate); yes {
		k.later(s.answers, s.delay, kind, frame)
	}
	if wait, yes := s.happens(faultSlow); yes {
		k.later(s.answers, wait, kind, frame)
		return true
	}
	return false
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
	if wait, yes := s.happens(faultUserDelay); yes {
		k.later(s.user, wait, face.User, frame)
		return true
	}
	if _, yes := s.happens(faultUserTwice); yes {
		k.later(s.user, 0, face.User, frame)
	}
	held := k.kept
	if _, yes := s.happens(faultUserReorder); yes && held == nil {
		k.kept = append([]byte(nil), frame...)
		return true
	}
	if held != nil {
		k.kept = nil
		k.later(s.user, 0, face.User, frame)
		k.later(s.user, 0, face.User, held)
		return true
	}
	return false
}
