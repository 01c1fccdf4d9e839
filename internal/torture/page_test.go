package torture_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"baton/internal/torture"
)

// write has TestPage write the page in place of comparing it.
var write = flag.Bool("page", false, "write docs/torture.md")

const pageFile = "../../docs/torture.md"

const pageHead = "# Torture: the whole trader through seeded disasters\n\n" +
	"Made from the tables in `internal/torture` (`go test ./internal/torture -run Page -page`).\n\n" +
	"A seed is a run of the whole trader: strategies in three symbols, kernel, journal on a disk in memory, client, a network in memory,\n" +
	"exchange server and exchange with a synthetic market, on one virtual clock. While the storm lasts (36 of the first 38 virtual seconds)\n" +
	"faults of the list below go on and off, and the process dies; then comes calm, in which everything has to settle. An observer that\n" +
	"shares nothing with the trader checks at each message what is promised, against the exchange's own state. The same seed gives the same\n" +
	"run, bit for bit, in any process and on any number of processors.\n\n" +
	"```sh\n" +
	"go run ./cmd/baton torture --seeds 20\n" +
	"go run ./cmd/baton torture --seeds 20 --mode direct\n" +
	"go run ./cmd/baton torture --seeds 5 --faults N2,E8,M1\n" +
	"```\n\n" +
	"`--mode direct` leaves client, network and server out: the exchange is in the process, as in a backtest. `--json` prints one object.\n" +
	"The exit code is 1 where a promise was broken.\n\n" +
	"## When a seed fails\n\n" +
	"The report names the seed, what was broken and when, then the fewest incidents with which it still breaks (found by leaving parts of\n" +
	"them out and running again), and the trace of that run: incidents, what client and trader told, and `BROKEN` where the promise was.\n" +
	"Run that seed alone with `--seeds 1 --from SEED`; nothing else is needed.\n\n" +
	"## Bugs that it must find\n\n" +
	"`internal/torture/planted` keeps bugs, most of them from the trackers of other traders, each as a file, a text and what replaces it. A\n" +
	"test builds the torture with each and runs up to 200 seeds; a bug that is not found is a hole in the observer. `.ci/run` hunts\n" +
	"four of them, by the day of the year, `.ci/nightly` all.\n\n" +
	"## Promises\n\n| promise | what is checked here | what else checks it |\n|---|---|---|\n"

// The page says what the tables say.
func TestPage(t *testing.T) {
	var b strings.Builder
	b.WriteString(pageHead)
	for _, p := range torture.Promises() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", p.ID, p.What, p.Elsewhere)
	}
	b.WriteString("\n## Faults that are made\n\nN: network, W: WebSocket, E: exchange, M: machine. In direct mode those that are marked.\n\n| fault | what goes wrong | direct |\n|---|---|---|\n")
	for _, f := range torture.Catalogue() {
		direct := ""
		if f.Direct || f.Where == torture.OnDisk {
			direct = "yes"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", f.ID, f.What, direct)
	}
	b.WriteString("\n## Faults that are not made here\n\n| fault | what goes wrong | why not here | the test that covers it |\n|---|---|---|---|\n")
	for _, c := range torture.Elsewhere() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.ID, c.What, c.Why, strings.ReplaceAll(cmp.Or(c.Tests, "none"), ",", ", "))
	}
	if *write {
		if err := os.WriteFile(pageFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(pageFile)
	if err != nil || string(have) != b.String() {
		t.Errorf("docs/torture.md is not what the tables say (%v): write it anew with -page", err)
	}
}
