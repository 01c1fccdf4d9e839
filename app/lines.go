package app

import (
	"bufio"
	"fmt"
	"os"
)

// lineFile takes the canonical ledger lines: a file of them, or nothing; a nil one only closes. A write that fails is told when it is closed.
type lineFile struct {
	f *os.File
	w *bufio.Writer
}

func openLines(path string) (*lineFile, error) {
	if path == "" {
		return &lineFile{}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("--events: %w", err)
	}
	return &lineFile{f, bufio.NewWriter(f)}, nil
}

func (l *lineFile) write(line []byte) {
	if l.w != nil {
		_, _ = l.w.Write(line) // bufio keeps the first error for Flush
	}
}

func (l *lineFile) close() error {
	if l == nil || l.f == nil {
		return nil
	}
	err := l.w.Flush()
	if cerr := l.f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("--events: %w", err)
	}
	return nil
}
