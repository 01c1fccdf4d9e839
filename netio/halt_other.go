//go:build !unix

package netio

import "errors"

// shutSocket cannot be done here: the connection is closed instead, which waits for whoever writes to it.
func shutSocket(uintptr) error { return errors.ErrUnsupported }
