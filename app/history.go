package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"baton/catalog"
	"baton/catalog/archive"
)

// History is what `baton data get` fetches from the public archive, and into which folder.
type History struct {
	archive.Want
	Host string
	Dir  string
}

// FetchHistory fetches the files that are missing. What was fetched before an error stands in the results.
func FetchHistory(ctx context.Context, h History, tell archive.Progress) ([]archive.Result, error) {
	plan, err := archive.Plan(h.Want)
	if err != nil {
		return nil, err
	}
	return archive.Fetch(ctx, archive.Config{Host: h.Host, Dir: h.Dir}, plan, tell)
}

// FetchHistoryREST is FetchHistory from the REST API of an exchange at base, page by page: what there is of the present day too.
func FetchHistoryREST(ctx context.Context, h History, base string, tell archive.RESTProgress) ([]archive.Result, error) {
	return archive.FetchREST(ctx, archive.RESTConfig{Base: base, Dir: h.Dir}, h.Want, tell)
}

// DayFlag reads a day as a flag has it.
func DayFlag(name, text string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fmt.Errorf("--%s %q is no day: write it like 2024-08-01 (UTC)", name, text)
	}
	return t, nil
}

// DataFile is what was found out about one file.
type DataFile struct {
	catalog.Finding
	Checksum string `json:"checksum"` // "ok", "absent", or what is wrong
	Error    string `json:"error,omitempty"`
}

// Sound says that nothing was found to be wrong.
func (f *DataFile) Sound() bool {
	return f.Error == "" && f.Finding.Sound() && (f.Checksum == "ok" || f.Checksum == "absent")
}

// DataFiles lists the data files at the paths: a file itself, of a folder everything in it that looks like market data, by name.
func DataFiles(paths []string) ([]string, error) {
	var files []string
	for _, p := range paths {
		st, err := os.Stat(p)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return nil, fmt.Errorf("%s: no such file or folder: check the path", p)
		case err != nil:
			return nil, err
		case !st.IsDir():
			files = append(files, p)
			continue
		}
		err = filepath.WalkDir(p, func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && dataName(name) {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// dataName says whether a file in a folder is taken for market data.
func dataName(name string) bool {
	return slices.Contains([]string{".zip", ".csv", ".gz", ".zst", ".log"}, strings.ToLower(filepath.Ext(name)))
}

// ExamineData reads each file to its end.
func ExamineData(ctx context.Context, files []string, tell func(file string, rows int), found func(DataFile)) error {
	for _, name := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := DataFile{Checksum: "absent"}
		var err error
		f.Finding, err = catalog.Examine(name, func(rows int) { tell(name, rows) })
		if err != nil {
			f.Error = err.Error()
		}
		if checked, err := archive.Verify(name); err != nil {
			f.Checksum = err.Error()
		} else if checked {
			f.Checksum = "ok"
		}
		found(f)
	}
	return nil
}
