package mutants_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"baton/internal/mutants"
)

// root is the repository as seen from here.
const root = "../.."

const (
	count = 76 // that there are
	daily = 4  // that an ordinary run tries: each costs a build of aio's tests
)

// table reads the mutants.
func table(t *testing.T) []mutants.Mutant {
	t.Helper()
	text, err := os.ReadFile("mutants.tsv")
	if err != nil {
		t.Fatal(err)
	}
	list, err := mutants.Parse(string(text))
	if err != nil {
		t.Fatal("mutants.tsv:", err)
	}
	return list
}

// TestTable checks without a build that every mutant still fits its file and changes it.
func TestTable(t *testing.T) {
	list := table(t)
	if len(list) != count {
		t.Errorf("mutants.tsv has %d mutants, want %d", len(list), count)
	}
	changes := map[string]string{}
	for _, m := range list {
		source, err := os.ReadFile(filepath.Join(root, "aio", m.File))
		if err != nil {
			t.Errorf("%s: %v", m.ID, err)
			continue
		}
		text, err := m.Apply(string(source))
		if err != nil {
			t.Error(err)
		} else if text == string(source) {
			t.Errorf("%s changes nothing", m.ID)
		}
		if other, again := changes[text]; again {
			t.Errorf("%s is the same change as %s", m.ID, other)
		}
		changes[text] = m.ID
	}
}

// TestMutants runs today's mutants, or with BATON_MUTANTS=all every one, each of which must be killed by its own test.
func TestMutants(t *testing.T) {
	list := table(t)
	all := os.Getenv("BATON_MUTANTS") == "all"
	days := max(len(list)/daily, 1) // until all have had their turn
	today := int(time.Now().Unix()/(24*60*60)) % days
	var killed, tried atomic.Int32
	t.Cleanup(func() { t.Logf("%d of %d mutants killed (of %d in the table)", killed.Load(), tried.Load(), len(list)) })
	for i, m := range list {
		t.Run(m.ID, func(t *testing.T) {
			if !all && i%days != today {
				t.Skipf("not today: an ordinary run tries %d of %d; BATON_MUTANTS=all tries them all", daily, len(list))
			}
			t.Parallel() // each is a go command of its own
			tried.Add(1)
			if run(t, m, mutants.Killed) {
				killed.Add(1)
			}
		})
	}
}

// TestAPlantedOrderIsFoundWhereItIs: a change of order in one scheduler is not held against the other, so that what finds it is
// the comparison of that scheduler with the model.
func TestAPlantedOrderIsFoundWhereItIs(t *testing.T) {
	if os.Getenv("BATON_MUTANTS") != "all" {
		t.Skip("BATON_MUTANTS=all runs it")
	}
	other := map[string]string{"order-1": "TestModel/flat", "order-2": "TestModel/flat", "order-3": "TestModel/inline"}
	for _, m := range table(t) {
		if test := other[m.ID]; test != "" {
			t.Run(m.ID, func(t *testing.T) {
				t.Parallel()
				m.Test = test
				run(t, m, mutants.Survived)
			})
		}
	}
}

// run runs one mutant and fails the test unless the verdict is the wanted one.
func run(t *testing.T, m mutants.Mutant, want mutants.Verdict) bool {
	t.Helper()
	got, output, err := m.Run(root, t.TempDir())
	if err != nil {
		t.Error(err)
		return false
	}
	if got != want {
		t.Errorf("%s (aio/%s: %q -> %q, test %s): %s, want %s\nwhy it matters: %s\n%s", m.ID, m.File, m.Old, m.New, m.Test, got, want, m.Why, tail(output))
	}
	return got == want
}

// tail is the end of a long output.
func tail(s string) string {
	const most = 2000
	return s[max(0, len(s)-most):]
}

// TestTheJudgeIsNoHangman shows that a change that means nothing survives, and that what proves nothing is no kill.
func TestTheJudgeIsNoHangman(t *testing.T) {
	m := table(t)[0]
	for _, c := range []struct {
		name   string
		change func(*mutants.Mutant)
		want   mutants.Verdict
	}{
		{"nothing changed", func(m *mutants.Mutant) { m.New = m.Old }, mutants.Survived},
		{"a test that is not there", func(m *mutants.Mutant) { m.New, m.Test = m.Old, "TestConformance/A000" }, mutants.NoTest},
		{"no Go", func(m *mutants.Mutant) { m.New = ")" }, mutants.NotBuilt},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := m
			c.change(&m)
			run(t, m, c.want)
		})
	}
}

// TestApplyWantsOnePlace: a text that is not there, or there twice, is an error that says so.
func TestApplyWantsOnePlace(t *testing.T) {
	m := mutants.Mutant{ID: "x", File: "x.go", Old: "a", New: "b"}
	if got, err := m.Apply("a c"); err != nil || got != "b c" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, source := range []string{"c", "a a"} {
		if _, err := m.Apply(source); err == nil {
			t.Errorf("%q: no error", source)
		}
	}
}

// TestParseRefuses lines that are not whole.
func TestParseRefuses(t *testing.T) {
	const head, good = "id\tfile\told\tnew\ttest\twhy\n", "a\tb\tc\td\te\tf\n"
	if list, err := mutants.Parse(head + good); err != nil || len(list) != 1 || list[0].Why != "f" {
		t.Errorf("got %v, %v", list, err)
	}
	for _, bad := range []string{"a\tb\n", strings.Replace(good, "d", "", 1), good + good} {
		if _, err := mutants.Parse(head + bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}
