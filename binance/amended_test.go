package binance_test

import (
	"testing"
	"time"

	"baton/binance/wire"
	"baton/market"
)

// An amendment that is answered with success by an order that has been cancelled, with its old figures, had no effect: so a post-only
// order ends whose new price would trade. It is never taken for the new price.
func TestAmendmentThatCancels(t *testing.T) {
	on(t, true, func(r *rig) {
		r.order = accept
		r.must(r.place(1))
		r.pass(time.Second)
		r.order = func(id []byte, _ *wire.Request) []byte {
			return wire.AppendResponse(nil, id, wire.AppendOrder(nil, &wire.Order{Symbol: "BTCUSDT", ClientID: "baton-t-1", OrderID: 77, Side: market.Buy,
				Type: market.Limit, TIF: market.GTX, Status: market.StatusCanceled, Price: dec("100"), Qty: dec("0.010"), Time: t0, Updated: t0}), nil)
		}
		r.must(r.amendment(1))
		r.pass(time.Second)
		r.want("place 1 accepted 0; amend 1 refused 0")
	})
}
