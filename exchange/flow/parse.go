package flow

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"baton/market"
)

// ParsePlan reads a plan as a setting spells it: words with commas, for example "bursts,momentum=6,cascade=30s,crash=2m". Empty is
// none. cascade and crash are times after the start.
func ParsePlan(text string) (p Plan, err error) {
	if text == "" {
		return p, nil
	}
	for word := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(word), "=")
		switch name {
		case "bursts":
			p.Bursts = true
			if value != "" {
				err = fmt.Errorf("it takes no value")
			}
		case "momentum":
			p.Momentum, err = strconv.Atoi(value)
			if err == nil && (p.Momentum < 0 || p.Momentum > MaxMomentum) {
				err = fmt.Errorf("use up to %d traders", MaxMomentum)
			}
		case "cascade":
			p.Cascade, err = parseAfter(value)
		case "crash":
			p.Crash, err = parseAfter(value)
		default:
			err = fmt.Errorf("there is no such word")
		}
		if err != nil {
			return Plan{}, fmt.Errorf("plan %q: %q: %w; write bursts, momentum=N, cascade=TIME, crash=TIME, with commas", text, word, err)
		}
	}
	return p, nil
}

func parseAfter(text string) (market.Nanos, error) {
	d, err := time.ParseDuration(text)
	if err == nil && d <= 0 {
		err = fmt.Errorf("%s is not after the start", d)
	}
	return market.Nanos(d), err
}

// String is the plan as [ParsePlan] reads it.
func (p Plan) String() string {
	var words []string
	if p.Bursts {
		words = append(words, "bursts")
	}
	if p.Momentum > 0 {
		words = append(words, fmt.Sprintf("momentum=%d", p.Momentum))
	}
	if p.Cascade > 0 {
		words = append(words, "cascade="+time.Duration(p.Cascade).String())
	}
	if p.Crash > 0 {
		words = append(words, "crash="+time.Duration(p.Crash).String())
	}
	return strings.Join(words, ",")
}
