package server_test

import (
	"os"
	"testing"

	"baton/aio"
	"baton/catalog"
	"baton/exchange/flow"
	"baton/exchange/server"
	"baton/market"
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
	run(t, server.Config{Tape: tp}, func(co *aio.Co, r *rig) error {
		k := newChain(in[0])
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
		again := newChain(in[0])
		if err := again.sync(co, r); err != nil {
			return err
		}
		bid, ask, _ := again.book.Best()
		if bid.Px != 616_597 || ask.Px != 616_598 {
			t.Errorf("depth answers %d, %d at the end", bid.Px, ask.Px)
		}
		return nil
	})
}
