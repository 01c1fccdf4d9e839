// Package netio gives HTTP and WebSocket, both ends, as awaitable calls on a loop: over real sockets ([Sockets]) or over a
// network in memory ([Memory]) that is deterministic and can delay, drop and cut. Code above it cannot tell them apart.
//
// All state belongs to the loop: handlers and services are called on it, and every method is to be called on it. Nothing
// here ever blocks the loop, calls a handler from inside Send or Close, or sends anything twice. No error names the query of
// a request or the path of a WebSocket: they may hold a signature or a listen key.
//
//	network := netio.Sockets(co.Loop(), netio.SocketConfig{})
//	server, err := network.Listen(co, "127.0.0.1:0", service)
//	conn, err := network.Dial(co, "ws://"+server.Addr()+"/stream", handler)
//	err = conn.Send([]byte(`{"id":1}`))
//	answer, err := network.Doer("http://"+server.Addr()).Do(co, &netio.Request{Method: "GET", Path: "/time"})
//
// With a virtual clock, what is under way between two ends on the same loop is held ([aio.Loop.Hold]) from the send until
// its handler has run, so that the clock cannot pass it. What comes from another process is not.
package netio

import (
	"errors"
	"fmt"

	"baton/aio"
)

// Limits of both networks; the sizes and times that a caller may choose are in [SocketConfig] and [MemoryConfig].
const (
	maxBody     = 32 << 20 // bytes of a request's or response's body
	maxRequests = 8        // requests of one network under way at a time; more wait in line
	closeWait   = 5e9      // nanoseconds that Close waits for the peer's answer
	keepFrame   = 1 << 20  // a longer buffer for making frames is given back
)

// Request is one HTTP request, Response its answer. Bodies are whole.
type Request struct {
	Method string
	Path   string      // without host, with leading slash, escaped
	Query  string      // raw, without '?'
	Header [][2]string // at the server: canonical names, sorted
	Body   []byte
	Remote string // at the server: the peer's address
	Halts  bool   // at the client: a [Halt] keeps it from being written
}

// Get is the value of the first header of that canonical name, or empty.
func (r *Request) Get(name string) string { return lookup(r.Header, name) }

// Response is the answer to a Request.
type Response struct {
	Status int
	Header [][2]string
	Body   []byte
}

// Get is the value of the first header of that canonical name, or empty.
func (r *Response) Get(name string) string { return lookup(r.Header, name) }

func lookup(header [][2]string, name string) string {
	for i := range header {
		if header[i][0] == name {
			return header[i][1]
		}
	}
	return ""
}

// Errors of connections.
var (
	// ErrNotOpen: the connection is closed, or closing.
	ErrNotOpen = errors.New("the connection is not open")
	// ErrFull: the peer takes nothing any more and the writer's buffer is full. The connection is closed.
	ErrFull = errors.New("the peer does not read: the buffer for what it is to be sent is full")
	// ErrCut: a [Fault] cut the connection.
	ErrCut = errors.New("the connection was cut by an injected fault")
	// ErrSilent: nothing came for as long as the keep-alive allows.
	ErrSilent = errors.New("the peer has been silent for too long")
)

// Lost is the error of a request whose outcome is not known. Sent says whether any byte may have left.
type Lost struct {
	Sent bool
	Err  error
}

// Error says that the outcome is not known, and why.
func (e *Lost) Error() string { return "lost: " + e.Err.Error() }

// Unwrap is the reason.
func (e *Lost) Unwrap() error { return e.Err }

// Refused is the error of Dial where the server answered the handshake with something else than an upgrade.
type Refused struct {
	Status int
	Body   []byte
}

// Error has the status and the beginning of the body.
func (e *Refused) Error() string {
	return fmt.Sprintf("the server refused the WebSocket: status %d: %.200q", e.Status, e.Body)
}

// Closed is the error of a connection that the peer ended. Code is its close code (RFC 6455, 7.4): ws.NoStatus where it
// gave none, ws.Abnormal where the connection ended without a close frame, and then Reason says how.
type Closed struct {
	Code   uint16
	Reason string
}

// Error has the code and the reason.
func (e *Closed) Error() string {
	return fmt.Sprintf("the peer closed the connection: code %d: %s", e.Code, e.Reason)
}

// Doer carries one request to a server and brings its response, or *Lost. It never follows a redirect.
type Doer interface {
	Do(co *aio.Co, r *Request) (*Response, error)
}

// Network is the outside: real sockets, or memory.
type Network interface {
	// Dial opens a WebSocket to url ("ws://host:port/path?query"). The handler's calls come on the loop, after Dial has
	// returned. The error is *Lost, with Sent false where there was no connection, or *Refused.
	Dial(co *aio.Co, url string, h Handler) (*Conn, error)
	// Doer gives an HTTP client for base ("http://host:port").
	Doer(base string) Doer
	// Listen serves HTTP and WebSocket at addr ("127.0.0.1:0") until Close.
	Listen(co *aio.Co, addr string, s Service) (*Listener, error)
}

// Handler hears one connection, on the loop.
type Handler interface {
	// Message is one text or binary message, borrowed for the call.
	Message(c *Conn, data []byte)
	// Closed comes once; nothing follows. err is nil where this end asked for it, *Closed where the peer did.
	Closed(c *Conn, err error)
}

// Service is a server's side, called on the loop.
type Service interface {
	// Serve answers one request by calling answer once, at once or later. The request is the service's to keep.
	Serve(r *Request, answer func(*Response))
	// Accept decides on a WebSocket handshake for r: the handler of the new connection, or a refusal. What it sends on c
	// follows the handshake's answer.
	Accept(r *Request, c *Conn) (Handler, *Response)
}

// Listener is an open server.
type Listener struct {
	addr  string
	close func()
}

// Addr is where it listens, "127.0.0.1:40123".
func (l *Listener) Addr() string { return l.addr }

// Close ends the listening, and the requests that have not been answered. Open WebSockets live on.
func (l *Listener) Close() {
	if l.close != nil {
		l.close()
		l.close = nil
	}
}
