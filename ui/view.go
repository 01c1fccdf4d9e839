package ui

// Schema names the form of a [View]. It changes when a field changes its meaning or goes; a new field does not change it.
const Schema = "baton.view/1"

// View is everything that a person can see of a run at one moment. It never changes after it was published.
//
// Conventions, for every field below:
//   - Times end in _ms: milliseconds since the Unix epoch on the run's clock, which is not the wall's where the run is paced.
//   - Spans end in _ms or _us: milliseconds or microseconds.
//   - Prices, quantities and money are decimal strings, exact, with a point and without grouping: a price with the instrument's
//     places, a quantity with the instrument's places. A signed one has a leading "-" or none. A painter adds U+2212 and "+".
//   - Points of charts ([Candle], [Point]) are numbers: good for pixels, not for sums.
//   - null is "n/a": not known, or without a meaning in this mode. It never means zero. Lists are [] and never null.
//   - Sides are "BUY" and "SELL".
//   - A whole view (full true) has every list to its bound. Others have the newest items only: see each list.
type View struct {
	Schema string `json:"schema"`
	Seq    uint64 `json:"seq"`  // counts views from 1
	Full   bool   `json:"full"` // lists are whole, and all four sections are there

	Header  Header   `json:"header"`
	Markets []Market `json:"markets"` // in the order in which the run opened them; the first is shown first

	Account    Account     `json:"account"`
	Coroutines *Coroutines `json:"coroutines"` // null in a view that nobody watches it on: see the command "screen"
	Report     *Report     `json:"report"`     // likewise
	Health     *Health     `json:"health"`     // likewise

	Alarms []Alarm `json:"alarms"` // newest last; full: AlarmsKept, else AlarmsTail
	Audit  []Audit `json:"audit"`  // commands that came from people, newest last; AuditKept
}

// The modes of a run, as the badge says them.
const (
	ModeDemo     = "DEMO"
	ModeBacktest = "BACKTEST"
	ModePaper    = "PAPER"
	ModeTestnet  = "TESTNET"
	ModeLive     = "LIVE"
)

// The phases of a run.
const (
	PhaseStarting = "starting" // books are being fetched, the account is being reconciled
	PhaseRunning  = "running"
	PhaseEnding   = "ending" // orders are being cancelled and settled
	PhaseEnded    = "ended"  // this view is the last one
)

// Header is the line that stands above every screen.
type Header struct {
	Mode     string   `json:"mode"`  // one of the Mode constants
	Phase    string   `json:"phase"` // one of the Phase constants
	Strategy string   `json:"strategy"`
	Version  string   `json:"version"`
	StartMs  int64    `json:"start_ms"`
	NowMs    int64    `json:"now_ms"`  // the run's clock
	WallMs   int64    `json:"wall_ms"` // the wall's clock when the view was made
	Done     *float64 `json:"done"`    // 0 to 1 of a run that has an end
	Clock    Clock    `json:"clock"`

	Asset  string  `json:"asset"` // that money below is in
	Equity *string `json:"equity"`
	// DayProfit is equity now less equity at 00:00 UTC of the run's clock, or at the start where that is later.
	DayProfit *string `json:"day_profit"`

	// Trading says what may be sent: "normal", "no-increase" (only what reduces a position), "stopped" (nothing new).
	Trading string `json:"trading"`
	Paused  bool   `json:"entries_paused"` // a person has paused entries: see the command "pause"
	Killed  bool   `json:"killed"`         // the kill switch was pulled; only a new start opens it

	Read string `json:"read_only"` // "" or why no command is taken here: "the run has ended"
}

// The kinds of a [Clock].
const (
	ClockReal    = "real"    // the wall's
	ClockPaced   = "paced"   // virtual, no faster than Speed times the wall's
	ClockVirtual = "virtual" // as fast as the machine can
)

// Clock is how time goes in the run.
type Clock struct {
	Kind    string   `json:"kind"`
	Speed   *float64 `json:"speed"`   // of a paced one
	Paused  bool     `json:"paused"`  // by the command "clock.pause"
	Control bool     `json:"control"` // pause, step and speed are taken
}

// The states of a feed.
const (
	FeedExact = "exact" // the book is proven equal to the venue's
	FeedStale = "stale" // the chain of changes is broken: what is shown is old
	FeedEnded = "ended" // nothing more will come
)

// Market is one instrument.
type Market struct {
	Symbol      string `json:"symbol"`
	Base        string `json:"base"`
	Quote       string `json:"quote"`
	Tick        string `json:"tick"`
	PricePlaces int    `json:"price_places"`
	QtyPlaces   int    `json:"qty_places"`

	Feed string `json:"feed"` // exact, stale or ended
	// AgeMs is how long ago, on the run's clock, the newest market data came; null before the first.
	AgeMs *int64 `json:"age_ms"`
	// Stale says that what is shown here must not pose as current: the feed is not exact, or AgeMs is above StaleAfterMs.
	Stale bool `json:"stale"`

	Mark      *string  `json:"mark"`
	Index     *string  `json:"index"`
	Last      *string  `json:"last"`         // price of the last trade
	Rate      *string  `json:"funding_rate"` // a fraction: "0.0001" is 0.01 %
	FundingMs *int64   `json:"funding_ms"`   // when it is next settled: the countdown is this less header.now_ms
	Spread    *string  `json:"spread"`
	Imbalance *float64 `json:"imbalance"` // (bids - asks) / (bids + asks) of the ladder's quantities: -1 to 1

	Bids   []Level `json:"bids"` // best first, LadderRows
	Asks   []Level `json:"asks"` // best first, LadderRows
	Trades []Print `json:"trades"`

	Spans []Candles `json:"spans"`
	Lines []Line    `json:"lines"`
	Marks []FillDot `json:"fill_marks"` // our fills for the chart, oldest first: full: MarksKept, else MarksTail

	// Late counts trades that came too late for their candle and were added to the newest one instead.
	Late int `json:"late_trades"`
}

// Level is one row of the ladder.
type Level struct {
	Px   string  `json:"px"`
	Qty  string  `json:"qty"`
	Cum  string  `json:"cum"`   // quantity from the top to here
	Bar  float64 `json:"bar"`   // Cum in parts of the deeper side's whole: 0 to 1
	Mine *string `json:"mine"`  // quantity of our own orders that rest here
	Own  bool    `json:"added"` // the venue's book does not hold ours (a replayed one): Qty is without them
}

// Print is one trade on the tape, newest last; full: PrintsKept, else PrintsTail.
type Print struct {
	ID   int64  `json:"id"`
	AtMs int64  `json:"at_ms"`
	Px   string `json:"px"`
	Qty  string `json:"qty"`
	Side string `json:"side"` // of the taker
	Mine bool   `json:"mine"` // one of our own fills
}

// Candles are the candles of one span, oldest first; full: CandlesKept, else CandlesTail. A painter that has a hole between its
// last candle and the first one here asks for a whole view by the command "full".
type Candles struct {
	Span int      `json:"span_s"` // seconds: 1, 10, 60, 300, 3600
	List []Candle `json:"list"`
}

// Candle is made of the trades in [T, T+span). A span without a trade has none.
type Candle struct {
	T      int64   `json:"t"` // seconds since the Unix epoch, as chart libraries want it
	Open   float64 `json:"o"`
	High   float64 `json:"h"`
	Low    float64 `json:"l"`
	Close  float64 `json:"c"`
	Volume float64 `json:"v"`  // base asset
	Taker  float64 `json:"tb"` // of it, bought by takers
	Count  int     `json:"n"`  // trades
}

// The kinds of a [Line].
const (
	LineEntry       = "entry"       // the position's entry price
	LineOrder       = "order"       // a resting order
	LineLiquidation = "liquidation" // estimated, where a price can do it
)

// Line is a horizontal line of the chart.
type Line struct {
	Kind  string  `json:"kind"`
	Px    string  `json:"px"`
	Side  *string `json:"side"`
	Qty   *string `json:"qty"`
	Order *int64  `json:"order"`
}

// FillDot is one of our fills on the chart.
type FillDot struct {
	N     int     `json:"n"` // as Fill.N
	T     int64   `json:"t"` // seconds since the Unix epoch
	AtMs  int64   `json:"at_ms"`
	Side  string  `json:"side"`
	Px    float64 `json:"px"`
	Text  string  `json:"price"` // the exact one
	Qty   string  `json:"qty"`
	Maker bool    `json:"maker"`
}

// Account is money, positions, orders and fills.
type Account struct {
	Wallet   *string `json:"wallet"`
	Realised *string `json:"realised"` // before fees and funding
	Fees     *string `json:"fees"`     // paid: positive
	Funding  *string `json:"funding"`  // received: positive

	Positions []Position `json:"positions"` // flat ones are left out
	Orders    []Order    `json:"orders"`    // not ended, oldest first; OrdersKept
	Fills     []Fill     `json:"fills"`     // newest last; full: FillsKept, else FillsTail
	FillCount int        `json:"fill_count"`
	Placed    int        `json:"placed"`  // orders so far
	Refused   int        `json:"refused"` // requests that our own risk desk refused
}

// Position is one open position. Profit is qty * (mark - entry).
type Position struct {
	Symbol      string  `json:"symbol"`
	Side        string  `json:"side"` // "LONG" or "SHORT"
	Qty         string  `json:"qty"`  // signed
	Entry       string  `json:"entry"`
	Mark        *string `json:"mark"`
	Liquidation *string `json:"liquidation"` // estimated for cross margin; null where no price can do it
	Notional    *string `json:"notional"`    // |qty| * mark
	Profit      *string `json:"profit"`      // unrealised
	Realised    string  `json:"realised"`
	Fees        string  `json:"fees"`
}

// Order is one order that has not ended.
type Order struct {
	ID     int64  `json:"id"` // the trader's own number
	Symbol string `json:"symbol"`
	AtMs   int64  `json:"at_ms"` // when it was decided
	AgeMs  int64  `json:"age_ms"`
	Side   string `json:"side"`
	Type   string `json:"type"` // "LIMIT", "MARKET"
	TIF    string `json:"tif"`  // "GTC", "IOC", "GTX"
	Px     string `json:"px"`
	Qty    string `json:"qty"`
	Filled string `json:"filled"`
	Reduce bool   `json:"reduce_only"`
	State  string `json:"state"`
	// Unknown: nothing is proven of it; the trader is asking the venue. It deserves a bold row.
	Unknown bool `json:"unknown"`
}

// Fill is one execution, as the venue told it.
type Fill struct {
	N        int     `json:"n"` // counts the run's fills from 1
	Trade    int64   `json:"trade"`
	Order    int64   `json:"order"`
	Symbol   string  `json:"symbol"`
	AtMs     int64   `json:"at_ms"`
	Side     string  `json:"side"`
	Px       string  `json:"px"`
	Qty      string  `json:"qty"`
	Maker    bool    `json:"maker"`
	Fee      string  `json:"fee"` // paid: positive
	FeeAsset string  `json:"fee_asset"`
	Realised string  `json:"realised"` // of this fill, before the fee
	Position string  `json:"position"` // signed, afterwards
	Wallet   *string `json:"wallet"`   // afterwards
}

// The levels of an [Alarm].
const (
	LevelNote  = "note"
	LevelWarn  = "warn"
	LevelAlarm = "alarm" // a person should look now
)

// Alarm is a line that a person should know.
type Alarm struct {
	N     int    `json:"n"` // counts from 1
	AtMs  int64  `json:"at_ms"`
	Level string `json:"level"`
	Text  string `json:"text"`
}

// Audit is one command of a person and what came of it.
type Audit struct {
	N      int    `json:"n"` // counts from 1
	WallMs int64  `json:"wall_ms"`
	AtMs   int64  `json:"at_ms"`
	From   string `json:"from"` // the peer's address and the session's number
	Name   string `json:"name"` // of the command
	Arg    string `json:"arg"`
	Result string `json:"result"` // "done", or why not
	OK     bool   `json:"ok"`
}

// Coroutines is the loop seen from inside.
type Coroutines struct {
	Loop  LoopState `json:"loop"`
	Tasks []Task    `json:"tasks"` // in the order in which they were started: a parent stands before its children; TasksKept
	More  int       `json:"more"`  // tasks beyond TasksKept

	// Steps are what ran, oldest first: the newest StepsKept steps of the last second or so. Between two steps of a task it
	// awaited. They are recorded only while somebody watches this screen.
	Steps   []Step `json:"steps"`
	StepSeq uint64 `json:"step_seq"` // number of the last step in the list; consecutive views overlap: join by Step.N
	Skipped uint64 `json:"skipped"`  // steps between this list and the one before that are in neither

	Slow []SlowStep `json:"slow"` // newest last; SlowKept
	// SlowUs is from which on a step counts as slow.
	SlowUs int64 `json:"slow_us"`
}

// LoopState is the loop as a whole. Rates are over the time since the view before.
type LoopState struct {
	Passes   uint64   `json:"passes"`
	Handles  uint64   `json:"handles"` // steps of tasks and callbacks, ever
	Switches uint64   `json:"switches"`
	Rate     *float64 `json:"handles_per_s"` // of wall time
	Busy     *float64 `json:"busy"`          // share of wall time in recorded steps: 0 to 1; null while nothing is recorded
}

// Task is one coroutine.
type Task struct {
	ID        uint64  `json:"id"`
	Parent    uint64  `json:"parent"` // 0: none that lives
	Depth     int     `json:"depth"`
	Name      string  `json:"name"`
	State     string  `json:"state"`    // new, ready, running, parked
	Awaits    string  `json:"awaits"`   // in words; "" where it does not
	SinceMs   float64 `json:"since_ms"` // for how long it has awaited, on the run's clock
	Wakes     uint64  `json:"wakes"`
	WakeRate  float64 `json:"wakes_per_s"` // of wall time, since the view before
	RanUs     int64   `json:"ran_us"`      // wall time in its steps, sampled
	Cancelled bool    `json:"cancelled"`
	Site      string  `json:"site"`       // where its function stands: "strategy/maker.go:21"
	AwaitSite string  `json:"await_site"` // where it awaits; "" where that is not recorded
}

// Step is one run of a task, from an await to the next, or of a callback (Task 0).
type Step struct {
	N      uint64  `json:"n"`
	Task   uint64  `json:"task"`
	Name   string  `json:"name"`    // where task is 0: of the timer, the inlet or the function that it was
	By     uint64  `json:"by"`      // the task that made it ready: it handed over the baton; 0: none did
	From   string  `json:"from"`    // where by is 0: the timer, the message or the callback that made it ready; "" where nobody knows
	AtUs   int64   `json:"at_us"`   // when it began: wall time since the loop began
	TookUs float64 `json:"took_us"` // wall time
	NowMs  float64 `json:"now_ms"`  // the run's clock, with fraction
}

// SlowStep is a step that kept everybody else waiting.
type SlowStep struct {
	AtMs   int64   `json:"at_ms"`
	Task   string  `json:"task"`
	Site   string  `json:"site"`
	TookMs float64 `json:"took_ms"`
}

// Report is what the run came to so far, or in the end.
type Report struct {
	Final   bool   `json:"final"` // the run has ended
	Result  *End   `json:"result"`
	StartMs int64  `json:"start_ms"`
	StopMs  *int64 `json:"stop_ms"` // null: it goes on
	// Every value has its convention beside it, for people to read.
	Values []Value `json:"values"`

	// Curve is sampled on the run's clock; when it is full every other point is dropped and the distance doubles.
	// full: CurveKept, else the newest CurveTail points. From is the number of the first point listed; Generation changes when
	// points were dropped, and then a painter asks for a whole view.
	Curve      []Point `json:"curve"`
	CurveFrom  int     `json:"curve_from"`
	Generation int     `json:"curve_generation"`

	Trips     []Trip `json:"trips"` // round trips, newest last; full: TripsKept, else TripsTail
	TripCount int    `json:"trip_count"`

	Conventions []string `json:"conventions"` // about the whole report
	Warnings    []string `json:"warnings"`    // "fewer than 30 round trips: ratios mean little"
}

// End is how the run ended.
type End struct {
	Reconciled  bool     `json:"reconciled"`
	Differences []string `json:"differences"`
	Digest      *string  `json:"digest"`
	Notes       []string `json:"notes"`
}

// The units of a [Value].
const (
	UnitMoney   = "money"   // of header.asset
	UnitRatio   = "ratio"   // a plain number
	UnitPercent = "percent" // 1.5 is 1.5 %
	UnitCount   = "count"
)

// Value is one figure of the report.
type Value struct {
	Key        string  `json:"key"`   // "net", "fees", "max_drawdown", ...
	Label      string  `json:"label"` // for people
	Value      *string `json:"value"` // null: n/a, and Convention says why
	Unit       string  `json:"unit"`
	Convention string  `json:"convention"` // how it is counted
}

// Point is one sample of the curves.
type Point struct {
	AtMs     int64   `json:"at_ms"`
	Equity   float64 `json:"equity"`
	Drawdown float64 `json:"drawdown"` // equity / highest equity so far - 1: 0 or negative
	Exposure float64 `json:"exposure"` // sum of signed qty * mark / equity
}

// Trip is one round trip: from flat, through a position, to flat or to the other side.
type Trip struct {
	N        int     `json:"n"` // counts from 1
	Symbol   string  `json:"symbol"`
	Side     string  `json:"side"` // "LONG" or "SHORT"
	OpenMs   int64   `json:"open_ms"`
	CloseMs  *int64  `json:"close_ms"` // null: still open
	Qty      string  `json:"qty"`      // the most that was held
	Entry    *string `json:"entry"`    // average price of what opened it; null for an adopted position
	Exit     *string `json:"exit"`     // average price of what closed it
	Gross    string  `json:"gross"`    // realised, before fees and funding
	Fees     string  `json:"fees"`     // paid: positive
	Funding  string  `json:"funding"`  // received: positive
	Net      string  `json:"net"`      // gross - fees + funding
	Fills    int     `json:"fills"`
	HoldMs   *int64  `json:"hold_ms"`
	MakerPct float64 `json:"maker_percent"` // of the quantity
}

// Health is how well the machinery works.
type Health struct {
	Latencies []Histogram `json:"latencies"`

	Connects int     `json:"connects"` // connections that were made
	Losses   int     `json:"losses"`   // connections that were lost
	Gaps     int     `json:"gaps"`     // breaks of the chain of book changes
	Resyncs  int     `json:"resyncs"`  // books that became exact again
	Bad      int     `json:"bad"`      // frames that could not be read
	Messages int     `json:"messages"` // frames of market data
	Rate     float64 `json:"messages_per_s"`

	StaleWakes int `json:"stale_wakes"`
	StaleReads int `json:"stale_reads"` // must be zero
	Unknown    int `json:"unknown"`     // commands whose outcome was not known at first
	Queries    int `json:"queries"`     // asked to settle them

	Budgets []Budget `json:"budgets"` // [] where the connection has none to tell

	Lag        *Histogram `json:"lag"` // how late the loop ran what the page posted to it
	Goroutines int        `json:"goroutines"`
	Heap       int64      `json:"heap_bytes"`
	GCPauseUs  *float64   `json:"gc_pause_us"` // the last one
	UptimeMs   int64      `json:"uptime_ms"`   // of wall time
	Tabs       int        `json:"tabs"`        // pages that are open
	Dropped    uint64     `json:"dropped"`     // views that slow pages did not get

	Incidents []Incident `json:"incidents"` // gaps, losses, resyncs: newest last; IncidentsKept
}

// Histogram is a distribution of spans.
type Histogram struct {
	Name    string   `json:"name"`  // "frame to strategy", "decide to send", "send to ack", "loop lag"
	Clock   string   `json:"clock"` // "wall" or "run": which clock the spans are measured on
	Note    string   `json:"note"`  // what is measured, for people
	Count   uint64   `json:"count"`
	P50     *float64 `json:"p50_us"` // upper edge of the bucket; null while Count is zero
	P90     *float64 `json:"p90_us"`
	P99     *float64 `json:"p99_us"`
	P999    *float64 `json:"p999_us"`
	Max     *float64 `json:"max_us"`
	Buckets []Bucket `json:"buckets"` // ascending; empty ones at both ends are left out
}

// Bucket is one bar of a histogram.
type Bucket struct {
	UpToUs float64 `json:"le_us"`
	Count  uint64  `json:"count"`
}

// Budget is one rate limit of the venue.
type Budget struct {
	Name  string `json:"name"` // "weight/1m", "orders/10s"
	Used  int    `json:"used"`
	Limit int    `json:"limit"`
}

// Incident is something that went wrong on the line, and what became of it.
type Incident struct {
	AtMs int64  `json:"at_ms"`
	Kind string `json:"kind"` // "stale", "exact", "ended", "lost", "connected"
	Text string `json:"text"`
}

// The bounds of every list of a view: Kept in a whole one, Tail in the others.
const (
	LadderRows    = 12
	PrintsKept    = 60
	PrintsTail    = 30
	CandlesKept   = 600
	CandlesTail   = 20
	MarksKept     = 500
	MarksTail     = 20
	FillsKept     = 500
	FillsTail     = 20
	OrdersKept    = 100
	AlarmsKept    = 100
	AlarmsTail    = 10
	AuditKept     = 50
	TasksKept     = 200
	StepsKept     = 400
	SlowKept      = 50
	CurveKept     = 2000
	CurveTail     = 10
	TripsKept     = 500
	TripsTail     = 10
	IncidentsKept = 100
	StaleAfterMs  = 5000
)
