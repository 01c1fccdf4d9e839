package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"baton/binance"
	"baton/binance/api"
	"baton/binance/wire"
	"baton/market"
	"baton/netio"
)

// Access is how a run gets at an account: where the exchange is, and the key.
type Access struct {
	binance.Environment
	Keys    *Credentials
	KeyFile string // where they were read, for people and for `baton kill`; never a secret
}

// Validate reports everything that cannot be, a key for another exchange among it.
func (a *Access) Validate() error {
	if a.Keys == nil {
		return errors.New("no API key: name the file that holds it with --key-file")
	}
	return a.Check(a.Keys.Realm)
}

// The bounds of a plain REST call.
const (
	restWait   = 10 * time.Second // from the dial to the last byte of an answer
	restLimit  = 32 << 20         // bytes of an answer
	restWindow = 5 * time.Second  // recvWindow
)

// rest asks an exchange by plain REST, one call after the other, from whatever goroutine has nothing better to do. It shares nothing
// with a trader: no loop, no budget, no connection. It serves what comes before a run and what must work beside one.
type rest struct {
	base   string
	signer *wire.Signer
	client *http.Client
	offset market.Nanos // the exchange's clock minus ours
}

// newREST makes one, and measures the exchange's clock.
func newREST(ctx context.Context, base string, keys *Credentials) (*rest, error) {
	r := &rest{base: strings.TrimSuffix(base, "/"), signer: keys.signer, client: &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConns: 2}}}
	sent := time.Now()
	said, err := ask(ctx, r, api.CheckServerTime{})
	if err != nil {
		return nil, err
	}
	half := time.Since(sent) / 2
	r.offset = said.ServerTime*1e6 - sent.Add(half).UnixNano()
	return r, nil
}

// ask makes one typed call, once.
func ask[A any](ctx context.Context, r *rest, call api.Call[A]) (*A, error) {
	e := call.Endpoint()
	b, err := r.do(ctx, e, api.AppendQuery(nil, call))
	if err != nil {
		return nil, err
	}
	into := call.Answer()
	if err := api.Decode(b, into); err != nil {
		return nil, fmt.Errorf("%s %s: %w", e.Method, e.Path, err)
	}
	return into, nil
}

// do makes a call and gives the body of its success. No error of it names the query, which holds a signature.
func (r *rest) do(ctx context.Context, e api.Endpoint, query []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, restWait)
	defer cancel()
	if e.Security == api.Signed {
		query = r.signer.AppendSealed(query, wire.Stamp{Time: time.Now().UnixNano() + r.offset, Window: market.Nanos(restWindow)})
	}
	name := e.Method + " " + e.Path
	q, err := http.NewRequestWithContext(ctx, e.Method, r.base+e.Path+"?"+string(query), nil)
	if err != nil {
		return nil, fmt.Errorf("%s: the address of the exchange cannot be used", name)
	}
	if e.Security != api.Open {
		q.Header.Set(wire.HeaderKey, r.signer.Key())
	}
	res, err := r.client.Do(q)
	if err != nil {
		return nil, &unreachable{name, bare(err)}
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(res.Body, restLimit))
	if err != nil {
		return nil, &unreachable{name, bare(err)}
	}
	if res.StatusCode/100 == 2 {
		return b, nil
	}
	said := &binance.Error{Call: name, Status: res.StatusCode}
	if x, ok := wire.DecodeError(b); ok {
		said.Code, said.Msg = x.Code, strings.ReplaceAll(x.Msg, r.signer.Key(), "***")
	}
	if res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusTeapot {
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		return nil, &limited{said, time.Duration(seconds) * time.Second}
	}
	return nil, said
}

// limited is an answer that asks for fewer requests: who goes on regardless is banned (Binance USD-M, General Info, IP Limits).
type limited struct {
	said  *binance.Error
	after time.Duration // for so long nothing is to be sent; 0: the exchange did not say
}

func (l *limited) Error() string { return l.said.Error() }
func (l *limited) Unwrap() error { return l.said }

// bare is a transport's error without the URL that it quotes.
func bare(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// unreachable is a call that was not answered.
type unreachable struct {
	call string
	err  error
}

func (u *unreachable) Error() string {
	return fmt.Sprintf("%s: the exchange does not answer: %v", u.call, u.err)
}
func (u *unreachable) Unwrap() error { return u.err }

// Unreachable says whether err comes from an exchange that could not be reached, and not from what it said.
func Unreachable(err error) bool {
	if _, ok := errors.AsType[*unreachable](err); ok {
		return true
	}
	if _, ok := errors.AsType[*netio.Lost](err); ok {
		return true
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err) // not net.Error: an Errno of a file is one too
	return ok && op.Op != "listen"
}

// Forbidden says whether err is the exchange's refusal of the key: bad, without the permission, or from a wrong address.
func Forbidden(err error) bool {
	said, ok := errors.AsType[*binance.Error](err)
	return ok && (said.Status == http.StatusUnauthorized || said.Status == http.StatusForbidden || said.Code == codeBadKey || said.Code == codeNotAllowed || said.Code == codeBadSignature)
}

// Codes of a refused key (Binance USD-M, Error Codes).
const (
	codeBadSignature = -1022
	codeBadKey       = -2014
	codeNotAllowed   = -2015
)
