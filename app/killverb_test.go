package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"baton/app"
	"baton/strategy"
)

// shaky is an exchange's REST behind a relay that spoils its answers.
type shaky struct {
	*httptest.Server
	calls atomic.Int64
	spoil func(call int64, r *http.Response) error // changes an answer; an error: the connection ends without one
}

func newShaky(t *testing.T, at string, spoil func(int64, *http.Response) error) *shaky {
	to, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	s := &shaky{spoil: spoil}
	s.Server = httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: func(r *http.Response) error { return s.spoil(s.calls.Add(1), r) },
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	})
	t.Cleanup(s.Close)
	return s
}

// says replaces an answer.
func says(r *http.Response, status int, body string) error {
	r.StatusCode, r.Body, r.ContentLength = status, io.NopCloser(strings.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// open says whether the call asks what is open.
func asksOpen(r *http.Response) bool {
	return strings.HasSuffix(r.Request.URL.Path, "penOrders") && r.Request.Method == "GET"
}

var errGone = errors.New("the exchange is gone")

// The verb, in a process of its own, with the exchange down, rate-limited and half-answering: 0 only where it has seen, twice, that
// nothing is left, else 9. Three orders rest before each.
func TestKillExitCodes(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds of the wall's clock")
	}
	limit := func(r *http.Response) error {
		r.Header.Set("Retry-After", "1")
		return says(r, 429, `{"code":-1003,"msg":"Too many requests."}`)
	}
	for _, c := range []struct {
		name  string
		code  int
		most  int64 // calls, 0: any number
		spoil func(call int64, r *http.Response) error
	}{
		{"well", 0, 0, func(int64, *http.Response) error { return nil }},
		{"limited at first", 0, 0, func(call int64, r *http.Response) error {
			if call <= 2 {
				return limit(r)
			}
			return nil
		}},
		{"limited", 9, 8, func(_ int64, r *http.Response) error { return limit(r) }},
		{"down", 9, 0, func(int64, *http.Response) error { return errGone }},
		{"gone in the middle", 9, 0, func(call int64, _ *http.Response) error {
			if call > 3 {
				return errGone
			}
			return nil
		}},
		{"half an answer", 9, 0, func(_ int64, r *http.Response) error {
			if asksOpen(r) {
				return says(r, 200, `[{"symbol":"BTCUSDT","orderId":1,`)
			}
			return nil
		}},
		{"nothing for an answer", 9, 0, func(_ int64, r *http.Response) error {
			if asksOpen(r) {
				return says(r, 200, "")
			}
			return nil
		}},
		{"null", 9, 0, func(_ int64, r *http.Response) error {
			if asksOpen(r) {
				return says(r, 200, "null")
			}
			return nil
		}},
		{"an object for a list", 9, 0, func(_ int64, r *http.Response) error {
			if asksOpen(r) {
				return says(r, 200, "{}")
			}
			return nil
		}},
		{"a portal's page", 9, 0, func(_ int64, r *http.Response) error { return says(r, 200, "<html>sign in</html>") }},
		{"cancels that are not done", 9, 0, func(_ int64, r *http.Response) error {
			if asksOpen(r) && strings.HasSuffix(r.Request.URL.Path, "openOrders") {
				return says(r, 200, `[{"symbol":"ETHUSDT","orderId":1}]`)
			}
			return nil
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			withExchange(t, app.DefaultExchange(), func(v *venue) {
				for range 3 {
					v.signed("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.002&price=60000")
				}
				relay := newShaky(t, v.info.REST, c.spoil)
				cfg := liveOn(t, v.info, strategy.Maker())
				within := "6s" // is never enough, where the end is 9
				if c.code == 0 {
					within = "2m"
				}
				cmd := exec.CommandContext(t.Context(), os.Args[0], "kill", "--json", "--timeout", within, "--state", filepath.Join(t.TempDir(), "state"),
					"--key-file", cfg.KeyFile, "--rest", relay.URL, "--ws", v.info.Streams, "--ws-api", v.info.API)
				cmd.Env = append(os.Environ(), childEnv+"=1")
				var out, errs bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &errs
				code := 0
				if err := cmd.Run(); err != nil {
					code = cmd.ProcessState.ExitCode()
				}
				var r app.KillReport
				if err := json.Unmarshal(out.Bytes(), &r); err != nil {
					t.Fatalf("%v: %s %s", err, &out, &errs)
				}
				if code != c.code || r.Clean != (c.code == 0) || len(r.Steps) < 3 || r.Steps[0].Name != "latch" {
					t.Errorf("exit code %d, want %d; %+v; %s", code, c.code, r, &errs)
				}
				if n := relay.calls.Load(); c.most > 0 && n > c.most {
					t.Errorf("%d calls in six seconds, each told to wait one", n)
				}
				if _, body := v.signed("GET", "/fapi/v1/openOrders", ""); c.code == 0 && body != "[]" {
					t.Errorf("exit code 0, and the exchange holds %s", body)
				}
				if strings.Contains(out.String()+errs.String(), v.info.Secret) || strings.Contains(out.String()+errs.String(), v.info.Key) {
					t.Error("the key or its secret was printed")
				}
			})
		})
	}
}
