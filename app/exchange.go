package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"baton/aio"
	"baton/decimal"
	"baton/exchange/server"
	"baton/market"
	"baton/netio"
)

// Exchange says what `baton exchange` runs: an exchange that any Binance USD-M client can trade on.
type Exchange struct {
	Listen   string        // HOST:PORT
	Control  string        // HOST:PORT of the control API; empty: a free port of the same host
	Symbols  string        // an exchangeInfo file; empty: [Instruments]
	Data     []string      // recorded raw feeds; none: a synthetic market
	Flow     uint64        // seed of the synthetic market, and of everything else that is random
	Plan     string        // of the synthetic market's participants, see [flow.ParsePlan]
	Queue    string        // of own orders beside a recorded book, see [exchange.ParseQueueModel]
	Latency  string        // MIN[+JITTER], or rows:FILE or drawn:FILE of measured orders; empty: none
	History  int           // closed orders an account that queries find, and five times as many fills; 0: [server.DefaultHistory]
	Life     time.Duration // of a WebSocket connection; 0: 24 hours
	Speed    float64       // times the wall's, by a clock that can be paused; 0: the wall's clock itself
	Accounts string        // a JSON file of accounts; empty: the demo account
	Faults   string        // a file of faults, one a line; empty: none
	TLS      bool
	State    string // a folder that keeps accounts over a restart; empty: nothing is kept
	Legacy   bool   // un-routed stream paths deliver everything
	Strict   bool
	Ready    func(*ExchangeInfo) // hears once what runs where
	Say      func(string)
}

// DefaultExchange listens on loopback with a synthetic market, by the wall's clock.
func DefaultExchange() Exchange {
	return Exchange{Listen: "127.0.0.1:9443", Flow: 1}
}

// ExchangeInfo is what a running exchange tells about itself. Token is of the control API.
type ExchangeInfo struct {
	REST     string   `json:"rest"`
	Streams  string   `json:"streams"`
	API      string   `json:"wsApi"`
	Control  string   `json:"control"`
	Token    string   `json:"controlToken"`
	Key      string   `json:"apiKey"`
	Secret   string   `json:"secret"`
	CA       string   `json:"caFile,omitempty"`
	Symbols  []string `json:"symbols"`
	Market   string   `json:"market"`
	Accounts []string `json:"accounts"`
	Behaves  []string `json:"behaviour"` // participants or queue positions, and latency
}

// Validate reports everything that cannot be, at once.
func (e *Exchange) Validate() error {
	var errs []error
	if !(e.Speed >= 0 && e.Speed <= MaxSpeed) {
		errs = append(errs, fmt.Errorf("--speed %g: must be between 0 (the wall's clock) and %d", e.Speed, MaxSpeed))
	}
	if e.History < 0 || e.History > maxHistory {
		errs = append(errs, fmt.Errorf("--history %d: must be between 1 and %d orders an account", e.History, maxHistory))
	}
	if e.Life < 0 {
		errs = append(errs, fmt.Errorf("--life %s: a connection cannot end before it begins", e.Life))
	}
	if e.Plan != "" && len(e.Data) > 0 {
		errs = append(errs, errors.New("--plan is of a synthetic market, and --data replays a recorded one: leave one of them out"))
	}
	if e.Queue != "" && len(e.Data) == 0 {
		errs = append(errs, errors.New("--queue is of a recorded market: give it recordings with --data, or leave it out (a synthetic market has a queue of real orders)"))
	}
	if err := e.shape(&server.Config{}, 0); err != nil {
		errs = append(errs, err)
	}
	for _, x := range [][2]string{{"--listen", e.Listen}, {"--control", e.Control}} {
		if _, _, err := net.SplitHostPort(x[1]); err != nil && (x[1] != "" || x[0] == "--listen") {
			errs = append(errs, fmt.Errorf("%s %q: must be HOST:PORT, like 127.0.0.1:9443 (%w)", x[0], x[1], err))
		}
	}
	return errors.Join(errs...)
}

// maxHistory bounds what is remembered of an account.
const maxHistory = 1_000_000

// openings are where the synthetic markets of known symbols open; other symbols of an exchangeInfo file are listed, and move by
// their clients alone.
var openings = map[string]string{"BTCUSDT": "61800", "ETHUSDT": "2450", "SOLUSDT": "145", "BNBUSDT": "560", "XRPUSDT": "0.58"}

// RunExchange runs an exchange until ctx is cancelled.
func RunExchange(ctx context.Context, e Exchange) error {
	if err := e.Validate(); err != nil {
		return err
	}
	source := aio.Real()
	if e.Speed > 0 {
		source = aio.Paced(market.Nanos(time.Now().UnixNano()), e.Speed)
	}
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0))) // see aio.Real
	_, err := aio.Run(ctx, aio.Config{Source: source, Seed: e.Flow}, func(co *aio.Co) (struct{}, error) {
		return struct{}{}, e.run(co)
	})
	if errors.Is(err, aio.ErrCancelled) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (e *Exchange) run(co *aio.Co) error {
	cfg, err := e.config()
	if err != nil {
		return err
	}
	sockets := netio.SocketConfig{}
	info := &ExchangeInfo{Market: "synthetic, seed " + fmt.Sprint(e.Flow)}
	if e.TLS {
		host, _, _ := net.SplitHostPort(e.Listen)
		if sockets.Serve, info.CA, err = certificate(e.State, host); err != nil {
			return err
		}
	}
	if cfg.Tape != nil {
		info.Market = "recorded: " + strings.Join(e.Data, ", ")
	}
	state, err := openState(e.State)
	if err != nil {
		return err
	}
	if state != nil {
		cfg.State, cfg.History = state.read, state.history
	}
	if err := e.shape(cfg, co.Now()); err != nil {
		return err
	}
	info.Behaves = e.behaviour()
	cfg.Page = func() []byte { return startPage(info) }
	s, err := server.New(co.Loop(), *cfg)
	if err != nil {
		return err
	}
	l, err := netio.Sockets(co.Loop(), sockets).Listen(co, e.Listen, s)
	if err != nil {
		return err
	}
	defer l.Close()
	host, _, _ := net.SplitHostPort(e.Listen)
	at := e.Control
	if at == "" {
		at = net.JoinHostPort(host, "0")
	}
	control := server.NewControl(s, token())
	c, err := netio.Sockets(co.Loop(), netio.SocketConfig{}).Listen(co, at, control)
	if err != nil {
		return err
	}
	defer c.Close()
	e.tell(info, cfg, s, l.Addr(), c.Addr(), control.Token())
	defer func() { state.save(s, true, e.say) }()
	for {
		if err := co.Sleep(saveEvery); err != nil {
			return err
		}
		state.save(s, false, e.say)
	}
}

// saveEvery is how often the state is written to its folder, by the exchange's clock.
const saveEvery = 10 * time.Second

func (e *Exchange) say(text string) {
	if e.Say != nil {
		e.Say(text)
	}
}

// tell fills in what runs where, and hands it out.
func (e *Exchange) tell(info *ExchangeInfo, cfg *server.Config, s *server.Server, at, control, token string) {
	plain, sockets := "http", "ws"
	if e.TLS {
		plain, sockets = "https", "wss"
	}
	info.REST, info.Streams, info.API = plain+"://"+at, sockets+"://"+at, sockets+"://"+at+"/ws-fapi/v1"
	info.Control, info.Token = "http://"+control, token
	if len(cfg.Keys) > 0 {
		info.Key, info.Secret = cfg.Keys[0].APIKey, cfg.Keys[0].Secret
	}
	for _, in := range s.Exchange().Instruments() {
		info.Symbols = append(info.Symbols, in.Symbol)
	}
	for _, k := range cfg.Keys {
		info.Accounts = append(info.Accounts, k.Account)
	}
	if e.Ready != nil {
		e.Ready(info)
	}
}

// config reads what the flags name.
func (e *Exchange) config() (*server.Config, error) {
	table, err := loadInstruments(e.Symbols)
	if err != nil {
		return nil, err
	}
	cfg := &server.Config{Instruments: table, Seed: e.Flow, Legacy: e.Legacy, Life: e.Life}
	cfg.Exchange.KeepOrders = e.History
	if cfg.Keys, err = readAccounts(e.Accounts); err != nil {
		return nil, err
	}
	if err := e.readFaults(cfg); err != nil {
		return nil, err
	}
	if len(e.Data) > 0 {
		d := demo{Demo: Demo{Input: Input{Data: e.Data, Strict: e.Strict, Say: e.Say}}}
		rec, err := d.load(table)
		if err != nil {
			return nil, err
		}
		cfg.Tape = rec.tape
		return cfg, nil
	}
	for _, in := range table {
		o := server.Opening{Symbol: in.Symbol}
		if p := openings[in.Symbol]; p != "" {
			o.Price = decimal.MustParse(p)
		}
		cfg.Openings = append(cfg.Openings, o)
	}
	return cfg, nil
}

// accountEntry is one account of an accounts file.
type accountEntry struct {
	Name      string          `json:"name"`
	APIKey    string          `json:"apiKey"`
	Secret    string          `json:"secret"`
	PublicKey string          `json:"publicKey"`
	Deposit   decimal.Decimal `json:"deposit"`
}

func readAccounts(path string) ([]server.Key, error) {
	if path == "" {
		return []server.Key{{APIKey: demoKey, Secret: demoSecret, Account: demoAccount, Deposit: decimal.MustParse("100000")}}, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--accounts: %w", err)
	}
	var rows []accountEntry
	if err := json.Unmarshal(b, &rows); err != nil {
		return nil, fmt.Errorf(`--accounts %s: %w: write [{"name":"me","apiKey":"..","secret":"..","deposit":"10000"}], or publicKey in place of secret`, path, err)
	}
	var keys []server.Key
	for _, r := range rows {
		keys = append(keys, server.Key{APIKey: r.APIKey, Secret: r.Secret, Public: r.PublicKey, Account: r.Name, Deposit: r.Deposit})
	}
	return keys, nil
}

// readFaults reads a file of faults, one a line: those of the demo's --fault at a known place, and those by chance.
func (e *Exchange) readFaults(cfg *server.Config) error {
	if e.Faults == "" {
		return nil
	}
	b, err := os.ReadFile(e.Faults)
	if err != nil {
		return fmt.Errorf("--faults: %w", err)
	}
	for n, line := range strings.Split(string(b), "\n") {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		var f server.Fault
		var c server.Chance
		switch {
		case line == "":
			continue
		case strings.Contains(line, ":"):
			f, err = server.ParseFault(line)
			cfg.Faults = append(cfg.Faults, f)
		default:
			c, err = server.ParseChance(line)
			cfg.Chances = append(cfg.Chances, c)
		}
		if err != nil {
			return fmt.Errorf("--faults %s, line %d: %w", e.Faults, n+1, err)
		}
	}
	return nil
}

// token is a fresh secret of the control API.
func token() string { return rand.Text() }

// certificate is a server's certificate for a host of loopback, signed by itself; ca is the file that clients are to trust. With a
// state folder it is kept there, so that clients need trust it once.
func certificate(dir, host string) (cfg *tls.Config, ca string, err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "baton-exchange-"); err != nil {
			return nil, "", err
		}
	}
	ca, keyFile := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "key.pem")
	if pair, err := tls.LoadX509KeyPair(ca, keyFile); err == nil {
		return &tls.Config{Certificates: []tls.Certificate{pair}}, ca, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, "", err
	}
	form := x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "baton exchange"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ip := net.ParseIP(host); ip != nil {
		form.IPAddresses = append(form.IPAddresses, ip)
	}
	der, err := x509.CreateCertificate(rand.Reader, &form, &form, &key.PublicKey, key)
	if err != nil {
		return nil, "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, "", err
	}
	err = errors.Join(os.MkdirAll(dir, 0o700),
		os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	if err != nil {
		return nil, "", fmt.Errorf("--tls: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, ca, nil
}
