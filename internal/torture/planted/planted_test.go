package planted_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"baton/internal/torture/planted"
)

// root is the repository as seen from here.
const root = "../../.."

// daily is how many a day tries: each costs a build of the torture. Which ones goes by the day of the year, or by
// BATON_PLANTED_DAY, and is printed.
const daily = 4

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

// TestPlanted hunts what BATON_PLANTED says: "day" those of the day, "all" every bug, or those whose ids it names with commas. Each must
// be caught.
func TestPlanted(t *testing.T) {
	which := os.Getenv("BATON_PLANTED")
	if which == "" {
		t.Skip("each bug costs a build: BATON_PLANTED=day hunts those of the day, all every one, ID[,ID] some")
	}
	list := table(t)
	days := (len(list) + daily - 1) / daily
	today := day(t) % days
	if which == "day" {
		fmt.Printf("day %d of %d: bugs %d to %d of %d; BATON_PLANTED_DAY=%d hunts these again\n",
			today, days, today*daily+1, min((today+1)*daily, len(list)), len(list), today)
	}
	passed, failed := 0, 0
	for i, b := range list {
		switch {
		case which == "all" || strings.Contains(","+which+",", ","+b.ID+","):
		case which != "day" || i/daily != today:
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

// day is the day that decides which bugs are hunted.
func day(t *testing.T) int {
	t.Helper()
	v := os.Getenv("BATON_PLANTED_DAY")
	if v == "" {
		return time.Now().UTC().YearDay()
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		t.Fatalf("BATON_PLANTED_DAY=%s: write a number from 0", v)
	}
	return n
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
