//go:build !linux

package aio

// newSystemWaker gives nil: the portable waker has to do.
func newSystemWaker(*Loop) waker { return nil }
