package web

import "net/http"

// Access is who may use a route.
type Access uint8

// The kinds of access. The zero value lets nobody in.
const (
	Nobody  Access = iota
	Token          // a session; or a one-time token, which makes one
	Session        // a session's cookie
	Bearer         // the run's secret, from the file that only its user can read
	Either         // Session or Bearer
)

// Policy is what a request has to show before its route serves it.
type Policy struct {
	Method  string // the one method; GET stands for HEAD too
	Access  Access
	Origin  bool // the Origin header has to be this page's, where the access is by a session
	Confirm bool // and the header X-Baton-Confirm has to be the session's secret
	Upgrade bool // it is the handshake of a WebSocket
}

// Route is one line of the table. Its literals have no field names, so that a route without a policy does not compile.
type Route struct {
	Pattern string // a path; one that ends in "*" is for all that begin so
	Policy  Policy
	serve   func(*Server, http.ResponseWriter, *http.Request, *session)
}

// Routes is every route there is. What is not in it is not served.
func Routes() []Route {
	return []Route{
		{"/", Policy{Method: http.MethodGet, Access: Token}, (*Server).index},
		{"/static/*", Policy{Method: http.MethodGet, Access: Session}, (*Server).static},
		{"/webasset/*", Policy{Method: http.MethodGet, Access: Session}, (*Server).asset},
		{"/ws", Policy{Method: http.MethodGet, Access: Session, Origin: true, Upgrade: true}, (*Server).socket},
		{"/api/view", Policy{Method: http.MethodGet, Access: Either}, (*Server).view},
		{"/api/command", Policy{Method: http.MethodPost, Access: Session, Origin: true, Confirm: true}, (*Server).command},
		{"/api/link", Policy{Method: http.MethodPost, Access: Bearer}, (*Server).link},
	}
}

// ConfirmHeader carries a session's confirmation secret.
const ConfirmHeader = "X-Baton-Confirm"
