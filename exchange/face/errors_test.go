package face_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"baton/exchange/face"
)

// TestErrorCodes: every code of errors.tsv is given in some scenario or test of the exchange, or listed as one that is never given.
func TestErrorCodes(t *testing.T) {
	given := map[int]bool{}
	for _, pattern := range []string{"../testdata/*.txt", "testdata/*.txt", "tolerance_test.go", "../server/fate_test.go", "../server/scene_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?:"code":|refused |"|order |cancel |query )(-[1-5]\d\d\d)\b`).FindAllStringSubmatch(string(b), -1) {
				n, _ := strconv.Atoi(m[1])
				given[n] = true
			}
		}
	}
	never := map[int]string{}
	for _, u := range face.UnmadeErrors() {
		if never[u.Code] != "" || u.Why == "" {
			t.Errorf("%d is listed twice, or for no reason", u.Code)
		}
		never[u.Code] = u.Why
	}
	n := 0
	for row := range strings.Lines(string(load(t, "spec/binance/errors.tsv"))) {
		cell, _, _ := strings.Cut(row, "\t")
		code, err := strconv.Atoi(cell)
		if err != nil {
			continue // the heading, and one range of options
		}
		n++
		switch why := never[code]; {
		case why == "" && !given[code]:
			t.Errorf("%d is given nowhere, and not listed", code)
		case why != "" && given[code]:
			t.Errorf("%d is given, and listed as never given: %s", code, why)
		}
		delete(never, code)
	}
	for code := range never {
		t.Errorf("errors.tsv has no %d", code)
	}
	if n < 150 {
		t.Errorf("only %d codes", n)
	}
}

// TestRefusedParameters: what is refused by one value of a parameter is refused with the code and text of the table.
func TestRefusedParameters(t *testing.T) {
	const order = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=0.01&price=59000&"
	asked := map[string]string{
		"/fapi/v1/order": order, "/fapi/v1/order/test": order, "/fapi/v1/multiAssetsMargin": "",
		"/fapi/v1/algoOrder":   "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP&triggerPrice=55000&price=55000&quantity=0.01&",
		"/fapi/v1/batchOrders": `batchOrders=[{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","quantity":"0.01","price":"59000","timeInForce":"RPI"}]&`,
	}
	n := 0
	for _, a := range face.AbsentRoutes() {
		query, ok := asked[a.Path]
		if a.Param == "" {
			continue
		}
		if n++; !ok {
			t.Errorf("%s %s is not asked", a.Method, a.Path)
			continue
		}
		if a.Path != "/fapi/v1/batchOrders" {
			query += a.Param
		}
		w := newWorld(t)
		_, body := w.answer(t, "call a "+a.Method+" "+a.Path+"?"+strings.TrimSuffix(query, "&"))
		want := fmt.Sprintf(`{"code":%d,"msg":%q}`, a.Code, a.Text)
		if got := strings.Trim(string(body), "[]"); got != want {
			t.Errorf("%s %s with %s: %s, want %s", a.Method, a.Path, a.Param, got, want)
		}
		if open := w.x.AppendOpen(nil, 1, -1); len(open) > 0 {
			t.Errorf("%s: an order was taken", a.Path)
		}
	}
	if n < 5 {
		t.Errorf("only %d parameters", n)
	}
}
