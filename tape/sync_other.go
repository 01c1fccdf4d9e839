//go:build !linux

package tape

import "os"

func dataSync(f *os.File) error { return f.Sync() }
