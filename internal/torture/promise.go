package torture

// Promise is one of the twenty, and who checks it.
type Promise struct {
	ID        string
	What      string // what is checked here, and how
	Elsewhere string // the tests that cover it, where nothing is checked here; else what they add
}

// Promises lists them.
func Promises() []Promise {
	return []Promise{
		{"P1", "an order number is given out once, written to the wire once, taken by the exchange once, over all lives: frames and orders are counted", ""},
		{"P2", "no order leaves an end; what counts as refused or absent is not at the exchange, ever; every end is the exchange's", "package order: its machine against a model"},
		{"P3", "the position is the sum of the exchange's fills that were booked, each once and with its own figures", "package ledger"},
		{"P4", "the wallet is deposits, profit, fees and funding as the exchange has them; nothing in suspense", "package ledger, package exchange: Check"},
		{"P5", "the worst case of what the exchange holds and what is on its way is within the limits", "package risk"},
		{"P6", "a reduce-only intent is a reduce-only order; nothing else leaves in no-increase mode; an order is what was intended", "package exchange"},
		{"P7", "a book that counts as exact is the exchange's at the same update, and not too old", "packages binance/core, tradetest: recorded books"},
		{"P8", "trades come in order, time does not go back", "package aio: equal times"},
		{"P9", "after the storm every trade of the exchange is booked", "package binance: gaps"},
		{"P10", "no placement is written once trading is stopped; nothing is open after the end", "the kill switch of a real process: package app"},
		{"P11", "orders of a dead trader are gone when its switch has run out", "packages exchange, trade"},
		{"P12", "no stop is cancelled while its position has no other; in the end each position that is to be protected has one stop, and one only", "packages order and trade: groups"},
		{"P13", "what leaves was durable before; a journal opens after every crash and gives out no number again", "packages tape and journal: every cut, every flipped bit"},
		{"P14", "replay is bit-identical", "here by two runs of a seed in two processes; packages aio and netio: replay"},
		{"P15", "nothing that increases a position leaves while its book is not exact", "packages risk, binance: the clock"},
		{"P16", "the order table is bounded; the desk refuses rather than overflow", "each package: its named limits"},
		{"P17", "the exchange never has to refuse for too many requests", "package binance/core: the budget"},
		{"P18", "the secret is in no message, note or journal", "packages secret, binance"},
		{"P19", "no unauthenticated control", "not checked here: there is no page here; package ui/web: every route and attack"},
		{"P20", "after the storm every order is settled, every book exact, and trading goes on", ""},
	}
}
