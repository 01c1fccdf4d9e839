//go:build unix

package netio

import (
	"fmt"
	"syscall"
)

// write is called with the socket, which is non-blocking. true: it is not to be called again.
func (a *attempt) write(fd uintptr) bool {
	for a.n < len(a.p) {
		n, err := syscall.Write(int(fd), a.p[a.n:])
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return true
		case err != nil:
			a.err = fmt.Errorf("write: %w", err)
			return true
		default:
			a.n += n
		}
	}
	return true
}
