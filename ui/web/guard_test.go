package web_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"baton/control"
	"baton/ui"
	"baton/ui/web"
)

// run is a run that publishes what it is asked for, and obeys.
type run struct {
	srv *web.Server

	mu    sync.Mutex
	seq   uint64
	polls int
	wants []web.Want
	did   []control.Command
	mute  bool
}

func (r *run) Poll(w web.Want) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.polls++
	r.wants = append(r.wants, w)
	if !r.mute {
		r.seq++
		r.srv.Publish(&ui.View{Schema: ui.Schema, Seq: r.seq, Full: w.Full})
	}
}

func (r *run) Do(c control.Command, _ string, answer func(control.Ack)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.did = append(r.did, c)
	answer(control.Done("did %s", c.Name))
}

func (r *run) commands() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.did)
}

// world is a served page with a clock of its own.
type world struct {
	*testing.T
	run  *run
	srv  *web.Server
	mu   sync.Mutex
	now  time.Time
	base string
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func serve(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, run: &run{}, now: time.Unix(1_700_000_000, 0)}
	srv, err := web.New(web.Config{
		Addr: "127.0.0.1:0", Source: w.run, Now: w.clock,
		Static: fstest.MapFS{
			"index.html": {Data: []byte(`<meta name="csrf" content="{{csrf}}"><script nonce="{{nonce}}" src="/static/app.js"></script>`)},
			"app.js":     {Data: []byte("export {}")},
		},
		Assets: fstest.MapFS{"npm/x/x.mjs": {Data: []byte("export {}")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.srv, w.run.srv, w.base = srv, srv, "http://"+srv.Addr()
	var wg sync.WaitGroup
	srv.Serve(wg.Go)
	t.Cleanup(func() { srv.Close(); wg.Wait() })
	return w
}

// ask sends one request, follows nothing, and gives the answer with its body.
func (w *world) ask(method, path string, change func(*http.Request)) (*http.Response, string) {
	w.Helper()
	q, err := http.NewRequestWithContext(w.Context(), method, w.base+path, nil)
	if err != nil {
		w.Fatal(err)
	}
	if change != nil {
		change(q)
	}
	tr := &http.Transport{DisableKeepAlives: true}
	res, err := tr.RoundTrip(q)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusSwitchingProtocols {
		return res, ""
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.Fatal(err)
	}
	return res, string(b)
}

// visitor is a browser that has opened a link.
type visitor struct {
	cookie *http.Cookie
	csrf   string
}

// enter opens a link, the way a browser does.
func (w *world) enter(url string) *visitor {
	w.Helper()
	res, _ := w.ask(http.MethodGet, strings.TrimPrefix(url, w.base), nil)
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" || len(res.Cookies()) != 1 {
		w.Fatalf("a fresh link: %s to %q with %d cookies", res.Status, res.Header.Get("Location"), len(res.Cookies()))
	}
	v := &visitor{cookie: res.Cookies()[0]}
	_, page := w.ask(http.MethodGet, "/", func(q *http.Request) { q.AddCookie(v.cookie) })
	_, rest, ok := strings.Cut(page, `content="`)
	if !ok {
		w.Fatalf("the page: %q", page)
	}
	v.csrf, _, _ = strings.Cut(rest, `"`)
	return v
}

// good makes a request all that its policy asks for.
func (w *world) good(p web.Policy, v *visitor) func(*http.Request) {
	return func(q *http.Request) {
		if p.Access == web.Bearer {
			q.Header.Set("Authorization", "Bearer "+w.srv.Bearer())
			return
		}
		q.AddCookie(v.cookie)
		if p.Origin {
			q.Header.Set("Origin", w.base)
		}
		if p.Confirm {
			q.Header.Set(web.ConfirmHeader, v.csrf)
			q.Body = io.NopCloser(strings.NewReader(`{"name":"pause"}`))
		}
		if p.Upgrade {
			q.Header.Set("Connection", "Upgrade")
			q.Header.Set("Upgrade", "websocket")
			q.Header.Set("Sec-WebSocket-Version", "13")
			q.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
		}
	}
}

// pathOf is a path that a route serves.
func pathOf(r web.Route) string {
	switch r.Pattern {
	case "/static/*":
		return "/static/app.js"
	case "/webasset/*":
		return "/webasset/npm/x/x.mjs"
	}
	return r.Pattern
}

// Every route: it serves who shows what its policy asks for, and nobody else. Each row is made from the table, so that a new route
// is held against it without being named here.
func TestEveryRoute(t *testing.T) {
	for _, route := range web.Routes() {
		p := route.Policy
		if p.Access == web.Nobody || p.Method == "" {
			t.Errorf("%s has no policy: say its method and who may use it", route.Pattern)
			continue
		}
		if p.Access == web.Session && p.Method != http.MethodGet && (!p.Origin || !p.Confirm) {
			t.Errorf("%s changes something for a session, and asks for no origin or confirmation", route.Pattern)
		}
		w := serve(t)
		v := w.enter(w.srv.URL())
		good := w.good(p, v)
		rows := []struct {
			name   string
			method string
			change func(*http.Request)
			want   int
		}{
			{"all that is asked for", p.Method, func(*http.Request) {}, map[bool]int{false: 200, true: 101}[p.Upgrade]},
			{"a foreign Host", p.Method, func(q *http.Request) { q.Host = "evil.example" }, 421},
			{"our Host at another port", p.Method, func(q *http.Request) { q.Host = "127.0.0.1:1" }, 421},
			{"a rebound name, Host and Origin alike", p.Method, func(q *http.Request) {
				q.Host = "evil.example" + q.Host[strings.LastIndex(q.Host, ":"):]
				q.Header.Set("Origin", "http://"+q.Host)
			}, 421},
			{"no session", p.Method, func(q *http.Request) { q.Header.Del("Cookie"); q.Header.Del("Authorization") }, 401},
			{"a made-up session", p.Method, func(q *http.Request) {
				q.Header.Del("Authorization")
				q.Header.Set("Cookie", v.cookie.Name+"="+strings.Repeat("0", len(v.cookie.Value)))
			}, 401},
			{"a foreign method", foreign(p.Method), func(*http.Request) {}, 405},
		}
		if p.Origin || p.Access == web.Bearer {
			rows = append(rows, row("a foreign Origin", p.Method, 403, func(q *http.Request) { q.Header.Set("Origin", "http://evil.example") }))
		}
		if p.Origin {
			rows = append(rows,
				row("no Origin", p.Method, 403, func(q *http.Request) { q.Header.Del("Origin") }),
				row("a null Origin", p.Method, 403, func(q *http.Request) { q.Header.Set("Origin", "null") }),
				row("our Origin by https", p.Method, 403, func(q *http.Request) { q.Header.Set("Origin", "https://"+q.Host) }))
		}
		if p.Confirm {
			rows = append(rows, row("no confirmation", p.Method, 403, func(q *http.Request) { q.Header.Del(web.ConfirmHeader) }))
		}
		if p.Access == web.Bearer {
			rows = append(rows, row("a session instead of the bearer", p.Method, 401, func(q *http.Request) { q.Header.Del("Authorization"); q.AddCookie(v.cookie) }))
		}
		for _, c := range rows {
			before := w.run.commands()
			res, body := w.ask(c.method, pathOf(route), func(q *http.Request) { good(q); c.change(q) })
			if res.StatusCode != c.want {
				t.Errorf("%s with %s: %s (%s), want %d", route.Pattern, c.name, res.Status, body, c.want)
			}
			if c.want >= 400 && w.run.commands() != before {
				t.Errorf("%s with %s: a command was carried out", route.Pattern, c.name)
			}
			checkHeaders(t, route.Pattern+" with "+c.name, res)
		}
		w.later(web.SessionLife)
		res, _ := w.ask(p.Method, pathOf(route), good)
		if want := map[bool]int{false: 401, true: 200}[p.Access == web.Bearer]; res.StatusCode != want {
			t.Errorf("%s with an old session: %s, want %d", route.Pattern, res.Status, want)
		}
	}
}

type rowOf = struct {
	name   string
	method string
	change func(*http.Request)
	want   int
}

func row(name, method string, want int, change func(*http.Request)) rowOf {
	return rowOf{name, method, change, want}
}

// foreign is a method that a route does not take.
func foreign(method string) string {
	if method == http.MethodGet {
		return http.MethodPost
	}
	return http.MethodGet
}

func checkHeaders(t *testing.T, what string, res *http.Response) {
	t.Helper()
	if res.StatusCode == http.StatusSwitchingProtocols {
		return
	}
	h := res.Header
	csp := h.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("%s: policy %q", what, csp)
	}
	if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%s: headers %v", what, h)
	}
}

// A link is good once; its session's cookie cannot be read by scripts nor sent by other sites; a used link opened again in the same
// browser leads to the page.
func TestLink(t *testing.T) {
	w := serve(t)
	link := strings.TrimPrefix(w.srv.URL(), w.base)
	res, _ := w.ask(http.MethodHead, link, nil)
	if res.StatusCode == http.StatusSeeOther {
		t.Error("a HEAD, as a preview sends it, used the link up")
	}
	v := w.enter(w.srv.URL())
	if !v.cookie.HttpOnly || v.cookie.SameSite != http.SameSiteStrictMode || v.cookie.Path != "/" || len(v.cookie.Value) < 32 {
		t.Errorf("the cookie: %v", v.cookie)
	}
	if res, _ := w.ask(http.MethodGet, link, nil); res.StatusCode != http.StatusForbidden || len(res.Cookies()) > 0 {
		t.Errorf("the link again: %s, %d cookies", res.Status, len(res.Cookies()))
	}
	if res, _ := w.ask(http.MethodGet, link, func(q *http.Request) { q.AddCookie(v.cookie) }); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the link again, with its cookie: %s", res.Status)
	}
	if other := w.enter(w.link()); other.cookie.Value == v.cookie.Value || other.csrf == v.csrf {
		t.Error("two sessions share a secret")
	}
}

// The page's nonce is that of its policy, new in each answer, and index.html is never served without.
func TestNonce(t *testing.T) {
	w := serve(t)
	v := w.enter(w.srv.URL())
	cookie := func(q *http.Request) { q.AddCookie(v.cookie) }
	seen := map[string]bool{}
	for range 3 {
		res, page := w.ask(http.MethodGet, "/", cookie)
		_, rest, _ := strings.Cut(page, `nonce="`)
		nonce, _, _ := strings.Cut(rest, `"`)
		if len(nonce) < 16 || seen[nonce] || !strings.Contains(res.Header.Get("Content-Security-Policy"), "'nonce-"+nonce+"'") {
			t.Errorf("nonce %q, policy %q", nonce, res.Header.Get("Content-Security-Policy"))
		}
		seen[nonce] = true
	}
	for _, path := range []string{"/static/index.html", "/static/", "/static/../guard.go", "/webasset/", "/nothing", "/api/", "//"} {
		if res, _ := w.ask(http.MethodGet, path, cookie); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	res, _ := w.ask(http.MethodGet, "/static/app.js", cookie)
	again, _ := w.ask(http.MethodGet, "/static/app.js", func(q *http.Request) { cookie(q); q.Header.Set("If-None-Match", res.Header.Get("ETag")) })
	if again.StatusCode != http.StatusNotModified || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("a known file: %s, %q", again.Status, res.Header.Get("Content-Type"))
	}
}

// Only loopback is listened on. An address that was given and is taken is an error; the default one gives way.
func TestAddress(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:0", "nonsense"} {
		if s, err := web.New(web.Config{Addr: addr}); err == nil {
			s.Close()
			t.Errorf("%s was served", addr)
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if s, err := web.New(web.Config{Addr: ln.Addr().String()}); err == nil || !strings.Contains(err.Error(), "is taken") {
		t.Errorf("a taken address: %v, %v", s, err)
	}
	var open []*web.Server
	for range 3 {
		s, err := web.New(web.Config{})
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, s)
	}
	for _, s := range open {
		s.Close()
	}
}
