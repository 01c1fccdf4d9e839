package trade

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"baton/decimal"
)

// Param is one number of a strategy that people may choose. Its name says its unit where it has one: "worth_usdt", "cooldown_s".
// A strategy declares its parameters ([Strategy].Params) and reads them by [Session.Int] and [Session.Dec]; who runs it sets them by
// name ([Strategy.With]).
type Param struct {
	Name     string
	About    string // one line for people
	Value    decimal.Decimal
	Min, Max decimal.Decimal // both included
	Whole    bool            // a whole number
}

// IntParam declares a whole number between least and most.
func IntParam(name string, value, least, most int, about string) Param {
	whole := func(n int) decimal.Decimal { return decimal.MustParse(fmt.Sprint(n)) }
	return Param{Name: name, About: about, Value: whole(value), Min: whole(least), Max: whole(most), Whole: true}
}

// DecParam declares an exact number between least and most, all written as decimals.
func DecParam(name, value, least, most, about string) Param {
	return Param{Name: name, About: about, Value: decimal.MustParse(value), Min: decimal.MustParse(least), Max: decimal.MustParse(most)}
}

// paramName is how parameters are called, so that flags, files and environment variables can name them.
var paramName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// check says what is wrong with the value v.
func (p *Param) check(v decimal.Decimal) error {
	switch {
	case p.Whole && v.Units()%decimal.Scale != 0:
		return fmt.Errorf("%s is %s: it must be a whole number", p.Name, v)
	case v.Less(p.Min) || p.Max.Less(v):
		return fmt.Errorf("%s is %s: it must be between %s and %s (%s)", p.Name, v, p.Min, p.Max, p.About)
	}
	return nil
}

// checkParams reports what a strategy declared wrongly.
func (st *Strategy) checkParams() error {
	var errs []error
	seen := map[string]bool{}
	for i := range st.Params {
		p := &st.Params[i]
		if !paramName.MatchString(p.Name) || seen[p.Name] {
			errs = append(errs, fmt.Errorf("strategy %s: parameter %q: a name is given once, in small letters, digits and underscores", st.Name, p.Name))
		}
		seen[p.Name] = true
		if err := p.check(p.Value); err != nil {
			errs = append(errs, fmt.Errorf("strategy %s: %w", st.Name, err))
		}
	}
	return errors.Join(errs...)
}

// With is the strategy with other values of its parameters, written as text. All that cannot be is reported at once: a name that it
// does not have, with the nearest that it has; what is no number; what is out of bounds. The strategy itself stays as it was.
func (st Strategy) With(values map[string]string) (Strategy, error) {
	st.Params = slices.Clone(st.Params)
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if err := st.set(name, values[name]); err != nil {
			errs = append(errs, fmt.Errorf("strategy %s: %w", st.Name, err))
		}
	}
	return st, errors.Join(errs...)
}

func (st *Strategy) set(name, text string) error {
	p := param(st.Params, name)
	if p == nil {
		return fmt.Errorf("there is no parameter %q%s", name, Meant(name, st.ParamNames()))
	}
	v, err := decimal.Parse(text)
	if err != nil {
		return fmt.Errorf("%s is %q: it must be a number between %s and %s (%s)", p.Name, text, p.Min, p.Max, p.About)
	}
	if err := p.check(v); err != nil {
		return err
	}
	p.Value = v
	return nil
}

func param(all []Param, name string) *Param {
	if i := slices.IndexFunc(all, func(p Param) bool { return p.Name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}

// ParamNames are the names of the parameters, in the order in which they were declared.
func (st *Strategy) ParamNames() []string {
	names := make([]string, len(st.Params))
	for i, p := range st.Params {
		names[i] = p.Name
	}
	return names
}

// ParamText is all parameters with their values, for people: "depth=5 worth_usdt=200"; "" for none.
func (st *Strategy) ParamText() string {
	var out []string
	for _, p := range st.Params {
		out = append(out, p.Name+"="+p.Value.String())
	}
	return strings.Join(out, " ")
}

// ParamValues are the values of all parameters by name; nil for none.
func (st *Strategy) ParamValues() map[string]string {
	if len(st.Params) == 0 {
		return nil
	}
	out := map[string]string{}
	for _, p := range st.Params {
		out[p.Name] = p.Value.String()
	}
	return out
}

// Dec is the value of one of the strategy's parameters. To ask for one that it has not declared is a mistake of its author: a panic,
// which ends the strategy as any other does.
func (s *Session) Dec(name string) decimal.Decimal {
	p := param(s.params, name)
	if p == nil {
		panic(fmt.Sprintf("the strategy asks for its parameter %q, and has declared no such one", name))
	}
	return p.Value
}

// Int is the value of a parameter that was declared by [IntParam]: see [Session.Dec].
func (s *Session) Int(name string) int {
	v := s.Dec(name)
	if !param(s.params, name).Whole {
		panic(fmt.Sprintf("the strategy asks for its parameter %q as a whole number, and has declared it by DecParam", name))
	}
	return int(v.Units() / decimal.Scale)
}

// Meant is what to add to a complaint about an unknown name: `: did you mean "depth"? There are depth, worth_usdt`, or which there are
// where none is near.
func Meant(name string, known []string) string {
	best, least := "", len(name)/2+1
	for _, k := range known {
		if d := distance(name, k[:min(len(k), len(name))]); d == 0 && name != "" { // it lacks its end, as of the unit
			best, least = k, d
		}
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	switch {
	case len(known) == 0:
		return ": there is none"
	case best != "":
		return fmt.Sprintf(": did you mean %q?", best)
	}
	return ": there are " + strings.Join(known, ", ")
}

// distance is how many letters have to be changed, added or left out to turn a into b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost = min(corner, row[j], row[j+1]) + 1
			}
			corner, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
