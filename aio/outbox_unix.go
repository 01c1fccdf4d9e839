//go:build unix

package aio

import "syscall"

// canWriteRaw: a socket can be written without waiting.
const canWriteRaw = true

// writeRaw writes what the system takes at once.
func writeRaw(raw syscall.RawConn, p []byte) (n int, err error) {
	failed := raw.Write(func(fd uintptr) bool {
		for {
			n, err = syscall.Write(int(fd), p)
			if err != syscall.EINTR {
				return true // also where the socket is full: never wait
			}
		}
	})
	if err == syscall.EAGAIN {
		n, err = 0, nil
	}
	if err == nil {
		err = failed
	}
	return max(n, 0), err
}
