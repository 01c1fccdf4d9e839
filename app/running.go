package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"baton/ui"
	"baton/ui/web"
)

// Running is a run of this user whose page can be asked: what its file in the runtime folder says.
type Running struct {
	Addr    string    `json:"addr"`
	Bearer  string    `json:"bearer"` // a secret
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

// ErrNothingRuns: no run of this user has a page.
var ErrNothingRuns = errors.New("nothing runs here that could be asked: start `baton demo`, without --headless")

// runtimeDir is the folder of the files of this user's runs: only the user may look into it.
func runtimeDir() (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("baton-%d", os.Getuid()))
	if x := os.Getenv("XDG_RUNTIME_DIR"); x != "" {
		dir = filepath.Join(x, "baton")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("the folder for running instances: %w", err)
	}
	st, err := os.Lstat(dir)
	switch {
	case err != nil:
		return "", fmt.Errorf("the folder for running instances: %w", err)
	case !st.IsDir() || st.Mode().Perm()&0o077 != 0 || !mine(st):
		return "", fmt.Errorf("the folder for running instances, %s, is open to others or belongs to somebody else: remove it, or set XDG_RUNTIME_DIR", dir)
	}
	return dir, nil
}

// publishRun writes the file of a run; forget removes it.
func publishRun(s *web.Server) (forget func(), err error) {
	dir, err := runtimeDir()
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(Running{Addr: s.Addr(), Bearer: s.Bearer(), PID: os.Getpid(), Started: time.Now().UTC()})
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, strings.NewReplacer(":", "_", "[", "", "]", "").Replace(s.Addr())+".json")
	tmp := fmt.Sprintf("%s.%d", name, os.Getpid())
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return nil, fmt.Errorf("the file of this run: %w", err)
	}
	if err := os.Rename(tmp, name); err != nil {
		return nil, fmt.Errorf("the file of this run: %w", err)
	}
	return func() { _ = os.Remove(name) }, nil
}

// FindRunning finds the run at addr, or the one that was started last. Files of runs that have ended badly are cleared away.
func FindRunning(ctx context.Context, addr string) (*Running, error) {
	dir, err := runtimeDir()
	if err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var found []*Running
	for _, name := range names {
		r := new(Running)
		if b, err := os.ReadFile(name); err != nil || json.Unmarshal(b, r) != nil {
			continue
		}
		if !answers(ctx, r.Addr) {
			_ = os.Remove(name)
			continue
		}
		if addr == "" || addr == r.Addr {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *Running) int { return b.Started.Compare(a.Started) })
	switch {
	case len(found) > 0:
		return found[0], nil
	case addr != "":
		return nil, fmt.Errorf("%w (at %s)", ErrNothingRuns, addr)
	}
	return nil, ErrNothingRuns
}

// answers says whether somebody listens at addr.
func answers(ctx context.Context, addr string) bool {
	c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// askLimit bounds an answer of a run, askWait how long it may take.
const (
	askLimit = 16 << 20
	askWait  = 10 * time.Second
)

// View asks the run for its whole view, and gives it as it came too.
func (r *Running) View(ctx context.Context) (*ui.View, []byte, error) {
	b, err := r.ask(ctx, http.MethodGet, "/api/view")
	if err != nil {
		return nil, nil, err
	}
	v := new(ui.View)
	if err := json.Unmarshal(b, v); err != nil || v.Schema != ui.Schema {
		return nil, nil, fmt.Errorf("the run at %s answers in another form than this baton knows (%q, want %q): use the same version", r.Addr, v.Schema, ui.Schema)
	}
	return v, b, nil
}

// Link asks the run for a fresh one-time link to its page.
func (r *Running) Link(ctx context.Context) (string, error) {
	b, err := r.ask(ctx, http.MethodPost, "/api/link")
	if err != nil {
		return "", err
	}
	var out struct {
		URL string `json:"url"`
	}
	err = json.Unmarshal(b, &out)
	return out.URL, err
}

func (r *Running) ask(ctx context.Context, method, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, method, "http://"+r.Addr+path, nil)
	if err != nil {
		return nil, err
	}
	q.Header.Set("Authorization", "Bearer "+r.Bearer)
	client := &http.Client{Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
	res, err := client.Do(q)
	if err != nil {
		return nil, fmt.Errorf("the run at %s does not answer: %w", r.Addr, err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(res.Body, askLimit))
	if err != nil {
		return nil, fmt.Errorf("the run at %s: %w", r.Addr, err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the run at %s answers %s: %s", r.Addr, res.Status, strings.TrimSpace(string(b)))
	}
	return b, nil
}
