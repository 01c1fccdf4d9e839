package torture

import (
	"errors"
	"slices"
	"strings"
	"time"

	"baton/aio"
	"baton/netio"
)

// errNoName is what a dead resolver says.
var errNoName = errors.New("lookup exchange: Temporary failure in name resolution")

// outside is the network as the trader's process has it: its resolver may be dead, and what comes from a connection that has ended may
// come again.
type outside struct {
	netio.Network
	w *world
}

// active is the incident of that kind that goes on, nil where none does.
func (w *world) going(id string) *effect {
	if i := slices.IndexFunc(w.active, func(e *effect) bool { return e.ID == id }); i >= 0 {
		return w.active[i]
	}
	return nil
}

// Dial opens a connection, with a glass before its handler.
func (n *outside) Dial(co *aio.Co, target string, h netio.Handler) (*netio.Conn, error) {
	if n.w.going("N12") != nil {
		n.w.reach("N12")
		return nil, &netio.Lost{Err: errNoName}
	}
	return n.Network.Dial(co, target, &glass{w: n.w, h: h})
}

// Doer makes requests, and looks at how they are answered.
func (n *outside) Doer(base string) netio.Doer { return &asker{n.Network.Doer(base), n.w} }

// asker is the trader's way to REST.
type asker struct {
	netio.Doer
	w *world
}

// Do asks. Behind an answer that says to be quiet nothing but cancels may leave for as long as it says.
func (a *asker) Do(co *aio.Co, r *netio.Request) (*netio.Response, error) {
	w := a.w
	if w.going("N12") != nil {
		w.reach("N12")
		return nil, &netio.Lost{Err: errNoName}
	}
	w.obs.asks(r)
	res, err := a.Doer.Do(co, r)
	if err == nil {
		w.obs.told(res)
	}
	return res, err
}

// glass is the trader's end of a connection: it sees what its handler hears.
type glass struct {
	w    *world
	h    netio.Handler
	kept [][]byte // the last messages, while they may come again
}

// ghosts is how many messages of a connection come again.
const ghosts = 5

// Message is one that arrives.
func (g *glass) Message(c *netio.Conn, data []byte) {
	if g.w.has("W12") {
		if len(g.kept) == ghosts {
			g.kept = g.kept[1:]
		}
		g.kept = append(g.kept, slices.Clone(data))
	}
	g.h.Message(c, data)
}

// Closed is its end: what it brought last may come once more.
func (g *glass) Closed(c *netio.Conn, err error) {
	g.h.Closed(c, err)
	if g.w.going("W12") == nil {
		return
	}
	for i, data := range g.kept {
		g.w.l.CallLater(time.Duration(10*(i+1))*time.Millisecond, func() {
			g.w.reach("W12")
			g.h.Message(c, data)
		})
	}
	g.kept = nil
}

// exempt says that a request may leave although the exchange has told us to be quiet: a cancel, or the dead man's switch.
func exempt(r *netio.Request) bool {
	return r.Method == "DELETE" || strings.HasSuffix(r.Path, "countdownCancelAll")
}
