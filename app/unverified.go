package app

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Rule is one row of docs/unverified.tsv: something about the exchange that only the exchange itself can settle.
type Rule struct {
	ID, Money, State           string
	Text, Until, Source, Probe string
}

// The columns of the table, and what State and Money can be.
const (
	ruleHeader   = "id\tmoney\tstate\trule\twhat Baton does until it is settled\tsource\thow it is settled"
	ruleColumns  = 7
	RuleOpen     = "open"
	RuleSettled  = "settled"
	RuleMoney    = "money"
	ruleNoMoney  = "-"
	rulesMax     = 1000
	ruleFileMost = 1 << 20
)

// ReadRules reads the table of unverified rules. An error names the line.
func ReadRules(name string) ([]Rule, error) {
	if st, err := os.Stat(name); err != nil {
		return nil, err
	} else if st.Size() > ruleFileMost {
		return nil, fmt.Errorf("%s has more than %d bytes: it is no table of rules", name, ruleFileMost)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	rules, err := ParseRules(string(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rules, nil
}

// ParseRules reads the text of a table of rules.
func ParseRules(text string) ([]Rule, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != ruleHeader {
		return nil, fmt.Errorf("line 1 is not the header %q", ruleHeader)
	}
	if len(lines) > rulesMax {
		return nil, fmt.Errorf("it has more than %d lines", rulesMax)
	}
	var rules []Rule
	for n, line := range lines[1:] {
		c := strings.Split(line, "\t")
		if len(c) != ruleColumns || slices.Contains(c, "") {
			return nil, fmt.Errorf("line %d has not %d columns with a text in each", n+2, ruleColumns)
		}
		r := Rule{c[0], c[1], c[2], c[3], c[4], c[5], c[6]}
		switch {
		case r.Money != RuleMoney && r.Money != ruleNoMoney:
			return nil, fmt.Errorf("line %d: money is %q: write %q or %q", n+2, r.Money, RuleMoney, ruleNoMoney)
		case r.State != RuleOpen && r.State != RuleSettled:
			return nil, fmt.Errorf("line %d: state is %q: write %q or %q", n+2, r.State, RuleOpen, RuleSettled)
		case slices.ContainsFunc(rules, func(o Rule) bool { return o.ID == r.ID }):
			return nil, fmt.Errorf("line %d: the id %q is there already", n+2, r.ID)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// formatRules is the table as text.
func formatRules(rules []Rule) []byte {
	var b bytes.Buffer
	b.WriteString(ruleHeader + "\n")
	flat := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")
	for _, r := range rules {
		for i, c := range []string{r.ID, r.Money, r.State, r.Text, r.Until, r.Source, r.Probe} {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(flat.Replace(c))
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}
