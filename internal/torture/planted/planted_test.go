package planted_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baton/internal/torture/planted"
)

// root is the repository as seen from here.
const root = "../../.."

// daily is how many an ordinary run tries: each costs a build of the torture.
const daily = 2

func table(t *testing.T) []planted.Bug {
	t.Helper()
	text, err := os.ReadFile("planted.tsv")
	if err != nil {
		t.Fatal(err)
	}
	list, err := planted.Parse(string(text))
	if err != nil {
		t.Fatal("planted.tsv:", err)
	}
	return list
}

// TestTable checks without a build that every bug still fits its file and changes it.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range table(t) {
		source, err := os.ReadFile(filepath.Join(root, b.File))
		if err != nil {
			t.Errorf("%s: %v", b.ID, err)
			continue
		}
		text, err := b.Apply(string(source))
		switch {
		case err != nil:
			t.Error(err)
		case text == string(source) || seen[b.ID]:
			t.Errorf("%s changes nothing, or is there twice", b.ID)
		}
		seen[b.ID] = true
	}
}

// TestPlanted hunts today's bugs, with BATON_PLANTED=all every one, or those whose ids it names with commas. Each must be caught.
func TestPlanted(t *testing.T) {
	if testing.Short() {
		t.Skip("each bug costs a build")
	}
	list, which := table(t), os.Getenv("BATON_PLANTED")
	days := (len(list) + daily - 1) / daily
	today := int(time.Now().Unix()/(24*60*60)) % days
	passed, failed := 0, 0
	for i, b := range list {
		switch {
		case which == "all" || strings.Contains(","+which+",", ","+b.ID+","):
		case which != "" || i%days != today:
			continue
		}
		found, err := b.Hunt(root, t.TempDir())
		switch {
		case err != nil:
			failed++
			t.Error(err)
		case found == "":
			failed++
			t.Errorf("%s (%s) was not caught in %d seeds: %s", b.ID, b.Promise, planted.Seeds, b.Why)
		default:
			passed++
			t.Logf("%-24s %-4s %s", b.ID, b.Promise, found)
		}
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
}

// TestParseRefuses lines that are not whole.
func TestParseRefuses(t *testing.T) {
	const head = "id\tpromise\tfile\told\tnew\twhy\n"
	if list, err := planted.Parse(head + "a\tP1\tf\t\\to\tn\tw\n"); err != nil || list[0].Old != "\to" {
		t.Errorf("got %v, %v", list, err)
	}
	for _, bad := range []string{"a\tb\n", "a\tP1\tf\t\tn\tw\n"} {
		if _, err := planted.Parse(head + bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}
