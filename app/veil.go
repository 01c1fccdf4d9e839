package app

import (
	"regexp"
	"slices"
	"strings"

	"baton/binance/wire"
	"baton/netio"
)

// listenKeyIn is a listen key in an answer.
var listenKeyIn = regexp.MustCompile(`"listenKey"\s*:\s*"([^"]*)"`)

// veilListenKey hides the listen key in what is kept of an answer: with it anybody can read the account's events, for an hour. A
// replay opens no stream by it.
func veilListenKey(r *netio.Request, body []byte) []byte {
	if _, path := wire.CallStartListenKey.HTTP(); !strings.HasPrefix(r.Path, path) {
		return body
	}
	found := listenKeyIn.FindSubmatchIndex(body)
	if found == nil {
		return body
	}
	hidden := slices.Clone(body)
	for i := found[2]; i < found[3]; i++ {
		hidden[i] = 'x'
	}
	return hidden
}
