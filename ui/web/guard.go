package web

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// ServeHTTP is every request's way in: it runs on a goroutine of net/http.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	nonce := headers(w.Header())
	if !s.hosts[strings.ToLower(r.Host)] {
		refuse(w, http.StatusMisdirectedRequest, "This server answers to its own address only. Open the address that baton printed.")
		return
	}
	route, ok := find(r.URL.Path)
	if !ok {
		refuse(w, http.StatusNotFound, "There is nothing here.")
		return
	}
	ses, status, why := s.judge(route.Policy, r)
	if status != 0 {
		if status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", route.Policy.Method)
		}
		refuse(w, status, why)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
	route.serve(s, w, r.WithContext(withNonce(r.Context(), nonce)), ses)
}

// bodyMax bounds the body of a request.
const bodyMax = 4 << 10

// find is the route of a path.
func find(path string) (Route, bool) {
	for _, r := range Routes() {
		if prefix, ok := strings.CutSuffix(r.Pattern, "*"); ok && strings.HasPrefix(path, prefix) || r.Pattern == path {
			return r, true
		}
	}
	return Route{}, false
}

// judge holds a request against a policy. status 0: it may pass, and ses is whose it is, nil where the access is by a bearer or,
// for Access Token, where there is no session yet.
func (s *Server) judge(p Policy, r *http.Request) (ses *session, status int, why string) {
	if r.Method != p.Method && !(p.Method == http.MethodGet && !p.Upgrade && r.Method == http.MethodHead) {
		return nil, http.StatusMethodNotAllowed, "This is not done by " + r.Method[:min(len(r.Method), 16)] + "."
	}
	ses = s.session(r)
	bearer := p.Access == Bearer || p.Access == Either
	switch {
	case bearer && s.isBearer(r):
		ses = nil
		if o := r.Header.Get("Origin"); o != "" && !s.own(o, r.Host) {
			return nil, http.StatusForbidden, "This is not for pages of other sites."
		}
		return nil, 0, ""
	case p.Access == Token:
		return ses, 0, ""
	case p.Access != Session && p.Access != Either || ses == nil:
		return nil, http.StatusUnauthorized, howToEnter
	}
	if p.Origin && !s.own(r.Header.Get("Origin"), r.Host) {
		return nil, http.StatusForbidden, "This is not for pages of other sites."
	}
	if p.Confirm && !same(r.Header.Get(ConfirmHeader), ses.csrf) {
		return nil, http.StatusForbidden, "The header " + ConfirmHeader + " is missing or wrong: reload the page."
	}
	return ses, 0, ""
}

// howToEnter is what somebody without a session is told.
const howToEnter = "There is no session here. Open the link that baton printed; `baton status --link` prints a fresh one."

// own says whether an Origin is the page's own. The host has been found in the list of allowed ones.
func (s *Server) own(origin, host string) bool {
	return strings.EqualFold(origin, "http://"+host)
}

// policyText is the Content-Security-Policy of every answer, around its nonce.
const policyText = "default-src 'none'; script-src 'nonce-%[1]s' 'self'; style-src 'nonce-%[1]s' 'self'; img-src 'self' data: blob:; " +
	"connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// headers sets what every answer has, and gives the nonce.
func headers(h http.Header) (nonce string) {
	var b [16]byte
	rand.Read(b[:])
	nonce = base64.RawURLEncoding.EncodeToString(b[:])
	h.Set("Content-Security-Policy", fmt.Sprintf(policyText, nonce))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	return nonce
}

// refuse answers in words.
func refuse(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}

// allowed is the set of Host headers that a server on addr answers to.
func allowed(addr string, more []string) map[string]bool {
	host, port, _ := net.SplitHostPort(addr)
	hosts := map[string]bool{}
	for _, h := range append([]string{host, "127.0.0.1", "localhost", "::1"}, more...) {
		hosts[strings.ToLower(net.JoinHostPort(h, port))] = true
		if port == "80" { // the port that http leaves out
			if strings.Contains(h, ":") {
				h = "[" + h + "]"
			}
			hosts[strings.ToLower(h)] = true
		}
	}
	return hosts
}

// loopback refuses an address that others could reach.
func loopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("the page's address %q: must be HOST:PORT, like 127.0.0.1:7373 (%w)", addr, err)
	}
	if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("the page's address %q: only loopback is served, since it is not encrypted: use 127.0.0.1, and from elsewhere an ssh tunnel (ssh -L 7373:127.0.0.1:7373 HOST)", addr)
}
