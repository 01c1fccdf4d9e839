package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"baton/control"
	"baton/ui"
	"baton/ui/web"
)

// said is what a test reads of a message.
type said struct {
	Type  string    `json:"type"`
	View  *ui.View  `json:"view"`
	Fill  *ui.Fill  `json:"fill"`
	Alarm *ui.Alarm `json:"alarm"`
	ID    int64     `json:"id"`
	OK    bool      `json:"ok"`
	Token string    `json:"token"`
	Text  string    `json:"text"`
	Needs string    `json:"needs"`
}

// tab opens a WebSocket as the page does.
func (w *world) tab(v *visitor) *websocket.Conn {
	w.Helper()
	c, _, err := websocket.Dial(w.Context(), "ws"+strings.TrimPrefix(w.base, "http")+"/ws", &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {w.base}, "Cookie": {v.cookie.Name + "=" + v.cookie.Value}},
	})
	if err != nil {
		w.Fatal(err)
	}
	c.SetReadLimit(16 << 20)
	w.Cleanup(func() { c.CloseNow() })
	return c
}

// hear reads the next message that is wanted.
func (w *world) hear(c *websocket.Conn, want func(*said) bool) (m *said) {
	w.Helper()
	w.raw(c, func(x *said) bool { m = x; return want(x) })
	return m
}

// raw is the text of the next message that is wanted.
func (w *world) raw(c *websocket.Conn, want func(*said) bool) []byte {
	w.Helper()
	for {
		_, b, err := c.Read(w.Context())
		if err != nil {
			w.Fatal(err)
		}
		m := new(said)
		if err := json.Unmarshal(b, m); err != nil {
			w.Fatalf("%s: %v", b, err)
		}
		if want(m) {
			return b
		}
	}
}

// link is a fresh one-time link.
func (w *world) link() string {
	_, body := w.ask(http.MethodPost, "/api/link", func(q *http.Request) { q.Header.Set("Authorization", "Bearer "+w.srv.Bearer()) })
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(body), `{"url":"`), `"}`)
}

func typed(kind string) func(*said) bool { return func(m *said) bool { return m.Type == kind } }

func (w *world) say(c *websocket.Conn, text string) {
	w.Helper()
	if err := c.Write(w.Context(), websocket.MessageText, []byte(text)); err != nil {
		w.Fatal(err)
	}
}

// A tab first gets a whole view, then the newest ones, with the section that it shows; fills and alarms come by themselves; when
// the run ends it is told so after the last view.
func TestTab(t *testing.T) {
	w := serve(t)
	c := w.tab(w.enter(w.srv.URL()))
	first := w.hear(c, typed("view"))
	if !first.View.Full {
		t.Errorf("the first view is %+v", first.View)
	}
	w.say(c, `{"type":"screen","screen":"coroutines"}`)
	asked := func() bool {
		w.run.mu.Lock()
		defer w.run.mu.Unlock()
		last := w.run.wants[len(w.run.wants)-1]
		return last.Sections == ui.OnCoroutines && last.Tabs == 1 && !last.Full
	}
	for seq := first.View.Seq; !asked(); {
		v := w.hear(c, typed("view")).View
		if v.Seq <= seq {
			t.Fatalf("view %d after %d", v.Seq, seq)
		}
		seq = v.Seq
	}
	w.srv.Fill(ui.Fill{N: 7})
	if m := w.hear(c, typed("fill")); m.Fill.N != 7 {
		t.Errorf("fill %+v", m.Fill)
	}
	w.srv.Alarm(ui.Alarm{Text: "look"})
	if m := w.hear(c, typed("alarm")); m.Alarm.Text != "look" {
		t.Errorf("alarm %+v", m.Alarm)
	}
	w.run.mu.Lock()
	w.run.mute = true
	w.srv.End(&ui.View{Schema: ui.Schema, Seq: 1 << 20, Full: true, Header: ui.Header{Phase: ui.PhaseEnded}})
	w.run.mu.Unlock()
	w.hear(c, func(m *said) bool { return m.Type == "view" && m.View.Header.Phase == ui.PhaseEnded })
	late := w.tab(w.enter(w.link()))
	w.hear(late, func(m *said) bool { return m.Type == "view" && m.View.Full })
	w.srv.Close()
	w.hear(c, typed("bye"))
}

// A command is answered; one that wants a confirmation is carried out only with its token and word.
func TestCommands(t *testing.T) {
	w := serve(t)
	c := w.tab(w.enter(w.srv.URL()))
	w.say(c, `{"type":"command","id":1,"name":"pause"}`)
	if m := w.hear(c, typed("ack")); !m.OK || m.ID != 1 || m.Text != "did pause" {
		t.Errorf("pause: %+v", m)
	}
	w.say(c, `{"type":"command","id":2,"name":"kill","arg":"KILL"}`)
	ask := w.hear(c, func(m *said) bool { return m.Type == "confirm" || m.Type == "ack" })
	if ask.Type != "confirm" || ask.ID != 2 || ask.Needs != "KILL" || w.run.commands() != 1 {
		t.Fatalf("kill without a token: %+v, %d commands carried out", ask, w.run.commands())
	}
	w.say(c, `{"type":"command","id":3,"name":"kill","arg":"KILL","token":"`+ask.Token+`"}`)
	if m := w.hear(c, typed("ack")); !m.OK || m.ID != 3 {
		t.Errorf("kill: %+v", m)
	}
	for _, bad := range []string{`{"type":"command","id":4,"name":"withdraw"}`, `{"type":"dance"}`, `]`} {
		w.say(c, bad)
		if m := w.hear(c, typed("ack")); m.OK {
			t.Errorf("%s: %+v", bad, m)
		}
	}
	w.run.mu.Lock()
	defer w.run.mu.Unlock()
	if len(w.run.did) != 2 || w.run.did[1].Name != control.Kill {
		t.Errorf("carried out: %+v", w.run.did)
	}
}

// A tab that reads nothing holds nobody up: views, fills and alarms are dropped for it and counted, and others get theirs.
func TestSlowTab(t *testing.T) {
	w := serve(t)
	v := w.enter(w.srv.URL())
	slow, quick := w.tab(v), w.tab(v)
	w.hear(slow, typed("view")) // it is there, and from now on reads nothing
	w.hear(quick, typed("view"))
	w.run.mu.Lock() // nobody else publishes meanwhile
	defer w.run.mu.Unlock()
	w.run.mute = true
	big := strings.Repeat("x", 1<<19)
	const views = 60 // 30 MB: more than the buffers of a socket
	seq := uint64(1 << 20)
	for range views {
		seq++
		w.srv.Publish(&ui.View{Schema: ui.Schema, Seq: seq, Header: ui.Header{Strategy: big}})
		w.srv.Fill(ui.Fill{N: int(seq)})
		w.hear(quick, func(m *said) bool { return m.Type == "view" && m.View.Seq == seq })
	}
	if n := w.srv.Dropped(); n < views/6 {
		t.Errorf("%d messages were dropped for a tab that reads nothing, of %d", n, 2*views)
	}
	w.srv.Close() // and its end holds nobody up either: the clean-up waits for the goroutines
}

// A tab that has missed views gets the newest one when it reads again, though nothing new is published.
func TestTabCatchesUp(t *testing.T) {
	w := serve(t)
	c := w.tab(w.enter(w.srv.URL()))
	w.hear(c, typed("view"))
	w.run.mu.Lock()
	w.run.mute = true
	w.run.mu.Unlock()
	seq, big := uint64(1<<20), strings.Repeat("x", 1<<19)
	for before := w.srv.Dropped(); w.srv.Dropped() == before; { // until its socket is full
		seq++
		w.srv.Publish(&ui.View{Schema: ui.Schema, Seq: seq, Header: ui.Header{Strategy: big}})
	}
	w.hear(c, func(m *said) bool { return m.Type == "view" && m.View.Seq == seq })
}

// While nobody watches, nothing is asked of the run; when the last tab goes, the run hears of it.
func TestUnwatched(t *testing.T) {
	w := serve(t)
	v := w.enter(w.srv.URL())
	w.run.mu.Lock()
	polls := w.run.polls
	w.run.mu.Unlock()
	if polls != 0 {
		t.Errorf("asked %d times for nobody", polls)
	}
	c := w.tab(v)
	w.hear(c, typed("view"))
	c.CloseNow()
	for gone := false; !gone && t.Context().Err() == nil; {
		w.run.mu.Lock()
		last := w.run.wants[len(w.run.wants)-1]
		gone = last.Tabs == 0 && !last.Full
		w.run.mu.Unlock()
	}
}

// More tabs than there may be are refused.
func TestTabsBounded(t *testing.T) {
	w := serve(t)
	v := w.enter(w.srv.URL())
	refused := 0
	for range 70 {
		c, res, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(w.base, "http")+"/ws", &websocket.DialOptions{
			HTTPHeader: http.Header{"Origin": {w.base}, "Cookie": {v.cookie.Name + "=" + v.cookie.Value}},
		})
		switch {
		case err == nil:
			t.Cleanup(func() { c.CloseNow() })
		case res != nil && res.StatusCode == http.StatusServiceUnavailable:
			refused++
		default:
			t.Fatal(err)
		}
	}
	if refused != 70-web.TabsMax {
		t.Errorf("%d of 70 tabs were refused, want %d", refused, 70-web.TabsMax)
	}
}
