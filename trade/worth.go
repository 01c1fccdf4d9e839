package trade

import (
	"time"

	"baton/aio"
)

// valuer holds the account's worth to the limits on losses. An account that cannot be valued, because a price or a conversion is
// missing, is not judged: exposure fails closed by itself then.
func (t *Trader) valuer(co *aio.Co) error {
	for {
		t.judge()
		if err := co.Sleep(time.Duration(worthEvery)); err != nil {
			return err
		}
	}
}

func (t *Trader) judge() {
	for _, s := range t.sessions {
		equity, err := t.Equity(s.in.Margin)
		if err != nil {
			continue
		}
		if err := t.desk.Worth(equity, t.loop.Now()); err != nil {
			t.noIncrease("%v", err)
		}
		return // the sessions of one account are in one margin asset
	}
}
