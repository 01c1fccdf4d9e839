package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"baton/control"
)

// Bounds of what gives access.
const (
	SessionLife = 12 * time.Hour // a session without a visit
	sessionsMax = 64             // of more the oldest is forgotten
	linksMax    = 16             // unused one-time tokens; of more the oldest is forgotten
	secretBytes = 32             // 256 bits
)

// session is one browser's.
type session struct {
	id     int
	cookie string
	csrf   string
	seen   time.Time

	mu   sync.Mutex
	desk control.Desk
}

// door keeps sessions and tokens.
type door struct {
	mu       sync.Mutex
	bearer   string
	links    []string
	sessions []*session
	made     int
}

// newSecret is a secret of 256 bits, in hex.
func newSecret() string {
	var b [secretBytes]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// same compares secrets in a time that tells nothing of them.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// newLink makes a one-time token.
func (d *door) newLink() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.links) == linksMax {
		d.links = d.links[1:]
	}
	t := newSecret()
	d.links = append(d.links, t)
	return t
}

// enter takes a one-time token for a session; nil: it is none, or was used.
func (d *door) enter(token string, now time.Time) *session {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := -1
	for i, t := range d.links { // all of them, so that the time does not tell which
		if same(t, token) {
			at = i
		}
	}
	if at < 0 {
		return nil
	}
	d.links = append(d.links[:at], d.links[at+1:]...)
	if len(d.sessions) == sessionsMax {
		d.sessions = d.sessions[1:]
	}
	d.made++
	ses := &session{id: d.made, cookie: newSecret(), csrf: newSecret(), seen: now}
	d.sessions = append(d.sessions, ses)
	return ses
}

// known is the session of a cookie that is not too old.
func (d *door) known(cookie string, now time.Time) (found *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, ses := range d.sessions {
		if same(ses.cookie, cookie) && now.Sub(ses.seen) < SessionLife {
			found = ses
		}
	}
	if found != nil {
		found.seen = now
	}
	return found
}

// cookieName tells the pages of one machine apart: cookies do not know of ports.
func cookieName(addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	return "baton_" + port
}

// session is that of the request's cookie, nil for none.
func (s *Server) session(r *http.Request) *session {
	c, err := r.Cookie(cookieName(s.addr))
	if err != nil {
		return nil
	}
	return s.door.known(c.Value, s.cfg.Now())
}

// isBearer says whether the request brings the run's secret.
func (s *Server) isBearer(r *http.Request) bool {
	got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && same(got, s.door.bearer)
}

// nonceKey is the context's key of an answer's nonce.
type nonceKey struct{}

func withNonce(ctx context.Context, nonce string) context.Context {
	return context.WithValue(ctx, nonceKey{}, nonce)
}
func nonceOf(r *http.Request) string { n, _ := r.Context().Value(nonceKey{}).(string); return n }
