package server

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"baton/market"
)

// Chance is one thing that goes wrong on purpose, each time with a probability: for each request or frame that it concerns, or,
// where it befalls the venue as a whole (see [Scenarios]), each second.
type Chance struct {
	Name        string
	Probability float64       // 0 to 1
	Wait        time.Duration // of those that delay or last; 0: [DefaultWait]
}

// DefaultWait is how long a fault delays or lasts that has no time of its own: past the patience of every known client.
const DefaultWait = 12 * time.Second

// ChanceInfo is one row of the table of faults.
type ChanceInfo struct {
	Name string `json:"name"`
	IDs  string `json:"ids"` // of the catalogue of faults: N of the network, W of WebSocket, E of the exchange
	What string `json:"what"`
}

// The faults that requests and frames meet by chance. Scenes stand in [scenes].
const (
	faultAckLost      = "ack-lost"
	faultLate         = "accepted-late"
	faultUserDelay    = "user-delay"
	faultUserLost     = "user-lost"
	faultUserTwice    = "user-twice"
	faultUserReorder  = "user-reorder"
	faultOverfill     = "overfill"
	faultKeyExpired   = "key-expired"
	faultKeyRefused   = "key-refused"
	faultGap          = "book-gap"
	faultHalfOpen     = "half-open"
	faultSlow         = "slow"
	faultSlowStream   = "slow-stream"
	faultClose        = "close"
	faultBan          = "418"
	faultTear         = "reset"
	faultTrickle      = "trickle"
	faultAckDuplicate = "ack-twice"
	faultAckUnknown   = "ack-unknown"
	faultAckReorder   = "ack-reorder"
	faultOldSnapshot  = "stale-snapshot"
	faultTradesLag    = "trades-lag"
	faultSubscribe    = "subscribe-lost"
	faultSilent       = "stream-silent"
	faultCrossed      = "crossed-book"
	faultZeroPrice    = "zero-price"
	faultNegative     = "negative-quantity"
	faultGarbage      = "garbage"
)

// others are the faults of requests and frames that are no answers in place of the exchange's, see [answers] for those.
var others = [...]ChanceInfo{
	{faultAckLost, "E8 N20", "the order is taken, its answer never comes"},
	{faultLate, "E9", "the order gets to matching WAIT later, and its answer never comes"},
	{faultSlow, "N4 N5", "an answer comes WAIT later"},
	{faultSlowStream, "N5", "market data of a connection comes WAIT later, in order"},
	{faultBan, "E2", "418: the address is banned for WAIT"},
	{faultUserDelay, "E21", "a user event comes WAIT later"},
	{faultUserLost, "E22", "a user event never comes"},
	{faultUserTwice, "E23", "a user event comes twice"},
	{faultUserReorder, "E24", "a user event comes behind the next"},
	{faultOverfill, "E40", "a fill says that more was filled than was ordered"},
	{faultKeyExpired, "E25", "the listenKeys end, and their streams say so"},
	{faultKeyRefused, "E26", "keeping a listenKey alive fails (-1125): it has ended without a word"},
	{faultGap, "E28", "a depth frame is missing"},
	{faultOldSnapshot, "E29", "a depth snapshot is the one of the request before"},
	{faultTradesLag, "E42", "userTrades does not know the fills of the last WAIT"},
	{faultCrossed, "E31", "a book or its top is locked: a bid stands at an ask"},
	{faultZeroPrice, "E31", "a price is zero"},
	{faultNegative, "E31", "a quantity is negative"},
	{faultGarbage, "W6", "a frame is cut short, unknown, mistyped, with more fields, or no UTF-8, in turn"},
	{faultHalfOpen, "N3", "a connection falls silent and stays open"},
	{faultTear, "N2", "a connection breaks in the middle of a frame"},
	{faultTrickle, "N6", "a frame of market data comes one byte at a time"},
	{faultClose, "W4 N10", "a connection is closed, with each known code in turn"},
	{faultSubscribe, "W10", "the answer to a SUBSCRIBE never comes"},
	{faultSilent, "W10", "one kind of stream falls silent on a connection, the others go on"},
	{faultAckDuplicate, "W13", "an answer of the WebSocket API comes twice"},
	{faultAckUnknown, "W13", "an answer of the WebSocket API comes for a request that nobody made"},
	{faultAckReorder, "W13", "an answer of the WebSocket API comes behind the next"},
}

// ChanceTable lists all faults that happen by chance: of requests, of frames, of the venue.
func ChanceTable() []ChanceInfo {
	var list []ChanceInfo
	for i := range answers {
		list = append(list, answers[i].ChanceInfo)
	}
	list = append(list, others[:]...)
	for i := range scenes {
		list = append(list, scenes[i].ChanceInfo)
	}
	return list
}

// Chances lists the names of faults that happen by chance.
func Chances() []string {
	var names []string
	for _, c := range ChanceTable() {
		names = append(names, c.Name)
	}
	return names
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
	s.startDice()
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
			s.counts[name]++
			if c.Wait == 0 {
				return market.Nanos(DefaultWait), true
			}
			return market.Nanos(c.Wait), true
		}
	}
	return 0, false
}

// Happened says how often a fault by chance, or a scene, has really happened, by its name.
func (s *Server) Happened(name string) int { return s.counts[name] }
