package web

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"baton/control"
	"baton/ui"
)

// DefaultAddr is where a page is served that nobody has given an address.
const DefaultAddr = "127.0.0.1:7373"

// Every is the time between two views at least.
const Every = 100 * time.Millisecond

// Limits of the server.
const (
	headerWait = 10 * time.Second
	bodyWait   = 20 * time.Second
	idleMax    = 2 * time.Minute
	headerMax  = 32 << 10
)

// Source is the run that is watched. Its methods are called by goroutines of the server and must not block.
type Source interface {
	// Poll asks for a view: the run publishes one soon, by Publish.
	Poll(Want)
	// Do carries out a command, and answers once, at once or later.
	Do(c control.Command, from string, answer func(control.Ack))
}

// Want is what the watchers want to see.
type Want struct {
	Full     bool
	Sections ui.Sections
	Tabs     int
	Dropped  uint64
}

// Config of a server.
type Config struct {
	Addr   string   // HOST:PORT on loopback; empty: DefaultAddr, or a free port where that is taken
	Hosts  []string // further names that a Host header may have
	Static fs.FS    // index.html and what it loads; nil: the one that is built in
	Assets fs.FS    // browser libraries
	Now    func() time.Time
	Source Source
}

// Server serves one run's page. All methods are safe from any goroutine.
type Server struct {
	cfg   Config
	addr  string
	hosts map[string]bool
	ln    net.Listener
	http  *http.Server
	door  door
	files map[string]*file
	spawn func(func())
	first string // the one-time token of the printed URL

	latest  atomic.Pointer[frame]
	full    atomic.Pointer[frame]
	dropped atomic.Uint64
	over    atomic.Bool   // the last view has been published
	tabbed  atomic.Int32  // tabs that are open
	wake    chan struct{} // there is something for the caster
	lines   chan message  // fills and alarms that wait for it
	whole   atomic.Uint64 // seq of the last whole view that was told of; the caster's
	shown   []*tab        // the caster's

	mu     sync.Mutex
	tabs   map[*tab]struct{}
	asked  bool          // a whole view is wanted
	fresh  chan struct{} // closed when one has come
	closed bool
	done   chan struct{}
}

// New opens the port. Nothing is served before [Server.Serve].
func New(cfg Config) (*Server, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Static == nil {
		cfg.Static = built()
	}
	ln, err := listen(cfg.Addr)
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, ln: ln, addr: ln.Addr().String(), tabs: map[*tab]struct{}{}, fresh: make(chan struct{}), done: make(chan struct{}),
		wake: make(chan struct{}, 1), lines: make(chan message, urgentMax),
	}
	s.hosts = allowed(s.addr, cfg.Hosts)
	s.door.bearer, s.first = newSecret(), s.door.newLink()
	if s.files, err = load(cfg.Static, cfg.Assets); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	s.http = &http.Server{
		Handler: s, ReadHeaderTimeout: headerWait, ReadTimeout: bodyWait, IdleTimeout: idleMax, MaxHeaderBytes: headerMax,
		ErrorLog: log.New(io.Discard, "", 0),
	}
	return s, nil
}

// listen opens addr. For no address it takes the default one, or any free port where another run has that.
func listen(addr string) (net.Listener, error) {
	given := addr != ""
	if !given {
		addr = DefaultAddr
	}
	if err := loopback(addr); err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", addr)
	taken := errors.Is(err, syscall.EADDRINUSE)
	if taken && !given {
		host, port, _ := net.SplitHostPort(DefaultAddr)
		if ln, err = nextFree(host, port); err == nil {
			return ln, nil
		}
	}
	switch {
	case taken && given:
		return nil, fmt.Errorf("the page's address %s is taken by another program: give another by --page, or leave it out to have one found", addr)
	case err != nil:
		return nil, fmt.Errorf("the page cannot be served at %s: %w", addr, err)
	}
	return ln, nil
}

// portsTried is how many ports after the default are tried before the system is asked for any.
const portsTried = 16

// nextFree is the first free port after port, or any.
func nextFree(host, port string) (net.Listener, error) {
	first, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	for p := first + 1; p <= first+portsTried; p++ {
		if ln, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(p))); err == nil {
			return ln, nil
		}
	}
	return net.Listen("tcp", net.JoinHostPort(host, "0"))
}

// Addr is where it listens.
func (s *Server) Addr() string { return s.addr }

// URL is the address with a one-time token: whoever opens it first has the session.
func (s *Server) URL() string { return s.link1(s.first) }

// Bearer is the secret of the run, for its user's other programs.
func (s *Server) Bearer() string { return s.door.bearer }

func (s *Server) link1(token string) string { return "http://" + s.addr + "/?token=" + token }

// Serve begins. spawn starts a goroutine that its owner awaits after [Server.Close].
func (s *Server) Serve(spawn func(func())) {
	s.spawn = spawn
	spawn(func() { s.http.Serve(s.ln) })
	spawn(s.tick)
	spawn(s.cast)
}

// Close ends everything: the port, the tabs and what waits.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	close(s.done)
	s.http.Close()
	_ = s.ln.Close() // where it was never served
	for t := range s.tabs {
		t.end()
		if t.conn != nil {
			t.conn.SetWriteDeadline(time.Now().Add(farewellWait)) // of a write that is stuck
		}
	}
}

// tick asks the run for views, while somebody watches.
func (s *Server) tick() {
	t := time.NewTicker(Every)
	defer t.Stop()
	for watched := false; ; {
		select {
		case <-s.done:
			return
		case <-t.C:
		}
		w, ok := s.want()
		if ok || watched { // once more when the last has gone, so that the run hears of it
			s.cfg.Source.Poll(w)
		}
		watched = ok
	}
}

// want is what the tabs want together; false: nobody watches.
func (s *Server) want() (w Want, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w = Want{Full: s.asked, Tabs: len(s.tabs), Dropped: s.Dropped()}
	for t := range s.tabs {
		w.Sections |= ui.Sections(t.sections.Load())
	}
	return w, s.asked || len(s.tabs) > 0
}

// ask has the next view be a whole one; what it returns is closed when that has come.
func (s *Server) ask() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = true
	return s.fresh
}

// Publish shows a view to all tabs. It never blocks, whatever their number.
func (s *Server) Publish(v *ui.View) {
	f := &frame{view: v}
	if v.Full {
		s.full.Store(f) // before it is the newest: who finds it there finds it here too
	}
	s.latest.Store(f)
	s.rouse()
}

// Dropped is how many messages slow tabs did not get.
func (s *Server) Dropped() uint64 { return s.dropped.Load() }

// End shows the last view, a whole one: from now on every tab gets that, and the run is not asked any more.
func (s *Server) End(v *ui.View) {
	s.over.Store(true)
	s.Publish(v)
}

// Fill and Alarm show one line to all tabs at once. They never block: where too many wait, or a tab's queue is full, the line is
// dropped, and the next view has it.
func (s *Server) Fill(f ui.Fill) {
	if s.tabbed.Load() > 0 {
		s.push(message{Type: "fill", Fill: new(f)})
	}
}

// Alarm shows an alarm: see [Server.Fill].
func (s *Server) Alarm(a ui.Alarm) {
	if s.tabbed.Load() > 0 {
		s.push(message{Type: "alarm", Alarm: new(a)})
	}
}

func (s *Server) push(m message) {
	select {
	case s.lines <- m:
		s.rouse()
	default:
		s.dropped.Add(1)
	}
}
