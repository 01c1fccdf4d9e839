package app

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"baton/binance"
)

// The names in the folder of an account's state. All of them are this user's alone.
const (
	latchName   = "kill"              // its presence stops all trading, over every restart, until a person removes it
	lockName    = "lock"              // is locked while a trader runs
	runName     = "run.json"          // says who runs, or ran last
	socketName  = "control.sock"      // takes kill and stop
	tableName   = "exchangeInfo.json" // the instruments, as the exchange told them at the last start
	nameName    = "name"              // the part of client order ids that tells this account's trader apart
	journalName = "journal"
)

// StateDir is the folder that keeps an account's journal, latch and socket: below $XDG_STATE_HOME/baton, or ~/.local/state/baton.
func StateDir(account string) (string, error) {
	if account == "" || strings.ContainsFunc(account, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-')
	}) {
		return "", fmt.Errorf("account %q: use letters, digits, - and _: it names a folder", account)
	}
	base := os.Getenv("XDG_STATE_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("there is no home folder: set XDG_STATE_HOME, or name the folder with --state: %w", err)
		}
		base = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(base, "baton", account), nil
}

// stateDir is an account's state folder.
type stateDir string

// openStateDir makes it where it is missing, and refuses one that others may look into.
func openStateDir(path string) (stateDir, error) {
	if path == "" {
		return "", errors.New("no state folder: name one with --state")
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return "", fmt.Errorf("the state folder: %w", err)
	}
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("the state folder: %w", err)
	case st.Mode().Perm()&0o077 != 0 || !mine(st):
		return "", fmt.Errorf("the state folder %s is open to others or belongs to somebody else: chmod 700 it, or name another one", path)
	}
	return stateDir(path), nil
}

func (d stateDir) file(name string) string { return filepath.Join(string(d), name) }

// write replaces a file as a whole, and makes it durable.
func (d stateDir) write(name string, b []byte) error {
	tmp := d.file(fmt.Sprintf("%s.%d", name, os.Getpid()))
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(tmp, d.file(name))
	}
	if err != nil {
		_ = os.Remove(tmp)
		return err
	}
	return d.sync()
}

// sync makes the folder's entries durable.
func (d stateDir) sync() error {
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Latch is why all trading of an account was stopped.
type Latch struct {
	Time   time.Time `json:"time"`
	Reason string    `json:"reason"`
	By     string    `json:"by"` // "baton kill", or the trader itself
}

// latched says whether the latch is there. It reads nothing of it: a latch that cannot be read is one.
func (d stateDir) latched() bool {
	_, err := os.Lstat(d.file(latchName))
	return !errors.Is(err, fs.ErrNotExist)
}

// latch sets it. One that is there already stays as it is. The file's presence is what stops, so it appears first, and what it says
// is written into it afterwards: a trader that watches the folder does not wait for this process's disk.
func (d stateDir) latch(l Latch) error {
	f, err := os.OpenFile(d.file(latchName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	b, err := json.Marshal(l)
	if err == nil {
		_, err = f.Write(append(b, '\n'))
	}
	return errors.Join(err, f.Sync(), f.Close(), d.sync())
}

// latchText is what the latch says.
func (d stateDir) latchText() string {
	var l Latch
	b, err := os.ReadFile(d.file(latchName))
	if err != nil || json.Unmarshal(b, &l) != nil {
		return "it does not say why"
	}
	return fmt.Sprintf("%s (%s, %s UTC)", l.Reason, l.By, l.Time.UTC().Format(time.DateTime))
}

// ErrLatched: the account's kill latch is set.
var ErrLatched = errors.New("the kill latch is set")

// checkLatch refuses to begin while it is set.
func (d stateDir) checkLatch() error {
	if !d.latched() {
		return nil
	}
	return fmt.Errorf("%w: %s: look what happened, then clear it with `baton kill --clear --state %s`", ErrLatched, d.latchText(), string(d))
}

// ClearLatch removes the latch of an account's state folder, which only a person who has looked does.
func ClearLatch(path string) error {
	d, err := openStateDir(path)
	if err != nil {
		return err
	}
	if err := os.Remove(d.file(latchName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the latch: %w", err)
	}
	return d.sync()
}

// runFile says who trades the account now, or did last.
type runFile struct {
	PID      int                 `json:"pid"`
	Started  time.Time           `json:"started"`
	Strategy string              `json:"strategy"`
	KeyFile  string              `json:"key_file"` // where the key was read, so that `baton kill` needs to be told nothing
	Venue    binance.Environment `json:"venue"`
}

func (d stateDir) readRun() (*runFile, error) {
	b, err := os.ReadFile(d.file(runName))
	if err != nil {
		return nil, err
	}
	r := new(runFile)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s: %w", d.file(runName), err)
	}
	return r, nil
}

// name is the part of client order ids that belongs to this folder's journal: made once, kept for good.
func (d stateDir) name() (string, error) {
	b, err := os.ReadFile(d.file(nameName))
	switch {
	case err == nil:
		return strings.TrimSpace(string(b)), nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("the state folder: %w", err)
	}
	name := strings.ToLower(rand.Text()[:nameLength])
	return name, d.write(nameName, []byte(name+"\n"))
}

// nameLength tells a million traders of one account apart.
const nameLength = 5
