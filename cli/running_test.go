package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"baton/cli"
	"baton/strategy"
	"baton/ui"
)

// lines is an output whose lines can be awaited.
type lines struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	page chan string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if url, ok := strings.CutPrefix(string(p), "page: "); ok {
		l.page <- strings.TrimSpace(url)
	}
	return l.buf.Write(p)
}

// A demo prints its page's address on the error stream; status finds it, shows it to people and as JSON, and prints links; where it has
// ended, status says so.
func TestStatus(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	if code, out, errs := baton(t, "status"); code != 1 || out != "" || !strings.Contains(errs, "nothing runs") {
		t.Errorf("status of nothing: %d, %q, %q", code, out, errs)
	}
	ctx, cancel := context.WithCancel(t.Context())
	errs := &lines{page: make(chan string, 1)}
	var out bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(ctx, []string{"demo", "--net", "memory", "--page", "127.0.0.1:0", "--json"}, &out, errs, strategy.All()...)
	}()
	url := <-errs.page
	if !strings.HasPrefix(url, "http://127.0.0.1:") || len(url) < 64+len("http://127.0.0.1:1/?token=") {
		t.Errorf("the address is %q", url)
	}
	text := ""
	for !strings.Contains(text, "running") || !strings.Contains(text, "BTCUSDT") {
		_, text, _ = baton(t, "status")
		if t.Context().Err() != nil {
			t.Fatalf("status: %q", text)
		}
	}
	for _, want := range []string{"DEMO", "maker", "equity", "bid", "wallet"} {
		if !strings.Contains(text, want) {
			t.Errorf("status does not say %q: %s", want, text)
		}
	}
	_, raw, _ := baton(t, "status", "--json")
	var v ui.View
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil || v.Schema != ui.Schema || !v.Full {
		t.Errorf("status --json: %v, %.200s", err, raw)
	}
	if _, link, _ := baton(t, "status", "--link"); !strings.HasPrefix(link, url[:strings.Index(url, "?")]) || strings.TrimSpace(link) == url {
		t.Errorf("the link %q, and the first %q", link, url)
	}
	taken := strings.TrimPrefix(url[:strings.Index(url, "/?")], "http://")
	if code, _, says := baton(t, "demo", "--net", "memory", "--for", "1s", "--page", taken); code != 1 || !strings.Contains(says, "is taken") {
		t.Errorf("a second demo at the same address: %d, %q", code, says)
	}
	cancel()
	if code := <-ended; code != 0 || strings.Count(out.String(), "\n") != 1 || !json.Valid(out.Bytes()) {
		t.Errorf("the demo ended with %d and printed %q", code, out.String())
	}
	if code, _, says := baton(t, "status"); code != 1 || !strings.Contains(says, "nothing runs") {
		t.Errorf("status of an ended run: %d, %q", code, says)
	}
}

// With --headless nothing listens, and nothing is said of a page.
func TestHeadless(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	code, _, errs := baton(t, "demo", "--net", "memory", "--for", "1s", "--speed", "1000", "--headless")
	if code != 0 || strings.Contains(errs, "page") {
		t.Errorf("%d, %q", code, errs)
	}
}
