package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"baton/aio"
	"baton/binance"
	"baton/netio"
)

// The verdicts of a check.
const (
	CheckOK      = "ok"
	CheckWarn    = "warn"
	CheckFail    = "fail"
	CheckUnknown = "unknown"
)

// Check is one line of a doctor's report: what was looked at, how it is, what was seen, and what to do about it.
type Check struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Found  string `json:"found"`
	Do     string `json:"do,omitempty"`
}

// Doctor says what `baton doctor` looks at.
type Doctor struct {
	At       binance.Environment
	Spot     string // base URL of the spot host, which tells what a key may do; empty: by At
	Keys     *Credentials
	Accept   string // what a person has typed to accept a key that is too strong
	Symbol   string
	Dir      string        // the folder of the data
	CA       string        // a file of certificates to trust in addition; empty: the system's alone
	Offline  bool          // nothing is sent
	Wait     time.Duration // how long to wait for the exchange to answer at all
	Patience time.Duration // for a frame of a stream; 0: 10 s
	Say      func(Check)   // hears each check as it is made; nil: nobody
}

// Diagnosis is what a doctor has found.
type Diagnosis struct {
	Schema string  `json:"schema"`
	OK     bool    `json:"ok"` // no check has failed
	REST   string  `json:"rest"`
	Checks []Check `json:"checks"`
}

// What a doctor takes for good. An order's timestamp may be a second ahead of the exchange (Binance USD-M, Timing Security).
const (
	timeSamples    = 5
	clockWarn      = 500 * time.Millisecond
	clockFail      = 5 * time.Second // far beyond what a machine with NTP shows
	patienceOf     = 10 * time.Second
	lookupMax      = 5 * time.Second
	certificateOld = 14 * 24 * time.Hour
	usedWarn       = 50 // per cent of the request weight of a minute
	waitStep       = 200 * time.Millisecond
)

// The spot hosts (Binance, API Key Permission: the endpoint is not of futures).
const spotHost = "https://api.binance.com"

// RunDoctor makes every check, over the machine's network. An error: ctx ended, or a file of certificates could not be read.
func RunDoctor(ctx context.Context, d Doctor) (*Diagnosis, error) {
	d.fill()
	sockets := netio.SocketConfig{}
	if d.CA != "" {
		pool, err := trust(d.CA)
		if err != nil {
			return nil, err
		}
		sockets.TLS = &tls.Config{RootCAs: pool}
	}
	r := d.report()
	if !d.Offline && d.Wait <= 0 {
		d.checkHosts(ctx, r, sockets.TLS)
	}
	_, err := aio.Run(ctx, aio.Config{}, func(co *aio.Co) (struct{}, error) {
		return struct{}{}, d.ask(co, netio.Sockets(co.Loop(), sockets), r)
	})
	if err != nil {
		return nil, err
	}
	if !d.Offline && d.Wait > 0 { // it may have been started a moment ago
		d.checkHosts(ctx, r, sockets.TLS)
	}
	d.checkDisk(r)
	return r, nil
}

// On makes the checks that go over a network, on a loop of the caller's.
func (d Doctor) On(co *aio.Co, network netio.Network) (*Diagnosis, error) {
	d.fill()
	r := d.report()
	return r, d.ask(co, network, r)
}

func (d *Doctor) fill() {
	if d.Symbol == "" {
		d.Symbol = "BTCUSDT"
	}
	if d.Patience == 0 {
		d.Patience = patienceOf
	}
	if d.Spot == "" {
		switch realm, _ := d.At.Realm(); realm {
		case binance.Production:
			d.Spot = spotHost
		case binance.Local:
			d.Spot = d.At.REST
		}
	}
}

func (d *Doctor) report() *Diagnosis {
	return &Diagnosis{Schema: "baton.doctor/1", OK: true, REST: d.At.REST, Checks: []Check{}}
}

// add notes a check.
func (d *Doctor) add(r *Diagnosis, name, status, do, format string, args ...any) {
	c := Check{Name: name, Status: status, Found: fmt.Sprintf(format, args...), Do: do}
	r.OK = r.OK && status != CheckFail
	r.Checks = append(r.Checks, c)
	if d.Say != nil {
		d.Say(c)
	}
}

// ask makes the checks in their order. The first that cannot reach the exchange leaves the rest unknown.
func (d *Doctor) ask(co *aio.Co, network netio.Network, r *Diagnosis) error {
	a := &asker{co: co, net: network, rest: network.Doer(d.At.REST), keys: d.Keys}
	rest := []string{"public stream", "market stream", "ws-api", "keys", "permissions", "position mode", "private stream", "filters", "limits"}
	switch {
	case d.Offline:
		rest = append([]string{"clock", "rest"}, rest...)
		for _, name := range rest {
			d.add(r, name, CheckUnknown, "run it without --offline", "not asked")
		}
		d.checkKeyFile(r)
		return nil
	case !d.checkClock(a, r):
		for _, name := range rest {
			d.add(r, name, CheckUnknown, "make the exchange reachable first", "not asked")
		}
		return co.Err()
	}
	d.checkStreams(a, r)
	d.checkAPI(a, r)
	if d.checkKeys(a, r) {
		d.checkPermissions(a, network, r)
		d.checkMode(a, r)
		d.checkPrivate(a, r)
	}
	d.checkFilters(a, r)
	d.checkLimits(a, r)
	return co.Err()
}

// checkKeyFile is what is known of a key without asking.
func (d *Doctor) checkKeyFile(r *Diagnosis) {
	switch realm, err := d.At.Realm(); {
	case err != nil:
		d.add(r, "addresses", CheckFail, "give three addresses of one exchange", "%v", err)
	case d.Keys == nil:
		d.add(r, "addresses", CheckOK, "", "of %s", realm)
	default:
		if err := d.At.Check(d.Keys.Realm); err != nil {
			d.add(r, "addresses", CheckFail, "use the key of this exchange", "%v", err)
			return
		}
		d.add(r, "addresses", CheckOK, "", "of %s, and so is the %s key", realm, d.Keys.Kind)
	}
}

// checkClock asks the time, and with it whether REST answers at all.
func (d *Doctor) checkClock(a *asker, r *Diagnosis) bool {
	began := a.co.Now()
	err := a.askTime(timeSamples)
	for deadline := began + d.Wait.Nanoseconds(); err != nil && a.co.Now() < deadline && a.co.Sleep(waitStep) == nil; {
		err = a.askTime(timeSamples)
	}
	if answer, ok := errors.AsType[*said](err); ok && (answer.Status == 403 || answer.Status == 418 || answer.Status == 429 || answer.Status == 451) {
		d.add(r, "rest", CheckFail, map[int]string{
			403: "a firewall of the exchange took offence: ask less often", 418: "this address is banned for a while: stop every program that asks",
			429: "too much was asked: wait a minute", 451: "the exchange does not serve this country"}[answer.Status], "%v", err)
		return false
	}
	if err != nil {
		d.add(r, "rest", CheckFail, "check the address, the network and the proxy", "%s: %v", d.At.REST, err)
		return false
	}
	bound, offset := time.Duration(a.offset.Error()), time.Duration(a.offset.Ahead())
	d.add(r, "rest", CheckOK, "", "%s answers, in %s at best", d.At.REST, (2 * bound).Round(time.Microsecond))
	status, do := CheckOK, ""
	switch off := offset.Abs(); {
	case off > clockFail:
		status, do = CheckFail, "set the clock: switch NTP on (timedatectl set-ntp true)"
	case off > clockWarn:
		status, do = CheckWarn, "Baton corrects it, but switch NTP on (timedatectl set-ntp true)"
	case bound > clockWarn:
		status, do = CheckFail, "the way to the exchange is too slow to date orders: no order would be sent"
	}
	d.add(r, "clock", status, do, "the exchange's is %+.1f ms against ours, known to %.1f ms", float64(offset)/1e6, float64(bound)/1e6)
	return true
}

// hostsOf are the hosts of the addresses, each once.
func hostsOf(addresses ...string) []string {
	var hosts []string
	for _, a := range addresses {
		if _, rest, ok := strings.Cut(a, "://"); ok {
			host, _, _ := strings.Cut(rest, "/")
			scheme, _, _ := strings.Cut(a, "://")
			name := map[bool]string{true: "tls ", false: ""}[scheme == "https" || scheme == "wss"] + host
			if !slices.Contains(hosts, name) {
				hosts = append(hosts, name)
			}
		}
	}
	return hosts
}

// Addresses are those that flags name: of Binance's test exchange, of a local exchange at HOST:PORT, or one by one; of production
// where nothing is said. Whatever is named one by one wins over the others; of a REST address alone the other two are not guessed.
func Addresses(testnet bool, local, rest, ws, api string) (binance.Environment, error) {
	if testnet && local != "" {
		return binance.Environment{}, errors.New("--testnet and --local name two exchanges: leave one")
	}
	realm := binance.Production
	switch {
	case testnet:
		realm = binance.Testnet
	case local != "":
		realm = binance.Local
	}
	at, err := binance.EnvironmentOf(realm, local)
	if err != nil {
		return at, fmt.Errorf("--local: %w", err)
	}
	if named := rest != "" || ws != "" || api != ""; named && realm == binance.Production && (rest == "" || ws == "" || api == "") {
		return at, errors.New("--rest, --ws and --ws-api belong together: name all three, or --testnet or --local with one of them")
	}
	for _, x := range []struct {
		to   *string
		from string
	}{{&at.REST, rest}, {&at.Streams, ws}, {&at.API, api}} {
		if x.from != "" {
			*x.to = strings.TrimSuffix(x.from, "/")
		}
	}
	_, err = at.Realm()
	return at, err
}
