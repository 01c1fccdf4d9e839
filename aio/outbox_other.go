//go:build !unix

package aio

import "syscall"

// canWriteRaw: nothing is known of writing without waiting.
const canWriteRaw = false

func writeRaw(syscall.RawConn, []byte) (int, error) { return 0, nil }
