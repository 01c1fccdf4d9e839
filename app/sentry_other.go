//go:build !linux

package app

import "time"

// latchEvery is how often the sentry looks for the latch: the time from a trigger by file to the closed gate.
const latchEvery = 2 * time.Millisecond

// notice is told of new entries of the state folder by the system, which it is not here: the sentry's own looks are all there is.
type notice struct{}

func (d stateDir) newNotice() *notice { return nil }
func (n *notice) run(func())          {}
func (n *notice) end()                {}
