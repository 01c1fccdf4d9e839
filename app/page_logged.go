package app

import (
	"encoding/json"
	"sync"

	"baton/aio"
	"baton/control"
	"baton/ui/web"
)

// loggedPage brings what a page asks of a recorded run by inlets, so that it is in the ingress log: a poll takes a turn of the loop, and
// a command changes what the trader does. Confirmation tokens are left out.
type loggedPage struct {
	polls, commands *aio.Inlet

	mu      sync.Mutex
	seq     uint64
	answers map[uint64]func(control.Ack) // of commands under way; none in a replay
}

// pageCommand is a command in the log.
type pageCommand struct {
	ID   uint64 `json:"id"`
	Name string `json:"name"`
	Arg  string `json:"arg"`
	From string `json:"from"`
}

func newLoggedPage(s *shown) *loggedPage {
	p := &loggedPage{answers: map[uint64]func(control.Ack){}}
	p.polls = aio.NewInlet(s.loop, "polls of the page", func(b []byte) {
		var w web.Want
		if json.Unmarshal(b, &w) == nil {
			s.polled(w)
		}
	})
	p.commands = aio.NewInlet(s.loop, "commands of the page", func(b []byte) {
		var c pageCommand
		if json.Unmarshal(b, &c) != nil {
			return
		}
		ack := s.command(control.Command{Name: c.Name, Arg: c.Arg}, c.From)
		if answer := p.take(c.ID); answer != nil {
			answer(ack)
		}
	})
	return p
}

func (p *loggedPage) ask(w web.Want) bool {
	b, err := json.Marshal(w)
	return err == nil && p.polls.Post(b)
}

func (p *loggedPage) order(c control.Command, from string, answer func(control.Ack)) bool {
	p.mu.Lock()
	p.seq++
	id := p.seq
	p.answers[id] = answer
	p.mu.Unlock()
	b, err := json.Marshal(pageCommand{id, c.Name, c.Arg, from})
	if err != nil || !p.commands.Post(b) {
		p.take(id)
		return false
	}
	return true
}

// take gives the answer function of a command, once.
func (p *loggedPage) take(id uint64) func(control.Ack) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := p.answers[id]
	delete(p.answers, id)
	return answer
}
