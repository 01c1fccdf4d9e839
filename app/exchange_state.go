package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"baton/exchange/server"
)

// state is the folder that keeps an exchange over a restart; nil keeps nothing.
type state struct {
	file string
	read *server.State
}

func openState(dir string) (*state, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("--state: %w", err)
	}
	s := &state{file: filepath.Join(dir, "exchange.json")}
	b, err := os.ReadFile(s.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return nil, fmt.Errorf("--state: %w", err)
	}
	if err := json.Unmarshal(b, &s.read); err != nil {
		return nil, fmt.Errorf("--state %s: %w: it was not written by this exchange; move it away to start anew", s.file, err)
	}
	return s, nil
}

// save writes what is to be kept: whole to a file beside, and then over the old one.
func (s *state) save(from *server.Server, say func(string)) {
	if s == nil {
		return
	}
	b, err := json.MarshalIndent(from.State(), "", " ")
	if err == nil {
		err = errors.Join(os.WriteFile(s.file+".new", b, 0o600), os.Rename(s.file+".new", s.file))
	}
	if err != nil {
		say("the state was not saved: " + err.Error())
	}
}
