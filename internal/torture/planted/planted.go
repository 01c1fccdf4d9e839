// Package planted keeps bugs that the torture of the trader must find: a checker that finds nothing proves nothing, and this is how
// we know that ours can.
//
// A bug is a line of planted.tsv: the promise that it breaks, the file, a text that occurs in it once, what replaces it, and whom it
// has cost money. [Bug.Hunt] gives the changed file to the go command as an overlay, builds the torture with it, and runs seeds until
// a promise is broken: the tree itself is never touched. \t in a text is a tab.
//
//	BATON_PLANTED=day go test -v -count=1 -timeout 20m ./internal/torture/planted    # four, by the day; prints N passed, N failed
//	BATON_PLANTED=all go test -v -count=1 -timeout 90m ./internal/torture/planted    # all of them
//
// Who changes a line that a bug names moves the bug with it: the first test says which.
package planted

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Seeds is within how many seeds a bug must be found.
const Seeds = 200

// Bug is one of them.
type Bug struct {
	ID      string
	Promise string // that it breaks first; another one may show it first
	File    string // from the root of the repository
	Old     string // occurs once in File
	New     string
	Why     string // whose money it cost, or what would go wrong
}

// Parse reads a table: a heading, then lines of six fields with a tab between them, in the order of [Bug]'s.
func Parse(table string) ([]Bug, error) {
	var list []Bug
	lines := strings.Split(strings.TrimRight(table, "\n"), "\n")
	for i, line := range lines[1:] {
		f := strings.Split(line, "\t")
		if len(f) != 6 || slices.Contains(f, "") {
			return nil, fmt.Errorf("line %d has %d fields, or an empty one: write id, promise, file, old, new, why", i+2, len(f))
		}
		tabs := func(s string) string { return strings.ReplaceAll(s, `\t`, "\t") }
		list = append(list, Bug{f[0], f[1], f[2], tabs(f[3]), tabs(f[4]), f[5]})
	}
	return list, nil
}

// Apply gives the text of the file with the bug. It is an error unless Old occurs exactly once.
func (b Bug) Apply(source string) (string, error) {
	if n := strings.Count(source, b.Old); n != 1 {
		return "", fmt.Errorf("%s: %q occurs %d times in %s, want once: the line was changed, so move the bug with it", b.ID, b.Old, n, b.File)
	}
	return strings.Replace(source, b.Old, b.New, 1), nil
}

// Hunt builds the torture of the repository at root with the bug in it, keeping its files in scratch, and runs seeds until a promise
// is broken. found is the line that says which, and at which seed; "" where nothing was found in Seeds of them.
func (b Bug) Hunt(root, scratch string) (found string, err error) {
	overlay, err := b.overlay(root, scratch)
	if err != nil {
		return "", err
	}
	test := filepath.Join(scratch, "torture.test")
	build := exec.Command("go", "test", "-c", "-vet=off", "-ldflags=-w", "-overlay", overlay, "-o", test, "./internal/torture")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s does not build: %w\n%s", b.ID, err, out)
	}
	run := exec.Command(test, "-test.run", "^TestHunt$", "-test.v", "-test.timeout", "20m")
	run.Dir = filepath.Join(root, "internal", "torture")
	run.Env = append(os.Environ(), "BATON_HUNT="+strconv.Itoa(Seeds))
	var out bytes.Buffer
	run.Stdout, run.Stderr = &out, &out
	if err := run.Run(); err != nil {
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
			return "", fmt.Errorf("%s: %w", b.ID, err)
		}
	}
	for line := range strings.Lines(out.String()) {
		if s, ok := strings.CutPrefix(line, "CAUGHT "); ok {
			return strings.TrimSpace(s), nil
		}
		if strings.HasPrefix(line, "NOT CAUGHT") {
			return "", nil
		}
	}
	return "", fmt.Errorf("%s: the run said nothing:\n%s", b.ID, out.String())
}

// overlay writes the changed file, and the file that tells the go command of it.
func (b Bug) overlay(root, scratch string) (string, error) {
	path, err := filepath.Abs(filepath.Join(root, b.File))
	if err != nil {
		return "", err
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text, err := b.Apply(string(source))
	if err != nil {
		return "", err
	}
	changed := filepath.Join(scratch, filepath.Base(b.File))
	list, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(scratch, "overlay.json")
	return overlay, errors.Join(os.WriteFile(changed, []byte(text), 0o600), os.WriteFile(overlay, list, 0o600))
}
