package tape

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
)

// Memory is a folder in memory that knows what of it is durable. It belongs to one goroutine at a time.
type Memory struct {
	now     map[string]*memFile // as the process sees it
	durable map[string]*memFile // the names that FS.Sync made durable
}

type memFile struct {
	data   []byte
	synced int // bytes that Sync made durable
}

// Mem is an empty folder in memory.
func Mem() *Memory {
	return &Memory{now: map[string]*memFile{}, durable: map[string]*memFile{}}
}

// Crash is the folder as it is found after the power failed: names as of the last FS.Sync, of every file what was synced and at
// most keep bytes of what was written after. Files that are open on the old folder are lost with it.
func (m *Memory) Crash(keep int) *Memory {
	after := Mem()
	for name, f := range m.durable {
		n := min(len(f.data), f.synced+keep)
		left := &memFile{data: slices.Clone(f.data[:n]), synced: n}
		after.now[name], after.durable[name] = left, left
	}
	return after
}

// size is what all files hold together.
func (m *Memory) size() (n int64) {
	for _, f := range m.now { // order: a sum
		n += int64(len(f.data))
	}
	return n
}

// Bytes is a copy of what a file holds; nil where there is none.
func (m *Memory) Bytes(name string) []byte {
	if f := m.now[name]; f != nil {
		return slices.Clone(f.data)
	}
	return nil
}

// Put makes or replaces a file, durably: for tests that damage one.
func (m *Memory) Put(name string, data []byte) {
	f := &memFile{data: slices.Clone(data), synced: len(data)}
	m.now[name], m.durable[name] = f, f
}

// Open opens an existing file.
func (m *Memory) Open(name string) (File, error) {
	f := m.now[name]
	if f == nil {
		return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
	}
	return &memHandle{f: f}, nil
}

// Create makes an empty file.
func (m *Memory) Create(name string) (File, error) {
	if m.now[name] != nil {
		return nil, fmt.Errorf("create %s: %w", name, fs.ErrExist)
	}
	f := &memFile{}
	m.now[name] = f
	return &memHandle{f: f}, nil
}

// Rename gives a file another name.
func (m *Memory) Rename(from, to string) error {
	f := m.now[from]
	if f == nil {
		return fmt.Errorf("rename %s: %w", from, fs.ErrNotExist)
	}
	delete(m.now, from)
	m.now[to] = f
	return nil
}

// Remove deletes a file.
func (m *Memory) Remove(name string) error {
	if m.now[name] == nil {
		return fmt.Errorf("remove %s: %w", name, fs.ErrNotExist)
	}
	delete(m.now, name)
	return nil
}

// Sync makes the names durable.
func (m *Memory) Sync() error {
	m.durable = maps.Clone(m.now)
	return nil
}

// List is the names, sorted.
func (m *Memory) List() ([]string, error) {
	return slices.Sorted(maps.Keys(m.now)), nil
}

type memHandle struct {
	f  *memFile
	at int
}

func (h *memHandle) Read(b []byte) (int, error) {
	if h.at >= len(h.f.data) {
		return 0, io.EOF
	}
	n := copy(b, h.f.data[h.at:])
	h.at += n
	return n, nil
}

func (h *memHandle) Write(b []byte) (int, error) {
	h.f.data = append(h.f.data, b...)
	return len(b), nil
}

func (h *memHandle) Truncate(size int64) error {
	h.f.data = h.f.data[:size]
	h.f.synced = min(h.f.synced, int(size))
	return nil
}

func (h *memHandle) Sync() error {
	h.f.synced = len(h.f.data)
	return nil
}

func (h *memHandle) Close() error { return nil }
