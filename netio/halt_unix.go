//go:build unix

package netio

import "syscall"

// shutSocket takes the socket out of use, in both directions, at once.
func shutSocket(fd uintptr) error { return syscall.Shutdown(int(fd), syscall.SHUT_RDWR) }
