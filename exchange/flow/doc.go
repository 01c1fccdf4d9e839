// Package flow is what moves the simulated market: a [Tape] of recorded events, kept in columns and played without an
// allocation, or a [Synthetic] crowd of seeded participants, with a [Plan] for bursts, momentum traders, a cascade of liquidations and a
// flash crash. A [Meter] measures the shape of either, so that they can be compared. Both are played by their owner, one event at a time, in the order
// of time, into an exchange.Exchange. It opens no file and has no clock: recorded events come from an iterator, chance from a
// generator, both passed in.
//
//	var tape flow.Tape
//	for ev, err := range events {
//		if err != nil {
//			return err
//		}
//		if err := tape.Append(ev); err != nil {
//			return err
//		}
//	}
//	tape.Seal()
//	index, err := flow.Listed(&tape, x)
//	for k := range tape.Len() {
//		switch kind, i := tape.Kind(k); kind {
//		case market.EventQuote:
//			x.Quote(tape.At(k), index[i], tape.Quote(k))
//			...
package flow
