// Package strategy holds the strategies that ship with Baton, one file each: to be read, copied and changed.
//
// A strategy is one function. It gets a coroutine and a session, waits for what it cares about, looks at the market and its
// position, and places orders. It owns its local variables and nothing else, knows no venue, and runs unchanged on a recorded
// market, in the demo and live.
//
//	func Run(co *aio.Co, s *trade.Session) error {
//		w := s.Watch(trade.OnTop)
//		for {
//			if _, err := w.Next(co); err != nil {
//				return err // the feed has ended, or we were asked to stop
//			}
//			if s.Exact() {
//				// s.Top(), s.Position(), s.Place(...)
//			}
//		}
//	}
package strategy

import "baton/trade"

// All are the strategies of this package, by name.
func All() []trade.Strategy { return []trade.Strategy{Breakout(), Maker(), Trend()} }
