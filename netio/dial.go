package netio

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"baton/netio/ws"
)

// Direct, as [SocketConfig].Proxy, uses no proxy even where the environment names one.
const Direct = "direct"

// proxyAnswerMax bounds the header of a proxy's answer to CONNECT.
const proxyAnswerMax = 16 << 10

// ErrProxy: the proxy that stands between did not make the connection; nothing reached the server.
var ErrProxy = errors.New("the proxy did not connect")

// proxyFor is the HTTP proxy on the way to a server, nil where there is none: the configured one, else the environment's
// (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). Addresses of this machine are always reached directly.
func (n *sockets) proxyFor(r *http.Request) (*url.URL, error) {
	switch n.cfg.Proxy {
	case "":
		return http.ProxyFromEnvironment(r)
	case Direct:
		return nil, nil
	}
	if ip := net.ParseIP(r.URL.Hostname()); r.URL.Hostname() == "localhost" || ip != nil && ip.IsLoopback() && !n.cfg.ProxyLocal {
		return nil, nil
	}
	u, err := url.Parse(n.cfg.Proxy)
	if err != nil || u.Host == "" || u.Scheme != "http" { // the text may hold a password
		return nil, fmt.Errorf("%w: its address has to be http://[user:password@]host:port", ErrProxy)
	}
	return u, nil
}

// connect makes the TCP connection to a WebSocket's server, through a proxy's CONNECT where one stands between.
func (n *sockets) connect(ctx context.Context, u *url.URL, addr string) (net.Conn, error) {
	seen := *u
	seen.Scheme = map[string]string{"ws": "http", "wss": "https"}[u.Scheme]
	proxy, err := n.proxyFor(&http.Request{URL: &seen})
	if err != nil {
		return nil, err
	}
	if proxy == nil {
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	}
	if proxy.Scheme != "http" {
		return nil, fmt.Errorf("%w: a proxy that is itself reached by %q is not supported for WebSockets: use http://", ErrProxy, proxy.Scheme)
	}
	at := proxy.Host
	if proxy.Port() == "" {
		at = net.JoinHostPort(proxy.Hostname(), "80")
	}
	c, err := new(net.Dialer).DialContext(ctx, "tcp", at)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProxy, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	err = askProxy(c, addr, proxy.User)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("%w to %s: %w", ErrProxy, addr, err)
	}
	return c, nil
}

// askProxy asks for a tunnel to addr (RFC 9110, 9.3.6) and reads the answer's header, and no byte more.
func askProxy(c net.Conn, addr string, user *url.Userinfo) error {
	ask := "CONNECT " + addr + " HTTP/1.1\r\nHost: " + addr + "\r\n"
	if user != nil {
		password, _ := user.Password()
		ask += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)) + "\r\n"
	}
	if _, err := io.WriteString(c, ask+"\r\n"); err != nil {
		return err
	}
	var head []byte
	one := make([]byte, 1)
	for !strings.HasSuffix(string(head), "\r\n\r\n") {
		if len(head) == proxyAnswerMax {
			return fmt.Errorf("its answer has more than %d bytes of header", proxyAnswerMax)
		}
		if _, err := io.ReadFull(c, one); err != nil {
			return fmt.Errorf("its answer: %w", err)
		}
		head = append(head, one[0])
	}
	line, _, _ := strings.Cut(string(head), "\r\n")
	version, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	switch status, err := strconv.Atoi(code); {
	case err != nil || !strings.HasPrefix(version, "HTTP/1."):
		return fmt.Errorf("its answer is not HTTP: %.40q", line)
	case status == http.StatusProxyAuthRequired:
		return errors.New("status 407: it wants a user and a password (http://user:password@host:port)")
	case status/100 != 2:
		return fmt.Errorf("status %d", status)
	}
	return nil
}

// offers are the header lines of a handshake that this network adds.
func (n *sockets) offers(extra [][2]string) [][2]string {
	if !n.cfg.Deflate {
		return extra
	}
	return append(extra[:len(extra):len(extra)], [2]string{"Sec-WebSocket-Extensions", ws.OfferDeflate})
}

// agreed checks the server's answer to a handshake, and what it chose of the offers.
func (n *sockets) agreed(status int, key string, header func(string) string) (ws.Extension, error) {
	if n.cfg.Deflate {
		return ws.CheckOffered(status, key, header)
	}
	return ws.Extension{}, ws.CheckResponse(status, key, header)
}
