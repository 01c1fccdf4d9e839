package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Limits of one transfer.
const (
	tries       = 5                // of one file, each going on where the last stopped
	pause       = time.Second      // before the second try; each further waits twice as long
	headerMax   = 30 * time.Second // for the answer to begin
	checksumMax = 4 << 10          // bytes of a .CHECKSUM file
	fileMax     = 8 << 30          // bytes of one file; the largest that is published has 4 GB
)

// Config is where from and where to.
type Config struct {
	Host   string       // scheme and authority, with no path of its own or with a prefix
	Dir    string       // files get the same path below it as below the host
	Client *http.Client // nil: one with timeouts, which asks the environment for a proxy

	pause time.Duration // tests: before the second try
}

// Progress is told as bytes come in: of which file, how many of how many (-1: not said).
type Progress func(file string, done, size int64)

// Result tells of one file.
type Result struct {
	File   string `json:"file"`   // below the folder
	Status string `json:"status"` // StatusFetched, StatusKept, StatusAbsent
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256,omitempty"`
}

// What became of a file.
const (
	StatusFetched = "fetched"
	StatusKept    = "kept"   // it was there and is whole
	StatusAbsent  = "absent" // the host has none: before the listing, or not published yet
)

// Errors of a fetch.
var (
	ErrChecksum = errors.New("the checksum does not agree")
	errAbsent   = errors.New("the host has no such file")
	errForGood  = errors.New("trying again would not help")
)

// Fetch gets the files of a plan in order and tells of each. It stops at the first error; what was fetched stays, and the next call
// goes on from there.
func Fetch(ctx context.Context, cfg Config, plan []string, tell Progress) (results []Result, err error) {
	base, err := url.Parse(cfg.Host)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("the host %q is no address: write it like %s", cfg.Host, Host)
	}
	if cfg.Client == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.ResponseHeaderTimeout = headerMax
		cfg.Client = &http.Client{Transport: t}
	}
	if cfg.pause == 0 {
		cfg.pause = pause
	}
	if tell == nil {
		tell = func(string, int64, int64) {}
	}
	for _, file := range plan {
		f := transfer{Config: cfg, ctx: ctx, url: base.JoinPath(file).String(), file: file, tell: tell,
			to: filepath.Join(cfg.Dir, filepath.FromSlash(file))}
		r, err := f.run()
		if errors.Is(err, errAbsent) {
			r, err = Result{File: file, Status: StatusAbsent}, nil
		}
		if err != nil {
			return results, fmt.Errorf("fetch %s: %w", f.url, err)
		}
		results = append(results, r)
	}
	return results, nil
}

// transfer is one file on its way.
type transfer struct {
	Config
	ctx     context.Context
	url, to string
	file    string
	tell    Progress
}

func (f *transfer) run() (Result, error) {
	want, err := f.checksum()
	if err != nil {
		return Result{}, err
	}
	r := Result{File: f.file, Status: StatusKept, SHA256: want}
	if sum, n, err := sumOf(f.to); err == nil && sum == want {
		r.Bytes = n
		return r, nil
	}
	if err := os.MkdirAll(filepath.Dir(f.to), 0o755); err != nil {
		return r, err
	}
	part := f.to + ".part"
	if err := f.again(func() error { return f.body(part) }); err != nil {
		return r, err
	}
	sum, n, err := sumOf(part)
	if err != nil {
		return r, err
	}
	if sum != want {
		_ = os.Remove(part) // so that the next run begins afresh
		return r, fmt.Errorf("%w: the file's SHA-256 is %s, published is %s: it was damaged on the way and thrown away; run the same command again",
			ErrChecksum, sum, want)
	}
	if err := os.WriteFile(f.to+".CHECKSUM", fmt.Appendf(nil, "%s  %s\n", want, filepath.Base(f.to)), 0o644); err != nil {
		return r, err
	}
	r.Status, r.Bytes = StatusFetched, n
	return r, os.Rename(part, f.to)
}

// again tries until it works, or cannot.
func (f *transfer) again(try func() error) error {
	wait := f.pause
	for n := 1; ; n++ {
		err := try()
		if err == nil || errors.Is(err, errAbsent) || errors.Is(err, errForGood) || n == tries || f.ctx.Err() != nil {
			if err != nil && n == tries {
				err = fmt.Errorf("given up after %d tries: %w (what has come is kept; run the same command again to go on)", tries, err)
			}
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-f.ctx.Done():
			timer.Stop()
			return f.ctx.Err()
		case <-timer.C:
		}
		wait *= 2
	}
}

// checksum reads the SHA-256 that is published beside the file.
func (f *transfer) checksum() (sum string, err error) {
	err = f.again(func() error {
		res, err := f.get(f.url+".CHECKSUM", 0)
		if err != nil {
			return err
		}
		defer drain(res)
		b, err := io.ReadAll(io.LimitReader(res.Body, checksumMax))
		if err != nil {
			return err
		}
		sum, _, _ = strings.Cut(strings.TrimSpace(string(b)), " ")
		if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size {
			return fmt.Errorf("%w: its .CHECKSUM is not a SHA-256 but %.40q", errForGood, b)
		}
		return nil
	})
	return strings.ToLower(sum), err
}

// get asks for a file from a byte on; a host that cannot resume sends it whole, which the status tells.
func (f *transfer) get(url string, from int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(f.ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	res, err := f.Client.Do(req)
	if err != nil {
		return nil, err
	}
	switch c := res.StatusCode; {
	case c == http.StatusOK, c == http.StatusPartialContent && from > 0, c == http.StatusRequestedRangeNotSatisfiable && from > 0:
		return res, nil
	case c == http.StatusNotFound:
		drain(res)
		return nil, errAbsent
	case c >= 500, c == http.StatusTooManyRequests:
		drain(res)
		return nil, fmt.Errorf("the host answers %s", res.Status)
	default:
		drain(res)
		return nil, fmt.Errorf("the host answers %s: %w", res.Status, errForGood)
	}
}

// body appends to the part what is missing of it.
func (f *transfer) body(part string) (err error) {
	out, err := os.OpenFile(part, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("%w: %w", errForGood, err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	have, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	res, err := f.get(f.url, have)
	if err != nil {
		return err
	}
	defer drain(res)
	switch res.StatusCode {
	case http.StatusRequestedRangeNotSatisfiable:
		return nil // it has come whole, or is something else: the checksum tells
	case http.StatusOK:
		if err := errors.Join(out.Truncate(0), seek(out, 0)); err != nil {
			return err
		}
		have = 0
	}
	size := int64(-1)
	if res.ContentLength >= 0 {
		size = have + res.ContentLength
	}
	if size > fileMax {
		return fmt.Errorf("%w: the file has %d bytes, more than %d", errForGood, size, int64(fileMax))
	}
	in := io.TeeReader(io.LimitReader(res.Body, fileMax-have), &meter{f: f, done: have, size: size})
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Sync()
}

func seek(f *os.File, to int64) error {
	_, err := f.Seek(to, io.SeekStart)
	return err
}

// meter tells of the bytes that come.
type meter struct {
	f          *transfer
	done, size int64
}

func (m *meter) Write(p []byte) (int, error) {
	m.done += int64(len(p))
	m.f.tell(m.f.file, m.done, m.size)
	return len(p), nil
}

// drain lets the connection be used again. What is left of the body matters to nobody.
func drain(res *http.Response) {
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, checksumMax))
	_ = res.Body.Close()
}

// sumOf is the SHA-256 and the size of a file.
func sumOf(name string) (sum string, size int64, err error) {
	in, err := os.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = in.Close() }() // only read
	h := sha256.New()
	if size, err = io.Copy(h, in); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// Verify compares a file with the .CHECKSUM beside it. checked is false where there is none.
func Verify(name string) (checked bool, err error) {
	b, err := os.ReadFile(name + ".CHECKSUM")
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	want, _, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	sum, _, err := sumOf(name)
	if err != nil {
		return false, err
	}
	if !strings.EqualFold(sum, want) {
		return true, fmt.Errorf("%s: %w: the file's SHA-256 is %s, its .CHECKSUM says %.64q: fetch it again", name, ErrChecksum, sum, want)
	}
	return true, nil
}
