// Package netio gives HTTP and WebSocket, both ends, as awaitable calls on a loop, over the real network or one in memory.
// (Contract stub: what the rooms above compile against; bodies follow.)
package netio

import (
	"baton/aio"
)

// Request is one HTTP request, Response its answer. Bodies are whole.
type Request struct {
	Method string
	Path   string // without host, with leading slash
	Query  string // raw, without '?'
	Header [][2]string
	Body   []byte
	Remote string // at the server: the peer's address
}

// Response is the answer to a Request.
type Response struct {
	Status int
	Header [][2]string
	Body   []byte
}

// Lost is the error of a request whose outcome is not known. Sent says whether any byte may have left.
type Lost struct {
	Sent bool
	Err  error
}

func (e *Lost) Error() string { return "lost: " + e.Err.Error() }
func (e *Lost) Unwrap() error { return e.Err }

// Doer carries one request to a server and brings its response, or *Lost.
type Doer interface {
	Do(co *aio.Co, r *Request) (*Response, error)
}

// Network is the outside: real sockets, or memory.
type Network interface {
	// Dial opens a WebSocket to url ("ws://host:port/path?query"). The handler's calls come on the loop.
	Dial(co *aio.Co, url string, h Handler) (*Conn, error)
	// Doer gives an HTTP client for base ("http://host:port").
	Doer(base string) Doer
	// Listen serves HTTP and WebSocket at addr ("127.0.0.1:0") until Close.
	Listen(co *aio.Co, addr string, s Service) (*Listener, error)
}

// Handler hears one connection, on the loop.
type Handler interface {
	Message(c *Conn, data []byte) // one text or binary message, borrowed for the call
	Closed(c *Conn, err error)    // once; nothing follows
}

// Service is a server's side, called on the loop.
type Service interface {
	// Serve answers one request by calling answer once, at once or later.
	Serve(r *Request, answer func(*Response))
	// Accept decides on a WebSocket handshake for r: the handler of the new connection, or a refusal.
	Accept(r *Request, c *Conn) (Handler, *Response)
}

// Conn is one WebSocket connection.
type Conn struct{}

// Send writes one text message: now if the socket takes it, else by the bounded writer goroutine. It never blocks and never
// suspends. An error means that nothing of it left. data is not kept.
func (c *Conn) Send(data []byte) error           { panic("stub") }
func (c *Conn) Close(code uint16, reason string) { panic("stub") }
func (c *Conn) Remote() string                   { panic("stub") }

// Listener is an open server.
type Listener struct{}

func (l *Listener) Addr() string { panic("stub") }
func (l *Listener) Close()       { panic("stub") }
