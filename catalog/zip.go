package catalog

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
)

// openZip gives the one file that an archive holds, as those of the public archive do.
func openZip(path string, f *os.File) (io.ReadCloser, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read: %w", path, err)
	}
	zr, err := zip.NewReader(f, st.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w (damaged zip: %w): fetch it again", path, ErrTruncated, err)
	}
	if len(zr.File) != 1 {
		return nil, fmt.Errorf("%s: the zip holds %d files where one is expected: unpack it and name the one that is meant", path, len(zr.File))
	}
	in, err := zr.File[0].Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %s in it cannot be unpacked: %w", path, zr.File[0].Name, err)
	}
	return in, nil
}
