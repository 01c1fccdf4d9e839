package trade

import "strings"

// awaited says in words what a watch listens for, to people who look at the tree of tasks.
var awaited = []struct {
	bit  Mask
	what string
}{
	{OnQuote, "a quote"}, {OnTop, "a new best price"}, {OnBook, "a change of the book"}, {OnTrade, "a trade"}, {OnBar, "a bar's end"},
	{OnOrder, "news of an order"}, {OnFill, "a fill"}, {OnTimer, "its timer"}, {OnMark, "a mark price"},
}

// String names what is in the mask, "a trade or a fill" say. OnStatus, which each has, it names where there is nothing else.
func (m Mask) String() string {
	var words []string
	for _, a := range awaited {
		if m&a.bit != 0 {
			words = append(words, a.what)
		}
	}
	switch n := len(words); n {
	case 0:
		return "the feed's state"
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
	}
}
