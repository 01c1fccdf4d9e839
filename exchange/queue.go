package exchange

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"baton/market"
)

// QueueKind names a rule for how an order that rests beside a recorded book moves up when its level gets smaller without a
// trade: somebody cancelled, but nobody knows whether ahead of it or behind.
type QueueKind uint8

// The rules. QueueRiskAverse believes that all cancels happen behind, until the level is smaller than what was ahead. The others
// reckon with a chance that the cancel was behind, from what is ahead (front) and what is behind (back): QueuePower is
// f(back)/(f(back)+f(front)) with f(x) = x^N, QueuePower2 is f(back)/f(back+front), QueuePower3 is 1-f(front/(front+back));
// QueueLog and QueueLog2 are the first two with f(x) = log(1+x). (The rules of hftbacktest's queue models.) QueueFIFO is for
// recordings that name every order: see [Exchange.RecordedOrder].
const (
	QueueRiskAverse QueueKind = iota
	QueuePower
	QueuePower2
	QueuePower3
	QueueLog
	QueueLog2
	QueueFIFO
)

// String is the rule's name as a setting spells it.
func (k QueueKind) String() string {
	return [...]string{"risk-averse", "power", "power2", "power3", "log", "log2", "fifo"}[k]
}

// QueueModel is a rule with its exponent. The zero value is risk-averse.
type QueueModel struct {
	Kind  QueueKind
	Power float64 // N of the power rules
}

// ErrQueue: a queue model that there is none of.
var ErrQueue = errors.New("exchange: unknown queue model")

// ParseQueue reads a rule's name and gives it an exponent.
func ParseQueue(name string, power float64) (QueueModel, error) {
	for k := QueueRiskAverse; k <= QueueFIFO; k++ {
		if k.String() == name {
			m := QueueModel{k, power}
			return m, m.Validate()
		}
	}
	return QueueModel{}, fmt.Errorf("%w: %q: use risk-averse, power, power2, power3, log, log2 or fifo", ErrQueue, name)
}

// Validate refuses a power rule without a positive exponent, and unknown rules.
func (m QueueModel) Validate() error {
	switch {
	case m.Kind > QueueFIFO:
		return fmt.Errorf("%w: number %d", ErrQueue, m.Kind)
	case m.Kind >= QueuePower && m.Kind <= QueuePower3 && (m.Power <= 0 || m.Power > 100 || math.IsNaN(m.Power)):
		return fmt.Errorf("%w: %s with exponent %v: use one above 0, up to 100", ErrQueue, m.Kind, m.Power)
	}
	return nil
}

// SetQueue changes how own orders move up beside recorded books from now on. ErrQueue for one that there is none of, and for
// QueueFIFO, which must know a recording from its beginning.
func (x *Exchange) SetQueue(m QueueModel) error {
	if err := m.Validate(); err != nil {
		return err
	}
	if m.Kind == QueueFIFO && x.cfg.Queue.Kind != QueueFIFO {
		return fmt.Errorf("%w: fifo counts recorded orders from the beginning: start the exchange with it", ErrQueue)
	}
	x.cfg.Queue = m
	for _, s := range x.ins {
		for h := range s.replay.own {
			for k := range s.replay.own[h] {
				o := &s.replay.own[h][k]
				o.front = float64(o.ahead)
			}
		}
	}
	return nil
}

// Queue is how own orders move up beside recorded books.
func (x *Exchange) Queue() QueueModel { return x.cfg.Queue }

// String is the rule as a setting spells it: "log", "power:2".
func (m QueueModel) String() string {
	if m.Kind >= QueuePower && m.Kind <= QueuePower3 {
		return fmt.Sprintf("%s:%g", m.Kind, m.Power)
	}
	return m.Kind.String()
}

// ParseQueueModel reads what [QueueModel.String] writes.
func ParseQueueModel(text string) (QueueModel, error) {
	name, number, _ := strings.Cut(text, ":")
	power := 0.0
	if number != "" {
		p, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return QueueModel{}, fmt.Errorf("%w: %q: write power, power2 or power3 with an exponent, like power:2", ErrQueue, text)
		}
		power = p
	}
	return ParseQueue(name, power)
}

// Front is what is ahead of an order after its level went from prev to next. traded is what traded there meanwhile and was
// taken off the front already.
func (m QueueModel) Front(front, prev, next, traded float64) float64 {
	gone := prev - next - traded
	if m.Kind == QueueRiskAverse || m.Kind == QueueFIFO || gone < 0 {
		return min(front, next)
	}
	back := prev - front
	behind := m.behind(front, back)
	estimate := front - float64((1-behind)*gone) + min(back-float64(behind*gone), 0)
	return max(min(estimate, next), 0)
}

// behind is the chance that a cancel was behind.
func (m QueueModel) behind(front, back float64) float64 {
	var p float64
	switch m.Kind {
	case QueuePower:
		b := math.Pow(back, m.Power)
		p = b / (b + math.Pow(front, m.Power))
	case QueuePower2:
		p = math.Pow(back, m.Power) / math.Pow(back+front, m.Power)
	case QueuePower3:
		p = 1 - math.Pow(front/(front+back), m.Power)
	case QueueLog:
		b := math.Log1p(back)
		p = b / (b + math.Log1p(front))
	default:
		p = math.Log1p(back) / math.Log1p(back+front)
	}
	if math.IsNaN(p) || math.IsInf(p, 0) {
		return 1
	}
	return p
}

// seen moves an own order up after its level was seen to hold qty.
func (o *resting) seen(m QueueModel, qty market.Lots) {
	switch m.Kind {
	case QueueFIFO:
		return // it knows better
	case QueueRiskAverse:
		o.ahead = min(o.ahead, qty)
		return
	}
	o.front = m.Front(o.front, float64(o.level), float64(qty), float64(o.traded))
	o.level, o.traded = qty, 0
	o.ahead = market.Lots(math.Ceil(o.front))
}

// passed moves it up by a trade at its price.
func (o *resting) passed(qty market.Lots) {
	o.ahead = max(o.ahead-qty, 0)
	o.front = max(o.front-float64(qty), 0)
	o.traded += qty
}
