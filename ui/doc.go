// Package ui is the operator's view of a run as plain data: one read model, folded from events, that every painter shows (the
// page, `baton status`, a terminal).
//
// A [Fold] belongs to the loop that feeds it: it is told of trades, books, fills, notes and tasks, keeps what people want to see
// within fixed bounds, and makes a [View] when asked. A view never changes afterwards, so that any goroutine may read it. The
// package decides nothing, reads no clock, and no run depends on it: with it or without it, a run does the same.
package ui
