package web

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"baton/control"
)

// index is the page, for a session; a one-time token becomes one.
func (s *Server) index(w http.ResponseWriter, r *http.Request, ses *session) {
	if token := r.URL.Query().Get("token"); token != "" {
		s.enter(w, r, ses, token)
		return
	}
	page := s.files["/static/index.html"]
	switch {
	case ses == nil:
		refuse(w, http.StatusUnauthorized, howToEnter)
		return
	case page == nil:
		refuse(w, http.StatusNotFound, "This binary was built without its page. `baton status` shows the run.")
		return
	}
	text := strings.NewReplacer("{{nonce}}", nonceOf(r), "{{csrf}}", ses.csrf).Replace(string(page.data))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, text)
}

// enter takes a one-time token for a session, and leaves an address without it.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, ses *session, token string) {
	if ses == nil && r.Method == http.MethodHead {
		refuse(w, http.StatusMethodNotAllowed, "A link is opened, not looked at.") // a preview must not use it up
		return
	}
	if ses == nil {
		if ses = s.door.enter(token, s.cfg.Now()); ses == nil {
			refuse(w, http.StatusForbidden, "This link was used, or was never good. `baton status --link` prints a fresh one.")
			return
		}
		http.SetCookie(w, &http.Cookie{Name: cookieName(s.addr), Value: ses.cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	}
	w.Header().Set("Location", "/")
	w.WriteHeader(http.StatusSeeOther)
}

// viewWait is how long a whole view may take before the newest one there is is given instead.
const viewWait = 2 * time.Second

// view answers with a whole view.
func (s *Server) view(w http.ResponseWriter, r *http.Request, _ *session) {
	wait := viewWait
	if s.over.Load() {
		wait = 0
	}
	limit := time.NewTimer(wait)
	defer limit.Stop()
	select {
	case <-s.ask():
	case <-limit.C:
	case <-s.done:
	case <-r.Context().Done():
		return
	}
	f := s.full.Load()
	if f == nil {
		refuse(w, http.StatusServiceUnavailable, "The run has shown nothing yet: try again.")
		return
	}
	s.json(w, http.StatusOK, f.view)
}

func (s *Server) json(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(b, '\n'))
}

// link makes a fresh one-time link.
func (s *Server) link(w http.ResponseWriter, _ *http.Request, _ *session) {
	s.json(w, http.StatusOK, map[string]string{"url": s.link1(s.door.newLink())})
}

// commandWait is how long the run may take to answer a command.
const commandWait = 10 * time.Second

// command takes one command by POST.
func (s *Server) command(w http.ResponseWriter, r *http.Request, ses *session) {
	var c control.Command
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		refuse(w, http.StatusBadRequest, "The command cannot be read: "+err.Error())
		return
	}
	out := make(chan message, 1)
	s.decide(ses, c, r.RemoteAddr, func(d control.Decision) {
		out <- message{Type: "confirm", Token: d.Token, Text: d.Text, Needs: d.Needs}
	}, func(a control.Ack) { out <- message{Type: "ack", OK: &a.OK, Text: a.Text} })
	limit := time.NewTimer(commandWait)
	defer limit.Stop()
	select {
	case m := <-out:
		s.json(w, http.StatusOK, m)
	case <-limit.C:
		refuse(w, http.StatusGatewayTimeout, "The run has not answered. Look whether the command was carried out before you repeat it.")
	case <-s.done:
		refuse(w, http.StatusServiceUnavailable, "The run is ending.")
	}
}

// decide takes a command of a session: one of confirm and answer is called, once.
func (s *Server) decide(ses *session, c control.Command, peer string, confirm func(control.Decision), answer func(control.Ack)) {
	var chance [16]byte
	rand.Read(chance[:])
	ses.mu.Lock()
	d := ses.desk.Decide(c, s.cfg.Now().UnixNano(), chance)
	ses.mu.Unlock()
	switch d.Verdict {
	case control.Confirm:
		confirm(d)
	case control.Execute:
		s.cfg.Source.Do(d.Command, fmt.Sprintf("%s session %d", peer, ses.id), answer)
	default:
		answer(control.Ack{Text: d.Text})
	}
}
