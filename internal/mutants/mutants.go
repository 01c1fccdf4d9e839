// Package mutants keeps one-line changes to aio that its tests must notice, and runs those tests on each: a test that cannot
// fail proves nothing, and this is how we know that they can.
//
// A mutant is a line of mutants.tsv: the file, a text that occurs in it once, what replaces it, and the test that must fail
// then. [Mutant.Run] gives the changed file to the go command as an overlay, so the tree itself is never touched, and several
// runs can go on beside each other. A change that does not compile, or whose test does not exist, counts as an error and not
// as a kill.
//
//	go test ./internal/mutants                                       # four of them; in nineteen days, all
//	BATON_MUTANTS=all go test -count=1 -timeout 60m ./internal/mutants # all of them
//
// Who changes a line of aio that a mutant names moves the mutant with it: the first test says which.
package mutants

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Mutant is one change and the test that it must fail.
type Mutant struct {
	ID   string
	File string // in aio
	Old  string // occurs once in File; part of one line
	New  string
	Test string // the whole name, for example TestConformance/A001
	Why  string // what would go wrong for a user
}

// Parse reads a table: a heading, then lines of six fields with a tab between them, in the order of [Mutant]'s.
func Parse(table string) ([]Mutant, error) {
	var list []Mutant
	seen := map[string]bool{}
	lines := strings.Split(strings.TrimRight(table, "\n"), "\n")
	for i, line := range lines[1:] {
		f := strings.Split(line, "\t")
		if len(f) != 6 || slices.Contains(f, "") {
			return nil, fmt.Errorf("line %d has %d fields, or an empty one: write id, file, old, new, test, why", i+2, len(f))
		}
		if seen[f[0]] {
			return nil, fmt.Errorf("line %d: %s is there twice: give it an id of its own", i+2, f[0])
		}
		seen[f[0]] = true
		list = append(list, Mutant{f[0], f[1], f[2], f[3], f[4], f[5]})
	}
	return list, nil
}

// Apply gives the text of the file with the change. It is an error unless Old occurs exactly once.
func (m Mutant) Apply(source string) (string, error) {
	if n := strings.Count(source, m.Old); n != 1 {
		return "", fmt.Errorf("%s: %q occurs %d times in aio/%s, want once: the line was changed, so move the mutant with it", m.ID, m.Old, n, m.File)
	}
	return strings.Replace(source, m.Old, m.New, 1), nil
}

// Verdict is what became of a mutant.
type Verdict string

// The verdicts.
const (
	Killed   Verdict = "killed"         // its test has failed, panicked or run out of time
	Survived Verdict = "survived"       // its test has passed
	NotBuilt Verdict = "does not build" // it proves nothing: change the mutant
	NoTest   Verdict = "no such test"   // its test was not run: change the mutant
)

// limit is the time that the test of one mutant has; a mutant may make it wait for ever.
const limit = "20s"

// Run runs the mutant's test on the changed aio of the repository at root, and keeps its files in scratch. The output is that
// of go test -v.
func (m Mutant) Run(root, scratch string) (v Verdict, output string, err error) {
	overlay, err := m.overlay(root, scratch)
	if err != nil {
		return "", "", err
	}
	cmd := exec.Command("go", "test", "-v", "-vet=off", "-ldflags=-w", "-count=1", "-timeout", limit, "-overlay", overlay, "-run", pattern(m.Test), "./aio")
	cmd.Dir = root
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return "", out.String(), fmt.Errorf("%s: run go test: %w", m.ID, err)
	}
	return judge(m.Test, out.String(), err != nil), out.String(), nil
}

// overlay writes the changed file, and the file that tells the go command of it.
func (m Mutant) overlay(root, scratch string) (string, error) {
	path, err := filepath.Abs(filepath.Join(root, "aio", m.File))
	if err != nil {
		return "", fmt.Errorf("%s: %w", m.ID, err)
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", m.ID, err)
	}
	text, err := m.Apply(string(source))
	if err != nil {
		return "", err
	}
	changed := filepath.Join(scratch, m.File)
	list, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		return "", fmt.Errorf("%s: %w", m.ID, err)
	}
	overlay := filepath.Join(scratch, "overlay.json")
	if err := errors.Join(os.WriteFile(changed, []byte(text), 0o600), os.WriteFile(overlay, list, 0o600)); err != nil {
		return "", fmt.Errorf("%s: %w", m.ID, err)
	}
	return overlay, nil
}

// pattern is the -run pattern of exactly one test.
func pattern(test string) string {
	return "^" + strings.ReplaceAll(test, "/", "$/^") + "$"
}

// judge reads the output of go test -v. The named test has failed where it says so, or where it began and the run broke off
// before it passed: that is a panic, a fatal error or the time limit.
func judge(test, output string, failed bool) Verdict {
	says := func(what string) bool {
		return slices.ContainsFunc(strings.Split(output, "\n"), func(line string) bool {
			after, ok := strings.CutPrefix(strings.TrimSpace(line), what+test)
			return ok && (after == "" || after[0] == ' ')
		})
	}
	switch {
	case strings.Contains(output, "[build failed]") || strings.Contains(output, "[setup failed]"):
		return NotBuilt
	case !says("=== RUN   "):
		return NoTest
	case failed && (says("--- FAIL: ") || !says("--- PASS: ")):
		return Killed
	default:
		return Survived
	}
}
