//go:build linux || darwin

package app

import "syscall"

// freeSpace is how many bytes a user may still write in a folder.
func freeSpace(dir string) (free uint64, known bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return st.Bavail * uint64(st.Bsize), true
}
