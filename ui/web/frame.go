package web

import (
	"encoding/json"
	"sync"

	"baton/ui"
)

// frame is one published view, encoded once for all tabs, by the first that sends it.
type frame struct {
	view *ui.View
	once sync.Once
	text []byte
}

func (f *frame) encoded() []byte {
	f.once.Do(func() { f.text = message{Type: "view", View: f.view}.encode() })
	return f.text
}

// message is everything that the server sends by WebSocket.
type message struct {
	Type  string    `json:"type"`
	View  *ui.View  `json:"view,omitempty"`
	Fill  *ui.Fill  `json:"fill,omitempty"`
	Alarm *ui.Alarm `json:"alarm,omitempty"`
	ID    *int64    `json:"id,omitempty"`
	OK    *bool     `json:"ok,omitempty"`
	Token string    `json:"token,omitempty"`
	Text  string    `json:"text,omitempty"`
	Needs string    `json:"needs,omitempty"`
}

// encode cannot fail: everything in it is plain data, and numbers are finite by their making.
func (m message) encode() []byte {
	b, err := json.Marshal(m)
	if err != nil {
		b, _ = json.Marshal(message{Type: "bye", Text: "a view could not be written: " + err.Error()})
	}
	return b
}

// request is everything that a tab sends.
type request struct {
	Type   string `json:"type"`
	Screen string `json:"screen"`
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Arg    string `json:"arg"`
	Token  string `json:"token"`
}

// sectionsOf is what a screen needs beyond the live part.
func sectionsOf(screen string) ui.Sections {
	switch screen {
	case "coroutines":
		return ui.OnCoroutines
	case "report":
		return ui.OnReport
	case "health":
		return ui.OnHealth
	}
	return 0
}
