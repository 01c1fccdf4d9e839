package server_test

import (
	"os"
	"testing"

	"baton/aio"
	"baton/binance/wire"
	"baton/catalog"
	"baton/exchange/face"
	"baton/exchange/flow"
	"baton/exchange/server"
	"baton/market"
	"baton/netio"
)

// recorded reads a recording of the shared data.
func recorded(t testing.TB, name string, ins []*market.Instrument) *flow.Tape {
	t.Helper()
	path := "../../../shared/data/tick/" + name
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no recording: %v", err)
	}
	rec, err := catalog.Open(path, catalog.Options{Instruments: ins})
	if err != nil {
		t.Fatal(err)
	}
	var tp flow.Tape
	for ev, err := range rec.All() {
		if err != nil {
			t.Fatal(err)
		}
		if err := tp.Append(ev); err != nil {
			t.Fatal(err)
		}
	}
	tp.Seal()
	return &tp
}

// TestRecordedDay: whoever subscribes the book of 2024-08-08 and fetches it gets each of the 6,547 diffs that the recorded
// snapshot does not hold, and ends where the recording ended; so does the exchange.
func TestRecordedDay(t *testing.T) {
	if testing.Short() {
		t.Skip("plays six minutes of recorded market")
	}
	in := instruments()
	tp := recorded(t, "usdm_BTCUSDT_20240808.gz", in)
	t.Run("memory", func(t *testing.T) { run(t, server.Config{Tape: tp}, wholeDay(t, in[0])) })
	t.Run("sockets", func(t *testing.T) {
		sockets := func(l *aio.Loop) netio.Network { return netio.Sockets(l, netio.SocketConfig{}) }
		runOn(t, aio.Paced(start, 1000), sockets, server.Config{Tape: tp}, wholeDay(t, in[0]))
	})
}

// wholeDay reads the recording as a client does, and compares at the end.
func wholeDay(t *testing.T, in *market.Instrument) func(co *aio.Co, r *rig) error {
	return func(co *aio.Co, r *rig) error {
		k := newChain(in)
		frames := 0
		if _, err := r.dial(co, "/public/ws/btcusdt@depth@100ms", &heard{on: func(b []byte) { frames++; k.depth(b) }}); err != nil {
			return err
		}
		quotes, trades := 0, 0
		if _, err := r.dial(co, "/public/ws/btcusdt@bookTicker", &heard{on: func([]byte) { quotes++ }}); err != nil {
			return err
		}
		if _, err := r.dial(co, "/market/ws/btcusdt@aggTrade", &heard{on: func([]byte) { trades++ }}); err != nil {
			return err
		}
		if err := k.sync(co, r); err != nil {
			return err
		}
		if _, err := r.s.Done().Await(co); err != nil {
			return err
		}
		if err := co.Sleep(1e9); err != nil {
			return err
		}
		if k.n != 6547 || frames != 6547 || k.gaps != 0 || k.err != nil {
			t.Errorf("%d diffs in %d frames, %d gaps, error %v; want 6547", k.n, frames, k.gaps, k.err)
		}
		if quotes != 66_089 || trades != 21_313 {
			t.Errorf("%d quotes, %d aggregate trades", quotes, trades)
		}
		for who, b := range map[string]*market.Book{"client": k.book, "exchange": r.s.Book("BTCUSDT")} {
			bid, ask, _ := b.Best()
			if bid.Px != 616_597 || ask.Px != 616_598 {
				t.Errorf("the %s's book ends at %d, %d", who, bid.Px, ask.Px)
			}
		}
		if !k.book.Equal(r.s.Book("BTCUSDT")) {
			t.Error("the client's book is not the exchange's")
		}
		if st := r.s.Stats(); st.Skipped != 4 || st.RecordingGaps != 0 {
			t.Errorf("stats %+v", st)
		}
		again := newChain(in)
		if err := again.sync(co, r); err != nil {
			return err
		}
		bid, ask, _ := again.book.Best()
		if bid.Px != 616_597 || ask.Px != 616_598 {
			t.Errorf("depth answers %d, %d at the end", bid.Px, ask.Px)
		}
		return nil
	}
}

// TestADroppedFrameIsTheOnlyHarm: of a day with two markets, one frame is missing, and after the book is fetched again
// nothing is.
func TestADroppedFrameIsTheOnlyHarm(t *testing.T) {
	if testing.Short() {
		t.Skip("plays six minutes of recorded market")
	}
	in := instruments()
	var tp flow.Tape
	for _, name := range []string{"usdm_BTCUSDT_20240808.gz", "usdm_ETHUSDT_20240808.gz"} {
		for ev := range recorded(t, name, in).All() {
			if err := tp.Append(ev); err != nil {
				t.Fatal(err)
			}
		}
	}
	tp.Seal()
	run(t, server.Config{Tape: &tp, Faults: []server.Fault{fault(t, "drop-frame:depth:3000")}}, func(co *aio.Co, r *rig) error {
		books := map[string]*chain{"BTCUSDT": newChain(in[0]), "ETHUSDT": newChain(in[1])}
		frames := 0
		var torn *chain
		var wake aio.Waiter
		h := &heard{on: func(b []byte) {
			frames++
			f, _ := wire.Peek(b)
			k := books[string(f.Symbol)]
			k.depth(b)
			if k.gaps > 0 && torn == nil {
				torn = k
				wake.Wake()
			}
		}}
		if _, err := r.dial(co, "/public/stream?streams=btcusdt@depth@100ms/ethusdt@depth@100ms", h); err != nil {
			return err
		}
		for _, symbol := range []string{"BTCUSDT", "ETHUSDT"} {
			if err := books[symbol].sync(co, r); err != nil {
				return err
			}
		}
		if err := wake.Wait(co); err != nil {
			return err
		}
		gaps := torn.gaps
		if err := torn.sync(co, r); err != nil {
			return err
		}
		if _, err := r.s.Done().Await(co); err != nil {
			return err
		}
		if err := co.Sleep(1e9); err != nil {
			return err
		}
		st := r.s.Stats()
		if gaps != 1 || torn.gaps != 1 || st.Dropped != 1 || st.RecordingGaps != 0 || frames != st.Frames[face.Depth] {
			t.Errorf("%d gaps, %d frames, stats %+v", torn.gaps, frames, st)
		}
		for symbol, k := range books {
			bid, ask, _ := k.book.Best()
			wantBid, wantAsk, _ := r.s.Book(symbol).Best()
			if !k.book.Exact() || bid != wantBid || ask != wantAsk {
				t.Errorf("%s ends at %v %v, the exchange at %v %v", symbol, bid, ask, wantBid, wantAsk)
			}
		}
		return nil
	})
}
