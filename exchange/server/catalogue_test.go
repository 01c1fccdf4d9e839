package server_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"baton/exchange/server"
)

// elsewhere says of faults of the catalogue that the exchange has no name for who makes them, or from what they follow.
var elsewhere = map[string]string{
	"N1": "the network: nobody listens", "N7": "the network: a write stalls at the client's end", "N8": "the client: its loop stalls",
	"N9": "the network: bandwidth", "N12": "the network: names", "N13": "the network: IPv6", "N14": "TLS: the client's check of a certificate",
	"N15": "TLS: the end of a connection", "N17": "the transport: a connection is kept alive too long", "N18": "the machine: no descriptors",
	"N19": "the client: two connections for one stream", "W1": "the codec: fragments, see netio/ws", "W2": "the codec: pings, see netio/ws",
	"W3": "the network: nothing comes any more, as half-open", "W5": "the codec: the size of frames", "W7": "the codec: compression",
	"W8": "the codec: bits and opcodes", "W9": "Config.Life", "W11": "a rule: a client that talks too fast is cut off",
	"W12": "the client: what comes behind a close", "W14": "a rule: a stream under another root is silent",
	"E11": "a rule: a conditional order has an endpoint of its own", "E12": "a rule: -2011", "E13": "a rule: -4116", "E16": "a rule: -2022",
	"E35": "a rule: auto-deleveraging, where the insurance fund cannot pay", "E30": "the client: what stands in its book after a new start", "E37": "a race, by latency", "E38": "a race, by latency",
	"E39": "a rule: self-trade prevention", "E41": "by command: POST /coin and feeBurn", "E45": "a rule: what a trigger made is refused",
	"E46": "a rule: -4045",
}

// TestCatalogue compares the faults with the catalogue: each is made here under a name, or listed above with who makes it. Run it with
// -v for the list.
func TestCatalogue(t *testing.T) {
	text, err := os.ReadFile("../../../shared/spec/trust.md")
	if err != nil {
		t.Skip("no catalogue here: ", err)
	}
	_, body, _ := strings.Cut(string(text), "### 2.1")
	body, _, _ = strings.Cut(body, "### 2.4")
	made := map[string][]string{}
	for _, c := range server.ChanceTable() {
		for id := range strings.FieldsSeq(c.IDs) {
			made[id] = append(made[id], c.Name)
		}
		if c.What == "" || c.IDs == "" {
			t.Errorf("%s: nobody knows what it is", c.Name)
		}
	}
	known := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| ([NWE]\d+) \| ([^|]+)`).FindAllStringSubmatch(body, -1) {
		id := row[1]
		known[id] = true
		switch why := elsewhere[id]; {
		case made[id] != nil && why != "":
			t.Errorf("%s is made by %v, and elsewhere", id, made[id])
		case made[id] != nil:
			t.Logf("%-4s %s", id, strings.Join(made[id], ", "))
		case why != "":
			t.Logf("%-4s - %s", id, why)
		default:
			t.Errorf("%s (%s) is made by nobody", id, row[2])
		}
	}
	for id := range made {
		if !known[id] {
			t.Errorf("the catalogue has no %s", id)
		}
	}
	if len(known) < 75 {
		t.Errorf("only %d faults in the catalogue", len(known))
	}
	names := server.Chances()
	slices.Sort(names)
	if len(slices.Compact(names)) != len(server.Chances()) {
		t.Error("two faults have one name")
	}
}
