package cli_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const bars = "open_time,open,high,low,close,volume\n1675209600000,1,1,1,1,0\n1675209660000,1,1,1,1,0\n1675209840000,1,1,1,1,0\n"

func TestDataVerifyTellsHoles(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "bars.csv")
	if err := os.WriteFile(name, []byte(bars), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errs := baton(t, "data", "verify", dir)
	if code != 1 || !strings.Contains(out, "hole at 2023-02-01 00:04:00 : from 1675209660000 to 1675209840000, 2 missing") || !strings.Contains(errs, "1 of 1 files are not sound") {
		t.Errorf("%d\n%s\n%s", code, out, errs)
	}
	code, out, errs = baton(t, "data", "ls", name)
	if code != 0 || strings.Contains(out, "hole") || !strings.Contains(out, "klines            3 rows  2023-02-01 00:00:00 .. 2023-02-01 00:04:00") {
		t.Errorf("%d\n%s\n%s", code, out, errs)
	}
	code, out, _ = baton(t, "data", "verify", name, "--json")
	var r struct {
		Schema string
		Sound  bool
		Files  []struct {
			Kind     string
			Gaps     int
			Checksum string
		}
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 1 || r.Schema != "baton.data.files/1" || r.Sound || r.Files[0].Gaps != 1 || r.Files[0].Checksum != "absent" {
		t.Errorf("%d %v %+v\n%s", code, err, r, out)
	}
}

func TestDataGet(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.Contains(r.URL.Path, "2024-08-01"):
			http.NotFound(w, r)
		case strings.HasSuffix(r.URL.Path, ".CHECKSUM"):
			fmt.Fprintf(w, "%x  x\n", sha256.Sum256([]byte(bars)))
		default:
			fmt.Fprint(w, bars)
		}
	}))
	defer s.Close()
	dir := t.TempDir()
	code, out, errs := baton(t, "data", "get", "klines", "FILUSDT", "--from", "2024-08-01", "--to", "2024-08-02", "--host", s.URL, "--dir", dir)
	if code != 0 || !strings.Contains(out, "1 fetched, 0 there already, 1 not published") {
		t.Errorf("%d\n%s\n%s", code, out, errs)
	}
	code, out, errs = baton(t, "data", "get", "klines", "FILUSDT", "--from", "2024-08-01", "--host", s.URL, "--dir", dir, "--json")
	if code != 0 || !strings.Contains(out, `"schema":"baton.data.get/1","ok":true`) || !strings.Contains(out, `"status":"kept"`) {
		t.Errorf("%d\n%s\n%s", code, out, errs)
	}
}

func TestBadDataCommands(t *testing.T) {
	for _, c := range []struct {
		args string
		says string
	}{
		{"data get klines", "takes a kind"},
		{"data get klines BTCUSDT", "--from is missing"},
		{"data get klines BTCUSDT --from yesterday", `--from "yesterday" is no day`},
		{"data get klines BTCUSDT --from 2024-08-02 --to 2024-08-01", "--from must not be after --to"},
		{"data get books BTCUSDT --from 2024-08-02", "use one of klines, trades, aggTrades, fundingRate"},
		{"data get klines BTCUSDT --from 2024-08-02 --interval 7m", `interval "7m"`},
		{"data get klines ../x --from 2024-08-02", `symbol "../x"`},
		{"data record", "no symbol is named"},
		{"data record ../x", `symbol "../x"`},
		{"data record BTCUSDT --streams trade", `stream "trade"`},
		{"data record BTCUSDT --for soon", `"soon" is not a duration`},
		{"data ls /no/such/place", "no such file or folder"},
		{"data fly", `unknown command "fly"`},
	} {
		code, out, errs := baton(t, strings.Fields(c.args)...)
		if code != 2 || out != "" || !strings.Contains(errs, c.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: %d\n%s\n%s", c.args, code, out, errs)
		}
	}
}
