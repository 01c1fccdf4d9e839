//go:build unix

package web

import "syscall"

// canPush: a socket takes what it has room for without making anybody wait.
const canPush = true

// pushOnce writes what the system takes of b at once.
func pushOnce(fd uintptr, b []byte) (n int, err error) {
	for {
		n, err = syscall.Write(int(fd), b)
		switch err {
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, nil
		default:
			return max(n, 0), err
		}
	}
}
