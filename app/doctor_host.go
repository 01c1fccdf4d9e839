package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// checkHosts resolves each host and shakes hands with those of TLS. Both are done without a proxy; where one is set, a failure
// is no proof.
func (d *Doctor) checkHosts(ctx context.Context, r *Diagnosis, cfg *tls.Config) {
	hosts := hostsOf(d.At.REST, d.At.Streams, d.At.API)
	proxied := d.proxied()
	var names, shaken []string
	secure := 0
	failed := CheckFail
	if proxied {
		failed = CheckUnknown
	}
	for _, h := range hosts {
		host, isTLS := strings.CutPrefix(h, "tls ")
		name := host
		if n, _, err := net.SplitHostPort(host); err == nil {
			name = n
		}
		look, cancel := context.WithTimeout(ctx, lookupMax)
		addrs, err := net.DefaultResolver.LookupHost(look, name)
		cancel()
		if err != nil {
			d.add(r, "dns", failed, "check the name servers of this machine (a proxy may resolve for it)", "%v", err)
			continue
		}
		names = append(names, fmt.Sprintf("%s is %s", name, addrs[0]))
		if !isTLS {
			continue
		}
		secure++
		text, left, err := shake(ctx, host, name, cfg)
		switch {
		case err != nil:
			d.add(r, "tls", failed, "check the clock, the network, and that nobody stands in between", "%s: %v", host, err)
		case left < certificateOld:
			d.add(r, "tls", CheckWarn, "the exchange has to renew it", "%s: the certificate ends in %s", host, left.Round(time.Hour))
		default:
			shaken = append(shaken, text)
		}
	}
	if len(names) == len(hosts) {
		d.add(r, "dns", CheckOK, "", "%s", strings.Join(names, ", "))
	}
	switch {
	case secure == 0:
		d.add(r, "tls", CheckOK, "", "none is used: the exchange is a local one")
	case len(shaken) == secure:
		d.add(r, "tls", CheckOK, "", "%s", strings.Join(shaken, ", "))
	}
}

// proxied says whether the environment names a proxy for the exchange.
func (d *Doctor) proxied() bool {
	req, err := http.NewRequest(http.MethodGet, d.At.REST, nil)
	if err != nil {
		return false
	}
	u, err := http.ProxyFromEnvironment(req)
	return err == nil && u != nil
}

// shake makes a TLS handshake, and tells its version and how long the certificate is good for.
func shake(ctx context.Context, host, name string, cfg *tls.Config) (text string, left time.Duration, err error) {
	if host == name {
		host = net.JoinHostPort(name, "443")
	}
	if cfg == nil {
		cfg = &tls.Config{}
	}
	ctx, cancel := context.WithTimeout(ctx, lookupMax)
	defer cancel()
	dialer := tls.Dialer{Config: cfg.Clone()}
	c, err := dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	secure, ok := c.(*tls.Conn)
	if !ok {
		return "", 0, errors.New("no TLS")
	}
	st := secure.ConnectionState()
	left = time.Until(st.PeerCertificates[0].NotAfter)
	return fmt.Sprintf("%s: %s, certificate for %d days more", name, tls.VersionName(st.Version), int(left.Hours()/24)), left, nil
}

// trust is the system's certificates and those of a file.
func trust(name string) (*x509.CertPool, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("--ca %s: it cannot be read: %v", name, errors.Unwrap(err))
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("--ca %s: it holds no certificate in PEM", name)
	}
	return pool, nil
}

// What a disk must have for a journal and recordings.
const (
	freeWarn   = 5 << 30
	freeFail   = 256 << 20
	syncWarn   = 50 * time.Millisecond
	syncProbes = 5
	syncBlock  = 4096
)

// checkDisk looks at the folder of the data, or, where it is not there yet, at the nearest one above it.
func (d *Doctor) checkDisk(r *Diagnosis) {
	dir, err := filepath.Abs(d.Dir)
	for err == nil {
		if st, gone := os.Stat(dir); gone == nil && st.IsDir() || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	var slow time.Duration
	if err == nil {
		slow, err = syncTime(dir)
	}
	if err != nil {
		d.add(r, "disk", CheckFail, "make it writable, or name another --dir", "%v", err)
		return
	}
	free, known := freeSpace(dir)
	space := "free space unknown"
	if known {
		space = fmt.Sprintf("%.1f GB free", float64(free)/1e9)
	}
	switch {
	case known && free < freeFail:
		d.add(r, "disk", CheckFail, "make room: a journal that cannot be written stops trading", "%s: %s", dir, space)
	case known && free < freeWarn:
		d.add(r, "disk", CheckWarn, "make room", "%s: %s, fsync %s", dir, space, slow.Round(10*time.Microsecond))
	case slow > syncWarn:
		d.add(r, "disk", CheckWarn, "orders wait for their intent to be on disk: use a faster one", "%s: %s, but fsync takes %s", dir, space, slow.Round(time.Millisecond))
	default:
		d.add(r, "disk", CheckOK, "", "%s: %s, fsync %s", dir, space, slow.Round(10*time.Microsecond))
	}
}

// syncTime is the slowest of a few small writes with fsync in a folder.
func syncTime(dir string) (slow time.Duration, err error) {
	f, err := os.CreateTemp(dir, ".baton-doctor-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	block := make([]byte, syncBlock)
	for range syncProbes {
		began := time.Now()
		if _, err := f.Write(block); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		slow = max(slow, time.Since(began))
	}
	return slow, nil
}
