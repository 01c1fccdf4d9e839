package app_test

import (
	"errors"
	"syscall"
	"testing"
)

// alone runs the shipped baton in a process without a network: a network namespace of its own, in which no device is up.
func alone(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := batonCommand(t, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET}
	out, err := outputOf(t, cmd)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EINVAL) {
		t.Logf("this system lets nobody take a process's network away (%v): it has one, and must not use it", err)
		out, err = batonRun(t, args...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}
