package tape

import (
	"errors"
	"syscall"
)

// ErrInjected is the error of a fault that was asked for. ErrDown: the folder has crashed and does nothing any more.
var (
	ErrInjected = errors.New("tape: injected fault")
	ErrDown     = errors.New("tape: the disk is gone")
)

// Faults say which calls on files misbehave, counted from 1 over the whole folder; zero is never.
type Faults struct {
	FailWrite  int   // this Write writes nothing and fails
	ShortWrite int   // this Write writes half of its bytes and fails
	LoseWrite  int   // this Write says that it wrote, and did not
	FailSync   int   // this Sync of a file fails; what it should have made durable is not
	Stop       int64 // after so many bytes the power is gone: the Write in hand is cut, every later call is ErrDown
	Room       int64 // the files hold no more than so many bytes: a Write beyond writes what fits and fails with ENOSPC
	ReadOnly   int   // from this Write on, every call that changes anything fails with EROFS, as on a disk remounted so
}

// Faulty is a folder in memory that misbehaves on purpose.
type Faulty struct {
	*Memory
	Faults Faults
	Writes int   // calls of Write so far
	Syncs  int   // calls of File.Sync so far
	Bytes  int64 // written so far
	down   bool
}

// NewFaulty puts faults in front of m.
func NewFaulty(m *Memory, f Faults) *Faulty { return &Faulty{Memory: m, Faults: f} }

// Down says whether the power is gone.
func (f *Faulty) Down() bool { return f.down }

// Open is Memory's.
func (f *Faulty) Open(name string) (File, error) { return f.wrap(f.Memory.Open, name) }

// Create is Memory's.
func (f *Faulty) Create(name string) (File, error) {
	if f.readOnly() {
		return nil, syscall.EROFS
	}
	return f.wrap(f.Memory.Create, name)
}

func (f *Faulty) wrap(open func(string) (File, error), name string) (File, error) {
	if f.down {
		return nil, ErrDown
	}
	file, err := open(name)
	if err != nil {
		return nil, err
	}
	return &faultyFile{File: file, of: f}, nil
}

// Rename is Memory's.
func (f *Faulty) Rename(from, to string) error {
	if f.down {
		return ErrDown
	}
	if f.readOnly() {
		return syscall.EROFS
	}
	return f.Memory.Rename(from, to)
}

// Remove is Memory's.
func (f *Faulty) Remove(name string) error {
	if f.down {
		return ErrDown
	}
	if f.readOnly() {
		return syscall.EROFS
	}
	return f.Memory.Remove(name)
}

// Sync is Memory's.
func (f *Faulty) Sync() error {
	if f.down {
		return ErrDown
	}
	return f.Memory.Sync()
}

// List is Memory's.
func (f *Faulty) List() ([]string, error) {
	if f.down {
		return nil, ErrDown
	}
	return f.Memory.List()
}

type faultyFile struct {
	File
	of *Faulty
}

func (h *faultyFile) Write(b []byte) (int, error) {
	f := h.of
	if f.down {
		return 0, ErrDown
	}
	f.Writes++
	if f.readOnly() {
		return 0, syscall.EROFS
	}
	switch f.Writes {
	case f.Faults.FailWrite:
		return 0, ErrInjected
	case f.Faults.LoseWrite:
		return len(b), nil
	case f.Faults.ShortWrite:
		return h.part(b, len(b)/2, ErrInjected)
	}
	if left := f.Faults.Stop - f.Bytes; f.Faults.Stop > 0 && int64(len(b)) >= left {
		f.down = true
		return h.part(b, int(left), ErrDown)
	}
	if f.Faults.Room > 0 {
		if left := max(f.Faults.Room-f.Memory.size(), 0); int64(len(b)) > left {
			return h.part(b, int(left), syscall.ENOSPC)
		}
	}
	return h.part(b, len(b), nil)
}

// readOnly says whether the disk takes nothing any more.
func (f *Faulty) readOnly() bool { return f.Faults.ReadOnly > 0 && f.Writes >= f.Faults.ReadOnly }

// part writes the first n bytes and fails as told.
func (h *faultyFile) part(b []byte, n int, as error) (int, error) {
	n, err := h.File.Write(b[:n])
	h.of.Bytes += int64(n)
	if err == nil {
		err = as
	}
	return n, err
}

func (h *faultyFile) Truncate(size int64) error {
	if h.of.down {
		return ErrDown
	}
	if h.of.readOnly() {
		return syscall.EROFS
	}
	return h.File.Truncate(size)
}

func (h *faultyFile) Sync() error {
	if h.of.down {
		return ErrDown
	}
	if h.of.Syncs++; h.of.Syncs == h.of.Faults.FailSync {
		return ErrInjected
	}
	return h.File.Sync()
}
