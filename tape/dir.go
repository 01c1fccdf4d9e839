package tape

import (
	"fmt"
	"os"
	"path/filepath"
)

// Dir is the folder at path on the real disk; it is made where it does not exist.
func Dir(path string) (FS, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("tape: the folder cannot be made: %w", err)
	}
	return dir(path), nil
}

type dir string

func (d dir) path(name string) string { return filepath.Join(string(d), filepath.Base(name)) }

// Open opens an existing file.
func (d dir) Open(name string) (File, error) {
	return d.open(name, os.O_RDWR|os.O_APPEND)
}

func (d dir) Create(name string) (File, error) {
	return d.open(name, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL)
}

func (d dir) open(name string, flag int) (File, error) {
	f, err := os.OpenFile(d.path(name), flag, 0o600)
	if err != nil {
		return nil, err
	}
	return dataSynced{f}, nil
}

func (d dir) Rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }

func (d dir) Remove(name string) error { return os.Remove(d.path(name)) }

func (d dir) Sync() error {
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

func (d dir) List() ([]string, error) {
	entries, err := os.ReadDir(string(d)) // sorted by name
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// dataSynced is a file whose Sync leaves out what is not needed to read its data back, where the system can do that.
type dataSynced struct{ *os.File }

// Sync is fdatasync on Linux, fsync elsewhere.
func (f dataSynced) Sync() error { return dataSync(f.File) }
