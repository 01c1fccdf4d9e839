package crash_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The checker finds each difference that is planted, on either side: one that finds nothing proves nothing.
func TestTheCheckerFindsWhatIsPlanted(t *testing.T) {
	if testing.Short() {
		t.Skip("a run of the real binary")
	}
	needs(t, "python3")
	x := startExchange(t, 1)
	if x == nil {
		t.FailNow()
	}
	r := x.run(0)
	if out, err := r.start(t.Context(), "orders").Output2(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	said := x.dump(t, 0)
	if c := r.check(t, said); len(c.Differences) > 0 || c.Intents != orderCount || c.Fills == 0 {
		t.Fatalf("with nothing planted: %+v", c)
	}
	for _, p := range []struct{ name, file, old, new, finds string }{
		{"a commission that is one unit off", "trades", `"commission":"0.0`, `"commission":"0.00000001`, "the exchange says"},
		{"a trade that the exchange does not name", "trades", `"symbol":"BTCUSDT"`, `"symbol":"ETHUSDT"`, "is in the journal and not at the exchange"},
		{"a wallet that is one unit off", "account", `"walletBalance":"999`, `"walletBalance":"998`, "wallet USDT"},
		{"a position of another size", "account", `"positionAmt":"-0.1`, `"positionAmt":"-0.2`, "position BTCUSDT"},
		{"an order that was filled twice", "orders", `"executedQty":"0.00`, `"executedQty":"1.00`, "filled 1.00"},
		{"an order of an unknown number", "orders", `-1","`, `-zz","`, "was never intended"},
		{"income that nobody booked", "income", `"income":"-0.`, `"income":"-7.`, "income COMMISSION"},
	} {
		t.Run(p.name, func(t *testing.T) {
			name := filepath.Join(said, p.file+".json")
			good, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			bad := strings.Replace(string(good), p.old, p.new, 1)
			if bad == string(good) {
				t.Fatalf("%s.json has no %s: %.400s", p.file, p.old, good)
			}
			plant(t, name, []byte(bad))
			if c := r.check(t, said); !strings.Contains(strings.Join(c.Differences, "\n"), p.finds) {
				t.Errorf("it finds %q, not %q", c.Differences, p.finds)
			}
		})
	}
	t.Run("a flipped bit of the journal", func(t *testing.T) {
		name := filepath.Join(r.state, "journal", "0000000001.tape")
		good, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(good)
		bad[len(bad)/2] ^= 1
		plant(t, name, bad)
		if out, err := r.checker(said).Output2(); err == nil || !strings.Contains(out, "is damaged") {
			t.Errorf("%v: %s", err, out)
		}
	})
}

// resting is how many orders account 0 has open.
func (x *exchange) resting(t *testing.T, path string) int {
	t.Helper()
	b, err := x.get(0, "GET", path, "symbol=BTCUSDT&")
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(b, []byte(`"symbol"`))
}

// plant writes a file until the end of the test, and then what it held before.
func plant(t *testing.T, name string, b []byte) {
	t.Helper()
	good, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.WriteFile(name, good, 0o600) })
}

// Killed with orders resting, the trader is missed by the exchange: after the dead man's span its orders are gone, and a conditional
// order that protects its position is still there.
func TestDeadMansSwitch(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for the exchange to miss somebody")
	}
	x := startExchange(t, 1)
	if x == nil {
		t.FailNow()
	}
	r := x.run(0)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := r.start(ctx, "rests", "--headless", "--dead-man", deadMan.String())
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	resting := func(path string) int { return x.resting(t, path) }
	until := func(what string, done func() bool) {
		look := time.NewTicker(200 * time.Millisecond)
		defer look.Stop()
		for !done() {
			select {
			case <-ctx.Done():
				t.Fatalf("never: %s; it said %s", what, c.said())
			case <-look.C:
			}
		}
	}
	until("five orders rest", func() bool { return resting("/fapi/v1/openOrders") == 5 })
	stop := "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&triggerPrice=50000&closePosition=true&"
	if _, err := x.get(0, "POST", "/fapi/v1/algoOrder", stop); err != nil {
		t.Fatal(err)
	}
	_ = c.Process.Signal(syscall.SIGKILL)
	_ = c.Wait()
	died := time.Now()
	if n := resting("/fapi/v1/openOrders"); n != 5 {
		t.Errorf("right after the death %d orders rest, not 5: it was not the exchange that missed it", n)
	}
	until("the exchange has cancelled them", func() bool { return resting("/fapi/v1/openOrders") == 0 })
	t.Logf("the dead man's switch of %s cancelled 5 orders %s after the death", deadMan, time.Since(died).Round(10*time.Millisecond))
	if n := resting("/fapi/v1/openAlgoOrders"); n != 1 {
		t.Errorf("%d protective stops are left, not 1", n)
	}
}

const deadMan = 5 * time.Second

// The key's id, its secret, listen keys and signatures are in no artefact: not in the journal, the recordings, what was said, the page, or
// the dump of a process that was made to panic with all its goroutines; neither plain nor in hex, base64 or URL encoding.
func TestNoCanaryAnywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("a run of the real binary")
	}
	x := startExchange(t, 1)
	if x == nil {
		t.FailNow()
	}
	r := x.run(0)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	made := map[string][]byte{}
	out, err := r.start(ctx, "orders").Output2()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	made["the output of a whole run"] = []byte(out)
	c := r.start(ctx, "rests", "--page", "127.0.0.1:0")
	c.Env = append(os.Environ(), "GOTRACEBACK=all")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for x.resting(t, "/fapi/v1/openOrders") != 5 {
		select {
		case <-ctx.Done():
			t.Fatalf("it places nothing: %s", c.said())
		case <-look.C:
		}
	}
	name, _ := binary()
	for _, verb := range [][]string{{"status", "--json"}, {"orders"}, {"fills", "--json"}, {"notes"}} {
		out, _ := command(ctx, name, append(verb, stateFlag(verb[0], r.state)...)...).Output2() // whatever it says, it is an artefact
		made["baton "+strings.Join(verb, " ")] = []byte(out)
	}
	_ = c.Process.Signal(syscall.SIGQUIT) // every goroutine's stack
	_ = c.Wait()
	made["the dump of all goroutines"] = []byte(c.said())
	if !strings.Contains(c.said(), "goroutine ") {
		t.Errorf("there is no dump: %s", c.said())
	}
	read(t, r.state, made)
	listen, err := x.get(0, "POST", "/fapi/v1/listenKey", "")
	var said struct{ ListenKey string }
	if err == nil {
		err = json.Unmarshal(listen, &said)
	}
	if err != nil || said.ListenKey == "" {
		t.Fatalf("%v: %s", err, listen)
	}
	words := map[string]string{"the key": key(0), "the secret": secret(0), "the listen key": said.ListenKey}
	bytesSeen := 0
	for where, b := range made {
		bytesSeen += len(b)
		for _, found := range scan(b, words) {
			t.Errorf("%s holds %s", where, found)
		}
	}
	t.Logf("%d artefacts, %d bytes: no canary", len(made), bytesSeen)
	for form, text := range forms(secret(0)) { // seen red: each form is found where it is
		if len(scan([]byte("x"+text+"x"), words)) == 0 {
			t.Errorf("the scan does not find the secret in %s", form)
		}
	}
	if len(scan([]byte("&signature="+strings.Repeat("0a", 32)), words)) == 0 {
		t.Error("the scan does not find a signature")
	}
}

// stateFlag names the state folder to verbs that read one.
func stateFlag(verb, state string) []string {
	if verb == "status" {
		return nil
	}
	return []string{"--state", state}
}

// read takes every file of a folder.
func read(t *testing.T, dir string, into map[string][]byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		into[path] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// forms are the ways in which a text may stand somewhere.
func forms(text string) map[string]string {
	odd := base64.StdEncoding.EncodeToString([]byte("x" + text)) // at another offset the letters are others
	return map[string]string{
		"plain text": text, "hex": hex.EncodeToString([]byte(text)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(text))),
		"base64": base64.StdEncoding.EncodeToString([]byte(text))[:len(text)], "base64 at an offset": odd[4 : len(odd)-8],
		"base64url": base64.URLEncoding.EncodeToString([]byte(text))[:len(text)], "percent-encoding": percent(text), "a URL": url.QueryEscape(text),
	}
}

// percent encodes every byte.
func percent(text string) string {
	var out strings.Builder
	for _, b := range []byte(text) {
		out.WriteString("%" + hex.EncodeToString([]byte{b}))
	}
	return out.String()
}

// signature is what signs a request, wherever it stands.
var signature = regexp.MustCompile(`signature["=: ]+[0-9a-f]{64}`)

// scan tells what is found of the words, in any form, and of signatures.
func scan(b []byte, words map[string]string) (found []string) {
	for what, text := range words {
		for form, f := range forms(text) {
			if bytes.Contains(b, []byte(f)) {
				found = append(found, what+" in "+form)
			}
		}
	}
	if m := signature.Find(b); m != nil {
		found = append(found, "a signature")
	}
	return found
}
