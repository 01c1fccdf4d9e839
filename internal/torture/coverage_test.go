package torture_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baton/internal/torture"
)

// Every test that is named as covering a fault exists, and no fault is both made here and said not to be.
func TestElsewhere(t *testing.T) {
	made := map[string]bool{}
	for _, f := range torture.Catalogue() {
		if made[f.ID] {
			t.Errorf("%s is in the catalogue twice", f.ID)
		}
		made[f.ID] = true
	}
	for _, c := range torture.Elsewhere() {
		switch {
		case made[c.ID]:
			t.Errorf("%s is made here", c.ID)
		case c.Why == "":
			t.Errorf("%s: no reason is given", c.ID)
		}
		for name := range strings.SplitSeq(c.Tests, ",") {
			if name != "" && !exists(t, name) {
				t.Errorf("%s: there is no test %s", c.ID, name)
			}
		}
	}
}

// exists looks for a test, written FOLDER.TestName.
func exists(t *testing.T, name string) bool {
	folder, test, _ := strings.Cut(name, ".")
	files, err := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+test+"(") {
			return true
		}
	}
	return false
}
