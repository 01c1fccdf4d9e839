package api_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"baton/binance/api"
	"baton/decimal"
)

const shared = "../../../shared/"

// TestUpToDate: the generated file is what the schemas give.
func TestUpToDate(t *testing.T) {
	if _, err := os.Stat(shared + "spec/binance"); err != nil {
		t.Skip("no ../shared/spec: the schemas are not here")
	}
	out := filepath.Join(t.TempDir(), "calls.go")
	if text, err := exec.Command("go", "run", "../../internal/genapi", shared+"spec/binance", out).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	want, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile("calls.go"); err != nil || !bytes.Equal(got, want) {
		t.Error("calls.go is out of date: go run ./internal/genapi ../shared/spec/binance binance/api/calls.go")
	}
}

func TestQuery(t *testing.T) {
	d := decimal.MustParse
	for _, c := range []struct {
		call any
		want string
	}{
		{api.ChangeInitialLeverage{Symbol: "BTCUSDT", Leverage: 5}, "leverage=5&symbol=BTCUSDT"},
		{api.NewAlgoOrder{AlgoType: "CONDITIONAL", Symbol: "币安USDT", Side: "SELL", Type: "STOP_MARKET", TriggerPrice: d("60000.10"), ClosePosition: "true"},
			"algoType=CONDITIONAL&closePosition=true&side=SELL&symbol=%E5%B8%81%E5%AE%89USDT&triggerPrice=60000.1&type=STOP_MARKET"},
		{api.CancelMultipleOrders{Symbol: "BTCUSDT", OrderIDList: []int64{1, 9007199254740993}, OrigClientOrderIDList: []string{"a", "b c"}},
			"orderIdList=%5B1%2C9007199254740993%5D&origClientOrderIdList=%5B%22a%22%2C%22b%20c%22%5D&symbol=BTCUSDT"},
		{api.PlaceMultipleOrders{BatchOrders: []api.NewOrder{{Symbol: "A", Side: "BUY", Type: "MARKET", Quantity: d("0.5")}}},
			"batchOrders=%5B%7B%22quantity%22%3A%220.5%22%2C%22side%22%3A%22BUY%22%2C%22symbol%22%3A%22A%22%2C%22type%22%3A%22MARKET%22%7D%5D"},
		{api.TestConnectivity{}, ""},
	} {
		if got := string(api.AppendQuery(nil, c.call)); got != c.want {
			t.Errorf("%T: %s\nwant %s", c.call, got, c.want)
		}
	}
}

// refuses are the recorded answers that do not decode, with the reason.
var refuses = map[string]string{}

// TestRecordedAnswers: every recorded answer of a known call decodes.
func TestRecordedAnswers(t *testing.T) {
	f, err := os.Open(shared + "data/wire/rest_gocryptotrader_fapi.jsonl")
	if err != nil {
		t.Skip("no ../shared/data/wire: the recorded answers are not here")
	}
	defer f.Close()
	rows := map[string]api.Row{}
	for _, r := range api.Rows() {
		rows[r.Endpoint.Method+" "+r.Endpoint.Path] = r
	}
	read, foreign := 0, map[string]bool{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var l struct{ Name, Raw string }
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		row, ok := rows[l.Name]
		if !ok {
			foreign[l.Name] = true // a call of the schemas' older versions, or of another product
			continue
		}
		if strings.HasPrefix(l.Raw, `{"code":`) || strings.HasPrefix(l.Raw, `{"code": `) {
			continue // a refusal
		}
		read++
		if err := row.Decode([]byte(l.Raw)); err != nil && refuses[l.Name] == "" {
			t.Errorf("%s: %v: %.200s", l.Name, err, l.Raw)
		}
	}
	if read < 30 {
		t.Errorf("only %d answers were read", read)
	}
	t.Logf("%d answers read; of no call in the table: %v", read, foreign)
}

// TestEveryCall: every call has a path, and its parameters and its answer can be written and read.
func TestEveryCall(t *testing.T) {
	for _, r := range api.Rows() {
		if !strings.HasPrefix(r.Endpoint.Path, "/f") || r.Endpoint.Weight > 1000 || r.Endpoint.Security > api.Signed {
			t.Errorf("%s: %+v", r.Name, r.Endpoint)
		}
		if q := api.AppendQuery(nil, r.Empty); len(q) != 0 {
			t.Errorf("%s without parameters asks %s", r.Name, q)
		}
		if err := r.Decode([]byte("{")); err == nil {
			t.Errorf("%s reads half a text", r.Name)
		}
	}
}
