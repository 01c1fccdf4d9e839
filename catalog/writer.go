package catalog

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/klauspost/compress/zstd"

	"baton/market"
)

// Writer writes a capture: one file, or a part of one continuous capture after another, packed with zstd. What was written before the
// last Flush can be read after a crash. It belongs to one goroutine; a write may wait for the disk.
type Writer struct {
	cfg   WriterConfig
	paths []string
	file  *os.File
	out   *bufio.Writer
	zw    *zstd.Encoder
	line  []byte
	last  market.Nanos
	day   int64 // the part's, counted in WriterConfig.Every
	bytes int64 // of the part, unpacked
	lines int
}

// WriterConfig is where a capture goes and when a new part begins.
type WriterConfig struct {
	Dir    string
	Symbol string
	Every  time.Duration // a part ends where this much of UTC ends; 0: a day
	Bytes  int64         // and before it holds more than this, unpacked; 0: 4 GiB
}

// What WriterConfig's zeros mean.
const (
	partEvery = 24 * time.Hour
	partBytes = 4 << 30
)

// NewWriter makes the folder; the first file is made by the first frame.
func NewWriter(cfg WriterConfig) (*Writer, error) {
	if cfg.Every <= 0 {
		cfg.Every = partEvery
	}
	if cfg.Bytes <= 0 {
		cfg.Bytes = partBytes
	}
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		return nil, err
	}
	return &Writer{cfg: cfg}, nil
}

// Paths are the files so far, oldest first: joined by commas they are one recording. Lines counts the frames in them.
func (w *Writer) Paths() []string { return w.paths }

// Lines counts the frames written.
func (w *Writer) Lines() int { return w.lines }

// Add writes one frame as it came at a time. A time before that of the frame above it is written as that one: a capture's times never
// run back.
func (w *Writer) Add(at market.Nanos, frame []byte) error {
	w.last = max(w.last, at)
	at = w.last
	if day := at / int64(w.cfg.Every); w.file == nil || day != w.day || w.bytes+int64(len(frame)) > w.cfg.Bytes {
		if err := errors.Join(w.Close(), w.open(at)); err != nil {
			return err
		}
		w.day = day
	}
	w.line = strconv.AppendInt(w.line[:0], at, 10)
	w.line = append(append(append(w.line, ' '), frame...), '\n')
	n, err := w.zw.Write(w.line)
	w.bytes += int64(n)
	w.lines++
	return err
}

// open begins a part. Its name says the symbol and when it begins; a file of that name is never written over.
func (w *Writer) open(at market.Nanos) (err error) {
	name := fmt.Sprintf("usdm_%s_%s.log.zst", w.cfg.Symbol, time.Unix(0, at).UTC().Format("20060102T150405.000000"))
	path := filepath.Join(w.cfg.Dir, name)
	if w.file, err = os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	w.paths = append(w.paths, path)
	w.out = bufio.NewWriterSize(w.file, 1<<16)
	w.zw, err = zstd.NewWriter(w.out, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
	w.bytes = 0
	return err
}

// Flush hands everything to the system.
func (w *Writer) Flush() error {
	if w.file == nil {
		return nil
	}
	return errors.Join(w.zw.Flush(), w.out.Flush())
}

// Close ends the part on disk. Another frame begins a new one.
func (w *Writer) Close() error {
	if w.file == nil {
		return nil
	}
	err := errors.Join(w.zw.Close(), w.out.Flush(), w.file.Sync(), w.file.Close())
	w.file = nil
	return err
}
