package aio

// Flat makes a loop whose tasks never run the ready queue themselves.
const Flat = -1

// WithInline sets how many tasks may host others at one time.
func WithInline(cfg Config, hosts int) Config {
	cfg.inline = hosts
	return cfg
}

// Limits that tests check.
const (
	TakeMax     = takeMax
	InboxMax    = inboxMax
	ReaderMax   = readerMax
	BlockingMax = blockingMax
)

// ReplayAborted says whether a replay has been told that Run's context is cancelled.
func ReplayAborted(l *Loop) bool { return l.rep.aborted.Load() }

// PendingOf is how much of what was written to a Conn is under way.
func PendingOf(c *Conn) int { return c.pending }

// BufferedOf is how much a Conn has read ahead.
func BufferedOf(c *Conn) int { return int(c.buffered.Load()) }

// Bounds of a Conn.
const (
	ConnReadMax  = connReadMax
	ConnReadStep = connReadStep
	ConnWriteMax = connWriteMax
)
