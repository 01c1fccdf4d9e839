// Package core makes the decisions of the Binance connector, and does nothing: when a book is exact, what an answer proves,
// what may still be sent within the limits, what time it is at the exchange, which streams go on which connection.
//
// Every type belongs to the one loop that calls it. Times are passed in; randomness is passed in; nothing is read, sent or
// waited for here. Package binance does what these decide.
//
//	sync := core.NewSync(market.NewBook(btc))
//	switch sync.Diff(&diff) { // for each depthUpdate
//	case core.Fetch: // GET /fapi/v1/depth, then sync.Snapshot(&snapshot)
//	case core.Applied: // sync.Book() is exact and newer
//	}
//	outcome := core.Outcome(status, code, text) // Unknown, unless the refusal is proven
package core
