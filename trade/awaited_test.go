package trade_test

import (
	"testing"

	"baton/trade"
)

// People read in the tree of tasks what a watch listens for.
func TestMaskSaysWhatIsAwaited(t *testing.T) {
	for mask, want := range map[trade.Mask]string{
		trade.OnStatus:                                "the feed's state",
		trade.OnFill | trade.OnStatus:                 "a fill",
		trade.OnTop | trade.OnFill:                    "a new best price or a fill",
		trade.OnBook | trade.OnTrade | trade.OnStatus: "a change of the book or a trade",
		trade.OnTop | trade.OnBook | trade.OnTimer:    "a new best price, a change of the book or its timer",
	} {
		if got := mask.String(); got != want {
			t.Errorf("%d reads %q, want %q", uint16(mask), got, want)
		}
	}
}
