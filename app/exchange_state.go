package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"baton/exchange/server"
)

// state is the folder that keeps an exchange over a restart; nil keeps nothing. What accounts hold is written often, what their
// histories know seldom, and both once more at the end.
type state struct {
	dir     string
	read    *server.State
	history *server.History
	written [2]time.Time // of the two files, by the wall's clock
}

// The files of a state folder, and how often each is written at most.
var stateFiles = [...]struct {
	name  string
	every time.Duration
}{{"exchange.json", 5 * time.Second}, {"history.json", time.Minute}}

func openState(dir string) (*state, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("--state: %w", err)
	}
	s := &state{dir: dir}
	for k, to := range []any{&s.read, &s.history} {
		file := filepath.Join(dir, stateFiles[k].name)
		b, err := os.ReadFile(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, fmt.Errorf("--state: %w", err)
		}
		if err := json.Unmarshal(b, to); err != nil {
			return nil, fmt.Errorf("--state %s: %w: it was not written by this exchange; move it away to start anew", file, err)
		}
	}
	if s.read == nil {
		s.history = nil // its numbers would mean nothing
	}
	return s, nil
}

// save writes what is due, or, at the end, all: whole to a file beside, and then over the old one.
func (s *state) save(from *server.Server, last bool, say func(string)) {
	if s == nil {
		return
	}
	for k, f := range stateFiles {
		now := time.Now()
		if !last && now.Sub(s.written[k]) < f.every {
			continue
		}
		s.written[k] = now
		var what any
		if k == 0 {
			st := from.State()
			st.Clean = last
			what = st
		} else {
			what = from.History()
		}
		if err := s.write(f.name, what); err != nil {
			say("the state was not saved: " + err.Error())
		}
	}
}

func (s *state) write(name string, what any) error {
	b, err := json.Marshal(what)
	if err != nil {
		return err
	}
	file := filepath.Join(s.dir, name)
	if err := os.WriteFile(file+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
