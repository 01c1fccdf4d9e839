//go:build !linux

package app_test

import "testing"

// alone runs the shipped baton in a process of its own.
func alone(t *testing.T, args ...string) []byte {
	t.Helper()
	out, err := batonRun(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
