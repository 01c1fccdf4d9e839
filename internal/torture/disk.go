package torture

import (
	"errors"
	"syscall"

	"baton/tape"
)

// errPower is what every call gets once the process that made it is dead.
var errPower = errors.New("torture: the power is gone")

// disk is a folder in memory that fails as it is told, and that knows what of it is durable by counting for itself. During a flush
// it is used by the goroutine of that flush alone.
type disk struct {
	mem   *tape.Memory
	ops   int
	dies  int // at this operation the power fails; 0: at none
	after bool
	dead  bool
	dirty int // bytes written and not synced
	wrote int // bytes, in all
	made  int // files

	short, full, readonly, badSync bool
	did                            map[string]int // by fault
}

func newDisk() *disk { return &disk{mem: tape.Mem(), did: map[string]int{}} }

// reborn is the disk as the next process finds it; keep: bytes of what was not synced that survive.
func (d *disk) reborn(keep int) *disk {
	d.dead = true
	return &disk{mem: d.mem.Crash(keep), did: d.did}
}

// op counts an operation that changes something. do: it happens, though its caller may never hear of it.
func (d *disk) op() (do bool, err error) {
	if d.dead {
		return false, errPower
	}
	d.ops++
	if d.ops == d.dies {
		d.dead = true
		return d.after, errPower
	}
	if d.readonly {
		d.did["M5"]++
		return false, syscall.EROFS
	}
	return true, nil
}

// Open opens a file.
func (d *disk) Open(name string) (tape.File, error) { return d.open(d.mem.Open, name) }

// Create makes a file.
func (d *disk) Create(name string) (tape.File, error) {
	do, err := d.op()
	if do {
		if d.made++; d.made > 1 {
			d.did["M16"]++
		}
		f, err2 := d.open(d.mem.Create, name)
		if err == nil {
			return f, err2
		}
	}
	return nil, err
}

func (d *disk) open(how func(string) (tape.File, error), name string) (tape.File, error) {
	f, err := how(name)
	if err != nil {
		return nil, err
	}
	return &diskFile{f, d}, nil
}

// change is an operation on names.
func (d *disk) change(how func() error) error {
	do, err := d.op()
	if do {
		if err2 := how(); err == nil {
			err = err2
		}
	}
	return err
}

// Rename renames a file.
func (d *disk) Rename(from, to string) error {
	return d.change(func() error { return d.mem.Rename(from, to) })
}

// Remove deletes a file.
func (d *disk) Remove(name string) error {
	return d.change(func() error { return d.mem.Remove(name) })
}

// Sync makes the names durable.
func (d *disk) Sync() error { return d.change(d.mem.Sync) }

// List is the names.
func (d *disk) List() ([]string, error) { return d.mem.List() }

type diskFile struct {
	tape.File
	d *disk
}

func (f *diskFile) Write(b []byte) (int, error) {
	d := f.d
	do, err := d.op()
	switch {
	case err != nil && !do:
		return 0, err
	case d.full:
		d.did["M4"]++
		b, err = b[:len(b)/3], syscall.ENOSPC
	case d.short:
		d.did["M3"]++
		d.short = false
		b, err = b[:len(b)/2], syscall.EIO
	}
	n, err2 := f.File.Write(b)
	d.dirty += n
	d.wrote += n
	if err == nil {
		err = err2
	}
	return n, err
}

func (f *diskFile) Truncate(size int64) error {
	return f.d.change(func() error { return f.File.Truncate(size) })
}

func (f *diskFile) Sync() error {
	d := f.d
	do, err := d.op()
	if d.badSync && err == nil {
		d.did["M6"]++
		d.badSync = false
		return syscall.EIO
	}
	if do {
		d.dirty = 0
		if err2 := f.File.Sync(); err == nil {
			err = err2
		}
	}
	return err
}
