package market

// EventKind is the kind of a recorded [Event].
type EventKind uint8

// The kinds of recorded events.
const (
	EventQuote EventKind = iota + 1
	EventTrade
	EventAgg // an aggregate trade
	EventDiff
	EventSnapshot
	EventMark
	EventGap // the recording itself has a hole here: Diff.Prev did not follow
)

// Event is one message of a recording, in receive order. Only the field its kind names is valid, and it is borrowed until
// the iterator's next step.
type Event struct {
	Kind       EventKind
	Instrument *Instrument
	Received   Nanos // by the recorder's clock
	Quote      Quote
	Trade      Trade // EventTrade, EventAgg
	Diff       Diff
	Snapshot   Snapshot
	Mark       Mark
}
