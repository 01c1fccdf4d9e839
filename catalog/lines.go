package catalog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

const (
	readBuffer  = 256 << 10 // bytes read at once; a snapshot of 1,000 levels a side is 46 kB
	maxLine     = 16 << 20  // bytes; a longer line is bad
	maxZstdWork = 256 << 20 // bytes of memory that a zstd window may ask for
)

var errLongLine = fmt.Errorf("the line is longer than %s bytes", commas(maxLine))

// lines reads a plain, gzip or zstd file line by line with its place. The line is borrowed until the next call.
type lines struct {
	path   string
	file   *os.File
	zr     io.Closer // the decompressor, nil for a plain file
	br     *bufio.Reader
	long   []byte // joins a line that is longer than the read buffer
	packed string // "gzip", "zstd", "zip" or ""
	line   int    // number of the last line returned, from 1
	offset int64  // of its first byte, decompressed
	end    int64  // of the byte after it
}

// openLines opens path and finds out by its first bytes how it is compressed.
func openLines(path string) (*lines, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	l := &lines{path: path, file: f}
	if err := l.start(); err != nil {
		_ = f.Close() // only read
		return nil, err
	}
	return l, nil
}

func openError(path string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: no such file: check the path: %w", path, os.ErrNotExist)
	}
	return fmt.Errorf("%s: cannot be opened: %w", path, err)
}

func (l *lines) start() error {
	raw := bufio.NewReaderSize(l.file, 64<<10)
	magic, err := raw.Peek(4)
	if len(magic) == 0 {
		if err != nil && err != io.EOF {
			return fmt.Errorf("%s: cannot be read: %w", l.path, err)
		}
		return fmt.Errorf("%s: %w: record or fetch it again", l.path, ErrEmpty)
	}
	var in io.Reader = raw
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		l.packed = "gzip"
		zr, err := gzip.NewReader(raw)
		if err != nil {
			return l.cut(err)
		}
		in, l.zr = zr, zr
	case bytes.Equal(magic, []byte("PK\x03\x04")):
		l.packed = "zip"
		zr, err := openZip(l.path, l.file)
		if err != nil {
			return err
		}
		in, l.zr = zr, zr
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		l.packed = "zstd"
		zr, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxZstdWork))
		if err != nil {
			return l.cut(err)
		}
		in, l.zr = zr, zr.IOReadCloser()
	}
	l.br = bufio.NewReaderSize(in, readBuffer)
	return nil
}

// next is the next line without its end; io.EOF after the last. errLongLine: the line was too long and has been passed over.
// Any other error ends the file.
func (l *lines) next() ([]byte, error) {
	l.offset = l.end
	b, err := l.br.ReadSlice('\n')
	l.end += int64(len(b))
	if err == bufio.ErrBufferFull {
		b, err = l.join(b)
	}
	switch {
	case err == errLongLine:
		l.line++
		return nil, err
	case err == io.EOF && len(b) == 0:
		return nil, io.EOF
	case err != nil && err != io.EOF:
		return nil, l.cut(err)
	}
	l.line++
	b, _ = bytes.CutSuffix(b, []byte{'\n'})
	b, _ = bytes.CutSuffix(b, []byte{'\r'})
	return b, nil
}

// join reads on until the end of a line that outgrew the read buffer.
func (l *lines) join(head []byte) (_ []byte, err error) {
	l.long = append(l.long[:0], head...)
	tooLong := false
	for {
		b, err := l.br.ReadSlice('\n')
		l.end += int64(len(b))
		if tooLong = tooLong || len(l.long)+len(b) > maxLine; !tooLong {
			l.long = append(l.long, b...)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if tooLong && (err == nil || err == io.EOF) {
			return nil, errLongLine
		}
		return l.long, err
	}
}

// cut is the error of a file that cannot be read to its end. What stands of a line before the cut is not whole and is left.
func (l *lines) cut(err error) error {
	where := fmt.Sprintf("after line %s", commas(int64(l.line)))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF:
		return fmt.Errorf("%s: %w (truncated %s) %s: fetch it again, or unpack what is whole and use that",
			l.path, ErrTruncated, l.packed, where)
	case l.packed != "":
		return fmt.Errorf("%s: the %s data is damaged %s: %w: fetch it again", l.path, l.packed, where, err)
	}
	return fmt.Errorf("%s: cannot be read %s: %w", l.path, where, err)
}

// close lets the file go. Nothing was written, so there is nothing to lose by an error.
func (l *lines) close() {
	if l.zr != nil {
		_ = l.zr.Close()
	}
	_ = l.file.Close()
}
