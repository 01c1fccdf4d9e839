package torture

// Covered is a fault of the catalogue that no run here makes, and the test that does.
type Covered struct {
	ID    string `json:"id"`
	What  string `json:"what"`
	Tests string `json:"tests"` // FOLDER.TestName, with commas; "": nobody's, and Why says how it stands
	Why   string `json:"why"`   // why it is not here
}

// Elsewhere lists the faults that are not made here.
func Elsewhere() []Covered {
	return []Covered{
		{"N13", "an address that swallows everything", "binance.TestFaultMatrix", "it needs sockets"},
		{"N14", "a certificate of an unknown issuer, or of another host", "binance.TestFaultMatrix", "it needs TLS"},
		{"N15", "TLS ends without a goodbye", "binance.TestFaultMatrix", "it needs TLS"},
		{"N17", "the server closes an idle connection as a command leaves", "binance.TestFaultMatrix", "it needs net/http"},
		{"N18", "the process has no sockets left", "binance.TestFaultMatrix", "it needs sockets"},
		{"W3", "the exchange pings no more", "netio.TestKeepAlivePingsASilentPeer,binance.TestFaultMatrix", "a network in memory pings nobody"},
		{"W11", "too many messages to the exchange", "binance.TestSubscribePace", "three symbols need no subscriptions; the client must not do it"},
		{"W14", "streams are routed to other roots", "binance.TestFaultMatrix", "it is a matter of addresses"},
		{"E35", "automatic deleveraging of a position of ours", "exchange.TestDeleveraging", "it takes a bankrupt crowd"},
		{"E40", "a fill says that more was filled than was ordered", "exchange/server.TestOverfill,order.TestScripts", "what was told can never be settled: it stays an alarm"},
		{"M8", "the kernel kills the process for its memory", "test/crash.TestKilledAtEveryWrite", "to the disk it is M1"},
		{"M12", "a strategy spins, or a task never ends", "aio.TestSpinningTaskIsStopped,app.TestKillOfASpinningTrader", "it needs real time"},
		{"M14", "the log's disk is full, or its reader is gone", "", "notes are handed out here, and written by the command line alone"},
		{"M15", "a journal of another version, or a damaged snapshot", "journal.TestADamagedSnapshotIsRefused,journal.TestAHoleIsRefused", "one build writes all of a run"},
		{"M17", "a service manager that starts the process again and again", "", "packaging/baton@.service: five starts in ten minutes, then it stays down"},
	}
}
