package main

import (
	"os"

	"baton/aio"
	"baton/journal"
	"baton/market"
	"baton/tape"
)

// unsynced is a journal whose intents are written to a file, 200 bytes each, and not synced.
type unsynced struct {
	f     *os.File
	bytes [200]byte
}

// Append writes an intent.
func (j *unsynced) Append(r *market.Record) (durable bool) {
	if r.Kind == market.RecordIntent {
		if _, err := j.f.Write(j.bytes[:]); err != nil {
			panic(err) // nothing that is measured then is true
		}
	}
	return true
}

// Sync has nothing to do.
func (j *unsynced) Sync(*aio.Co) error { return nil }

func openUnsynced(dir string) (*unsynced, error) {
	f, err := os.CreateTemp(dir, "intents")
	if err != nil {
		return nil, err
	}
	return &unsynced{f: f}, nil
}

// openDurable opens the journal of live trading in an empty folder: an order waits until its intent is on the disk.
func openDurable(dir string) (*journal.Journal, error) {
	fs, err := tape.Dir(dir)
	if err != nil {
		return nil, err
	}
	known := map[string]*market.Instrument{} // the journal reads back what it writes; only the name counts here
	return journal.Open(fs, func(symbol string) *market.Instrument {
		if known[symbol] == nil {
			known[symbol] = &market.Instrument{Symbol: symbol}
		}
		return known[symbol]
	})
}
