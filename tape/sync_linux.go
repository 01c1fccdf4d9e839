package tape

import (
	"os"
	"syscall"
)

// dataSync is fdatasync(2), which also writes a changed file size. A call that a signal cut short did not report on the
// data: it is asked again.
func dataSync(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
