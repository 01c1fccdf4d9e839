package exchange

// Examine says why a request would be refused now, and does nothing (Binance USD-M, order/test).
func (x *Exchange) Examine(now Nanos, r *Request) Refusal {
	q := *r
	return x.examine(now, &q)
}
