package app

import (
	"fmt"
	"os"

	"baton/journal"
	"baton/market"
	"baton/tape"
)

// ReadJournal makes rows of the journal in an account's state folder. It changes nothing, and may be called while a trader runs.
func ReadJournal(path string, q journal.Query) (*journal.History, error) {
	d := stateDir(path)
	if _, err := os.Stat(d.file(journalName)); err != nil {
		return nil, fmt.Errorf("%s holds no journal: a live run writes one there; --account or --state names another: %w", path, err)
	}
	table, err := loadInstruments(d.file(tableName))
	if err != nil {
		return nil, err
	}
	bySymbol := make(map[string]*market.Instrument, len(table))
	for _, in := range table {
		bySymbol[in.Symbol] = in
	}
	if q.Symbol != "" && bySymbol[q.Symbol] == nil {
		return nil, fmt.Errorf("--symbol %s: the exchange of this account does not trade it", q.Symbol)
	}
	folder, err := tape.Dir(d.file(journalName))
	if err != nil {
		return nil, err
	}
	return journal.Read(folder, func(symbol string) *market.Instrument { return bySymbol[symbol] }, q)
}
