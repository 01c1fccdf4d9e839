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

// The ways: on the line, in the exchange's server, on the trader's disk; by nobody: it follows from trading and other faults, and
// is counted where it is seen.
const (
	OnLine Where = iota
	AtVenue
	OnDisk
	Natural
)

// Fault is one entry of the catalogue.
type Fault struct {
	ID     string
	What   string
	Where  Where
	Direct bool // the direct mode can make it, too

	chance string        // the server's name of it, where it is one of those
	wait   time.Duration // of a chance that delays
	rate   [2]float64    // the range that its probability is drawn from
}

// catalogue lists the faults that a run can reach, by their ids: N of the network, W of WebSocket, E of the exchange, M of the machine.
var catalogue = []Fault{
	{ID: "N1", What: "connections are refused"},
	{ID: "N2", What: "connections break in the middle of a message", rate: [2]float64{0.002, 0.02}},
	{ID: "N3", What: "connections fall silent and stay open", Where: AtVenue, chance: "half-open", rate: [2]float64{0.001, 0.004}},
	{ID: "N4", What: "messages take 0.1 to 5 s", Direct: true, rate: [2]float64{0.005, 0.05}},
	{ID: "N5", What: "requests are slow, streams are not, or the other way round"},
	{ID: "N10", What: "everything breaks each 200 ms", Direct: true},
	{ID: "N11", What: "some of market data, user stream, orders and requests are down", Direct: true},
	{ID: "N16", What: "a proxy answers with HTML and status 200"},
	{ID: "N20", What: "what is sent arrives, nothing comes back"},
	{ID: "W4", What: "connections are closed, with each code", Where: AtVenue, chance: "close", rate: [2]float64{0.0005, 0.003}},
	{ID: "W6", What: "frames that make no sense on the user stream"},
	{ID: "W10", What: "one book's stream brings nothing, the others go on"},
	{ID: "W13", What: "answers come twice", Where: AtVenue, chance: "ack-twice", rate: [2]float64{0.1, 0.5}},
	{ID: "E1", What: "429", Where: AtVenue, chance: "429", rate: [2]float64{0.05, 0.3}},
	{ID: "E3", What: "403 of a firewall, without JSON"},
	{ID: "E4", What: "503 Unknown error, and the order lives", Where: AtVenue, chance: "503-unknown", rate: [2]float64{0.1, 0.5}},
	{ID: "E5", What: "503 Service Unavailable.", Where: AtVenue, chance: "503-unavailable", rate: [2]float64{0.1, 0.5}},
	{ID: "E6", What: "-1008, the exchange is busy", Where: AtVenue, chance: "busy", rate: [2]float64{0.1, 0.5}},
	{ID: "E7", What: "503 -1001, and nothing was done", Where: AtVenue, chance: "503-internal", rate: [2]float64{0.1, 0.5}},
	{ID: "E8", What: "the order is taken, its answer never comes", Where: AtVenue, Direct: true, chance: "ack-lost", rate: [2]float64{0.05, 0.4}},
	{ID: "E9", What: "an order is taken late, and its answer never comes", Where: AtVenue, chance: "accepted-late", wait: 1500 * time.Millisecond, rate: [2]float64{0.1, 0.5}},
	{ID: "E10", What: "a query of a live order says that there is none", Where: AtVenue, chance: "no-such-order", rate: [2]float64{0.2, 0.8}},
	{ID: "E12", What: "-2011: the order to cancel is filled", Where: Natural},
	{ID: "E14", What: "-1021: the clocks differ by seconds"},
	{ID: "E15", What: "-5022: a post-only order would trade", Where: Natural},
	{ID: "E21", What: "user events come late", Where: AtVenue, chance: "user-delay", wait: 2 * time.Second, rate: [2]float64{0.05, 0.4}},
	{ID: "E22", What: "user events are lost", Where: AtVenue, Direct: true, chance: "user-lost", rate: [2]float64{0.02, 0.2}},
	{ID: "E23", What: "user events come twice", Where: AtVenue, chance: "user-twice", rate: [2]float64{0.1, 0.6}},
	{ID: "E24", What: "user events overtake each other", Where: AtVenue, chance: "user-reorder", rate: [2]float64{0.05, 0.3}},
	{ID: "E25", What: "the listenKey expires", Where: AtVenue, chance: "key-expired", rate: [2]float64{0.02, 0.1}},
	{ID: "E26", What: "keeping the listenKey alive, or asking for one, fails"},
	{ID: "E28", What: "depth frames are missing", Where: AtVenue, chance: "book-gap", rate: [2]float64{0.01, 0.1}},
	{ID: "E29", What: "snapshots are refused"},
	{ID: "E33", What: "funding is paid in the middle of trading", Where: Natural},
	{ID: "E37", What: "an order is filled in part, and cancelled", Where: Natural, Direct: true},
	{ID: "E43", What: "the exchange is closed", Where: AtVenue},
	{ID: "M1", What: "the process dies", Where: OnDisk},
	{ID: "M2", What: "the power fails at an operation of the disk", Where: OnDisk},
	{ID: "M3", What: "a write is cut short and fails", Where: OnDisk},
	{ID: "M4", What: "the disk is full", Where: OnDisk},
	{ID: "M5", What: "the disk takes no more writes", Where: OnDisk},
	{ID: "M6", What: "fsync fails", Where: OnDisk},
	{ID: "M7", What: "fsync takes seconds", Where: OnDisk},
}

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
		if f.Where != Natural && (mode == Wire || f.Direct || f.Where == OnDisk) && (ids == nil || slices.Contains(ids, f.ID)) {
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
