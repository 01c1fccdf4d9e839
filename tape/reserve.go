package tape

import (
	"errors"
	"fmt"
	"slices"
)

// reserveFile takes up room on the disk and holds nothing.
const reserveFile = "reserve.full"

// setAside writes the reserve, where it is not there yet. A file of that name that a crash cut short is made anew.
func (t *Tape) setAside(size int64) error {
	names, err := t.fs.List()
	if err != nil {
		return fmt.Errorf("tape: list the folder: %w", err)
	}
	if slices.Contains(names, reserveFile) {
		if err := t.fs.Remove(reserveFile); err != nil {
			return fmt.Errorf("tape: renew the reserve: %w", err)
		}
	}
	f, err := t.fs.Create(reserveFile)
	if err != nil {
		return fmt.Errorf("tape: the reserve of %d bytes: %w", size, err)
	}
	const step = 1 << 16
	for left := size; left > 0 && err == nil; left -= step {
		_, err = f.Write(make([]byte, min(left, step)))
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = t.fs.Sync()
	}
	if err != nil {
		return fmt.Errorf("tape: the reserve of %d bytes: %w: make room on the disk", size, err)
	}
	t.reserve = true
	return nil
}

// writeFromReserve lets the reserve go and writes once more. That is no second try of a write whose fate is open: a full disk is
// refused before anything is lost, and what was written of the batch is cut off first.
func (t *Tape) writeFromReserve(full error) (n int, err error) {
	t.reserve = false
	t.low = fmt.Errorf("the disk is full, the reserve is in use: make room: %w", full)
	if err := t.fs.Remove(reserveFile); err != nil {
		return 0, errors.Join(full, err)
	}
	if err := t.fs.Sync(); err != nil {
		return 0, errors.Join(full, err)
	}
	if err := t.file.Truncate(t.size); err != nil {
		return 0, errors.Join(full, err)
	}
	return t.write()
}

// Low says that the disk was full and the reserve is being used up: what is written now may be the last. nil: it was not.
func (t *Tape) Low() error { return t.low }
