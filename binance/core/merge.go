package core

import "bytes"

// The bounds of what a [Merge] holds back of one connection, and of how long it looks for twins of one that has ended, in frames.
const (
	heldFrames  = 2048
	heldBytes   = 2 << 20
	trailFrames = 4096
)

// Merge makes one sequence, without a gap, a twin or an inversion, of the streams that several connections bring alike: while one
// replaces another, and where copies run beside each other. Every connection brings each stream whole and in order from the moment
// it is open, but one may be ahead of another. A new connection is therefore joined stream by stream: what it brings of a stream is
// held back until one that is joined already has brought a frame of it too, or it brings one that they have brought. From then on
// the first frame wins.
//
// The zero value has no connection. Frames cost nothing while there is one. Deliver is called with frames that are borrowed.
type Merge struct {
	Deliver func(frame []byte)

	last  int
	lines []*merged
	twins Twins
	lead  map[string]*int // which connection brought the newest frame of a stream; while there are several

	trail   map[string]bool // streams that the last connection left may be behind in
	trailed int             // frames since it is alone
}

// merged is one connection.
type merged struct {
	id     int
	all    bool            // every stream is joined, but those that are false in joined
	joined map[string]bool // by name
	held   []heldFrame
	size   int
}

type heldFrame struct {
	stream string
	frame  []byte
}

// Begin is a new connection: its number. The first one is joined at once.
func (m *Merge) Begin() int {
	m.last++
	m.lines = append(m.lines, &merged{id: m.last, all: len(m.lines) == 0, joined: map[string]bool{}})
	return m.last
}

// Single says whether there is no more than one connection, so that a stream's name need not be looked for.
func (m *Merge) Single() bool { return len(m.lines) <= 1 && len(m.trail) == 0 }

// Frame takes a frame of a stream from a connection. twin says that another one had brought it. A frame of a connection that has
// ended is nothing.
func (m *Merge) Frame(id int, stream, frame []byte) (twin bool) {
	l := m.find(id)
	switch {
	case l == nil:
		return false
	case m.Single():
		m.Deliver(frame)
		return false
	case len(m.lines) == 1:
		return m.alone(stream, frame)
	case !l.has(stream):
		return m.unjoined(l, stream, frame)
	case m.twins.Seen(frame):
		return true
	}
	m.Deliver(frame)
	m.leads(id, stream)
	for _, other := range m.lines {
		if !other.has(stream) {
			m.meet(other, stream, frame)
		}
	}
	return false
}

// leads remembers who brought the newest frame of a stream.
func (m *Merge) leads(id int, stream []byte) {
	if at, ok := m.lead[string(stream)]; ok {
		*at = id
		return
	}
	if m.lead == nil {
		m.lead = map[string]*int{}
	}
	m.lead[string(stream)] = &id
}

// alone takes a frame of the last connection that is left, which may be behind one that has ended.
func (m *Merge) alone(stream, frame []byte) (twin bool) {
	if m.trailed++; m.trail[string(stream)] {
		if twin = m.twins.Has(frame); !twin {
			delete(m.trail, string(stream))
		}
	}
	if len(m.trail) == 0 || m.trailed > trailFrames {
		m.trail, m.twins = nil, Twins{}
	}
	if !twin {
		m.Deliver(frame)
	}
	return twin
}

// unjoined takes a frame of a stream that its connection is not joined in yet.
func (m *Merge) unjoined(l *merged, stream, frame []byte) (twin bool) {
	if m.twins.Has(frame) { // the others are ahead, and have brought all before it
		l.joined[string(stream)] = true
		l.drop(string(stream))
		return true
	}
	if !m.brought(stream) { // nobody to wait for
		l.joined[string(stream)] = true
		m.twins.Seen(frame)
		m.Deliver(frame)
		m.leads(l.id, stream)
		return false
	}
	l.held = append(l.held, heldFrame{string(stream), bytes.Clone(frame)})
	if l.size += len(frame); len(l.held) > heldFrames || l.size > heldBytes {
		m.Settle(l.id)
	}
	return false
}

// meet looks whether l holds the frame that a joined connection has brought. What it holds behind it comes next.
func (m *Merge) meet(l *merged, stream, frame []byte) {
	for i := range l.held {
		if l.held[i].stream != string(stream) || !bytes.Equal(l.held[i].frame, frame) {
			continue
		}
		behind := l.held[i+1:]
		l.joined[string(stream)] = true
		for _, h := range behind {
			if h.stream == string(stream) && !m.twins.Seen(h.frame) {
				m.Deliver(h.frame)
				m.leads(l.id, stream)
			}
		}
		l.drop(string(stream))
		return
	}
}

// brought says whether a connection is joined in a stream.
func (m *Merge) brought(stream []byte) bool {
	for _, l := range m.lines {
		if l.has(stream) {
			return true
		}
	}
	return false
}

// Lost says that nobody is to wait for a stream: it is silent, or subscribed only now. Whoever brings it next is joined in it.
func (m *Merge) Lost(stream string) {
	for _, l := range m.lines {
		l.joined[stream] = false
		l.drop(stream)
	}
}

// Joined is in how many streams a connection is joined by what it brought; done is true where it is in all, whatever they are.
// One that has ended is done.
func (m *Merge) Joined(id int) (streams int, done bool) {
	l := m.find(id)
	if l == nil {
		return 0, true
	}
	for _, in := range l.joined { // order: a count
		if in {
			streams++
		}
	}
	return streams, l.all
}

// Settle joins a connection in every stream: what it holds back comes now. It is for one that has been open for so long that what
// it has not brought by now has not been.
func (m *Merge) Settle(id int) {
	l := m.find(id)
	if l == nil || l.all {
		return
	}
	l.all = true
	held := l.held
	l.held, l.size = nil, 0
	for _, h := range held {
		if !m.twins.Seen(h.frame) {
			m.Deliver(h.frame)
			m.leads(l.id, []byte(h.stream))
		}
	}
}

// End is the end of a connection. Where none that is left is joined in every stream, the oldest is settled.
func (m *Merge) End(id int) {
	l := m.find(id)
	if l == nil {
		return
	}
	left := make([]*merged, 0, len(m.lines))
	settled := false
	for _, x := range m.lines {
		if x != l {
			left, settled = append(left, x), settled || x.all
		}
	}
	m.lines = left
	if len(left) > 0 && !settled {
		m.Settle(left[0].id)
	}
	switch {
	case len(left) == 0:
		m.twins, m.lead, m.trail = Twins{}, nil, nil
	case len(left) == 1:
		m.follow(left[0].id)
	}
}

// follow looks in which streams the last connection that is left may be behind.
func (m *Merge) follow(id int) {
	m.trail, m.trailed = map[string]bool{}, 0
	for stream, at := range m.lead { // order: into another map
		if *at != id {
			m.trail[stream] = true
		}
	}
	if m.lead = nil; len(m.trail) == 0 {
		m.twins = Twins{}
	}
}

func (m *Merge) find(id int) *merged {
	for _, l := range m.lines {
		if l.id == id {
			return l
		}
	}
	return nil
}

func (l *merged) has(stream []byte) bool {
	in, known := l.joined[string(stream)]
	return in || l.all && !known
}

// drop forgets what is held of a stream.
func (l *merged) drop(stream string) {
	kept := l.held[:0]
	l.size = 0
	for _, h := range l.held {
		if h.stream != stream {
			kept = append(kept, h)
			l.size += len(h.frame)
		}
	}
	clear(l.held[len(kept):])
	l.held = kept
}
