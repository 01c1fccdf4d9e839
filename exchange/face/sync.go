package face

// unsynced is a connection that has subscribed changes of a book and has not fetched that book since.
type unsynced struct {
	s      *Session
	symbol int
}

// Synced says whether some connection has subscribed changes of a book, and every one that did has since fetched each of its
// books: from then on a recording can be played without anybody missing its first changes.
//
// A request does not say to which stream connection it belongs. So one fetch of a book counts for one connection, the one that
// has waited longest.
func (f *Face) Synced() bool { return f.watchedOnce && len(f.unsynced) == 0 }

// Watched says whether any connection has ever subscribed changes of a book.
func (f *Face) Watched() bool { return f.watchedOnce }

func (f *Face) watched(s *Session, symbol int) {
	f.watchedOnce = true
	f.unsynced = append(f.unsynced, unsynced{s, symbol})
}

func (f *Face) unwatched(s *Session, st *stream) {
	if st.kind != Depth {
		return
	}
	if i := f.waiting(func(u unsynced) bool { return u.s == s && u.symbol == st.sym.index }); i >= 0 {
		f.unsynced = append(f.unsynced[:i], f.unsynced[i+1:]...)
	}
}

func (f *Face) fetched(symbol int) {
	if i := f.waiting(func(u unsynced) bool { return u.symbol == symbol }); i >= 0 {
		f.unsynced = append(f.unsynced[:i], f.unsynced[i+1:]...)
	}
}

func (f *Face) waiting(is func(unsynced) bool) int {
	for i := range f.unsynced {
		if is(f.unsynced[i]) {
			return i
		}
	}
	return -1
}
