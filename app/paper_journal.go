package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"baton/binance/api"
	"baton/binance/wire"
	"baton/journal"
	"baton/market"
	"baton/tape"
	"baton/trade"
)

// paperName is the folder of paper runs below an account's state folder: their journal is never beside that of real orders.
const paperName = "paper"

// beforeName is the journal of the paper run before this one.
const beforeName = "journal.before"

// keepBook makes room for the run's journal, which begins anew: the exchange of the run does too. It keeps the one before.
func (p *paper) keepBook(ctx context.Context) error {
	if p.State == "" {
		return nil
	}
	var err error
	if p.dir, err = openStateDir(filepath.Join(p.State, paperName)); err != nil {
		return err
	}
	if p.lock, err = p.dir.lock(); err != nil {
		return err
	}
	r, err := newREST(ctx, p.REST, p.Keys)
	if err != nil {
		return err
	}
	if err := p.dir.keepTable(ctx, r); err != nil {
		return err
	}
	if _, err := os.Stat(p.dir.file(journalName)); err == nil {
		err = errors.Join(os.RemoveAll(p.dir.file(beforeName)), os.Rename(p.dir.file(journalName), p.dir.file(beforeName)))
		if err != nil {
			return fmt.Errorf("the journal of the paper run before: %w", err)
		}
	}
	p.Say(fmt.Sprintf("the journal: `baton orders --state %s`, and fills, positions, balances, notes", string(p.dir)))
	return nil
}

// leaveBook lets the folder go.
func (p *paper) leaveBook() {
	if p.lock != nil {
		_ = p.lock.Close()
	}
}

// keepTable keeps the exchange's instruments beside a journal, whose readers need them.
func (d stateDir) keepTable(ctx context.Context, r *rest) error {
	b, err := r.do(ctx, api.ExchangeInformation{}.Endpoint(), nil)
	if err != nil {
		return err
	}
	if _, err := wire.DecodeInfo(b); err != nil {
		return err
	}
	return d.write(tableName, b)
}

// openBook is the run's journal: on disk as that of a live run, in a replay in memory, and without a state folder durable at once.
func (p *paper) openBook() (trade.Journal, func() error, error) {
	nothing := func() error { return nil }
	if !p.onDisk {
		return journal.NewMemory(0), nothing, nil
	}
	var folder tape.FS = tape.Mem()
	if !p.diary.replays() {
		var err error
		if folder, err = tape.Dir(p.dir.file(journalName)); err != nil {
			return nil, nil, err
		}
	}
	j, err := journal.OpenAs(folder, func(symbol string) *market.Instrument {
		in, _ := p.client.Instrument(symbol)
		return in
	}, journal.Config{Build: version(), Run: paperName})
	if err != nil {
		return nil, nil, fmt.Errorf("the journal: %w", err)
	}
	return j, j.Close, nil
}
