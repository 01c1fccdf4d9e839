// Package wire encodes and decodes every Binance USD-M futures message that Baton uses, for both ends of the line: the client
// and the exchange's face. It is the only place that spells a Binance key, path, parameter or error text.
//
// It is pure: text in, values out. It holds no connection, no clock and no lock, and starts nothing. A [Codec] belongs to one
// instrument and only reads itself, so any number of readers may share one; a [Signer] has a buffer and belongs to one loop.
//
// Messages on a hot path (streams, user events, order commands and their answers) go through hand-written scanners that take
// any key order, skip unknown keys, compare keys byte for byte ("u" and "U" differ), let the last of duplicate keys win, check
// the whole text, and allocate nothing. Text that is not what it should be is a [*ParseError] with an offset; what a decoder
// wrote into its target before that is of no use. Prices and quantities go from text to ticks and lots without a float.
// Everything else (exchangeInfo, account queries) goes through encoding/json.
//
//	c := wire.NewCodec(instrument)
//	f, err := wire.Peek(frame) // which event, of which symbol?
//	if err == nil && f.Kind == wire.KindDepth {
//		err = c.DecodeDepth(frame, &diff) // reuses diff's rows
//	}
//
//	s := wire.NewSigner(key, secret)
//	request := s.AppendPlace(buf[:0], 17, &wire.Place{Symbol: "BTCUSDT", Side: market.Buy, ...})
//
// Times in Baton are nanoseconds, on the wire milliseconds: this package converts at every crossing.
package wire
