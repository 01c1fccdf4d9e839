package server_test

import (
	"testing"
	"time"

	"baton/aio"
	"baton/binance/wire"
	"baton/exchange"
	"baton/exchange/server"
	"baton/market"
)

// Without an opening price nobody is in the market but the clients. What arrived before its connection ended is carried out.
func TestAnIdleMarketAndACallWhoseConnectionEnds(t *testing.T) {
	cfg := synthetic()
	cfg.Openings = []server.Opening{{Symbol: "BTCUSDT"}}
	run(t, cfg, func(co *aio.Co, r *rig) error {
		if _, _, ok := r.s.Book("BTCUSDT").Best(); ok || !r.s.Started() || r.s.Ended() {
			t.Error("the market is not an idle one")
		}
		h := &heard{}
		c, err := r.dial(co, "/ws-fapi/v1", h)
		if err != nil {
			return err
		}
		if err := c.Send(r.signer.AppendPlace(nil, 1, limit(market.Buy, "59000", "0.01", market.GTC, "late"), wire.Stamp{Time: co.Now()})); err != nil {
			return err
		}
		c.Close(1000, "")
		if err := co.Sleep(time.Second); err != nil {
			return err
		}
		me, _ := r.s.Account("me")
		o, ok := r.s.Exchange().Order(exchange.Key{Account: me, ClientID: "late"})
		if !ok || o.Status != market.StatusNew || len(h.frames) != 0 || !h.closed {
			t.Errorf("order %v %+v, heard %q", ok, o, h.frames)
		}
		if st := r.s.Stats(); st.Events != 0 {
			t.Errorf("%d events in an idle market", st.Events)
		}
		return nil
	})
}
