package torture

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Where says how a fault is made.
type Where uint8

// The ways: on the line, in the exchange's server, on the trader's disk, to its machine or process; by nobody: it follows from trading
// and other faults, and is counted where it is seen.
const (
	OnLine Where = iota
	AtVenue
	OnDisk
	OnMachine
	Natural
)

// Fault is one entry of the catalogue.
type Fault struct {
	ID     string
	What   string
	Where  Where
	Direct bool // the direct mode can make it, too

	names []string      // of the server's chances, or scenes, that make it: one of them is drawn
	scene bool          // they are scenes: of the venue or a symbol as a whole, for the time of the incident
	wait  time.Duration // of a chance that delays or lasts
	rate  [2]float64    // the range that its probability is drawn from
}

// catalogue is the one table of the faults that a run can reach, by their ids: N of the network, W of WebSocket, E of the exchange, M of
// the machine.
var catalogue = []Fault{
	{ID: "N1", What: "connections are refused"},
	{ID: "N2", What: "connections break in the middle of a message", rate: [2]float64{0.002, 0.02}},
	{ID: "N3", What: "connections fall silent and stay open", Where: AtVenue, names: []string{"half-open"}, rate: [2]float64{0.002, 0.008}},
	{ID: "N4", What: "messages take 0.1 to 5 s", Direct: true, rate: [2]float64{0.005, 0.05}},
	{ID: "N5", What: "requests are slow, streams are not, or the other way round"},
	{ID: "N6", What: "frames come one byte at a time", rate: [2]float64{0.05, 0.5}},
	{ID: "N7", What: "half of a message of ours leaves, then the line stalls until it breaks", rate: [2]float64{0.02, 0.2}},
	{ID: "N8", What: "we read nothing for a while, and then all at once"},
	{ID: "N9", What: "the line to us is narrow: 2 to 16 kB a second"},
	{ID: "N10", What: "everything breaks each 200 ms", Direct: true},
	{ID: "N11", What: "some of market data, user stream, orders and requests are down", Direct: true},
	{ID: "N12", What: "names do not resolve: what is open lives on, nothing new can be reached"},
	{ID: "N16", What: "a proxy answers with HTML and status 200"},
	{ID: "N19", What: "two connections bring the same stream", Where: Natural},
	{ID: "N20", What: "what is sent arrives, nothing comes back"},
	{ID: "W1", What: "a message in up to 200 fragments, pings between them"},
	{ID: "W2", What: "hundreds of pings at once"},
	{ID: "W4", What: "connections are closed, with each code", Where: AtVenue, names: []string{"close"}, rate: [2]float64{0.001, 0.006}},
	{ID: "W5", What: "a message beyond the limit"},
	{ID: "W6", What: "frames that make no sense on the user stream"},
	{ID: "W7", What: "a compressed message, though none was agreed"},
	{ID: "W8", What: "frames that break the protocol: reserved bits, opcodes that do not exist, masks"},
	{ID: "W9", What: "the exchange ends each connection after its life, here 15 s", Where: AtVenue},
	{ID: "W10", What: "one book's stream brings nothing, the others go on"},
	{ID: "W12", What: "frames of a connection come again after it has ended"},
	{ID: "W13", What: "answers come twice, for nothing that was asked, or behind the next", Where: AtVenue, names: []string{"ack-twice", "ack-unknown", "ack-reorder"}, rate: [2]float64{0.1, 0.5}},
	{ID: "E1", What: "429", Where: AtVenue, names: []string{"429"}, rate: [2]float64{0.05, 0.3}},
	{ID: "E2", What: "418: the address is banned", Where: AtVenue, names: []string{"418"}, wait: 20 * time.Second, rate: [2]float64{0.05, 0.3}},
	{ID: "E3", What: "403 of a firewall, without JSON"},
	{ID: "E4", What: "503 Unknown error, and the order lives", Where: AtVenue, names: []string{"503-unknown"}, rate: [2]float64{0.1, 0.5}},
	{ID: "E5", What: "503 Service Unavailable.", Where: AtVenue, names: []string{"503-unavailable"}, rate: [2]float64{0.1, 0.5}},
	{ID: "E6", What: "-1008, the exchange is busy", Where: AtVenue, names: []string{"busy"}, rate: [2]float64{0.1, 0.5}},
	{ID: "E7", What: "503 -1001, -1006, 408, 500, 504: done or not", Where: AtVenue, names: []string{"503-internal", "503-unexpected", "408", "500-unknown", "504"}, rate: [2]float64{0.1, 0.5}},
	{ID: "E8", What: "the order is taken, its answer never comes", Where: AtVenue, Direct: true, names: []string{"ack-lost"}, rate: [2]float64{0.05, 0.4}},
	{ID: "E9", What: "an order is taken late, and its answer never comes", Where: AtVenue, names: []string{"accepted-late"}, wait: 1500 * time.Millisecond, rate: [2]float64{0.1, 0.5}},
	{ID: "E10", What: "a query of a live order says that there is none", Where: AtVenue, names: []string{"no-such-order"}, rate: [2]float64{0.2, 0.8}},
	{ID: "E12", What: "-2011: the order to cancel is filled", Where: Natural},
	{ID: "E13", What: "an order comes twice to the exchange, and only the second answer, -4116, comes back", rate: [2]float64{0.1, 0.5}},
	{ID: "E14", What: "-1021: the clocks differ by seconds"},
	{ID: "E15", What: "-5022: a post-only order would trade", Where: AtVenue, names: []string{"post-only"}, rate: [2]float64{0.3, 0.9}},
	{ID: "E16", What: "-2022: a reduce-only order would not reduce", rate: [2]float64{0.2, 0.8}},
	{ID: "E17", What: "tick, step and least notional change while trading", Where: AtVenue, names: []string{"filter-change"}, scene: true},
	{ID: "E18", What: "-2019, -2027: margin, or the bracket, is used up", Where: AtVenue, names: []string{"margin-short", "bracket"}, rate: [2]float64{0.1, 0.6}},
	{ID: "E19", What: "-4061: the position mode is another", Where: AtVenue, names: []string{"side-mismatch"}, rate: [2]float64{0.1, 0.6}},
	{ID: "E20", What: "-4400, -4401, -4192: only what reduces is taken", Where: AtVenue, names: []string{"quant-rule", "large-position", "cooling-off"}, rate: [2]float64{0.1, 0.6}},
	{ID: "E21", What: "user events come late", Where: AtVenue, names: []string{"user-delay"}, wait: 2 * time.Second, rate: [2]float64{0.05, 0.4}},
	{ID: "E22", What: "user events are lost", Where: AtVenue, Direct: true, names: []string{"user-lost"}, rate: [2]float64{0.02, 0.2}},
	{ID: "E23", What: "user events come twice", Where: AtVenue, names: []string{"user-twice"}, rate: [2]float64{0.1, 0.6}},
	{ID: "E24", What: "user events overtake each other", Where: AtVenue, names: []string{"user-reorder"}, rate: [2]float64{0.05, 0.3}},
	{ID: "E25", What: "the listenKey expires", Where: AtVenue, names: []string{"key-expired"}, rate: [2]float64{0.02, 0.1}},
	{ID: "E26", What: "keeping the listenKey alive, or asking for one, fails"},
	{ID: "E27", What: "a user stream on which nothing was said is closed"},
	{ID: "E28", What: "depth frames are missing", Where: AtVenue, names: []string{"book-gap"}, rate: [2]float64{0.01, 0.1}},
	{ID: "E29", What: "snapshots are refused, or old ones", Where: AtVenue, names: []string{"snapshot-429", "stale-snapshot"}, rate: [2]float64{0.3, 0.9}},
	{ID: "E30", What: "a book is built anew after a break", Where: Natural},
	{ID: "E31", What: "a crossed book, a price of zero, a negative quantity", Where: AtVenue, names: []string{"crossed-book", "zero-price", "negative-quantity"}, rate: [2]float64{0.005, 0.05}},
	{ID: "E32", What: "mark prices stand still, or are 10 % from the last price", Where: AtVenue, names: []string{"mark-stall", "mark-apart"}, scene: true},
	{ID: "E33", What: "funding is paid in the middle of trading, its rate or interval jumps", Where: AtVenue, names: []string{"funding-jump", "funding-interval"}, scene: true},
	{ID: "E34", What: "our position is liquidated", Where: AtVenue},
	{ID: "E36", What: "a symbol stands still, takes only closes, or ends", Where: AtVenue, names: []string{"halt", "close-only"}, scene: true},
	{ID: "E37", What: "an order is filled in part, and cancelled", Where: Natural, Direct: true},
	{ID: "E38", What: "an amendment crosses a fill or a cancel, or its answer is lost", Where: Natural, Direct: true},
	{ID: "E39", What: "an order expires because it would trade with our own", Where: Natural},
	{ID: "E41", What: "commissions are paid in another coin", Where: AtVenue},
	{ID: "E42", What: "the list of trades does not know the newest", Where: AtVenue, names: []string{"trades-lag"}, wait: 3 * time.Second, rate: [2]float64{0.3, 0.9}},
	{ID: "E43", What: "the exchange is closed, or takes cancels only", Where: AtVenue, names: []string{"maintenance", "cancel-only"}, scene: true},
	{ID: "E44", What: "orders and cancels fail while the market moves", Where: AtVenue, names: []string{"outage"}, scene: true},
	{ID: "E45", What: "a stop's trigger comes, and the exchange refuses the order", Where: Natural},
	{ID: "E46", What: "-4045: there are too many conditional orders", rate: [2]float64{0.2, 0.8}},
	{ID: "E47", What: "somebody trades on the account by hand", Where: AtVenue, names: []string{"by-hand-order", "by-hand-cancel"}, scene: true},
	{ID: "M1", What: "the process dies", Where: OnDisk},
	{ID: "M2", What: "the power fails at an operation of the disk", Where: OnDisk},
	{ID: "M3", What: "a write is cut short and fails", Where: OnDisk},
	{ID: "M4", What: "the disk is full", Where: OnDisk},
	{ID: "M5", What: "the disk takes no more writes", Where: OnDisk},
	{ID: "M6", What: "fsync fails", Where: OnDisk},
	{ID: "M7", What: "fsync takes seconds", Where: OnDisk},
	{ID: "M9", What: "the machine stands still for 1 to 20 s", Where: OnMachine},
	{ID: "M10", What: "our clock jumps ahead by up to an hour", Where: OnMachine},
	{ID: "M11", What: "the machine is suspended, and all its connections are gone", Where: OnMachine},
	{ID: "M13", What: "a strategy panics", Where: OnMachine, Direct: true},
	{ID: "M16", What: "the journal goes on in a new file", Where: Natural, Direct: true},
}

// reachable says whether a run in that mode can make it.
func (f *Fault) reachable(mode Mode) bool { return mode == Wire || f.Direct || f.Where == OnDisk }

// Catalogue lists the faults that runs make, in the order of their ids.
func Catalogue() []Fault { return slices.Clone(catalogue) }

func fault(id string) *Fault {
	for i := range catalogue {
		if catalogue[i].ID == id {
			return &catalogue[i]
		}
	}
	return nil
}

// Incident is a fault that goes on for a time.
type Incident struct {
	ID   string        `json:"id"`
	From time.Duration `json:"from"` // after the start of the run
	For  time.Duration `json:"for"`
	Dice uint64        `json:"dice"` // everything else about it follows from this, so that it is the same without the others
}

// String is one line about it.
func (i Incident) String() string {
	return fmt.Sprintf("%s at %.3fs for %.3fs (%s)", i.ID, i.From.Seconds(), i.For.Seconds(), fault(i.ID).What)
}

func (i Incident) rng() *rand.Rand { return rand.New(rand.NewPCG(i.Dice, 1)) }

// The storm: when it begins and ends, and how long a run is at least, its calm counted.
const (
	stormFrom = 2 * time.Second
	stormTo   = 38 * time.Second
	runLeast  = 60 * time.Second
	calmMost  = 60 * time.Second
)

// incidentsMost is how many incidents a seed draws at most; quietIn: one in so many seeds has none.
const (
	incidentsMost = 9
	quietIn       = 24
)

// ParseFaults reads a list of ids with commas; "" stands for all, and "none" for none.
func ParseFaults(list string) ([]string, error) {
	var ids []string
	switch list {
	case "none":
		return []string{}, nil
	case "":
		return nil, nil
	}
	for id := range strings.SplitSeq(list, ",") {
		f := fault(strings.TrimSpace(id))
		switch {
		case f == nil:
			return nil, fmt.Errorf("no fault %q in the catalogue: it has %s", id, strings.Join(names(), ", "))
		case f.Where == Natural:
			return nil, fmt.Errorf("fault %s cannot be asked for: it follows from trading (%s)", f.ID, f.What)
		}
		ids = append(ids, f.ID)
	}
	return ids, nil
}

func names() (out []string) {
	for i := range catalogue {
		if catalogue[i].Where != Natural {
			out = append(out, catalogue[i].ID)
		}
	}
	return out
}

// Draw draws the incidents of a seed out of the faults of those ids; nil: all that the mode can make.
func Draw(seed uint64, mode Mode, ids []string) []Incident {
	rng := rand.New(rand.NewPCG(seed, 0x70727475))
	var pool []string
	for i := range catalogue {
		f := &catalogue[i]
		if f.Where != Natural && f.reachable(mode) && (ids == nil || slices.Contains(ids, f.ID)) {
			pool = append(pool, f.ID)
		}
	}
	if len(pool) == 0 || ids == nil && rng.IntN(quietIn) == 0 {
		return nil
	}
	// A swarm: few kinds a seed, so that each has room to do its worst.
	rng.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
	kinds := pool[:min(len(pool), 1+rng.IntN(5))]
	out := make([]Incident, 1+rng.IntN(incidentsMost))
	for i := range out {
		from := stormFrom + time.Duration(rng.Int64N(int64(stormTo-stormFrom)))
		out[i] = Incident{ID: kinds[i%len(kinds)], From: from, For: min(time.Duration(500+rng.IntN(11500))*time.Millisecond, stormTo-from), Dice: rng.Uint64()}
	}
	slices.SortFunc(out, func(a, b Incident) int { return int(a.From - b.From) })
	return out
}
