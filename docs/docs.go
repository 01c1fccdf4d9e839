// Package docs holds what the program itself reads of its documentation. It owns no state.
package docs

import _ "embed"

//go:embed unverified.tsv
var unverified string

// Unverified is the text of unverified.tsv: what only the real venue can settle, a line a rule.
func Unverified() string { return unverified }
