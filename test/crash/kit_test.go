package crash_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The canaries: keys that no artefact of a run may hold. They are the key and the secret of every account of these tests.
const (
	canaryKey    = "canaryKEYcanaryKEYcanaryKEYcanaryKEYcanaryKEYcanaryKEY"
	canarySecret = "canarySECRETcanarySECRETcanarySECRETcanarySECRETcanary"
)

func key(i int) string    { return fmt.Sprint(canaryKey, 1000+i) }
func secret(i int) string { return fmt.Sprint(canarySecret, 1000+i) }

// needs skips where a program is missing.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("not checked here: %s is not installed", p)
		}
	}
}

// binary builds test/crash/trader, once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "trader")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "trader")
	out, err := exec.Command("go", "build", "-o", name, "./trader").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return name, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if name, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(name))
	}
	os.Exit(code)
}

// process is a command whose output is kept.
type process struct {
	*exec.Cmd
	out bytes.Buffer
}

func command(ctx context.Context, name string, args ...string) *process {
	p := &process{Cmd: exec.CommandContext(ctx, name, args...)}
	p.Stdout, p.Stderr = &p.out, &p.out
	return p
}

// Output2 runs it to its end, and gives what it said on both outputs.
func (p *process) Output2() (string, error) {
	err := p.Run()
	return p.said(), err
}

func (p *process) said() string { return p.out.String() }

func asExit(err error, e **exec.ExitError) bool { return errors.As(err, e) }

// exchange is `baton exchange` by a paced clock, in a process of its own, with accounts of canary keys.
type exchange struct {
	dir  string
	info struct {
		REST, Streams, Control string
		Token                  string `json:"controlToken"`
	}
	cmd  *exec.Cmd
	said bytes.Buffer
}

func startExchange(t *testing.T, accounts int) *exchange {
	t.Helper()
	name, err := binary()
	if err != nil {
		t.Error(err)
		return nil
	}
	x := &exchange{dir: t.TempDir()}
	var rows []map[string]string
	for i := range accounts {
		rows = append(rows, map[string]string{"name": fmt.Sprint("a", i), "apiKey": key(i), "secret": secret(i), "deposit": "100000"})
	}
	b, _ := json.Marshal(rows) // of plain texts
	file := filepath.Join(x.dir, "accounts")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Error(err)
		return nil
	}
	x.cmd = exec.Command(name, "exchange", "--listen", "127.0.0.1:0", "--speed", "1", "--accounts", file, "--json")
	x.cmd.Stderr = &x.said
	out, err := x.cmd.StdoutPipe()
	if err == nil {
		err = x.cmd.Start()
	}
	if err != nil {
		t.Error(err)
		return nil
	}
	t.Cleanup(x.stop)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &x.info)
	}
	if err != nil {
		t.Errorf("the exchange does not say where it is: %v, %s", err, &x.said)
		return nil
	}
	return x
}

func (x *exchange) stop() {
	if x.cmd.ProcessState == nil {
		_ = x.cmd.Process.Kill()
		_ = x.cmd.Wait()
	}
}

// get makes a signed request of an account.
func (x *exchange) get(account int, method, path, query string) ([]byte, error) {
	text := fmt.Sprintf("%srecvWindow=60000&timestamp=%d", query, time.Now().UnixMilli())
	mac := hmac.New(sha256.New, []byte(secret(account)))
	mac.Write([]byte(text))
	r, err := http.NewRequest(method, x.info.REST+path+"?"+text+"&signature="+hex.EncodeToString(mac.Sum(nil)), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-MBX-APIKEY", key(account))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: status %d: %s", method, path, res.StatusCode, b)
	}
	return b, err
}

// dump writes what the exchange says of an account, each answer as it came, into a folder.
func (x *exchange) dump(t *testing.T, account int) (dir string) {
	t.Helper()
	dir, err := os.MkdirTemp(x.dir, "said")
	if err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string][2]string{
		"account": {"/fapi/v3/account", ""}, "trades": {"/fapi/v1/userTrades", "symbol=BTCUSDT&limit=1000&"}, "open": {"/fapi/v1/openOrders", ""},
		"orders": {"/fapi/v1/allOrders", "symbol=BTCUSDT&limit=1000&"}, "income": {"/fapi/v1/income", "limit=1000&"}, "rates": {"/fapi/v1/commissionRate", "symbol=BTCUSDT&"},
	} {
		b, err := x.get(account, "GET", q[0], q[1])
		if err != nil {
			t.Fatal(err)
		}
		if name == "rates" {
			b = append(append([]byte("["), b...), ']')
		}
		if err := os.WriteFile(filepath.Join(dir, name+".json"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run is a trader on one account of an exchange, over all its starts.
type run struct {
	x          *exchange
	account    int
	state, key string
}

func (x *exchange) run(account int) *run {
	r := &run{x: x, account: account, state: filepath.Join(x.dir, fmt.Sprint("s", account)), key: filepath.Join(x.dir, fmt.Sprint("key", account))}
	_ = os.WriteFile(r.key, fmt.Appendf(nil, "key: %s\nrealm: local\nsecret: %s\n", key(account), secret(account)), 0o600) // a start says what is wrong
	return r
}

// start is `baton live` with a strategy.
func (r *run) start(ctx context.Context, strategy string, more ...string) *process {
	name, _ := binary() // the exchange has been built from it
	args := []string{"live", strategy, "--local", strings.TrimPrefix(r.x.info.REST, "http://"), "--key-file", r.key, "--state", r.state, "--symbol", "BTCUSDT",
		"--max-loss", "5000", "--max-notional", "90000", "--max-orders", "300", "--confirm-account", "SimSimSimSim", "--json"}
	if len(more) == 0 {
		more = []string{"--headless"}
	}
	return command(ctx, name, append(args, more...)...)
}

// journaled says whether anything but its header is in the journal.
func (r *run) journaled() bool {
	st, err := os.Stat(filepath.Join(r.state, "journal", "0000000001.tape"))
	return err == nil && st.Size() > 400
}

// checked is what the checker says.
type checked struct {
	Records     int      `json:"records"`
	Intents     int      `json:"intents"`
	Fills       int      `json:"fills"`
	Differences []string `json:"differences"`
	torn        int
}

// checker runs test/check/check.py on the journal and what the exchange said.
func (r *run) checker(said string) *process {
	return command(context.Background(), "python3", filepath.Join("..", "check", "check.py"), "--journal", filepath.Join(r.state, "journal"),
		"--info", filepath.Join(r.state, "exchangeInfo.json"), "--exchange", said, "--json")
}

// check reads what the checker finds.
func (r *run) check(t *testing.T, said string) (c checked) {
	t.Helper()
	p := r.checker(said)
	if out, err := p.Output2(); json.Unmarshal([]byte(out), &c) != nil {
		t.Errorf("the checker: %v: %s", err, out)
		c.Differences = []string{out}
	}
	return c
}
