package server

import (
	"baton/binance/wire"
	"baton/exchange/face"
	"baton/netio"
)

// Serve answers a REST request: one that changes something at the exchange after its way there and back, any other at once.
func (s *Server) Serve(r *netio.Request, answer func(*netio.Response)) {
	s.stats.Requests++
	if s.page != nil && r.Method == "GET" && r.Path == "/" {
		answer(&netio.Response{Status: 200, Header: [][2]string{{"Content-Type", "text/html; charset=utf-8"}}, Body: s.page()})
		return
	}
	q := &face.Request{Method: r.Method, Path: r.Path, Query: r.Query, Header: r.Header, Body: r.Body, Remote: r.Remote, Came: s.now()}
	var f fate
	if s.troubled() {
		f = s.fateOf(q)
	}
	if f.answer != nil && !f.done {
		s.answers.after(s.delay, func() { answer(f.answer.response()) })
		return
	}
	if !face.Changes(q) {
		s.read(q, f, answer)
		return
	}
	s.out.after(f.late, func() {
		s.catchUp()
		if f.late > 0 {
			q.Came = s.now()
		}
		resp := response(s.f.Serve(s.now(), q))
		lost := face.Places(q) && s.loses() || f.lost
		if f.answer != nil {
			resp = f.answer.response()
		}
		s.answers.after(s.delay, func() {
			if !lost {
				answer(resp)
			}
		})
		s.settle()
	})
}

// read answers a request that changes nothing, at once.
func (s *Server) read(q *face.Request, f fate, answer func(*netio.Response)) {
	s.f.Lag(f.lag)
	resp := response(s.f.Serve(s.now(), q))
	s.f.Lag(0)
	switch {
	case f.answer != nil:
		resp = f.answer.response()
	case resp.Status == statusOK && s.troubled():
		s.remember(&ask{call: callOf(q), key: q.Query}, resp.Body)
		if f.body != nil {
			resp.Body = f.body
		}
	}
	answer(resp)
	s.settle()
}

const statusOK = 200

func callOf(q *face.Request) wire.Call {
	c, _ := wire.FindHTTP(q.Method, q.Path)
	return c
}

// troubled says whether anything may go wrong with requests by chance, or because of a scenario.
func (s *Server) troubled() bool { return s.closed || len(s.chances) > 0 || len(s.running) > 0 }

// fateOf throws the dice for a request by REST.
func (s *Server) fateOf(q *face.Request) fate {
	p, fault := wire.ParseQuery([]byte(q.Query), q.Body, nil)
	if fault != nil {
		p = nil
	}
	return s.fate(&ask{call: callOf(q), p: p, method: q.Method, remote: q.Remote, key: q.Query})
}
