package web

import (
	"bytes"
	"encoding/json"
	"sync"

	"baton/netio/ws"
	"baton/ui"
)

// frame is one published view, whose sections are encoded once each, however many tabs show them in whatever company.
type frame struct {
	view *ui.View

	mu    sync.Mutex
	parts [4][]byte                 // the live part, and one a section: nil until somebody wants it
	wire  [ui.Everything + 1][]byte // whole messages as WebSocket frames, by their sections
}

// live is the part of a view that every tab gets: its fields but the sections.
type live struct {
	Schema  string      `json:"schema"`
	Seq     uint64      `json:"seq"`
	Full    bool        `json:"full"`
	Header  ui.Header   `json:"header"`
	Markets []ui.Market `json:"markets"`
	Account ui.Account  `json:"account"`
	Alarms  []ui.Alarm  `json:"alarms"`
	Audit   []ui.Audit  `json:"audit"`
}

// bytes is the message with the sections that a tab shows, or all where the view is a whole one. It never changes afterwards.
func (f *frame) bytes(sections ui.Sections) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.view.Full {
		sections = ui.Everything
	}
	sections &= ui.Everything
	if f.wire[sections] == nil {
		f.wire[sections] = ws.Append(nil, ws.Text, f.compose(sections))
	}
	return f.wire[sections]
}

// compose puts the parts together as if the view had been encoded at once.
func (f *frame) compose(sections ui.Sections) []byte {
	v := f.view
	head := f.part(0, &live{v.Schema, v.Seq, v.Full, v.Header, v.Markets, v.Account, v.Alarms, v.Audit})
	section := func(i int, of ui.Sections, v any, none bool) []byte {
		if none || sections&of == 0 {
			return []byte("null")
		}
		return f.part(i, v)
	}
	tasks := section(1, ui.OnCoroutines, v.Coroutines, v.Coroutines == nil)
	report := section(2, ui.OnReport, v.Report, v.Report == nil)
	health := section(3, ui.OnHealth, v.Health, v.Health == nil)
	const names = `{"type":"view","view":` + `,"coroutines":` + `,"report":` + `,"health":` + `}}`
	b := make([]byte, 0, len(names)+len(head)+len(tasks)+len(report)+len(health))
	b = append(append(b, `{"type":"view","view":`...), bytes.TrimSuffix(head, []byte("}"))...)
	b = append(append(b, `,"coroutines":`...), tasks...)
	b = append(append(b, `,"report":`...), report...)
	b = append(append(b, `,"health":`...), health...)
	return append(b, "}}"...)
}

// part encodes one part of the view at its first use.
func (f *frame) part(i int, v any) []byte {
	if f.parts[i] == nil {
		f.parts[i] = encode(v)
	}
	return f.parts[i]
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

// frame is the message as it goes to a tab.
func (m message) frame() []byte { return ws.Append(nil, ws.Text, encode(m)) }

// encode cannot fail: everything in a message is plain data, and numbers are finite by their making. If it did, nothing would stand
// where the value belongs.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("null")
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
